"""Which edition of a reference value holds for a year."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["edition_of_year"]


def edition_of_year(table: pl.DataFrame, *, key: Sequence[str], years: Iterable[int | None]) -> pl.DataFrame:
    """Return the edition of every reference row that holds for each year.

    The edition that is valid at the year's end, or was the last one valid within the year; where none is, the
    latest earlier one; where there is none either, the earliest later one.

    Parameters
    ----------
    table
        Reference rows with ``valid_from`` and ``valid_to`` (Date; null is open).
    key
        Columns that the editions of one row share.
    years
        Calendar years; nulls are left out.

    Returns
    -------
    pl.DataFrame
        ``year`` (Int32), the columns of ``table`` and ``other_edition`` (Boolean: the edition is of another time
        than the year, which the user must be told); one row per key and year, sorted by them.

    Examples
    --------
    >>> from datetime import date
    >>> grid = pl.DataFrame({"code": ["CN"], "factor": [0.53], "valid_from": [date(2023, 1, 1)],
    ...                      "valid_to": [date(2023, 12, 31)]})
    >>> edition_of_year(grid, key=["code"], years=[2023, 2024]).select("year", "factor", "other_edition").rows()
    [(2023, 0.53, False), (2024, 0.53, True)]
    """
    asked = pl.DataFrame({"year": sorted({y for y in years if y is not None})}, schema={"year": pl.Int32})
    begins = pl.col("valid_from").dt.year().fill_null(0)
    ends = pl.col("valid_to").dt.year().fill_null(9999)
    # 0 holds, 1 is earlier, 2 is later; within a class the nearest edition comes first, by its day: of two that
    # begin in one year the later one holds at the year's end.
    time = pl.when(begins > pl.col("year")).then(2).when(ends < pl.col("year")).then(1).otherwise(0)
    first_day = pl.col("valid_from").fill_null(dt.date(1, 1, 1)).dt.epoch("d")
    distance = pl.when(time == 2).then(first_day).otherwise(-first_day)
    return (
        asked.join(table, how="cross")
        .with_columns(time.alias("_time"), distance.alias("_distance"))
        .sort(["year", *key, "_time", "_distance", "valid_from"], nulls_last=True)
        .unique(subset=["year", *key], keep="first", maintain_order=True)
        .with_columns(other_edition=pl.col("_time") != 0)
        .drop("_time", "_distance")
    )
