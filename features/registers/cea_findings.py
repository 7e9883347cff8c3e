"""What the Indian CO2 database says of itself: its yearly figures, and where they contradict each other."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.intake.dataset import FINDINGS_SCHEMA
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EMISSIONS",
    "FISCAL_YEARS",
    "GENERATION",
    "INTENSITY",
    "INTENSITY_TOLERANCE",
    "UNITS_TOLERANCE",
    "findings",
    "measures",
]

FISCAL_YEARS: Mapping[str, int] = MappingProxyType(
    {"2013-14": 2013, "2014-15": 2014, "2015-16": 2015, "2016-17": 2016, "2017-18": 2017}
)
"""Fiscal year of the file to the year that the contract files it under."""

INTENSITY_TOLERANCE = 0.001
"""Published and derived tCO2/MWh agree within this (the workbook's own rounding)."""

UNITS_TOLERANCE = 0.01
"""Units may exceed their station by this share before it is called a contradiction."""

GENERATION, EMISSIONS, INTENSITY = (
    "Net Generation GWh",
    "Absolute Emissions t CO2",
    "Specific Emissions t CO2/MWh",
)


def measures(rows: pl.DataFrame) -> pl.DataFrame:
    """Return station (or unit) and fiscal year, with generation (GWh), emissions (t) and published intensity as text."""
    return pl.concat(
        [
            rows.select(
                "firm_id",
                pl.col("NAME").str.strip_chars().alias("name"),
                pl.lit(fiscal).alias("fiscal_year"),
                pl.lit(str(year)).alias("period"),
                pl.col(f"{fiscal} {GENERATION}").str.strip_chars().alias("generation"),
                pl.col(f"{fiscal} {EMISSIONS}").str.strip_chars().alias("emissions"),
                pl.col(f"{fiscal} {INTENSITY}").str.strip_chars().alias("intensity"),
                "source_document",
                "page",
            )
            for fiscal, year in FISCAL_YEARS.items()
        ]
    ).with_columns(
        pl.col(c).cast(pl.Float64, strict=False).alias(f"{c}_value")
        for c in ("generation", "emissions", "intensity")
    )


def _finding(rows: pl.DataFrame, check: str, *, en: pl.Expr, zh: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(pl.lit(check).alias("check"), en.alias("text_en"), zh.alias("text_zh")).select(
        list(FINDINGS_SCHEMA)
    )


def findings(measured: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return the contradictions of the file, one row per station, year and check."""
    generation, emissions = pl.col("generation_value"), pl.col("emissions_value")
    compared = measured.with_columns(
        pl.col("intensity_value").alias("reported"),
        pl.when(generation > 0).then(emissions / generation / 1000.0).alias("derived"),
    )
    gap = (pl.col("reported") - pl.col("derived")).abs()
    contradicted = compared.filter(
        (generation > 0)
        & ((gap > INTENSITY_TOLERANCE) | (pl.col("reported").is_null() != pl.col("derived").is_null()))
    )
    unexplained = measured.filter((emissions > 0) & ~(generation > 0).fill_null(value=False)).with_columns(
        emissions.alias("reported"), pl.lit(None, dtype=pl.Float64).alias("derived")
    )
    negative = measured.filter((generation < 0) | (emissions < 0)).with_columns(
        pl.min_horizontal(generation, emissions).alias("reported"),
        pl.lit(None, dtype=pl.Float64).alias("derived"),
    )
    of_units = (
        measures(units)
        .group_by("firm_id", "period")
        .agg(pl.col("emissions_value").sort().sum().alias("derived"))
        .filter(pl.col("derived") > 0)
    )
    exceeded = measured.join(of_units, on=["firm_id", "period"]).with_columns(emissions.alias("reported"))
    exceeded = exceeded.filter(pl.col("derived") > pl.col("reported") * (1.0 + UNITS_TOLERANCE) + 1.0)

    def shown(column: str, zh: bool = False) -> pl.Expr:
        return pl.col(column).round(4).cast(pl.String).fill_null("未给出" if zh else "not given")

    return pl.concat(
        [
            _finding(
                contradicted,
                "published_intensity",
                en=formatted(
                    "{}, {}: {} tCO2/MWh is published, emissions over generation give {}.",
                    "name",
                    "fiscal_year",
                    shown("reported"),
                    shown("derived"),
                ),
                zh=formatted(
                    "{}，{}：公布值为{} tCO2/MWh，排放量除以发电量为{}。",
                    "name",
                    "fiscal_year",
                    shown("reported", zh=True),
                    shown("derived", zh=True),
                ),
            ),
            _finding(
                unexplained,
                "emissions_without_generation",
                en=formatted(
                    "{}, {}: {} t CO2 without generation.", "name", "fiscal_year", shown("reported")
                ),
                zh=formatted("{}，{}：无发电量而排放{} t CO2。", "name", "fiscal_year", shown("reported")),
            ),
            _finding(
                negative,
                "negative_quantity",
                en=formatted(
                    "{}, {}: the quantity {} is negative.", "name", "fiscal_year", shown("reported")
                ),
                zh=formatted("{}，{}：数量{}为负。", "name", "fiscal_year", shown("reported")),
            ),
            _finding(
                exceeded,
                "units_exceed_station",
                en=formatted(
                    "{}, {}: its units emit {} t CO2, the station {}.",
                    "name",
                    "fiscal_year",
                    shown("derived"),
                    shown("reported"),
                ),
                zh=formatted(
                    "{}，{}：机组排放合计{} t CO2，电站为{}。",
                    "name",
                    "fiscal_year",
                    shown("derived"),
                    shown("reported"),
                ),
            ),
        ]
    ).sort("firm_id", "period", "check")
