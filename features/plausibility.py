"""Plausibility: energy against production, self-generated power against capacity, and jumps from year to year.

Each check compares two statements of the firm about one and the same year; where one of them is missing there is nothing
to compare. The bounds are wide: what lies outside them is a wrong unit or a wrong figure rather than an unusual firm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from features.editions import edition_of_year
from features.emissions.totals import emissions_by_year
from features.energy.balance import energy_balance, energy_by_year
from features.energy.benchmark_position import benchmark_levels
from features.facts import cross_check
from features.intensity import intensity
from features.text import formatted
from features.totals import production_by_year, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = [
    "JUMP",
    "LEAST_OF_ADVANCED",
    "LEAST_OF_ADVANCED_BY_PRODUCT",
    "MOST_HOURS",
    "MOST_OF_INTAKE",
    "cross_checks",
]

MOST_OF_INTAKE = 1.1
"""Energy allocated to products over what was taken in: above it products take more than there is."""

LEAST_OF_ADVANCED = 0.5
"""Intake over what the advanced level of the benchmark needs for the output: no plant is twice as good."""

LEAST_OF_ADVANCED_BY_PRODUCT = 0.75
"""Energy allocated to a product over its advanced level: few plants are better by a quarter than the best twentieth."""

MOST_HOURS = {"solar_power": ("photovoltaic", 2628.0), "wind_power": ("wind_turbine", 5256.0)}
"""Carrier to the equipment that makes it and the full-load hours of a year that no site reaches: capacity factors of
0.3 and 0.6 of 8,760 hours. Own reading of what plants reach, not a standard's figure."""

JUMP = 4.0
"""An intensity that rises or falls by more than this factor within a year."""

_YEAR = ["application_id", "year"]


def cross_checks(facts: Facts) -> pl.DataFrame:
    """Return what is hardly possible.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`features.facts.CROSS_CHECK_SCHEMA`. ``check`` is ``product_energy_beyond_intake``,
        ``energy_below_production``, ``product_energy_below_advanced``, ``self_generated_beyond_capacity`` (warnings),
        ``energy_jump`` or ``emissions_jump`` (notices).
    """
    energy = energy_by_year(facts).select(*_YEAR, amount=pl.when(pl.col("energy") > 0).then("energy"))
    emissions = emissions_by_year(facts).select(*_YEAR, amount=pl.col("scope1") + pl.col("scope2_location"))
    return pl.concat(
        [
            *_production(facts),
            _product_energy(facts),
            _capacity(facts),
            _jumps(facts, energy, check="energy_jump", en="Energy", zh="能源消费", unit="tce"),
            _jumps(
                facts,
                emissions,
                check="emissions_jump",
                en="Scope 1 and 2",
                zh="范围一、二排放",
                unit="tCO2e",
            ),
        ]
    )


def _intake(facts: Facts) -> pl.DataFrame:
    """Return ``intake``: all energy that came in by year, feedstock included and nothing subtracted, in tce.

    Benchmark levels of chemical products count the feedstock in, so it must not be left out here.
    """
    flow = pl.col("flow")
    rows = energy_balance(facts).filter((flow == "feedstock") | (pl.col("counted") & (flow != "sold")))
    return rows.group_by(_YEAR, maintain_order=True).agg(intake=strict_sum(pl.col("tce")))


def _production(facts: Facts) -> list[pl.DataFrame]:
    """Return the energy of products beyond the intake, and output that the intake can hardly have made."""
    made = production_by_year(facts)
    intake = _intake(facts)
    allocated = (
        made.filter(pl.col("energy") > 0)
        .group_by(_YEAR, maintain_order=True)
        .agg(allocated=pl.col("energy").sum())
        .join(intake, on=_YEAR, how="inner")
        .filter(pl.col("allocated") > MOST_OF_INTAKE * pl.col("intake"))
        .with_columns(pl.col("allocated", "intake").round(1))
    )
    levels = edition_of_year(benchmark_levels(), key=["product"], years=made["year"].unique().to_list())
    needed = (
        made.join(levels, on=["year", "product"], how="inner")
        # A level that is negative, or of which more is better, sets no least amount of energy.
        .filter((pl.col("better") > 0) & (pl.col("advanced") > 0) & (pl.col("unit") == pl.col("output_unit")))
        .with_columns(needed=pl.col("advanced") * pl.col("quantity"))
        .filter(pl.col("needed") > 0)
        .sort(*_YEAR, "product")
        .group_by(_YEAR, maintain_order=True)
        # One product may be made into another; the one that needs most stands for all.
        .agg(needed=pl.col("needed").max(), product=pl.col("product").sort_by("needed").last())
        .join(intake, on=_YEAR, how="inner")
        .filter(pl.col("intake") < LEAST_OF_ADVANCED * pl.col("needed"))
        .with_columns(pl.col("needed", "intake").round(1))
    )
    return [
        cross_check(
            allocated,
            check="product_energy_beyond_intake",
            severity="warning",
            en=formatted(
                "Products took {} tce in {}, the firm took in {} tce.", "allocated", "year", "intake"
            ),
            zh=formatted(
                "产品能耗合计{}吨标准煤（{}年），企业能源投入仅{}吨标准煤。", "allocated", "year", "intake"
            ),
        ),
        cross_check(
            needed,
            check="energy_below_production",
            severity="warning",
            en=formatted(
                "The output of {} in {} takes {} tce at the advanced level, the firm took in {} tce.",
                "product",
                "year",
                "needed",
                "intake",
            ),
            zh=formatted(
                "{}（{}年）产量按标杆水平需{}吨标准煤，企业能源投入仅{}吨标准煤。",
                "product",
                "year",
                "needed",
                "intake",
            ),
        ),
    ]


