from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.points import PointsScale

SCALES = st.builds(
    PointsScale,
    points=st.floats(0, 1000),
    odds=st.floats(0.1, 1000),
    pdo=st.floats(1, 100),
)


@given(scale=SCALES, log_odds=st.floats(-30, 30))
def test_points_come_back_to_the_log_odds(scale, log_odds):
    back = scale.log_odds(scale.of_log_odds(np.array([log_odds])))[0]
    assert back == pytest.approx(log_odds, abs=1e-9 * (1 + scale.points / scale.pdo))


@given(scale=SCALES, points=st.floats(0, 1000))
def test_points_come_back_through_log_odds_and_through_probability(scale, points):
    exact = 1e-9 * (1 + scale.points + scale.pdo)
    log_odds = scale.log_odds(np.array([points]))
    assert scale(log_odds)[0] == pytest.approx(points, abs=exact)
    assert (scale(log_odds) == scale.of_log_odds(log_odds)).all()
    if abs(log_odds[0]) < 15:  # beyond, a probability holds too few digits
        back = scale.of_probability(scale.probability(np.array([points])))[0]
        assert back == pytest.approx(points, abs=exact * 1e3)


def test_a_scale_is_frozen_and_equal_by_value():
    scale = PointsScale(points=600, odds=30, pdo=20)
    assert scale == PointsScale()
    with pytest.raises(FrozenInstanceError):
        scale.pdo = 40


@given(scale=SCALES, probability=st.floats(1e-6, 1 - 1e-6))
def test_points_are_the_formula_of_the_design(scale, probability):
    logit = math.log(probability / (1 - probability))
    naive = scale.points + scale.pdo / math.log(2) * (-logit - math.log(scale.odds))
    assert scale.of_probability(np.array([probability]))[0] == pytest.approx(naive, rel=1e-9, abs=1e-7)


@given(scale=SCALES, points=st.floats(0, 1000))
def test_pdo_points_more_double_the_odds(scale, points):
    low, high = scale.probability(np.array([points, points + scale.pdo]))
    if 1e-9 < high < low < 1 - 1e-9:
        assert ((1 - high) / high) / ((1 - low) / low) == pytest.approx(2.0, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "value"), [("pdo", -1.0), ("pdo", math.nan), ("odds", 0.0), ("points", math.inf)]
)
def test_a_scale_without_sense_is_refused_by_name(name, value):
    with pytest.raises(ModelError, match=f"The {name} parameter of PointsScale must be"):
        PointsScale(**{name: value})
