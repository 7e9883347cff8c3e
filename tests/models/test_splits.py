from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.splits import by_content, days, out_of_time, out_of_time_folds

ROWS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), min_size=5, max_size=80)


@given(rows=ROWS, share=st.floats(0.05, 0.5))
def test_out_of_time_keeps_days_and_firms_apart(rows, share):
    day = np.array([row[0] for row in rows])
    firm = np.array([f"f{row[1]}" for row in rows], dtype=object)
    try:
        split = out_of_time(day, firm, share=share)
    except ModelError as error:
        assert "No split out of time" in str(error)  # noqa: PT017  (both answers are right, by the draw)
        return
    assert (split.early.astype(int) + split.late + split.left_out == 1).all()
    assert not set(firm[split.early]) & set(firm[split.late])
    assert set(firm[split.left_out]) <= set(firm[split.late])
    assert day[split.early].max() < day[split.late].min()
    assert split.late.sum() >= share * len(rows) - 1e-9


@given(rows=ROWS)
def test_out_of_time_does_not_depend_on_row_order(rows):
    day = np.array([row[0] for row in rows])
    firm = np.array([row[1] for row in rows])
    order = np.random.default_rng(0).permutation(len(rows))
    try:
        split = out_of_time(day, firm, share=0.3)
    except ModelError:
        with pytest.raises(ModelError):
            out_of_time(day[order], firm[order], share=0.3)
        return
    assert (out_of_time(day[order], firm[order], share=0.3).early == split.early[order]).all()


@given(
    firms=st.lists(st.integers(0, 30), min_size=20, max_size=90),
    seed=st.integers(0, 5),
)
def test_by_content_keeps_firms_apart_and_has_both_kinds(firms, seed):
    firm = np.array(firms)
    bad = (np.random.default_rng(seed).random(len(firm)) < 0.3).astype(float)
    try:
        split = by_content(firm, bad, share=0.2)
    except ModelError:
        assert len(set(firms)) <= 2
        return
    assert not set(firm[split.early]) & set(firm[split.late])
    if bad.any():
        assert bad[split.late].any()


def test_a_missing_day_is_refused():
    with pytest.raises(ModelError, match="as_of is missing in 1 of 2"):
        days(np.array(["2022-01-01", "NaT"], dtype="datetime64[D]"))


def test_something_that_is_no_date_is_refused():
    with pytest.raises(ModelError, match="no date"):
        days(np.array(["soon", "2022-01-01"], dtype=object))


@given(rows=ROWS, folds=st.integers(1, 4), share=st.floats(0.2, 0.8))
def test_folds_out_of_time_keep_days_and_firms_apart_and_judge_each_late_row_once(rows, folds, share):
    day = np.array([row[0] for row in rows])
    firm = np.array([f"f{row[1]}" for row in rows], dtype=object)
    try:
        found = out_of_time_folds(day, firm, folds=folds, share=share)
    except ModelError as error:
        assert "folds out of time are not possible" in str(error)  # noqa: PT017  (both answers are right, by the draw)
        return
    assert len(found) == folds
    for split in found:
        assert (split.early.astype(int) + split.late + split.left_out == 1).all()
        assert not set(firm[split.early]) & set(firm[split.late])
        assert day[split.early].max() < day[split.late].min()
        # Only the slice's own firms and what comes after it are left out.
        later = day > day[split.late].max()
        assert (later | np.isin(firm, firm[split.late]))[split.left_out].all()
    judged = sum(split.late.astype(int) for split in found)
    assert set(judged) <= {0, 1}
    assert judged.sum() >= share * len(rows) - 1
    for one, two in itertools.pairwise(found):
        assert day[one.late].max() < day[two.late].min()
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = out_of_time_folds(day[order], firm[order], folds=folds, share=share)
    for one, two in zip(found, shuffled, strict=True):
        assert (two.early == one.early[order]).all()
        assert (two.late == one.late[order]).all()


def test_without_firms_only_time_counts_and_without_days_only_firms():
    day = np.array([1, 1, 2, 3, 4, 4])
    split = out_of_time(day, None, share=0.3)
    assert split.late.tolist() == [False, False, False, False, True, True]
    assert not split.left_out.any()
    (fold,) = out_of_time_folds(day, None, folds=1, share=0.3)
    assert (fold.late == split.late).all()
    assert (fold.early == split.early).all()


@pytest.mark.parametrize(("folds", "share"), [(0, 0.5), (2, 0.0), (2, 1.0)])
def test_folds_that_mean_nothing_are_refused(folds, share):
    with pytest.raises(ModelError, match=r"need 1 slice at least and a share between 0 and 1"):
        out_of_time_folds(np.arange(9), None, folds=folds, share=share)
