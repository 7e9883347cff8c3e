"""The group view: members, sums, indicators and findings of every group on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import context, emissions, energy
from features.asof import facts as asof_facts
from features.contract import CONTRACT
from features.emissions.totals import emissions_by_year
from features.energy.balance import energy_by_year
from features.groups.consolidation import SUMMED_ANNUAL, consolidated, operating
from features.groups.holdings import GROUP_FINDINGS, holdings, roll_up
from features.settings import Settings
from features.totals import annual_by_year

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from features.facts import Facts
    from features.intake import Dataset

__all__ = ["GROUP_INDICATORS", "GroupView", "groups"]

GROUP_INDICATORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "energy": ("energy_intensity", "energy_intensity_trend", "coal_share", "electrification"),
        "emissions": (
            "carbon_intensity",
            "carbon_intensity_trend",
            "emissions_trend",
            "scope3_intensity",
            "methane_share",
            "assured_share",
            "pollutant_intensity",
        ),
        "context": ("leverage", "interest_cover", "return_on_assets", "log_revenue", "log_employees"),
    }
)
"""Indicators of the catalogue that are functions of sums alone, by family."""


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """Groups on a day.

    Parameters
    ----------
    members
        ``parent_id`` (ultimate), ``firm_id``, ``share`` (0 to 1; null where a holding on the way states none), ``level``
        (steps of the shortest way; 0 is the parent itself) and ``note`` (findings of the firm, comma-separated);
        sorted. A firm that nobody owns is a group of its own.
    totals
        ``parent_id``, ``year`` and the sums: ``energy`` (tce), ``electricity`` (MWh), ``scope1``, ``scope2_location``,
        ``scope2_market`` (tCO2e) and the sums of the annual table; null where a member's fact is missing.
    indicators
        ``parent_id`` and :data:`GROUP_INDICATORS`, in the catalogue's units.
    findings
        Columns of :data:`GROUP_FINDINGS`.
    """

    members: pl.DataFrame
    totals: pl.DataFrame
    indicators: pl.DataFrame
    findings: pl.DataFrame


def groups(dataset: Dataset, *, as_of: dt.date, settings: Settings | None = None) -> GroupView:
    """Return the groups of a dataset's firms as they stood and were known on a day.

    Parameters
    ----------
    dataset
        What intake gave; its applications are not read.
    as_of
        The day.
    settings
        How the indicators are computed; the defaults where None.
    """
    chosen = settings or Settings()
    on_the_day = pl.col("known_on").is_null() | (pl.col("known_on") <= as_of)
    firms = dataset.tables["firms"].filter(on_the_day).select("firm_id").unique().sort("firm_id")
    edges, about_edges = holdings(dataset.tables["ownership"], as_of=as_of)
    members, about_members = roll_up(firms["firm_id"], edges)
    facts = asof_facts(_one_application_per_firm(dataset, firms, as_of), chosen)
    asked, about_facts = operating(facts, members)
    findings = pl.concat([about_edges, about_members, about_facts]).sort(list(GROUP_FINDINGS))
    group = consolidated(facts, asked)
    return GroupView(
        members=_noted(members, findings),
        totals=_totals(group),
        indicators=_indicators(group),
        findings=findings,
    )


def _noted(members: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    notes = findings.group_by("firm_id").agg(found=pl.col("finding").unique().sort().str.join(", "))
    return (
        members.join(notes, on="firm_id", how="left")
        .with_columns(note=pl.col("found").fill_null(""))
        .select("parent_id", "firm_id", "share", "level", "note")
        .sort("parent_id", "firm_id")
    )


def _one_application_per_firm(dataset: Dataset, firms: pl.DataFrame, as_of: dt.date) -> Dataset:
    """Return the dataset with one application per firm on the day: what a firm's decision would see."""
    schema = CONTRACT["applications"].clean_schema
    asked = firms.select(
        application_id="firm_id",
        firm_id="firm_id",
        as_of=pl.lit(as_of, dtype=pl.Date),
    )
    rest = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in asked.columns
    ]
    applications = asked.with_columns(rest).select(list(schema))
    return replace(dataset, tables=MappingProxyType({**dataset.tables, "applications": applications}))


def _totals(group: Facts) -> pl.DataFrame:
    year = ["application_id", "year"]
    parts = [
        energy_by_year(group).select(*year, "energy", "electricity"),
        emissions_by_year(group).select(*year, "scope1", "scope2_location", "scope2_market"),
        annual_by_year(group).select(*year, *SUMMED_ANNUAL),
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on=year, how="full", coalesce=True)
    return joined.rename({"application_id": "parent_id"}).sort("parent_id", "year")


def _indicators(group: Facts) -> pl.DataFrame:
    values = group.applications.select("application_id").sort("application_id")
    for family, module in (("energy", energy), ("emissions", emissions), ("context", context)):
        result = module.indicators(group).values.select("application_id", *GROUP_INDICATORS[family])
        values = values.join(result, on="application_id", how="left", maintain_order="left")
    return values.rename({"application_id": "parent_id"})
