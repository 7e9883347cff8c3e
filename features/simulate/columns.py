"""Polars columns from arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.simulate.types import Days, Integers

__all__ = ["constant", "dates", "labels"]


def dates(days: Days) -> pl.Series:
    """Return days since 1970-01-01 as dates."""
    return pl.Series(days).cast(pl.Int32).cast(pl.Date)


def labels(names: Iterable[str | None], index: Integers) -> pl.Series:
    """Return the names at these positions as text.

    Examples
    --------
    >>> import numpy as np
    >>> labels(["a", None], np.array([1, 0, 0])).to_list()
    [None, 'a', 'a']
    """
    return pl.Series(list(names), dtype=pl.String).gather(pl.Series(index).cast(pl.UInt32))


def constant(value: str | None, length: int) -> pl.Series:
    """Return one text, ``length`` times."""
    return pl.repeat(value, length, eager=True, dtype=pl.String)
