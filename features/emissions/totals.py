"""Emission totals by year: own gases to CO2e, sites to the firm, scopes apart, pollutants apart.

Tonnes of a gas become tCO2e under the warming potentials of the settings; what was handed in in tCO2e stands as it is,
under its reporter's own potentials. Biogenic CO2 stays outside the total, and so does HCFC-22, which is not one of
the gases of the Kyoto basket. A scope without a CO2e total and without CO2 is missing: the other gases alone
are no total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.text import formatted
from features.totals import Selection, finest_periods, parts_or_total, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = [
    "POLLUTANTS",
    "SCOPE3_CATEGORIES",
    "emission_differences",
    "emissions_by_year",
    "pollutants_by_year",
]

POLLUTANTS = ("SO2", "NOx", "PM", "COD", "NH3-N")
SCOPE3_CATEGORIES = tuple(range(1, 16))

_SCOPE = ["application_id", "scope", "category"]
_OUTSIDE = ("CO2_biogenic", "HCFC-22")
_ASSURANCE_WEIGHT = {"reasonable": 1.0, "limited": 0.5, "none": 0.0}


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """Each step from the rows to the firm's totals."""

    families: Selection
    gases: Selection
    sites: Selection
    differences: pl.DataFrame


def _steps(facts: Facts) -> _Steps:
    return facts.once("emission_steps", _all_steps)


def _all_steps(facts: Facts) -> _Steps:
    species, periods = _own_gases(facts)
    families = _families(species)
    gases, sites = _totals(families.rows)
    differences = [periods, families.differences, gases.differences, sites.differences]
    return _Steps(families=families, gases=gases, sites=sites, differences=pl.concat(differences))


