from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from models.outcome_drift import LEAST_BADS, outcome_drift

REFERENCE = {"auc": 0.80, "auc_low": 0.78, "auc_high": 0.82}


@pytest.fixture(scope="module")
def scored():
    """Log-odds with outcomes that follow them; the true AUC is 0.80."""
    rng = np.random.default_rng(8)
    log_odds = rng.normal(-3.0, 1.25, size=12_000)
    bad = (rng.random(12_000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return bad, log_odds, np.arange(12_000)


def test_outcomes_that_follow_the_probabilities_find_nothing(scored):
    found = outcome_drift(*scored, reference=REFERENCE, unlabelled=7)
    assert found.findings == ()
    assert (found.labelled, found.unlabelled, found.note) == (12_000, 7, "")
    m = found.metrics
    assert m["observed_over_expected_low"] < 1 < m["observed_over_expected_high"]
    assert m["calibration_slope_low"] < 1 < m["calibration_slope_high"]
    assert m["observed_defaults"] == scored[0].sum()


def test_each_loss_is_found_by_itself(scored):
    bad, log_odds, firm = scored
    level = outcome_drift(bad, log_odds - 0.5, firm, reference=REFERENCE)
    assert level.findings == ("calibration_level",)
    # Twice as far from their mean as they should be; the level is held.
    spread = 2.0 * log_odds
    shift = optimize.brentq(lambda a: (1 / (1 + np.exp(-(a + spread)))).sum() - bad.sum(), -20, 20)
    wide = outcome_drift(bad, spread + shift, firm, reference=REFERENCE)
    assert wide.findings == ("calibration_slope",)
    assert wide.metrics["calibration_slope"] == pytest.approx(0.5, abs=0.05)
    better = outcome_drift(bad, log_odds, firm, reference={"auc": 0.9, "auc_low": 0.89, "auc_high": 0.91})
    assert better.findings == ("discrimination",)


def test_the_intervals_are_those_of_a_naive_computation(scored):
    bad, log_odds, firm = scored
    m = outcome_drift(bad, log_odds, firm, reference=REFERENCE).metrics
    p = [1 / (1 + np.exp(-value)) for value in log_odds]
    error = 1.959964 * sum(one * (1 - one) for one in p) ** 0.5
    assert m["observed_over_expected_high"] == pytest.approx((bad.sum() + error) / sum(p), rel=1e-6)
    # The slope's standard error: the inverse of the information matrix at the maximum, in full.
    design = np.column_stack([np.ones_like(log_odds), log_odds])
    fitted = 1 / (1 + np.exp(-(design @ [m["calibration_intercept"], m["calibration_slope"]])))
    covariance = np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))
    half = 1.959964 * covariance[1, 1] ** 0.5
    assert m["calibration_slope_high"] - m["calibration_slope"] == pytest.approx(half, rel=1e-6)


def test_few_outcomes_say_so_and_find_no_more_than_they_can():
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-2, 1, size=50)
    bad = np.zeros(50)
    bad[: LEAST_BADS - 1] = 1
    found = outcome_drift(bad, log_odds, np.arange(50), reference=REFERENCE)
    assert "auc" not in found.metrics
    assert found.deciles is None
    assert "9 bad of 50" in found.note
    none = outcome_drift(np.array([]), np.array([]), np.array([]), reference=REFERENCE, unlabelled=3)
    assert (none.findings, none.metrics, none.labelled) == ((), {}, 0)


def test_without_figures_of_the_holdout_discrimination_is_not_judged(scored):
    assert outcome_drift(*scored, reference={"auc": 0.9}).findings == ()
