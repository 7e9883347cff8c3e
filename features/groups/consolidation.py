"""Consolidation: the facts of a group as one applicant, summed from its members' by share.

What is summed stands before any rule that is no sum (a clip, a share, a ratio), so that those rules see the group as
one; see ``features.groups`` for what is decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from features.emissions.derived import derived_emissions
from features.emissions.totals import emissions_by_year, pollutants_by_year
from features.energy.balance import energy_balance
from features.facts import FACT_TABLES
from features.groups.activity import ecology, green_power, production
from features.groups.holdings import finding
from features.groups.sums import asked_of, common_or_mean, held_rows, parent_applications, summed
from features.totals import annual_by_year

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.facts import Facts

__all__ = ["SUMMED_ANNUAL", "consolidated", "operating"]

SUMMED_ANNUAL = tuple(
    c.name
    for c in CONTRACT["annual"].columns
    if c.kind in {"money", "number"} and c.name != "eu_export_share"
)
"""Columns of the annual table that are sums; a share or a rating of a group is not the sum of its members'."""


def operating(facts: Facts, members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the members whose facts are asked for: all but mere holdings."""
    ids = [
        frame.select("firm_id") for frame in (facts.annual, facts.energy, facts.emissions, facts.production)
    ]
    silent = members.join(pl.concat(ids).unique(), on="firm_id", how="anti")
    others = members.filter(pl.col("firm_id") != pl.col("parent_id")).select("parent_id").unique()
    mere = silent.filter(pl.col("level") == 0).join(others, on="parent_id", how="semi")
    without = silent.join(mere, on=["parent_id", "firm_id"], how="anti")
    findings = [
        finding(
            mere,
            "mere_holding",
            "notice",
            pl.lit("No fact of the parent itself: it counts as what it holds."),
            pl.lit("母公司自身无任何数据，仅按所持企业计算。"),
        ),
        finding(
            without,
            "no_facts",
            "warning",
            pl.lit("No fact of the member was handed in: the sums of the group are missing."),
            pl.lit("成员企业无任何数据：集团合计缺失。"),
        ),
    ]
    kept = members.join(mere, on=["parent_id", "firm_id"], how="anti")
    return asked_of(kept), pl.concat(findings)


def consolidated(facts: Facts, members: pl.DataFrame) -> Facts:
    """Return facts in which each group stands as one application: sums of its members' facts by share."""
    balance = summed(
        energy_balance(facts),
        members,
        key=["carrier", "flow", "basis"],
        values=["quantity", "tce", "co2_t"],
    )
    # No methane beside gases that make the total is none; in a sum it has to be told as a number.
    totals = emissions_by_year(facts).with_columns(
        ch4_co2e=pl.when(pl.col("ch4_co2e").is_null() & pl.col("gases_complete"))
        .then(0.0)
        .otherwise("ch4_co2e")
    )
    numbers = [c for c, kind in totals.schema.items() if kind == pl.Float64]
    gases = summed(totals, members, key=[], values=numbers, every=["gases_complete"])
    pollutants = summed(_ever_reported(facts), members, key=["substance"], values=["tonnes"])
    derived = derived_emissions(facts)
    parts = [c for c, kind in derived.schema.items() if kind == pl.Float64]
    retired, asked = green_power(facts, members)
    given = {
        "annual": _annual(facts, members),
        # Only which scopes, units and kinds were handed in at all is read of the rows; the figures are the totals'.
        "emissions": _of_parents(facts.emissions, members),
        "ecology": _of_parents(facts.ecology, members),
        "equipment": held_rows(facts.equipment, members, number="equipment_id", by_share=["rated_power"]),
    }
    tables = {name: given.get(name, getattr(facts, name).clear()) for name in FACT_TABLES}
    group = replace(facts, applications=parent_applications(facts, members), **tables)
    for name, frame in (
        ("energy_balance", balance),
        ("emissions_by_year", gases),
        ("pollutants_by_year", pollutants),
        ("derived_emissions", summed(derived, members, key=[], values=parts)),
        ("production_by_year", production(facts, members)),
        ("ecology_by_year", ecology(facts, members)),
        ("retired_green_power", retired),
        ("green_power_asked", asked),
    ):
        group.once(name, _as_is(frame))
    return group


def _ever_reported(facts: Facts) -> pl.DataFrame:
    """Return each firm's pollutants by year, with a row without tonnes for what it reported in other years only."""
    tonnes = pollutants_by_year(facts)
    ever = tonnes.select("application_id", "substance").unique()
    years = tonnes.select("application_id", "year").unique()
    return (
        years.join(ever, on="application_id", how="inner")
        .join(tonnes, on=["application_id", "year", "substance"], how="left")
        .select(tonnes.columns)
        .sort("application_id", "year", "substance")
    )


def _annual(facts: Facts, members: pl.DataFrame) -> pl.DataFrame:
    """Return the annual table of the groups: what is a sum is summed, the rest is empty."""
    rows = annual_by_year(facts)
    values = SUMMED_ANNUAL
    years = rows.select("application_id", "year", "period_start", "period_end", *values)
    sums = summed(years, members, key=["period_start", "period_end"], values=values)
    sums = sums.join(_exported(rows, members), on=["application_id", "year"], how="left")
    # Two fiscal years of one name are no common year.
    single = sums.filter(pl.len().over("application_id", "year") == 1).rename({"year": "fact_year"})
    single = single.with_columns(as_of=pl.lit(facts.applications["as_of"].first(), dtype=pl.Date))
    rest = [
        pl.lit(None, dtype=kind).alias(c)
        for c, kind in facts.annual.schema.items()
        if c not in single.columns
    ]
    return single.with_columns(rest).select(facts.annual.columns)


def _exported(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return ``eu_export_share`` of the groups by year: the members' shares by their revenue."""
    owned = members.filter("certain").select("parent_id", "share", application_id="firm_id")
    exported = common_or_mean(pl.col("eu_export_share"), pl.col("revenue") * pl.col("share"))
    return (
        rows.join(owned, on="application_id", how="inner")
        .sort("parent_id", "year", "application_id")
        .group_by("parent_id", "year", maintain_order=True)
        .agg(eu_export_share=exported)
        .rename({"parent_id": "application_id"})
    )


def _of_parents(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    parents = members.select("parent_id", application_id="firm_id")
    return (
        rows.join(parents, on="application_id", how="inner")
        .with_columns(application_id="parent_id")
        .select(rows.columns)
    )


def _as_is(frame: pl.DataFrame) -> Callable[[Facts], pl.DataFrame]:
    """Return a computation that gives a frame that is known."""
    return lambda _: frame
