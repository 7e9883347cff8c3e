"""The gate's figures against naive twins."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from features.errors import ModelError
from models.champions import Term, as_text, in_force, read_terms
from models.gate.figures import intercept_in_the_large, moved, paired_difference
from models.gate.segments import judge_segments, segment_names
from models.gate.withholding import withholding_gain


def naive_auc(bad, risk, times):
    """Count pairs, one by one."""
    won = total = 0.0
    for i in range(len(bad)):
        for j in range(len(bad)):
            if bad[i] and not bad[j]:
                pairs = times[i] * times[j]
                total += pairs
                won += pairs * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return won / total


def test_the_interval_of_the_difference_is_that_of_the_same_draws():
    random = np.random.default_rng(4)
    bad = (random.random(40) < 0.4).astype(float)
    one, other = bad + random.normal(size=40), random.normal(size=40)
    firm = np.array([f"f{k % 17:02}" for k in range(40)])
    found = paired_difference(bad, one, other, firm, confidence=0.8, replicates=60, seed=3)
    names = sorted(set(firm))
    draws, differences = np.random.default_rng(3), []
    for _ in range(60):
        drawn = draws.integers(0, len(names), size=len(names)).tolist()
        times = [drawn.count(names.index(name)) for name in firm]
        differences.append(naive_auc(bad, one, times) - naive_auc(bad, other, times))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(differences, [0.1, 0.9])), abs=1e-12)
    assert found.difference == pytest.approx(naive_auc(bad, one, [1] * 40) - naive_auc(bad, other, [1] * 40))


def test_the_intercept_makes_the_expected_defaults_those_that_were():
    random = np.random.default_rng(1)
    log_odds = random.normal(-3, 2, 500)
    bad = (random.random(500) < 0.3).astype(float)
    shift = intercept_in_the_large(bad, log_odds)
    assert np.sum(1 / (1 + np.exp(-(log_odds + shift)))) == pytest.approx(bad.sum(), abs=1e-6)
    with pytest.raises(ModelError, match="both good and bad"):
        intercept_in_the_large(np.zeros(3), np.zeros(3))


def test_moves_are_counted_by_steps():
    old, new = np.array([0, 1, 2, 3, 4]), np.array([0, 2, 0, 3, 1])
    assert moved(old, new) == (3 / 5, 2 / 5)
    assert moved(old[:0], new[:0]) == (0.0, 0.0)


def test_segments_with_few_bads_are_counted_and_not_judged():
    table = pd.DataFrame(
        {
            "industry_division": ["30"] * 60 + ["06"] * 3 + [None],
            "log_revenue": [*map(float, range(63)), np.nan],
        }
    )
    bad = np.array(([1.0, 0.0] * 30) + [1.0, 0.0, 0.0, 0.0])
    names = segment_names(table, np.array(["2024-01-01"] * 64, dtype="datetime64[D]"), {"30": "C", "06": "B"})
    found = {segment.name: segment for segment in judge_segments(names, bad, bad * 2 - 1, least_bads=5)}
    assert found["section C"].auc == 1.0
    assert (found["section C"].applications, found["section C"].bads) == (60, 30)
    assert found["section B"].auc is None
    assert found["section unknown"].applications == 1
    assert {"size small", "size middle", "size large", "size unknown"} <= set(found)


def test_silence_is_deleted_fact_by_fact(model, applicants, new_model, portfolio):
    table, firm = applicants.X.iloc[:20], applicants.firm_id[:20]
    kept = withholding_gain(model, table, firm)
    assert (kept.share, kept.largest, kept.indicator) == (0.0, 0.0, "")
    learned = new_model(missing="learned").fit(
        portfolio.X, portfolio.y, as_of=portfolio.as_of, firm_id=portfolio.firm_id
    )
    found = withholding_gain(learned, table, firm)
    before = learned.predict_points(table)
    gains = {}
    for name, sign in learned.preparation_.roles.directions.items():
        if not sign or name not in table.columns:
            continue
        for row in range(len(table)):
            if pd.isna(table[name].iloc[row]):
                continue
            one = table.iloc[[row]].copy()
            one[name] = np.nan
            gains[name, row] = float(learned.predict_points(one)[0] - before[row])
    gaining = {firm[row] for (_, row), gain in gains.items() if gain > 1e-9}
    assert found.share == len(gaining) / len(set(firm)) > 0
    assert found.largest == pytest.approx(max(gains.values()), abs=1e-9)
    assert found.indicator == max(gains, key=gains.get)[0]


def test_the_terms_of_the_champions():
    terms = (Term(version="1"), Term(version="4", holds_from=dt.date(2026, 5, 1)))
    assert read_terms(as_text(terms), champion="4") == terms
    assert read_terms(None, champion="7") == (Term(version="7"),)
    # Somebody set the alias by hand: the alias is the truth.
    assert read_terms(as_text(terms), champion="2") == (Term(version="2"),)
    assert read_terms(as_text(terms), champion=None) == ()
    assert in_force(terms, dt.date(2026, 4, 30)) == terms[0]
    assert in_force(terms[1:], dt.date(2026, 4, 30)) is None
    with pytest.raises(ModelError, match="cannot be read"):
        read_terms("[{}]", champion="1")
