"""The group view: members, sums, indicators and findings of every group on a day."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import context, emissions, energy, labour, resources, safety, transformation
from features.asof import facts as asof_facts
from features.disclosure.family import latest_energy, metered
from features.emissions.totals import emissions_by_year
from features.energy.balance import energy_by_year
from features.firms_on_a_day import firms_on
from features.groups.consolidation import SUMMED_ANNUAL, consolidated, operating
from features.groups.given import GROUP_INDICATORS
from features.groups.holdings import GROUP_FINDINGS, holdings, roll_up
from features.groups.standing import MAJORITY, standing
from features.loans import outstanding_loans
from features.settings import Settings
from features.totals import annual_by_year

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from features.facts import Facts, FamilyResult
    from features.intake import Dataset

__all__ = ["GroupView", "groups"]

_OF_SUMS: Mapping[str, Callable[[Facts], FamilyResult]] = MappingProxyType(
    {
        "energy": energy.indicators,
        "emissions": emissions.indicators,
        "resources": resources.indicators,
        "transformation": transformation.indicators,
        "safety": safety.indicators,
        "labour": labour.indicators,
        "context": context.indicators,
    }
)
"""Families with indicators that are functions of sums; the code is that of a firm's own."""


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
    loans
        ``parent_id``, ``loans`` and ``outstanding`` (10,000 CNY): what the bank lends to the parent and the firms that it owns
        more than half of, in full, since one of them stands and falls with the others; no rows where the dataset has no book.
        Null where a balance or the share in a borrower is not stated.
    """

    members: pl.DataFrame
    totals: pl.DataFrame
    indicators: pl.DataFrame
    findings: pl.DataFrame
    loans: pl.DataFrame


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
    facts = asof_facts(firms_on(dataset, firms["firm_id"], as_of=as_of), chosen)
    asked, about_facts = operating(facts, members)
    findings = pl.concat([about_edges, about_members, about_facts]).sort(list(GROUP_FINDINGS))
    group = consolidated(facts, asked)
    return GroupView(
        members=_noted(members, findings),
        totals=_totals(group),
        indicators=_indicators(group, standing(facts, group, members, asked)),
        findings=findings,
        loans=_loans(dataset, members, as_of),
    )


def _loans(dataset: Dataset, members: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Return the bank's loans by group; a firm that the book does not name owes nothing."""
    if "loans" not in dataset.handed_in:
        members = members.clear()
    owed = outstanding_loans(dataset.tables["loans"], as_of=as_of)
    borrowers = members.join(owed, on="firm_id", how="left").with_columns(
        pl.when(pl.col("loans").is_null()).then(0.0).otherwise("outstanding").alias("outstanding"),
        pl.col("loans").fill_null(0),
    )
    counted = pl.col("share") > MAJORITY
    unsure = (pl.col("share").is_null() & (pl.col("loans") > 0)).any()
    return borrowers.group_by("parent_id", maintain_order=True).agg(
        loans=pl.when(~unsure).then(pl.col("loans").filter(counted).sum()),
        outstanding=pl.when(~unsure & (pl.col("outstanding").filter(counted).null_count() == 0)).then(
            pl.col("outstanding").filter(counted).sum()
        ),
    )


def _noted(members: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    notes = findings.group_by("firm_id").agg(found=pl.col("finding").unique().sort().str.join(", "))
    return (
        members.join(notes, on="firm_id", how="left")
        .with_columns(note=pl.col("found").fill_null(""))
        .select("parent_id", "firm_id", "share", "level", "note")
        .sort("parent_id", "firm_id")
    )


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


def _indicators(group: Facts, held: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`GROUP_INDICATORS`: by holdings where they go by holdings, else of the sums."""
    values = held.rename({"parent_id": "application_id"})
    results = {family: indicators(group).values for family, indicators in _OF_SUMS.items()}
    results["disclosure"] = metered(latest_energy(group)).values
    for family, result in results.items():
        wanted = [i for i in GROUP_INDICATORS[family] if i in result.columns and i not in values.columns]
        values = values.join(
            result.select("application_id", *wanted), on="application_id", how="left", maintain_order="left"
        )
    ordered = [i for family in GROUP_INDICATORS.values() for i in family]
    return values.select("application_id", *ordered).rename({"application_id": "parent_id"})
