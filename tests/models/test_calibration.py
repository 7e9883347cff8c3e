from __future__ import annotations

import math

import numpy as np
import pytest

from features.errors import ModelError
from models.calibration import Calibration, fit_logistic, sigmoid


def naive_log_likelihood(a, b, x, bad):
    total = 0.0
    for xi, yi in zip(x, bad, strict=True):
        p = 1 / (1 + math.exp(-(a + b * xi)))
        total += math.log(p) if yi else math.log(1 - p)
    return total


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("centre", "spread"), [(0.0, 1.0), (-4.0, 0.3), (1e4, 50.0)])
def test_no_neighbour_has_a_higher_likelihood(seed, centre, spread):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=400)
    bad = (rng.random(400) < 1 / (1 + np.exp(2 - z))).astype(float)
    x = centre + spread * z
    a, b = fit_logistic(x, bad)
    # a and b are strongly correlated off centre: step along both axes of the centred problem.
    best = naive_log_likelihood(a, b, x, bad)
    for db in (-1e-3, 0.0, 1e-3):
        for dm in (-1e-3, 0.0, 1e-3):
            slope = b + db / spread
            assert naive_log_likelihood(a + b * centre + dm - slope * centre, slope, x, bad) <= best + 1e-9


def test_a_negative_slope_is_refused():
    x = np.linspace(0, 1, 100)
    bad = np.r_[np.ones(20), np.zeros(79), 1.0]
    with pytest.raises(ModelError, match="slope b must be positive"):
        Calibration.fit(x, bad)


@pytest.mark.parametrize(
    ("x", "bad", "message"),
    [
        ([0.0, 1.0, 2.0], [0.0, 0.0, 0.0], "no bad application"),
        ([0.0, 1.0, 2.0], [1.0, 1.0, 1.0], "no good application"),
        ([1.0, 1.0, 1.0], [0.0, 1.0, 0.0], "same raw score"),
        ([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 1.0], "separates good from bad completely"),
    ],
)
def test_what_has_no_solution_is_refused(x, bad, message):
    with pytest.raises(ModelError, match=message):
        fit_logistic(np.array(x), np.array(bad))


def test_sigmoid_neither_overflows_nor_loses_small_probabilities():
    found = sigmoid(np.array([-800.0, -40.0, 0.0, 800.0]))
    assert found.tolist() == [0.0, pytest.approx(math.exp(-40), rel=1e-12), 0.5, 1.0]


def test_a_small_slice_with_few_bads_still_has_its_maximum():
    # Few bads and a weak score: close to the optimum the likelihood is flat to the last bit.
    rng = np.random.default_rng(5)
    for _ in range(50):
        x = rng.normal(size=700)
        bad = np.zeros(700)
        bad[rng.choice(700, 15, replace=False)] = 1.0
        a, b = fit_logistic(x, bad)
        probability = 1 / (1 + np.exp(-(a + b * x)))
        assert abs((probability - bad).sum()) < 1e-6
        assert abs(((probability - bad) * x).sum()) < 1e-6