def _own_gases(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the greenhouse-gas rows that count, one set per site, and the differences of their periods.

    Adds ``family`` (the gas, or the basket it belongs to), ``co2e`` (tCO2e) and ``assured`` (tCO2e under assurance, with
    its weight; an assurance that is not stated is none).
    """
    potentials = reference.table("global_warming_potentials").select(
        "substance", "family", potential=f"{facts.settings.warming_potentials}_gwp100"
    )
    rows = (
        facts.emissions.filter((pl.col("scope") != "none") & ~pl.col("substance").is_in(POLLUTANTS))
        .join(potentials, on="substance", how="left")
        .with_columns(
            family=pl.coalesce("family", "substance"),
            co2e=pl.when((pl.col("unit") == "tCO2e") | (pl.col("substance") == "CO2_biogenic"))
            .then("quantity")
            .otherwise(pl.col("quantity") * pl.col("potential")),
        )
    )
    periods = finest_periods(
        rows,
        fact=[*_SCOPE, "substance", "site"],
        value="co2e",
        label=formatted("{} of scope {}", pl.col("substance"), pl.col("scope")),
    )
    weight = pl.col("assurance").replace_strict(_ASSURANCE_WEIGHT, default=0.0, return_dtype=pl.Float64)
    return periods.rows.with_columns(assured=pl.col("co2e") * weight), periods.differences


def _families(rows: pl.DataFrame) -> Selection:
    """Select the species of a basket (HFC-134a of HFCs, CH4_fossil of CH4), or the basket."""
    return parts_or_total(
        rows,
        fact=[*_SCOPE, "site", "family"],
        part=pl.col("substance") != pl.col("family"),
        value="co2e",
        label=formatted("{} of scope {}", pl.col("family"), pl.col("scope")),
    )


def _totals(rows: pl.DataFrame) -> tuple[Selection, Selection]:
    """Select the gases or the CO2e total of each site, then the sites or the firm's row."""
    label = formatted("CO2e of scope {}", pl.col("scope"))
    gases = parts_or_total(
        rows.filter(~pl.col("substance").is_in(_OUTSIDE)),
        fact=[*_SCOPE, "site"],
        part=pl.col("substance") != "CO2e",
        value="co2e",
        label=label,
        complete=pl.col("substance") == "CO2",
    )
    sites = parts_or_total(
        gases.rows,
        fact=_SCOPE,
        part=pl.col("site").is_not_null(),
        value="co2e",
        label=formatted("{} over the sites", label),
    )
    return gases, sites


def _one_gas(rows: pl.DataFrame, family: str) -> pl.DataFrame:
    """Return a gas of scope 1 by year, in tCO2e."""
    selected = parts_or_total(
        rows.filter((pl.col("scope") == "1") & (pl.col("family") == family)),
        fact=_SCOPE,
        part=pl.col("site").is_not_null(),
        value="co2e",
        label=pl.col("family"),
    )
    return _summed(selected.rows, strict_sum(pl.col("co2e")).alias(family))


def _summed(rows: pl.DataFrame, *sums: pl.Expr) -> pl.DataFrame:
    order = ["application_id", "fact_year", "scope", "category", "site", "substance", "period_start"]
    return (
        rows.sort(order, nulls_last=False)
        .group_by("application_id", pl.col("fact_year").alias("year"), maintain_order=True)
        .agg(*sums)
    )


def emissions_by_year(facts: Facts) -> pl.DataFrame:
    """Return each application's greenhouse-gas emissions by year, in tCO2e.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``scope1``, ``scope2_location``, ``scope2_market``, ``scope3_1`` to
        ``scope3_15``; of scope 1 ``co2`` and ``ch4_co2e`` (null where the gas was not handed in), ``biogenic`` (CO2 outside
        the total) and ``gases_complete`` (Boolean: the gases that were handed in add up to the CO2e total); of scope 1
        and 2 ``assured`` and ``assured_of`` (the tCO2e under assurance, weighted, and what they are of), and
        ``assurance_stated`` (Boolean). Null is missing, never zero.
    """
    return facts.once("emissions_by_year", _emissions_by_year)


def _emissions_by_year(facts: Facts) -> pl.DataFrame:
    steps = _steps(facts)
    rows = steps.families.rows
    co2e, scope, category = pl.col("co2e"), pl.col("scope"), pl.col("category")
    wide = {
        "scope1": scope == "1",
        "scope2_location": scope == "2-location",
        "scope2_market": scope == "2-market",
        **{f"scope3_{i}": (scope == "3") & (category == i) for i in SCOPE3_CATEGORIES},
    }
    # Scope 2 counts once: by location, by market only where nothing else was handed in.
    by_location = (scope == "2-location").any().over("application_id", "fact_year")
    reported = scope.is_in(["1", "2-location"]) | ((scope == "2-market") & ~by_location)
    totals = _summed(
        steps.sites.rows.with_columns(_reported=reported),
        *(strict_sum(co2e.filter(where)).alias(name) for name, where in wide.items()),
        strict_sum(pl.col("assured").filter(pl.col("_reported"))).alias("assured"),
        strict_sum(co2e.filter(pl.col("_reported"))).alias("assured_of"),
        (pl.col("assurance").is_not_null() & pl.col("_reported")).any().alias("assurance_stated"),
    )
    complete = _complete_gases(rows, steps.gases.rows)
    for part in (
        _one_gas(rows, "CO2").rename({"CO2": "co2"}),
        _one_gas(rows, "CH4").rename({"CH4": "ch4_co2e"}),
        _one_gas(rows, "CO2_biogenic").rename({"CO2_biogenic": "biogenic"}),
        complete,
    ):
        totals = totals.join(part, on=["application_id", "year"], how="full", coalesce=True)
    return totals.with_columns(pl.col("assurance_stated", "gases_complete").fill_null(value=False)).sort(
        "application_id", "year"
    )


def _complete_gases(rows: pl.DataFrame, selected: pl.DataFrame) -> pl.DataFrame:
    """Return the years in which every CO2e total of scope 1 was matched by the gases handed in beside it."""
    where = ["application_id", "fact_year", "site"]
    stated = rows.filter((pl.col("scope") == "1") & (pl.col("substance") == "CO2e")).select(where).unique()
    matched = (
        selected.filter((pl.col("scope") == "1") & (pl.col("substance") != "CO2e"))
        .select(where)
        .unique()
        .with_columns(matched=True)
    )
    return (
        stated.join(matched, on=where, how="left", nulls_equal=True)
        .group_by("application_id", pl.col("fact_year").alias("year"))
        .agg(gases_complete=pl.col("matched").fill_null(value=False).all())
    )


def emission_differences(facts: Facts) -> pl.DataFrame:
    """Return every difference between a total of emissions and its parts (see ``Selection.differences``)."""
    return pl.concat([_steps(facts).differences, _pollutants(facts)[1]])


def _pollutants(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    return facts.once("pollutant_selection", _select_pollutants)


def _select_pollutants(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = facts.emissions.filter((pl.col("scope") == "none") & pl.col("substance").is_in(POLLUTANTS))
    fact = ["application_id", "substance"]
    periods = finest_periods(rows, fact=[*fact, "site"], value="quantity", label=pl.col("substance"))
    sites = parts_or_total(
        periods.rows,
        fact=fact,
        part=pl.col("site").is_not_null(),
        value="quantity",
        label=formatted("{} over the sites", pl.col("substance")),
    )
    return sites.rows, pl.concat([periods.differences, sites.differences])


def pollutants_by_year(facts: Facts) -> pl.DataFrame:
    """Return each application's pollutants by year, in tonnes.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``substance``, ``tonnes`` (null where the year is not complete); one row per
        pollutant that was handed in.
    """
    return facts.once("pollutants_by_year", _pollutants_by_year)


def _pollutants_by_year(facts: Facts) -> pl.DataFrame:
    rows, _ = _pollutants(facts)
    order = ["application_id", "fact_year", "substance", "site", "period_start"]
    return (
        rows.sort(order, nulls_last=False)
        .group_by("application_id", pl.col("fact_year").alias("year"), "substance", maintain_order=True)
        .agg(tonnes=strict_sum(pl.col("quantity")))
    )
