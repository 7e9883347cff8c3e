"""What a group does, summed from its members: output, ecology, machines and green power.

Of a fact that not every firm can have, it is asked of the members that can, or that ever handed it in: output of those
whose industry makes a product that is compared (or is not known), allowances and verified emissions of those in emissions
trading. Machines and green-power certificates stand on their own, as for a firm: what was handed in counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.ecology import ECOLOGY_KINDS, ecology_by_year
from features.emissions.carbon_market import TRADING_KINDS, outside_trading
from features.emissions.products import has_taxonomy_industry
from features.energy.balance import energy_by_year
from features.energy.benchmark_position import has_benchmark_industry
from features.energy.green_power import green_power_asked, retired_green_power
from features.groups.sums import asked_of, summed
from features.totals import production_by_year

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["ecology", "green_power", "production"]

_YEAR = ["application_id", "year"]


def production(facts: Facts, members: pl.DataFrame) -> pl.DataFrame:
    """Return output, its energy and its emissions by group, year and product; see ``production_by_year``.

    Where members count one product in different units its output is missing.
    """
    made = production_by_year(facts)
    industry = (pl.col("division"), pl.col("class4"))
    can = (
        has_benchmark_industry(*industry).fill_null(value=True)
        | has_taxonomy_industry(*industry).fill_null(value=True)
        | pl.col("cbam_exposed").fill_null(value=True)
    )
    needed = _needed(members, facts.applications.filter(can), made)
    sums = summed(made, needed, key=["product", "unit"], values=["quantity", "energy", "emissions"])
    one_unit = pl.len().over(*_YEAR, "product") == 1
    return sums.with_columns(quantity=pl.when(one_unit).then("quantity")).unique(
        subset=[*_YEAR, "product"], keep="first", maintain_order=True
    )


def ecology(facts: Facts, members: pl.DataFrame) -> pl.DataFrame:
    """Return compensation, sinks, allowances and captured carbon by group and year; see ``ecology_by_year``."""
    given = ecology_by_year(facts)
    traded = given.filter(pl.any_horizontal(pl.col(TRADING_KINDS).is_not_null()))
    inside = facts.applications.filter(~outside_trading())
    others = [kind for kind in ECOLOGY_KINDS if kind not in TRADING_KINDS]
    trading, rest = (
        summed(frame.select(*_YEAR, *kinds), of, key=[], values=kinds)
        for frame, of, kinds in (
            (traded, _needed(members, inside, traded), TRADING_KINDS),
            (given, members, others),
        )
    )
    return trading.join(rest, on=_YEAR, how="full", coalesce=True).select(given.columns).sort(_YEAR)


def green_power(facts: Facts, members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the electricity whose certificates were cancelled for members, and the years every member was asked for.

    Returns
    -------
    tuple of pl.DataFrame
        As ``retired_green_power`` and ``green_power_asked`` give them, by group.
    """
    owned = members.filter("certain").select("parent_id", "share", "expected", application_id="firm_id")
    year = ["parent_id", "year"]
    retired = (
        retired_green_power(facts)
        .join(owned, on="application_id", how="inner")
        .sort(*year, "application_id")
        .group_by(year, maintain_order=True)
        .agg(retired=(pl.col("retired") * pl.col("share")).sum())
    )
    asked = (
        green_power_asked(facts, energy_by_year(facts))
        .join(owned, on="application_id", how="inner")
        .group_by(year)
        .agg(pl.col("asked_to").min(), answered=pl.len(), expected=pl.col("expected").first())
        .filter(pl.col("answered") == pl.col("expected"))
        .select(*year, "asked_to")
        .sort(year)
    )
    return retired.rename({"parent_id": "application_id"}), asked.rename({"parent_id": "application_id"})


def _needed(members: pl.DataFrame, able: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return the members of whom a fact is asked: those that can have it, and those that ever handed it in."""
    ids = pl.concat([able.select("application_id"), given.select("application_id")]).unique()
    asked = members.join(ids, left_on="firm_id", right_on="application_id", how="semi")
    return asked_of(asked.drop("expected", "certain"))
