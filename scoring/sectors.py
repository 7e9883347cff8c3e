"""What the average training application of each sector gets: the reference to hold a firm against its own industry.

One row per industry division of the batch, not one per application: an application's contribution less its
division's mean is the difference, and ``sector_base`` plus the differences is the score::

    decisions.industry_division -> sectors.division -> difference = contribution - mean
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError

if TYPE_CHECKING:
    from models.stored import AnyModel
    from scoring.results import Results

__all__ = ["LEVELS", "against_sector", "sector_table"]

_DIVISION = "division"
LEVELS = ("group", "section", "all")
"""Whose mean it is: the division's, or with fewer than 30 training firms its section's, or that of all."""


def sector_table(model: AnyModel, divisions: pl.Series) -> pl.DataFrame:
    """Return the reference of every division in a batch.

    Parameters
    ----------
    model
        A fitted model, or a declared scorecard. A scorecard, and a model that was stored by an earlier release, has
        no means; the table is then empty.
    divisions
        Industry division of each application, null where it is not known.

    Returns
    -------
    pl.DataFrame
        ``division`` (null for firms without one), ``level`` (one of ``LEVELS``), ``sector_base`` (points)
        and one column per indicator used: the mean contribution (points). Sorted by division.
    """
    means = model.sectors_
    names = model.preparation_.features
    schema = {_DIVISION: pl.String, "level": pl.String, "sector_base": pl.Float64} | dict.fromkeys(
        names, pl.Float64
    )
    if means is None:
        return pl.DataFrame(schema=schema)
    rows: list[tuple[str | float | None, ...]] = []
    for division in divisions.cast(pl.String).unique().sort(nulls_last=True).to_list():
        level, own = means.of(division)
        sector_base = model.base_points
        for mean in own:
            sector_base += mean
        rows.append((division, level, sector_base, *own))
    return pl.DataFrame(rows, schema=schema, orient="row")


def against_sector(results: Results) -> pl.DataFrame:
    """Return every application's contributions beyond the average of its own sector.

    Parameters
    ----------
    results
        Of a batch, or of one application of it.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``level``, ``sector_base`` and one column per indicator used, the difference (points):
        ``sector_base`` plus the differences is the score. Sorted as the contributions are; empty where the model
        has no sector means.

    Raises
    ------
    GreenCreditError
        If an application's division has no reference, so that the tables do not belong together.
    """
    names = [name for name in results.contributions.columns if name in CATALOGUE]
    # The indicator industry_division has a contribution of its own, so the sector has a name of its own.
    division = results.decisions.select("application_id", pl.col("industry_division").alias(_DIVISION))
    if results.sectors.is_empty():
        nothing = results.contributions.with_columns(
            pl.lit(None, pl.String).alias("level"), sector_base="base"
        )
        return nothing.select("application_id", "level", "sector_base", *names).clear()
    joined = (
        results.contributions.select("application_id", *names)
        .join(division, on="application_id", how="left", maintain_order="left")
        .join(
            results.sectors,
            on=_DIVISION,
            how="left",
            nulls_equal=True,
            suffix="_mean",
            maintain_order="left",
        )
    )
    if joined["sector_base"].null_count():
        raise GreenCreditError(
            "An application's industry division has no sector reference.",
            where="sectors.parquet",
            mend="Score the batch again: its files do not belong together.",
        )
    return joined.select(
        "application_id", "level", "sector_base", *(pl.col(name) - pl.col(f"{name}_mean") for name in names)
    )