def _product_energy(facts: Facts) -> pl.DataFrame:
    """Return the products that are said to take far less energy than their advanced level."""
    made = production_by_year(facts)
    levels = edition_of_year(benchmark_levels(), key=["product"], years=made["year"].unique().to_list())
    too_good = (
        made.join(levels, on=["year", "product"], how="inner")
        .filter((pl.col("better") > 0) & (pl.col("advanced") > 0) & (pl.col("unit") == pl.col("output_unit")))
        .with_columns(needed=pl.col("advanced") * pl.col("quantity"))
        .filter(pl.col("energy") < LEAST_OF_ADVANCED_BY_PRODUCT * pl.col("needed"))
        .sort(*_YEAR, "product")
        .with_columns(pl.col("needed", "energy").round(1))
    )
    return cross_check(
        too_good,
        check="product_energy_below_advanced",
        severity="warning",
        en=formatted(
            "{} of {} is said to take {} tce; the advanced level takes {}.",
            "product",
            "year",
            "energy",
            "needed",
        ),
        zh=formatted("{}（{}年）称耗能{}吨标准煤，标杆水平需{}吨。", "product", "year", "energy", "needed"),
    )


def _capacity(facts: Facts) -> pl.DataFrame:
    """Return self-generated power beyond what the equipment in service can make in a year."""
    kinds = pl.DataFrame(
        [(carrier, kind, hours) for carrier, (kind, hours) in MOST_HOURS.items()],
        schema={"carrier": pl.String, "kind": pl.String, "hours": pl.Float64},
        orient="row",
    )
    made = (
        energy_balance(facts)
        .filter(pl.col("flow") == "self_generated")
        .join(kinds.rename({"kind": "equipment"}), on="carrier", how="inner")
        .group_by(*_YEAR, "carrier", "equipment", "hours", maintain_order=True)
        .agg(made=strict_sum(pl.col("quantity")))
        .filter(pl.col("made").is_not_null())
    )
    machines = facts.equipment.select(
        "application_id", "rated_power", "commissioned_on", "retired_on", equipment="kind"
    )
    begun = (pl.col("commissioned_on").dt.year() <= pl.col("year")).fill_null(value=True)
    lasts = (pl.col("retired_on").dt.year() >= pl.col("year")).fill_null(value=True)
    beyond = (
        made.join(machines, on=["application_id", "equipment"], how="inner")
        .filter(begun & lasts)
        .group_by(*_YEAR, "carrier", "hours", "made", maintain_order=True)
        .agg(power=strict_sum(pl.col("rated_power")))
        .with_columns(most=pl.col("power") * pl.col("hours") / 1000.0)
        .filter(pl.col("made") > pl.col("most"))
        .with_columns(pl.col("made", "most", "power").round(1))
    )
    return cross_check(
        beyond,
        check="self_generated_beyond_capacity",
        severity="warning",
        en=formatted(
            "{} of {}: {} MWh from {} kW, which make at most {} MWh.",
            "carrier",
            "year",
            "made",
            "power",
            "most",
        ),
        zh=formatted(
            "{}（{}年）自发电{}兆瓦时，装机{}千瓦最多可发{}兆瓦时。",
            "carrier",
            "year",
            "made",
            "power",
            "most",
        ),
    )


def _jumps(facts: Facts, amounts: pl.DataFrame, *, check: str, en: str, zh: str, unit: str) -> pl.DataFrame:
    """Return the years in which an amount over revenue changed by more than :data:`JUMP` against the year before."""
    years = intensity(facts, amounts).filter(pl.col("by_revenue") > 0)
    before = years.select(
        "application_id", year=pl.col("year") + 1, amount_before="amount", ratio_before="by_revenue"
    )
    changed = (
        years.join(before, on=_YEAR, how="inner")
        .with_columns(factor=pl.col("by_revenue") / pl.col("ratio_before"))
        .filter(pl.col("factor").log().abs() > math.log(JUMP))
        .with_columns(pl.col("amount", "amount_before").round(1), pl.col("factor").round(2))
    )
    figures = ("amount_before", "amount", "year", "factor")
    return cross_check(
        changed,
        check=check,
        severity="notice",
        en=formatted(
            f"{en} went from {{}} to {{}} {unit} in {{}}: {{}} times the year before, over revenue.", *figures
        ),
        zh=formatted(f"{zh}由{{}}变为{{}}{unit}（{{}}年），单位营业收入为上年的{{}}倍。", *figures),
    )
