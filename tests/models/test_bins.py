from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from models.bins import MOST_BINS, Bins


def naive_count(edges, values):
    counts = [0] * (len(edges) + 1)
    for value in values:
        place = 0
        while place < len(edges) and value > edges[place]:
            place += 1
        counts[place] += 1
    return counts


def test_tenths_hold_a_tenth_each_and_later_values_are_counted_alike():
    rng = np.random.default_rng(1)
    bins = Bins.of(pl.Series("x", rng.normal(size=5_000)))
    assert bins.counts == (500,) * MOST_BINS
    later = rng.normal(size=999) + 1
    counted, missing = bins.count(pl.Series("x", [*later, None, float("nan"), float("inf")]))
    assert counted.tolist() == naive_count(bins.edges, [*later, float("inf")])
    assert missing == 2


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([0.0] * 97 + [1.0] * 3, (97, 3)),  # a rare flag keeps a bin of its own
        ([5.0] * 10, (10,)),
        ([], (0,)),
        ([None] * 4, (0,)),
        ([1, 2, 3] * 5, (5, 5, 5)),
        ([True, False, False], (2, 1)),
    ],
)
def test_every_value_has_a_bin_where_there_are_few(values, counts):
    assert Bins.of(pl.Series("x", values)).counts == counts


def test_most_at_one_value_leaves_no_empty_bin():
    low = [float(value) for value in range(50)]
    for values in ([0.0] * 950 + low, [100.0] * 950 + low):
        bins = Bins.of(pl.Series("x", values))
        assert min(bins.counts) > 0
        assert sum(bins.counts) == 1_000
        assert len(bins.counts) > 1


def test_rare_and_new_categories_are_counted_together():
    column = pl.Series("x", ["a"] * 60 + ["b"] * 39 + ["c"] + [None] * 5)
    bins = Bins.of(column)
    assert bins.categories == ("a", "b")
    assert (bins.counts, bins.missing) == ((60, 39, 1), 5)
    counted, missing = bins.count(pl.Series("x", ["b", "new", "c", None]))
    assert (counted.tolist(), missing) == ([0, 1, 2], 1)
    assert len(bins.names) == 3
    # Of a column that was empty at training, whatever its type, nothing can be said.
    assert Bins.of(pl.Series("x", [None, None])).count(pl.Series("x", ["a", "b"]))[0].tolist() == [2]


def test_bins_come_back_from_json():
    for column in (
        pl.Series("x", np.random.default_rng(2).normal(size=100)),
        pl.Series("x", ["a", "b", None]),
    ):
        bins = Bins.of(column)
        assert Bins.from_dict(json.loads(json.dumps(bins.as_dict()))) == bins
