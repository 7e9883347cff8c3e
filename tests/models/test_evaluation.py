from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.evaluation import area_under_curve, auc_interval, evaluate, kolmogorov_smirnov

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(-3, 3), st.integers(0, 4)), min_size=2, max_size=40
).filter(lambda rows: len({row[0] for row in rows}) == 2)


def arrays(rows):
    return (
        np.array([row[0] for row in rows], dtype=float),
        np.array([row[1] for row in rows], dtype=float),
        np.array([row[2] for row in rows], dtype=float),
    )


@given(rows=ROWS)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    bad, risk, weight = arrays(rows)
    won = total = weighted_won = weighted_total = 0.0
    for yi, ri, wi in zip(bad, risk, weight, strict=True):
        for yj, rj, wj in zip(bad, risk, weight, strict=True):
            if yi == 1 and yj == 0:
                points = 1.0 if ri > rj else 0.5 if ri == rj else 0.0
                won, total = won + points, total + 1
                weighted_won, weighted_total = weighted_won + wi * wj * points, weighted_total + wi * wj
    assert area_under_curve(bad, risk) == pytest.approx(won / total)
    if weighted_total > 0:
        assert area_under_curve(bad, risk, weight) == pytest.approx(weighted_won / weighted_total)


@given(rows=ROWS)
def test_ks_is_the_largest_distance_of_the_two_distributions(rows):
    bad, risk, _ = arrays(rows)
    naive = max(
        abs(
            sum(r <= cut for y, r in zip(bad, risk, strict=True) if y == 1) / bad.sum()
            - sum(r <= cut for y, r in zip(bad, risk, strict=True) if y == 0) / (len(bad) - bad.sum())
        )
        for cut in risk
    )
    assert kolmogorov_smirnov(bad, risk) == pytest.approx(naive)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-2.0, 1.0, size=6_000)
    bad = (rng.random(6_000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return bad, log_odds, np.arange(6_000)


def test_figures_of_a_perfectly_calibrated_model(drawn):
    bad, log_odds, firm = drawn
    m = evaluate(bad, log_odds, firm, seed=0).metrics
    assert m["calibration_slope"] == pytest.approx(1.0, abs=0.12)
    assert m["calibration_intercept"] == pytest.approx(0.0, abs=0.2)
    assert m["mean_probability"] == pytest.approx(m["bad_share"], abs=0.01)
    assert m["brier"] < m["brier_constant"]
    assert m["brier"] == pytest.approx(
        np.mean([(1 / (1 + np.exp(-z)) - y) ** 2 for z, y in zip(log_odds, bad, strict=True)])
    )
    assert m["gini"] == pytest.approx(2 * m["auc"] - 1)
    assert m["auc_low"] < m["auc"] < m["auc_high"]


def test_deciles_hold_every_application_in_order(drawn):
    bad, log_odds, firm = drawn
    deciles = evaluate(bad, log_odds, firm, seed=0).deciles
    assert deciles["applications"].to_list() == [600] * 10
    assert deciles["bads"].sum() == bad.sum()
    ordered = bad[np.argsort(log_odds)]
    assert deciles["bads"].to_list() == [ordered[k : k + 600].sum() for k in range(0, 6_000, 600)]
    assert deciles["mean_probability"].is_sorted()


def test_the_interval_widens_when_rows_hang_together_in_firms(drawn):
    bad, log_odds, _ = drawn
    bad, log_odds = bad[:600], log_odds[:600]
    alone = auc_interval(bad, log_odds, np.arange(600), seed=1)
    # Every application ten times over: the rows are ten times as many, the firms and what they tell are not.
    tenfold = auc_interval(np.repeat(bad, 10), np.repeat(log_odds, 10), np.repeat(np.arange(600), 10), seed=1)
    naive = auc_interval(np.repeat(bad, 10), np.repeat(log_odds, 10), np.arange(6_000), seed=1)
    assert tenfold == pytest.approx(alone)
    assert naive[1] - naive[0] < 0.5 * (tenfold[1] - tenfold[0])


def test_one_kind_of_outcome_is_refused():
    with pytest.raises(ModelError, match="both good and bad"):
        evaluate(np.zeros(5), np.arange(5.0), np.arange(5), seed=0)


def test_a_holdout_that_is_separated_has_no_calibration_figures():
    m = evaluate(
        np.array([0.0, 0.0, 1.0, 1.0]), np.array([-2.0, -1.0, 1.0, 2.0]), np.arange(4), seed=0
    ).metrics
    assert m["auc"] == 1.0
    assert "calibration_slope" not in m
