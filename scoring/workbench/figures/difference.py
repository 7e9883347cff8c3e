"""What is other in a batch than in one before: counts by grade, and who crossed a cut-off.

Firms are compared by their latest application in each batch. The ledger (``greencredit ledger``) says why; this only says
who.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from scoring.workbench.figures.overview import decisions_of, grade_names
from scoring.workbench.store.schema import batches

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

__all__ = ["DIFFERENCE", "MOST_LISTED", "batch_before", "difference"]

DIFFERENCE = "difference.1"
"""Beginning of the summary's name; the other batch follows."""

MOST_LISTED = 2_000
"""Firms that are kept of those who crossed a cut-off; all are counted."""

_TENTH = 10


def batch_before(connection: Connection, batch_id: str) -> str | None:
    """Return the batch that was taken in before, of at least a tenth of the size; ``None`` where there is none.

    A workbook that was handed in is a batch of one firm: nobody means it by the batch before.
    """
    own = connection.execute(
        sa.select(batches.c.started_at, batches.c.scored).where(batches.c.batch_id == batch_id)
    ).one_or_none()
    if own is None:
        return None
    return connection.execute(
        sa.select(batches.c.batch_id)
        .where(
            batches.c.state == "done",
            batches.c.batch_id != batch_id,
            sa.or_(
                batches.c.started_at < own.started_at,
                sa.and_(batches.c.started_at == own.started_at, batches.c.batch_id < batch_id),
            ),
            batches.c.scored * _TENTH >= own.scored,
        )
        .order_by(batches.c.started_at.desc(), batches.c.batch_id.desc())
        .limit(1)
    ).scalar_one_or_none()


def difference(old: Path, new: Path) -> dict[str, Any]:
    """Compare two batches.

    Parameters
    ----------
    old, new
        What ``score`` wrote.

    Returns
    -------
    dict
        ``grades`` (name, count in each batch), ``same_grades`` (whether both policies have the same grades, in one order),
        ``firms`` (in both, only in the new, only in the old batch), ``mean_change`` (points shown, of firms in both; null
        without any), ``crossed`` (firms with another grade), ``up``, ``down`` (of those, where the grades are the same) and
        ``rows``: the firms that crossed, the farthest first, at most :data:`MOST_LISTED`.
    """
    sides = [_latest(folder) for folder in (old, new)]
    names = [grade_names(folder) for folder in (old, new)]
    same = names[0] == names[1]
    counts = [dict(side["all"].group_by("grade").len().iter_rows()) for side in sides]
    both = sides[1]["firms"].join(sides[0]["firms"], on="firm_id", suffix="_old")
    moved = both.filter(pl.col("grade") != pl.col("grade_old"))
    place = {name: at for at, name in enumerate(names[1])}
    steps = (
        pl.col("grade").replace_strict(place, return_dtype=pl.Int32)
        - pl.col("grade_old").replace_strict(place, return_dtype=pl.Int32)
        if same
        else pl.lit(None, dtype=pl.Int32)
    )
    moved = moved.with_columns(steps=steps).sort(
        [
            pl.col("steps").abs(),
            (pl.col("points_shown") - pl.col("points_shown_old")).abs(),
            pl.col("firm_id"),
        ],
        descending=[True, True, False],
        nulls_last=True,
    )
    change = both["points_shown"].cast(pl.Int64) - both["points_shown_old"].cast(pl.Int64)
    listed = [*names[1], *(name for name in names[0] if name not in names[1])]
    return {
        "grades": [
            {"grade": name, "old": counts[0].get(name, 0), "new": counts[1].get(name, 0)} for name in listed
        ],
        "same_grades": same,
        "firms": {
            "both": both.height,
            "new": sides[1]["firms"].height - both.height,
            "gone": sides[0]["firms"].height - both.height,
        },
        "mean_change": None if both.is_empty() else int(change.sum()) / both.height,
        "crossed": moved.height,
        "up": moved.filter(pl.col("steps") < 0).height,
        "down": moved.filter(pl.col("steps") > 0).height,
        "rows": moved.head(MOST_LISTED)
        .select(
            "application_id",
            "firm_id",
            "firm_name",
            "points_shown_old",
            "points_shown",
            "grade_old",
            "grade",
            "steps",
        )
        .to_dicts(),
    }


def _latest(folder: Path) -> dict[str, pl.DataFrame]:
    """Return all decisions of a batch, and the latest of each firm; of several on one day the last by its id."""
    every = decisions_of(folder, "application_id", "firm_id", "firm_name", "as_of", "points_shown", "grade")
    firms = every.sort("firm_id", "as_of", "application_id").unique(
        "firm_id", keep="last", maintain_order=True
    )
    return {"all": every, "firms": firms}
