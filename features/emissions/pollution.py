"""Pollution equivalents of a firm's year, under the Environmental Protection Tax Law: kilograms over the value of each pollutant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.emissions.totals import pollutants_by_year
from features.totals import strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["pollution_equivalents_by_year"]


def pollution_equivalents_by_year(facts: Facts) -> pl.DataFrame:
    """Return the pollution equivalents of SO2, NOx, PM, COD and NH3-N by year.

    Missing unless each pollutant that the firm ever reported is complete for the year: one that drops out would
    make the sum smaller, not the firm cleaner. A pollutant that ended is handed in as zero.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``equivalents``, and ``recalled`` (pollutants whose value was written from
        memory of the law, joined by comma; empty where none was) and ``other_edition`` (pollutants whose value is of
        another time, in the same way).
    """
    return facts.once("pollution_equivalents", _pollution_equivalents)


def _pollution_equivalents(facts: Facts) -> pl.DataFrame:
    tonnes = pollutants_by_year(facts)
    values = edition_of_year(
        reference.table("pollution_equivalents").filter(pl.col("contract_substance").is_not_null()),
        key=["contract_substance"],
        years=tonnes["year"].unique().to_list(),
    ).select(
        "year",
        substance="contract_substance",
        kg_per_equivalent="equivalent_kg",
        recalled=pl.when(pl.col("verified") == "recalled").then("contract_substance"),
        other_edition=pl.when("other_edition").then("contract_substance"),
    )
    ever = tonnes.group_by("application_id").agg(ever=pl.col("substance").n_unique())
    return (
        tonnes.join(values, on=["year", "substance"], how="left")
        .with_columns(units=pl.col("tonnes") * 1000.0 / pl.col("kg_per_equivalent"))
        .sort("application_id", "year", "substance")
        .group_by("application_id", "year", maintain_order=True)
        .agg(
            units=strict_sum(pl.col("units")),
            reported=pl.len(),
            recalled=pl.col("recalled").drop_nulls().str.join(", "),
            other_edition=pl.col("other_edition").drop_nulls().str.join(", "),
        )
        .join(ever, on="application_id", how="left", maintain_order="left")
        .select(
            "application_id",
            "year",
            pl.when(pl.col("reported") == pl.col("ever")).then("units").alias("equivalents"),
            "recalled",
            "other_edition",
        )
    )
