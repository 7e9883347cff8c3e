from __future__ import annotations

import numpy as np
import pytest

from models.bootstrap import FirmBootstrap
from models.evaluation import deciles_of, evaluate, kolmogorov_smirnov
from models.evaluation_figures import (
    calibration_curve,
    holdout_figures,
    lift,
    lift_table,
    paired_differences,
)


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(8)
    log_odds = rng.normal(-2.0, 1.2, size=1_200).round(2)
    bad = (rng.random(1_200) < 1 / (1 + np.exp(-log_odds))).astype(float)
    firm = rng.integers(0, 900, size=1_200)
    return bad, log_odds, FirmBootstrap.of(firm, seed=0, replicates=60)


def naive_lift(bad, risk, share):
    """Bad share among the riskiest over that of all, ties broken at random many times."""
    rng = np.random.default_rng(0)
    size = int(share * len(bad))
    found = []
    for _ in range(400):
        order = np.lexsort((rng.random(len(bad)), -risk))
        found.append(bad[order[:size]].mean() / bad.mean())
    return np.mean(found)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_lift_is_the_bad_share_of_the_riskiest(scored, share):
    bad, log_odds, _ = scored
    found = lift(bad, log_odds, np.ones(len(bad)), share=share)
    assert found == pytest.approx(naive_lift(bad, log_odds, share), abs=0.02)
    assert found > 1.5
    assert lift(bad, np.zeros(len(bad)), np.ones(len(bad)), share=share) == pytest.approx(1.0)
    assert lift(bad, bad, np.ones(len(bad)), share=share) == pytest.approx(min(1 / bad.mean(), 1 / share))


def test_whole_weights_are_repeated_rows(scored):
    bad, log_odds, _ = scored
    weight = np.random.default_rng(3).integers(0, 4, size=len(bad)).astype(float)
    rows = np.repeat(np.arange(len(bad)), weight.astype(int))
    ones = np.ones(len(rows))
    assert lift(bad, log_odds, weight, share=0.1) == pytest.approx(
        lift(bad[rows], log_odds[rows], ones, share=0.1)
    )
    assert kolmogorov_smirnov(bad, log_odds, weight) == pytest.approx(
        kolmogorov_smirnov(bad[rows], log_odds[rows])
    )


def test_the_figures_are_those_of_the_plain_evaluation(scored):
    bad, log_odds, draws = scored
    found = holdout_figures(bad, log_odds, draws)
    plain = evaluate(bad, log_odds, np.arange(len(bad)), seed=0).metrics
    for name in (
        "auc",
        "gini",
        "ks",
        "brier",
        "brier_constant",
        "calibration_intercept",
        "calibration_slope",
    ):
        assert found[name]["value"] == pytest.approx(plain[name]), name
        assert found[name]["low"] < found[name]["value"] < found[name]["high"], name
    assert found["brier_gain"]["value"] == pytest.approx(plain["brier_constant"] - plain["brier"])
    # The labels were drawn from these log-odds.
    assert found["calibration_slope"]["low"] < 1.0 < found["calibration_slope"]["high"]


def test_the_curve_is_ten_groups_in_order_and_adds_up(scored):
    bad, log_odds, draws = scored
    curve = calibration_curve(bad, log_odds, draws)
    assert [entry["group"] for entry in curve] == list(range(1, 11))
    assert sum(entry["applications"] for entry in curve) == len(bad)
    assert sum(entry["bads"] for entry in curve) == bad.sum()
    means = [entry["mean_probability"] for entry in curve]
    assert means == sorted(means)
    probability = 1 / (1 + np.exp(-log_odds))
    last = deciles_of(probability) == 10
    assert curve[-1]["bad_share"]["value"] == pytest.approx(bad[last].mean())
    assert curve[-1]["bad_share"]["low"] < bad[last].mean() < curve[-1]["bad_share"]["high"]
    assert [entry["riskiest_share"] for entry in lift_table(bad, log_odds, draws)] == [0.05, 0.1, 0.2]


def test_differences_are_paired(scored):
    bad, log_odds, draws = scored
    same = paired_differences(bad, log_odds, log_odds, draws)
    assert same["auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert same["brier"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    noise = np.random.default_rng(4).normal(size=len(bad))
    worse = paired_differences(bad, log_odds, log_odds + 0.3 * noise, draws)
    apart = holdout_figures(bad, log_odds, draws)["auc"]
    # The two share the applicants, so the difference is known far better than either.
    assert worse["auc"]["high"] - worse["auc"]["low"] < 0.5 * (apart["high"] - apart["low"])
    assert worse["auc"]["value"] > 0.0 > worse["brier"]["value"]


def test_a_holdout_that_is_separated_has_no_calibration_figures():
    bad = np.r_[np.zeros(30), np.ones(30)]
    draws = FirmBootstrap.of(np.arange(60), seed=0, replicates=10)
    found = holdout_figures(bad, np.arange(60.0), draws)
    assert found["auc"]["value"] == 1.0
    assert found["calibration_slope"] == {"value": None, "low": None, "high": None}
