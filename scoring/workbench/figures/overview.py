"""A batch at a glance: how many applications each grade, risk class and industry has; counted once from its decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features.errors import GreenCreditError
from scoring import outputs
from scoring.workbench.batches.one import manifest_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OVERVIEW", "decisions_of", "grade_names", "overview"]

OVERVIEW = "overview.1"
"""Name of the summary."""

_BIN = 5
"""Points of one column of the histogram."""


def overview(folder: Path) -> dict[str, Any]:
    """Count a batch.

    Parameters
    ----------
    folder
        What ``score`` wrote.

    Returns
    -------
    dict
        ``scored``, ``review``, ``vetoed``, ``watched`` and ``capped`` (applications); ``median_points``; ``grades`` (names of the
        policy, best first, with counts and the fewest points); ``classes`` (letter, total, counts by grade in that order);
        ``sectors`` (division, total, counts by grade, the largest first); ``points`` (first points of a bin of five, and
        count).
    """
    decided = decisions_of(
        folder,
        "industry_division",
        "points_shown",
        "grade",
        "grade_before_caps",
        "risk_class",
        "review",
        "vetoed",
        "watch_list",
    )
    names = grade_names(folder)
    least = {grade["grade"]: grade.get("minimum_points") for grade in manifest_of(folder)["policy"]["grades"]}
    counts = _counts(decided, "grade")
    median = decided["points_shown"].median()
    return {
        "scored": decided.height,
        "review": int(decided["review"].sum()),
        "vetoed": int(decided["vetoed"].sum()),
        "watched": int(decided["watch_list"].sum()),
        "capped": decided.filter(pl.col("grade") != pl.col("grade_before_caps")).height,
        "median_points": median,
        "grades": [
            {"grade": name, "count": counts.get(name, 0), "minimum_points": least[name]} for name in names
        ],
        "classes": _crossed(decided, "risk_class", names, order=["A", "B", "C"]),
        "sectors": _crossed(decided, "industry_division", names),
        "points": _points(decided["points_shown"]),
    }


def grade_names(folder: Path) -> list[str]:
    """Return the grades of a batch's policy, best first."""
    return [grade["grade"] for grade in manifest_of(folder)["policy"]["grades"]]


def decisions_of(folder: Path, *columns: str) -> pl.DataFrame:
    """Read some columns of a batch's decisions.

    Raises
    ------
    GreenCreditError
        If they cannot be read.
    """
    try:
        return pl.scan_parquet(folder / outputs.DECISIONS).select(columns).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise GreenCreditError(
            f"The decisions cannot be read ({str(error).splitlines()[0]}).",
            where=str(folder / outputs.DECISIONS),
            mend="Restore the folder where it was, or score the batch again.",
        ) from None


def _counts(frame: pl.DataFrame, column: str) -> dict[Any, int]:
    return dict(frame.group_by(column).len().iter_rows())


def _crossed(
    decided: pl.DataFrame, column: str, names: list[str], *, order: list[str] | None = None
) -> list[dict[str, Any]]:
    """Return a row for each value of a column with its counts by grade; the largest first where no order is given."""
    cells = {(key, grade): count for key, grade, count in decided.group_by(column, "grade").len().iter_rows()}
    totals = _counts(decided, column)
    keys = order or sorted(totals, key=lambda key: (-totals[key], key is None, str(key)))
    return [
        {"key": key, "total": totals.get(key, 0), "counts": [cells.get((key, name), 0) for name in names]}
        for key in keys
    ]


def _points(points: pl.Series) -> list[list[int]]:
    bins = (points // _BIN * _BIN).rename("bin").to_frame().group_by("bin").len().sort("bin")
    counts = {int(begin): count for begin, count in bins.iter_rows()}
    if not counts:
        return []
    return [[begin, counts.get(begin, 0)] for begin in range(min(counts), max(counts) + _BIN, _BIN)]
