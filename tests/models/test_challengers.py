from __future__ import annotations

import math

import numpy as np
import pytest

from models.challengers import CHALLENGERS, ExplainableBoosting, LogisticScorecard, WeightOfEvidence
from models.evaluation import area_under_curve


@pytest.fixture(scope="module")
def rows():
    """Two numbers, one of them mattering only in the middle, a category, and silence that matters."""
    rng = np.random.default_rng(3)
    matrix = np.column_stack(
        [rng.lognormal(sigma=2.0, size=4_000), rng.normal(size=4_000), rng.integers(0, 5, size=4_000)]
    )
    matrix[rng.random(4_000) < 0.2, 0] = np.nan
    odds = (
        np.where(np.isnan(matrix[:, 0]), 1.0, 0.4 * np.log(np.nan_to_num(matrix[:, 0], nan=1.0)))
        + 1.5 * (np.abs(matrix[:, 1]) < 0.5)
        + 1.2 * (matrix[:, 2] == 3)
        - 2.0
    )
    return matrix, (rng.random(4_000) < 1 / (1 + np.exp(-odds))).astype(float), odds


def naive_weight(value, column, bad, edges):
    """Weight of evidence of one value, counted row by row."""

    def place(x):
        return "missing" if math.isnan(x) else sum(x >= edge for edge in edges)

    inside = [b for x, b in zip(column, bad, strict=True) if place(x) == place(value)]
    share = sum(bad) / len(bad)
    bads, goods = sum(inside) + 20 * share, len(inside) - sum(inside) + 20 * (1 - share)
    return math.log(bads / goods) - math.log(share / (1 - share))


@pytest.mark.parametrize(("place", "is_category"), [(0, False), (1, False), (2, True)])
def test_weights_are_those_counted_row_by_row(rows, place, is_category):
    matrix, bad, _ = rows
    column, bad = matrix[:500, place], bad[:500]
    fitted = WeightOfEvidence.fit(column, bad, is_category=is_category)
    assert len(fitted.edges) == (4 if is_category else 9)
    for value in (*column[:20], np.nan, -1e9, 1e9):
        expected = naive_weight(value, column.tolist(), bad.tolist(), fitted.edges.tolist())
        assert fitted.transform(np.array([value]))[0] == pytest.approx(expected)


def test_a_column_that_is_never_handed_in_says_nothing(rows):
    _, bad, _ = rows
    fitted = WeightOfEvidence.fit(np.full(len(bad), np.nan), bad, is_category=False)
    assert fitted.transform(np.array([np.nan, 3.0])) == pytest.approx([0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("name", CHALLENGERS)
def test_each_finds_most_of_what_there_is_and_is_calibrated(rows, name):
    matrix, bad, odds = rows
    early, late = slice(0, 3_000), slice(3_000, None)
    found = CHALLENGERS[name]().fit(matrix[early], bad[early], categories=[2]).log_odds(matrix[late])
    truth = area_under_curve(bad[late], odds[late])
    assert area_under_curve(bad[late], found) - 0.5 > 0.9 * (truth - 0.5)
    assert (1 / (1 + np.exp(-found))).mean() == pytest.approx(bad[late].mean(), abs=0.03)


@pytest.mark.parametrize("method", [LogisticScorecard, lambda: ExplainableBoosting(max_rounds=20)])
def test_the_same_rows_give_the_same_challenger(rows, method):
    matrix, bad, _ = rows
    one, other = (
        method().fit(matrix[:800], bad[:800], categories=[2]).log_odds(matrix[800:]) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
