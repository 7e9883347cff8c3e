"""What a decision proposes beside grade and class: labels, price, conditions, covenants and support.

Nothing here changes the score or the grade.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.policy.rules import Policy, Rule

__all__ = ["any_of", "labels_of_kind", "listed", "price"]


def listed(frame: pl.DataFrame, given: Mapping[str, Sequence[pl.Expr]]) -> pl.Series:
    """Return of each row the names of which any expression holds, as lists in the given order.

    Put together from the places that hold: one list expression over dozens of columns takes ten times as long.

    Parameters
    ----------
    frame
        What the expressions read, ``n`` rows.
    given
        Names to Boolean expressions without nulls.

    Returns
    -------
    pl.Series
        ``n`` values of List(String).

    Examples
    --------
    >>> frame = pl.DataFrame({"a": [True, False], "b": [True, False]})
    >>> listed(frame, {"x": [pl.col("a")], "y": [pl.col("b")]}).to_list()
    [['x', 'y'], []]
    """
    holds = frame.select(any_of(holding).alias(name) for name, holding in given.items())
    mask = np.zeros((frame.height, len(given)), dtype=bool)
    for place, column in enumerate(holds.iter_columns()):
        mask[:, place] = column.to_numpy() if column.len() == frame.height else column[0]
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
    names = pa.array(list(given), type=pa.large_string()).take(pa.array(np.nonzero(mask)[1]))
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, type=pa.int64()), names)
    return pl.Series(lists, dtype=pl.List(pl.String))


def any_of(holds: Sequence[pl.Expr]) -> pl.Expr:
    """Return whether any of some expressions holds; false where there is none."""
    return pl.any_horizontal(holds) if holds else pl.lit(value=False)


def labels_of_kind(given: Mapping[str, Sequence[pl.Expr]], kinds: Mapping[str, str], kind: str) -> pl.Expr:
    """Return how many labels of a kind were given (Int32)."""
    counted = [any_of(holds).cast(pl.Int32) for label, holds in given.items() if kinds[label] == kind]
    return pl.sum_horizontal(counted) if counted else pl.lit(0, dtype=pl.Int32)


def price(policy: Policy, steps: Sequence[tuple[Rule, pl.Expr]]) -> pl.Expr:
    """Return the price in basis points (Int32): by grade, stepped by rules, within the policy's bounds.

    Parameters
    ----------
    policy
        The rules.
    steps
        The rules that step the price, each with whether it acts.

    Returns
    -------
    pl.Expr
        Null where the grade has no price, and after a veto.
    """
    begin = pl.col("grade").replace_strict(policy.price.by_grade, default=None, return_dtype=pl.Int32)
    moved = [
        pl.when(acting).then(pl.lit(rule.basis_points, dtype=pl.Int32)).otherwise(pl.lit(0, dtype=pl.Int32))
        for rule, acting in steps
    ]
    stepped = reduce(lambda left, right: left + right, moved, begin)
    bounded = stepped.clip(policy.price.lowest, policy.price.highest)
    return pl.when(pl.col("vetoed") == 0).then(bounded)
