"""What a scenario does to a portfolio: who moves, from which grade to which, by sector, and who goes to review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError

if TYPE_CHECKING:
    from scoring.scenarios.portfolio import Portfolio

__all__ = ["TOTAL", "by_sector", "indicators_moved", "migration", "moved", "movers", "review_counts"]

TOTAL = "total"
"""Name of the column with the sum of a row of the migration matrix."""


def moved(base: Portfolio, other: Portfolio) -> pl.DataFrame:
    """Put a scenario beside the base, application by application.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``firm_id``, ``firm_name``, ``industry_division``; ``points_base``, ``points``, ``change``
        (points); ``points_shown_base``, ``points_shown``; ``grade_base``, ``grade``, ``steps`` (grades down, negative up;
        null where the policies have different grades); ``review_base``, ``review``; ``indicator`` and
        ``indicator_points``, the indicator whose contribution changed most and by how much (null where none did). Sorted by
        ``application_id``.

    Raises
    ------
    GreenCreditError
        If the scenario decided other applications than the base.
    """
    before, after = base.decisions, other.decisions
    if not before["application_id"].equals(after["application_id"]):
        gone = before.join(after, on="application_id", how="anti")["application_id"]
        raise GreenCreditError(
            f"{abs(before.height - after.height)} applications cannot be decided under the scenario"
            + (f", such as {gone[0]}." if gone.len() else "."),
            where="scenario",
            mend="Check that the scenario's reference tables hold what the base's do.",
        )
    frame = before.select(
        "application_id",
        "firm_id",
        "firm_name",
        "industry_division",
        points_base="points",
        points_shown_base="points_shown",
        grade_base="grade",
        review_base="review",
    ).hstack(after.select("points", "points_shown", "grade", "review"))
    indicator, points = _largest(base, other)
    return frame.select(
        "application_id",
        "firm_id",
        "firm_name",
        "industry_division",
        "points_base",
        "points",
        change=pl.col("points") - pl.col("points_base"),
        points_shown_base="points_shown_base",
        points_shown="points_shown",
        grade_base="grade_base",
        grade="grade",
        steps=_steps(base, other),
        review_base="review_base",
        review="review",
        indicator=indicator,
        indicator_points=points,
    )


def _steps(base: Portfolio, other: Portfolio) -> pl.Expr:
    names = base.policy.grade_names
    if other.policy.grade_names != names:
        return pl.lit(None, dtype=pl.Int32)
    place = {name: position for position, name in enumerate(names)}
    old, new = (pl.col(name).replace_strict(place, return_dtype=pl.Int32) for name in ("grade_base", "grade"))
    return new - old


def _largest(base: Portfolio, other: Portfolio) -> tuple[pl.Series, pl.Series]:
    """Return the indicator whose contribution changed most, and its change; both null where nothing changed."""
    names = [name for name in base.contributions.columns if name in CATALOGUE]
    changes = other.contributions.select(names).to_numpy() - base.contributions.select(names).to_numpy()
    largest = np.abs(changes).argmax(axis=1)
    points = pl.Series(changes[np.arange(len(changes)), largest], dtype=pl.Float64)
    points = points.set(points == 0.0, None)
    indicator = pl.Series(names, dtype=pl.String).gather(pl.Series(largest, dtype=pl.UInt32))
    return indicator.set(points.is_null(), None), points


def migration(table: pl.DataFrame, *, base: Portfolio, other: Portfolio) -> pl.DataFrame:
    """Count the applications by grade in the base and under the scenario.

    Returns
    -------
    pl.DataFrame
        ``grade_base``, a column per grade of the scenario's policy, and :data:`TOTAL`; one row per grade of the base's
        policy, both best first.
    """
    counted = table.group_by("grade_base", "grade").len()
    counts = {(old, new): number for old, new, number in counted.iter_rows()}
    columns = other.policy.grade_names
    return pl.DataFrame(
        [
            (old, *(row := [counts.get((old, new), 0) for new in columns]), sum(row))
            for old in base.policy.grade_names
        ],
        schema={"grade_base": pl.String, **dict.fromkeys(columns, pl.Int64), TOTAL: pl.Int64},
        orient="row",
    )


def by_sector(table: pl.DataFrame) -> pl.DataFrame:
    """Sum a scenario by industry division.

    Returns
    -------
    pl.DataFrame
        ``industry_division`` (null where unknown), ``applications``, ``points_base``, ``points`` and ``change`` (means),
        ``changed`` (applications whose exact points change), ``down`` and ``up`` (applications with a worse and a better
        grade; null where the policies have different grades); the largest mean fall first.
    """
    return (
        table.group_by("industry_division")
        .agg(
            applications=pl.len(),
            points_base=pl.col("points_base").sort().mean(),
            points=pl.col("points").sort().mean(),
            change=pl.col("change").sort().mean(),
            changed=(pl.col("change") != 0).sum(),
            down=pl.when(pl.col("steps").null_count() == 0).then((pl.col("steps") > 0).sum()),
            up=pl.when(pl.col("steps").null_count() == 0).then((pl.col("steps") < 0).sum()),
        )
        .sort("change", "industry_division", nulls_last=True)
    )


def indicators_moved(base: Portfolio, other: Portfolio) -> pl.DataFrame:
    """Tell which indicators a scenario moves, and whether the model takes notice.

    Returns
    -------
    pl.DataFrame
        ``indicator``, ``applications`` (whose value changes), ``scored`` (of them, whose points of that indicator change)
        and ``largest`` (largest fall or rise of its points), of the indicators that are not relative; the most applications
        first. An indicator may move without points: the model does not use it, or no cut of its trees is crossed.
    """
    rows = []
    for name in (name for name in base.values.columns if name in CATALOGUE):
        moves = base.values[name].ne_missing(other.values[name])
        if not moves.any():
            continue
        # A relative indicator is the same fact beside its peers; its points belong to its base.
        used = [
            column
            for column in base.contributions.columns
            if column == name or (column in CATALOGUE and CATALOGUE[column].base == name)
        ]
        changes = np.zeros(base.values.height)
        for column in used:
            changes = changes + (other.contributions[column] - base.contributions[column]).to_numpy()
        changes = changes[moves.to_numpy()]
        rows.append(
            (
                name,
                int(moves.sum()),
                int((changes != 0).sum()),
                float(changes[np.abs(changes).argmax()]),
            )
        )
    schema = {"indicator": pl.String, "applications": pl.Int64, "scored": pl.Int64, "largest": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(
        ["applications", "indicator"], descending=[True, False]
    )


def movers(table: pl.DataFrame, *, most: int) -> pl.DataFrame:
    """Return the applications whose points fall most, and of equal points those whose grade falls most."""
    return (
        table.filter((pl.col("change") < 0) | (pl.col("steps") > 0))
        .sort(["change", "steps", "application_id"], descending=[False, True, False], nulls_last=True)
        .head(most)
    )


def review_counts(table: pl.DataFrame) -> dict[str, int]:
    """Count who goes to manual review: in the base, under the scenario, and who joins and leaves."""
    before, after = table["review_base"], table["review"]
    return {
        "base": int(before.sum()),
        "scenario": int(after.sum()),
        "joins": int((after & ~before).sum()),
        "leaves": int((before & ~after).sum()),
    }
