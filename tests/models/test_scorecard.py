from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.points import PointsScale
from models.scorecard import DeclaredIndicator, DeclaredScorecard
from models.scorecard_file import read_scorecard


@pytest.fixture(scope="module")
def card() -> DeclaredScorecard:
    return read_scorecard()


def naive_mark(value, breakpoints, marks, *, higher):
    """Mark of one value: walk from the worst band and stop at the first breakpoint that is not reached."""
    if value is None or math.isnan(value):
        return marks[0]
    band = 0
    for point in breakpoints:
        if value < point if higher else value > point:
            break
        band += 1
    return marks[band]


def naive_points(card, row):
    """Points of one applicant, in plain Python."""
    odds = (1 - card.reference_probability) / card.reference_probability
    total = 600 + 20 / math.log(2) * (math.log(odds) - math.log(30))
    for item in card.indicators:
        higher = CATALOGUE[item.id].better == "higher"
        own, reference = (
            naive_mark(value, item.breakpoints, item.marks, higher=higher)
            for value in (row[item.id], item.reference)
        )
        total += item.weight * (own - reference)
    return total


def test_points_are_those_of_the_naive_walk(card, applicants):
    found = card.predict_points(applicants.X)
    expected = [naive_points(card, row) for _, row in applicants.X.iterrows()]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert len(np.unique(found)) > 100


def test_every_band_is_met_at_its_breakpoint_and_just_beside_it(card):
    for item in card.indicators:
        better = CATALOGUE[item.id].direction
        for place, point in enumerate(item.breakpoints):
            beside = np.nextafter(point, -better * np.inf)
            gained = item.points(np.array([point])) - item.points(np.array([beside]))
            np.testing.assert_allclose(gained, item.weight * (item.marks[place + 1] - item.marks[place]))


def test_contributions_add_up_and_the_base_is_the_reference_applicant(card, applicants):
    found = card.explain(applicants.X)
    assert found.additivity_gap <= 1e-9
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.points, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found.points, card.predict_points(applicants.X))
    assert list(found.values.columns) == [item.id for item in card.indicators]
    np.testing.assert_allclose(found.by_pillar().sum(axis=1), found.points - found.base, rtol=0, atol=1e-9)
    reference = pd.DataFrame([{item.id: item.reference for item in card.indicators}])
    at = card.explain(reference)
    assert (at.values.to_numpy() == 0.0).all()
    assert at.points[0] == pytest.approx(card.base_points, abs=1e-9)
    assert at.probability[0] == pytest.approx(card.reference_probability, abs=1e-12)
    assert PointsScale().probability(np.array([card.base_points]))[0] == pytest.approx(0.025)


def test_probability_points_and_log_odds_agree(card, applicants):
    points, chance = card.predict_points(applicants.X), card.predict_proba(applicants.X)
    np.testing.assert_allclose(chance.sum(axis=1), 1.0)
    np.testing.assert_allclose(card.points_scale.of_probability(chance[:, 1]), points, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(card.predict(applicants.X), (chance[:, 1] > 0.5).astype(int))
    assert card.notes(applicants.X).empty


def test_withholding_a_fact_never_pays_and_a_better_one_never_costs(card, applicants):
    before = card.predict_points(applicants.X)
    for item in card.indicators:
        without = applicants.X.assign(**{item.id: np.nan})
        assert (card.predict_points(without) <= before).all(), item.id
        better = applicants.X.assign(**{item.id: applicants.X[item.id] + CATALOGUE[item.id].direction * 0.3})
        assert (card.predict_points(better) >= before).all(), item.id
    nothing = applicants.X.assign(**dict.fromkeys(card.preparation_.inputs, np.nan))
    np.testing.assert_allclose(card.predict_points(nothing), card.lowest_points, rtol=0, atol=1e-9)


def test_columns_are_taken_by_name_and_checked(card, applicants):
    shuffled = applicants.X[list(applicants.X.columns[::-1])]
    np.testing.assert_array_equal(card.predict_points(shuffled), card.predict_points(applicants.X))
    with pytest.raises(ModelError, match="coal_share"):
        card.explain(applicants.X.drop(columns="coal_share"))
    with pytest.raises(ModelError, match="coal_share must be numbers"):
        card.predict_points(applicants.X.assign(coal_share="much"))
    assert len(card.explain(applicants.X[:0]).values) == 0


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-5, 5) | st.just(math.nan), min_size=1, max_size=20),
    breakpoints=st.lists(st.floats(-4, 4), min_size=1, max_size=5, unique=True),
    weight=st.floats(0.01, 100),
    higher=st.booleans(),
)
def test_any_indicator_in_either_direction_is_the_naive_walk(values, breakpoints, weight, higher):
    ordered = tuple(sorted(breakpoints, reverse=not higher))
    marks = tuple(np.linspace(0.0, 1.0, len(ordered) + 1))
    item = DeclaredIndicator(
        id="interest_cover" if higher else "leverage",
        weight=weight,
        breakpoints=ordered,
        marks=marks,
        reference=0.0,
    )
    expected = [weight * naive_mark(value, ordered, marks, higher=higher) for value in values]
    np.testing.assert_array_equal(item.points(np.array(values)), expected)
