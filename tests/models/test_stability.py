from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from features.errors import ModelError
from models.stability import TOP, compare_reasons, firm_resample, reason_stability

NAMES = list(CATALOGUE)[:20]


def naive_reasons(row):
    """The four strongest reasons of one row, as (name, up or down); the earlier column wins a tie."""
    ranked = sorted(row.items(), key=lambda item: -abs(item[1]))[:4]
    return {(name, value > 0) for name, value in ranked if value != 0}


def naive_counts(one, other):
    changed = replaced = told = 0
    for (_, first), (_, second) in zip(one.iterrows(), other.iterrows(), strict=True):
        before, after = naive_reasons(first), naive_reasons(second)
        changed += before != after
        replaced += len(before - after)
        told += len(before)
    return changed / len(one), replaced / told


def naive_families(values):
    return pd.DataFrame(
        {
            family: [
                sum(row[name] for name in values.columns if CATALOGUE[name].family == family)
                for _, row in values.iterrows()
            ]
            for family in FAMILIES
        }
    )


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    one = pd.DataFrame(rng.normal(size=(200, len(NAMES))).round(1), columns=NAMES)
    one[rng.random(one.shape) < 0.3] = 0.0
    one.iloc[0] = 0.0
    other = one + rng.normal(scale=0.4, size=one.shape).round(1)
    return one, other


def test_the_same_explanation_changes_nothing(drawn):
    found = compare_reasons(drawn[0], drawn[0])
    assert (found.changed_by_indicator, found.changed_by_family) == (0.0, 0.0)
    assert (found.replaced_by_indicator, found.replaced_by_family) == (0.0, 0.0)
    assert (found.applicants, found.top) == (200, TOP)


def test_changes_are_counted_as_one_by_one(drawn):
    one, other = drawn
    for first, second in ((one, other), (other, one)):
        found = compare_reasons(first, second)
        assert (found.changed_by_indicator, found.replaced_by_indicator) == pytest.approx(
            naive_counts(first, second)
        )
        assert (found.changed_by_family, found.replaced_by_family) == pytest.approx(
            naive_counts(naive_families(first), naive_families(second))
        )
        assert 0 < found.replaced_by_indicator < found.changed_by_indicator < 1
    assert compare_reasons(one, other).changed_by_family == compare_reasons(other, one).changed_by_family


def test_a_reason_that_turns_is_another_reason_and_order_is_none():
    one = pd.DataFrame([[5.0, 4.0, 3.0, 2.0, 1.0]] * 3, columns=NAMES[:5])
    other = one.copy()
    other.iloc[0] = [2.0, 3.0, 4.0, 5.0, 1.0]  # another order
    other.iloc[1] = [5.0, 4.0, 3.0, -2.0, 1.0]  # another direction
    other.iloc[2] = [5.0, 4.0, 3.0, 1.0, 2.0]  # another indicator
    assert compare_reasons(one, other).changed_by_indicator == pytest.approx(2 / 3)
    assert compare_reasons(one, other).replaced_by_indicator == pytest.approx(2 / 12)


def test_nobody_to_compare_gives_zero(drawn):
    found = compare_reasons(drawn[0].iloc[:0], drawn[1].iloc[:0])
    assert found.metrics() == dict.fromkeys(found.metrics(), 0.0)


def test_a_firm_brings_all_its_applications_as_often_as_it_was_drawn():
    rng = np.random.default_rng(3)
    firms = np.array([f"f{k}" for k in rng.integers(0, 50, size=300)], dtype=object)
    rows = firm_resample(firms, seed=7)
    times = Counter(rows.tolist())
    by_firm = {}
    for row, firm in enumerate(firms):
        by_firm.setdefault(firm, set()).add(times[row])
    assert all(len(counts) == 1 for counts in by_firm.values())
    assert sum(counts.pop() for counts in by_firm.values()) == len(set(firms))
    assert (rows == firm_resample(firms, seed=7)).all()
    assert sorted(rows) != sorted(firm_resample(firms, seed=8))
    # About 63 % of the firms are drawn at all: 1 - 1 / e.
    many = np.arange(20_000)
    assert len(np.unique(firm_resample(many, seed=0))) / 20_000 == pytest.approx(1 - np.exp(-1), abs=0.01)


def test_identical_resamples_give_zero_and_others_the_naive_count(portfolio, applicants, new_model):
    p, who = portfolio, applicants.X.iloc[:200]
    model = new_model(n_estimators=8).fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    before = model.booster_.model_to_string()

    def measured(seeds):
        return reason_stability(
            model, p.X, p.y, as_of=p.as_of, firm_id=p.firm_id, applicants=who, seeds=seeds
        )

    same = measured((4, 4))
    assert (same.changed_by_indicator, same.changed_by_family) == (0.0, 0.0)
    explained = []
    for seed in (4, 5):
        kept = p[firm_resample(p.firm_id, seed=seed)]
        fitted = new_model(n_estimators=8).fit(kept.X, kept.y, as_of=kept.as_of, firm_id=kept.firm_id)
        explained.append(fitted.explain(who).values)
    found = measured((4, 5))
    assert found.changed_by_indicator == pytest.approx(naive_counts(*explained)[0])
    assert found.changed_by_family == pytest.approx(naive_counts(*map(naive_families, explained))[0])
    assert found.applicants == 200
    assert model.booster_.model_to_string() == before


def test_the_calibration_moves_no_reason_and_is_kept(portfolio, model):
    p = portfolio[np.arange(2_000)]
    other = model.with_other_trees(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    assert other.calibration_ == model.calibration_
    assert other.booster_.model_to_string() != model.booster_.model_to_string()
    assert other.explain(p.X.iloc[:50]).additivity_gap <= 1e-9
    with pytest.raises(ModelError, match="has no sector means"):
        other.explain(p.X.iloc[:50]).against_sector()


def test_a_resample_without_bads_is_refused(portfolio, applicants, model):
    p = portfolio
    with pytest.raises(ModelError, match="must be 0"):
        reason_stability(
            model, p.X, np.zeros(len(p.y)), as_of=p.as_of, firm_id=p.firm_id, applicants=applicants.X
        )
