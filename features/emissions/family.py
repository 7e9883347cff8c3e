"""The emissions family: intensity and trends, products, methane, power, markets, assurance and pollutants.

Every ratio takes numerator and denominator of one and the same year, the latest for which both are known. How rows
become totals stands in :mod:`features.emissions.totals`, products in :mod:`features.emissions.product_indicators`,
allowances in :mod:`features.emissions.carbon_market`, the physical cross-check in :mod:`features.emissions.derived`. Scope 2 that was not handed in is missing: it is never derived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.emissions.carbon_market import allowance_indicators, capture_indicator
from features.emissions.derived import derived_emissions
from features.emissions.footprint import footprint_indicator
from features.emissions.pollution import pollution_equivalents_by_year
from features.emissions.product_indicators import (
    cbam_indicator,
    power_carbon_indicator,
    product_carbon_indicator,
)
from features.emissions.totals import emission_differences, emissions_by_year
from features.facts import FamilyResult, cross_check, family_part, neutral, note, whole_family
from features.intensity import intensity, intensity_trend, latest, trend
from features.reference_notes import other_edition_note, recalled_note
from features.text import formatted
from features.totals import (
    TOLERANCE,
    annual_by_year,
    difference_checks,
    over_positive,
    strict_added,
)

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["ENERGY_EXTRACTION", "cross_checks", "indicators"]

_YEAR = ["application_id", "year"]
ENERGY_EXTRACTION = ("06", "07")
"""Divisions of GB/T 4754 that extract coal, and petroleum and natural gas."""

_UPSTREAM = tuple(f"scope3_{category}" for category in range(1, 9))


def indicators(facts: Facts) -> FamilyResult:
    """Return the emissions indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        Emissions in tCO2e, money in 10,000 CNY, electricity in MWh, shares of one.
    """
    results = [
        _intensities(facts),
        _emissions_trend(facts),
        _scope3(facts),
        _methane(facts),
        power_carbon_indicator(facts),
        product_carbon_indicator(facts),
        footprint_indicator(facts),
        allowance_indicators(facts),
        cbam_indicator(facts),
        _under_reporting(facts),
        _assured(facts),
        capture_indicator(facts),
        _pollutants(facts),
    ]
    return whole_family(facts, "emissions", results)


def _intensities(facts: Facts) -> FamilyResult:
    """Return ``carbon_intensity`` and ``carbon_intensity_trend``."""
    both = emissions_by_year(facts).select(*_YEAR, amount=pl.col("scope1") + pl.col("scope2_location"))
    by_year = intensity(facts, both)
    last, trends = latest(by_year), intensity_trend(by_year)
    values = last.select("application_id", carbon_intensity="value").join(
        trends.select("application_id", carbon_intensity_trend="value"), on="application_id", how="left"
    )
    own = _own_potentials(facts).join(last.select(_YEAR), on=_YEAR, how="inner")
    notes = [
        note(
            last.filter(pl.col("by_value_added").is_null()),
            indicators=["carbon_intensity"],
            status="defaulted",
            en=formatted(
                "Revenue of {} ({} x 10,000 CNY) stands for value added.", "year", pl.col("revenue").round(2)
            ),
            zh=formatted("{}年以营业收入（{}万元）代替增加值。", "year", pl.col("revenue").round(2)),
        ),
        note(
            trends.filter(pl.col("by") == "revenue"),
            indicators=["carbon_intensity_trend"],
            status="defaulted",
            en=formatted("Over revenue of {} to {}, for want of value added.", "first_year", "last_year"),
            zh=formatted("因缺增加值，按{}至{}年营业收入计算。", "first_year", "last_year"),
        ),
        note(
            own,
            indicators=["carbon_intensity"],
            status="defaulted",
            en=formatted(
                "Handed in in tCO2e, under the reporter's own potentials ({}): {}.", "year", "gases"
            ),
            zh=formatted("以二氧化碳当量报送，采用报送方的全球变暖潜势（{}年）：{}。", "year", "gases"),
        ),
    ]
    return family_part(values, ["carbon_intensity", "carbon_intensity_trend"], notes)


def _own_potentials(facts: Facts) -> pl.DataFrame:
    """Return the gases that could have been handed in in tonnes and were handed in in tCO2e, by year."""
    single = reference.table("global_warming_potentials")["substance"].to_list()
    rows = facts.emissions.filter(
        (pl.col("unit") == "tCO2e")
        & pl.col("substance").is_in(single)
        & pl.col("scope").is_in(["1", "2-location"])
    )
    return rows.group_by("application_id", pl.col("fact_year").alias("year")).agg(
        gases=pl.col("substance").unique().sort().str.join(", ")
    )


def _emissions_trend(facts: Facts) -> FamilyResult:
    """Return ``emissions_trend``: of scope 1 and 2, of scope 1 alone only where scope 2 was never given."""
    years = emissions_by_year(facts)
    given = facts.emissions.filter(pl.col("scope") == "2-location").select("application_id").unique()
    alone = years.join(given, on="application_id", how="anti").select(*_YEAR, value="scope1")
    both = years.join(given, on="application_id", how="semi").select(
        *_YEAR, value=pl.col("scope1") + pl.col("scope2_location")
    )
    of_both, of_one = (trend(part, last=latest(part)) for part in (both, alone))
    notes = [
        note(
            of_one,
            indicators=["emissions_trend"],
            status="estimated",
            en=formatted("Scope 1 alone, {} to {}: scope 2 was never given.", "first_year", "last_year"),
            zh=formatted("仅范围一（{}至{}年）：从未提供范围二。", "first_year", "last_year"),
        )
    ]
    values = pl.concat([of_both, of_one]).select("application_id", emissions_trend="value")
    return family_part(values, ["emissions_trend"], notes)


def _scope3(facts: Facts) -> FamilyResult:
    """Return ``scope3_intensity``: each of the eight upstream categories must be there."""
    revenue = annual_by_year(facts).select(*_YEAR, "revenue")
    years = (
        emissions_by_year(facts)
        .join(revenue, on=_YEAR, how="inner")
        .with_columns(scope3_intensity=over_positive(strict_added(_UPSTREAM), pl.col("revenue")))
    )
    return family_part(latest(years, known="scope3_intensity"), ["scope3_intensity"], [])


def _methane(facts: Facts) -> FamilyResult:
    """Return ``methane_share``; no methane beside gases that make the CO2e total is none."""
    total, methane = pl.col("scope1"), pl.col("ch4_co2e")
    none = methane.is_null() & pl.col("gases_complete")
    share = pl.when(none).then(0.0).otherwise(methane / total)
    # More methane than emissions is a contradiction between rows, not a share.
    possible = pl.when(share <= 1.0 + TOLERANCE).then(share)
    years = emissions_by_year(facts).with_columns(
        none=none,
        methane_share=pl.when(total > 0).then(possible).when(total == 0).then(neutral("methane_share")),
    )
    last = latest(years, known="methane_share")
    notes = [
        note(
            last.filter(pl.col("scope1") == 0),
            indicators=["methane_share"],
            status="not_applicable",
            en=formatted("Scope 1 of {} was handed in as zero.", "year"),
            zh=formatted("{}年范围一申报为零。", "year"),
        ),
        note(
            last.filter(pl.col("none") & (pl.col("scope1") > 0)),
            indicators=["methane_share"],
            status="zero",
            en=formatted("The other gases of {} make the whole CO2e total.", "year"),
            zh=formatted("{}年其他气体之和已等于总量。", "year"),
        ),
        note(
            _extracting(facts, last),
            indicators=["methane_share"],
            status="reported",
            en=formatted("Energy extraction: methane of {} is {} of {} tCO2e.", "year", "ch4_co2e", "scope1"),
            zh=formatted(
                "能源开采企业：{}年甲烷{}吨二氧化碳当量，范围一共{}吨。", "year", "ch4_co2e", "scope1"
            ),
        ),
    ]
    return family_part(last, ["methane_share"], notes)


def _extracting(facts: Facts, years: pl.DataFrame) -> pl.DataFrame:
    """Return the years with methane of firms that extract coal, oil or gas, of which methane tells most."""
    firms = facts.applications.filter(pl.col("division").is_in(ENERGY_EXTRACTION))
    return (
        years.join(firms, on="application_id", how="semi")
        .filter((pl.col("scope1") > 0) & pl.col("ch4_co2e").is_not_null())
        .with_columns(pl.col("ch4_co2e", "scope1").round(1))
    )


def _reported_and_derived(facts: Facts) -> pl.DataFrame:
    """Return ``reported`` (scope 1 and 2 by location) beside ``derived``, by year."""
    reported = emissions_by_year(facts).select(*_YEAR, reported=pl.col("scope1") + pl.col("scope2_location"))
    return (
        derived_emissions(facts)
        .join(reported, on=_YEAR, how="inner")
        .with_columns(
            under_reporting=over_positive(
                (pl.col("derived") - pl.col("reported")).clip(lower_bound=0.0), pl.col("derived")
            )
        )
        .sort(_YEAR)
    )


def _under_reporting(facts: Facts) -> FamilyResult:
    """Return ``under_reporting``."""
    last = latest(_reported_and_derived(facts), known="under_reporting")
    stands_in = pl.col("grid_of_nation") | pl.col("grid_of_other_year")
    notes = [
        note(
            last.filter(stands_in),
            indicators=["under_reporting"],
            status="defaulted",
            en=formatted("Grid factor {} stands in for the firm's province in {}.", "grid_id", "year"),
            zh=formatted("以电网因子{}代替企业所在省份{}年的因子。", "grid_id", "year"),
        ),
        note(
            last.filter("factors_of_other_year"),
            indicators=["under_reporting"],
            status="defaulted",
            en=formatted("Factors of fuels or processes of another year stand in for {}.", "year"),
            zh=formatted("{}年采用其他年份的燃料或过程排放因子。", "year"),
        ),
    ]
    return family_part(last, ["under_reporting"], notes)


def _assured(facts: Facts) -> FamilyResult:
    """Return ``assured_share``; missing where assurance is stated of no row of the year."""
    of = pl.col("assured_of")
    share = pl.when(of > 0).then(pl.col("assured") / of).when(of == 0).then(neutral("assured_share"))
    years = emissions_by_year(facts).with_columns(
        assured_share=pl.when(pl.col("assurance_stated") | (of == 0)).then(share)
    )
    last = latest(years, known="assured_share")
    notes = [
        note(
            last.filter(of == 0),
            indicators=["assured_share"],
            status="not_applicable",
            en=formatted("Emissions of {} were handed in as zero.", "year"),
            zh=formatted("{}年排放申报为零。", "year"),
        )
    ]
    return family_part(last, ["assured_share"], notes)


def _pollutants(facts: Facts) -> FamilyResult:
    """Return ``pollutant_intensity``."""
    revenue = annual_by_year(facts).select(*_YEAR, "revenue")
    years = pollution_equivalents_by_year(facts).join(revenue, on=_YEAR, how="inner")
    last = latest(
        years.with_columns(pollutant_intensity=over_positive(pl.col("equivalents"), pl.col("revenue"))),
        known="pollutant_intensity",
    )
    notes = [
        other_edition_note(
            last.filter(pl.col("other_edition") != ""),
            indicator="pollutant_intensity",
            of="other_edition",
            en="Pollution equivalents",
            zh="污染当量值",
        ),
        recalled_note(
            last.filter(pl.col("recalled") != ""), of="recalled", en="Pollution equivalents", zh="污染当量值"
        ),
    ]
    return family_part(last, ["pollutant_intensity"], notes)


def cross_checks(facts: Facts) -> pl.DataFrame:
    """Return the contradictions inside the emissions: totals and parts, reported and derived."""
    low = _reported_and_derived(facts)
    years = low.filter(
        pl.col("derived").is_not_null()
        & ((pl.col("reported") - pl.col("derived")).abs() > 0.1 * pl.col("derived"))
    ).with_columns(pl.col("reported", "derived", "combustion", "electricity_co2", "heat", "process").round(1))
    below = pl.col("reported") < pl.col("derived")
    en = formatted(
        "Reported {} tCO2e in {}; energy and output imply {} (fuels {}, electricity {}, heat {}, process {}).",
        "reported",
        "year",
        "derived",
        "combustion",
        "electricity_co2",
        "heat",
        "process",
    )
    zh = formatted(
        "报告排放{}吨（{}年），按能源与产量推算{}吨（燃料{}、电力{}、热力{}、过程{}）。",
        "reported",
        "year",
        "derived",
        "combustion",
        "electricity_co2",
        "heat",
        "process",
    )
    return pl.concat(
        [
            difference_checks(emission_differences(facts), check="emissions_total_and_parts"),
            cross_check(
                years.filter(below), check="emissions_below_derived", severity="warning", en=en, zh=zh
            ),
            cross_check(
                years.filter(~below), check="emissions_above_derived", severity="notice", en=en, zh=zh
            ),
        ]
    )
