"""The emissions of borrowers on a day: reported, worked out from their own energy, or estimated by their sector; each apart.

========== ====== ================================================================================================
basis      PCAF   what stands
========== ====== ================================================================================================
verified   1      scope 1 and 2 as reported, all of it under assurance (option 1a)
reported   2      scope 1 and 2 as reported (option 1b)
energy     2      not reported: fuels, purchased energy and processes by their factors (option 2a)
estimated  4      neither: the sector's median carbon intensity times the firm's value added (option 3a), scopes together
none              none of these
========== ====== ================================================================================================

Estimates need a sector: the median of the model's training population by industry division, else by section, never of all
firms. Removals and credits stand beside the emissions and are never taken off them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.asof import facts as asof_facts
from features.context import latest_annual
from features.ecology import ecology_by_year
from features.emissions.derived import derived_emissions
from features.emissions.totals import SCOPE3_CATEGORIES, emissions_by_year
from features.firms_on_a_day import firms_on
from features.intensity import latest
from features.totals import annual_by_year, strict_added

if TYPE_CHECKING:
    import datetime as dt

    from features.facts import Facts
    from features.intake import Dataset
    from features.settings import Settings
    from models.distributions import SectorDistributions

__all__ = ["BASES", "PCAF_SCORES", "borrowers"]

PCAF_SCORES = {"verified": 1, "reported": 2, "energy": 2, "estimated": 4}
"""Basis to its data-quality score on the PCAF scale: 1 is the best of 5."""

BASES = (*PCAF_SCORES, "none")

_YEAR = ["application_id", "year"]
_UPSTREAM = tuple(f"scope3_{category}" for category in SCOPE3_CATEGORIES[:8])
_MONEY = ("evic", "total_equity", "total_debt", "total_assets")
_MEDIAN = 0.5


def borrowers(
    dataset: Dataset,
    firms: pl.Series,
    *,
    as_of: dt.date,
    settings: Settings,
    distributions: SectorDistributions | None,
) -> pl.DataFrame:
    """Return what is known of firms on a day.

    Parameters
    ----------
    dataset
        What intake gave.
    firms
        Ids, each once; a firm of which the dataset tells nothing is known by its id alone.
    as_of
        The day.
    settings
        How indicators are computed.
    distributions
        Of a model's training population, for estimates; no estimates without.

    Returns
    -------
    pl.DataFrame
        One row per firm, sorted by ``firm_id``: ``firm_name``, ``industry_division``, ``province``; ``basis``, ``year`` and
        ``pcaf`` of the emissions; ``scope1``, ``scope2`` (by location; by market where nothing else was handed in),
        ``scope3`` (upstream, all eight categories stated), ``estimated`` (scope 1 and 2 together), ``removals``
        (CO2 stored) and ``credits`` (sink credits), in tCO2e and of the same year; money of that year, of the
        latest year where it states none: ``evic``, ``total_equity``, ``total_debt``, ``total_assets`` (10,000 CNY), ``money_year``.
    """
    seen = asof_facts(firms_on(dataset, firms.sort(), as_of=as_of), settings)
    frame = seen.applications.select(
        "application_id", firm_name="name", industry_division="division", province="province"
    )
    told = _told(seen)
    by_energy = latest(
        derived_emissions(seen).select(
            *_YEAR,
            basis=pl.lit("energy"),
            scope1=pl.col("combustion") + pl.col("process"),
            scope2=pl.col("electricity_co2") + pl.col("heat"),
            value=pl.col("derived"),
        )
    ).drop("value")
    known = pl.concat([told, by_energy.join(told, on="application_id", how="anti")], how="diagonal")
    frame = (
        frame.join(known, on="application_id", how="left")
        .join(_beside(seen), on=_YEAR, how="left")
        .join(_estimates(seen, frame, distributions), on="application_id", how="left")
        .with_columns(pl.when(pl.col("basis").is_null()).then("estimated").otherwise(None).alias("estimated"))
        .with_columns(
            basis=pl.coalesce(
                "basis",
                pl.when(pl.col("estimated").is_not_null()).then(pl.lit("estimated")),
                pl.lit("none"),
            )
        )
        .with_columns(pcaf=pl.col("basis").replace_strict(PCAF_SCORES, default=None, return_dtype=pl.Int32))
    )
    return (
        frame.join(_money(seen, frame), on="application_id", how="left")
        .rename({"application_id": "firm_id"})
        .select(
            "firm_id", "firm_name", "industry_division", "province", "basis", "year", "pcaf", "scope1", "scope2",
            "scope3", "estimated", "removals", "credits", *_MONEY, "money_year",
        )
        .sort("firm_id")
    )  # fmt: skip


def _told(seen: Facts) -> pl.DataFrame:
    """Return the latest year of which scope 1 and scope 2 were both reported."""
    years = emissions_by_year(seen).with_columns(
        scope2=pl.coalesce("scope2_location", "scope2_market"),
        # Limited assurance has half the weight; PCAF's best score asks for verification.
        all_assured=(pl.col("assured") / pl.col("assured_of") >= 1.0).fill_null(value=False),
    )
    last = latest(years.with_columns(value=pl.col("scope1") + pl.col("scope2")))
    return last.select(
        *_YEAR,
        "scope1",
        "scope2",
        basis=pl.when("all_assured").then(pl.lit("verified")).otherwise(pl.lit("reported")),
    )


def _beside(seen: Facts) -> pl.DataFrame:
    """Return what stands beside the two scopes, by year: scope 3, removals and credits."""
    upstream = emissions_by_year(seen).select(*_YEAR, scope3=strict_added(_UPSTREAM))
    stored = ecology_by_year(seen).select(*_YEAR, removals="co2_stored", credits="sink_credits")
    return upstream.join(stored, on=_YEAR, how="full", coalesce=True)


def _estimates(seen: Facts, firms: pl.DataFrame, distributions: SectorDistributions | None) -> pl.DataFrame:
    """Return scope 1 and 2 by the sector's median intensity and the firm's value added, where both are known."""
    year = latest_annual(seen).filter(pl.col("value_added") > 0)
    asked = firms.join(
        year.select("application_id", "value_added"), on="application_id", how="inner"
    ).drop_nulls("industry_division")
    medians: dict[str, float] = {}
    for division in asked["industry_division"].unique().sort():
        found = None if distributions is None else distributions.of(division, "carbon_intensity")
        if found is not None and found[0] != "all":
            medians[division] = found[1][_median_place()]
    return asked.select(
        "application_id",
        estimated=pl.col("value_added")
        * pl.col("industry_division").replace_strict(medians, default=None, return_dtype=pl.Float64),
    ).drop_nulls("estimated")


def _median_place() -> int:
    from models.distributions import QUANTILES  # noqa: PLC0415  (the model libraries take seconds)

    return QUANTILES.index(_MEDIAN)


def _money(seen: Facts, firms: pl.DataFrame) -> pl.DataFrame:
    """Return the balance sheet of the emissions' year, of the latest year where that one states none."""
    years = annual_by_year(seen).select(*_YEAR, *_MONEY)
    stated = years.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in _MONEY))
    same = firms.select(_YEAR).join(stated, on=_YEAR, how="inner")
    last = (
        stated.sort(_YEAR)
        .unique(subset=["application_id"], keep="last", maintain_order=True)
        .join(same, on="application_id", how="anti")
    )
    return pl.concat([same, last]).rename({"year": "money_year"})
