"""Emissions trading and captured carbon: allowances against verified emissions, their cost, and what was stored.

A firm whose industry is not in emissions trading has no allowances to be short of: there the neutral value stands, unless
it hands in verified emissions or allowances all the same. An empty table tells nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.ecology import ecology_by_year, in_trading
from features.emissions.totals import emissions_by_year
from features.facts import FamilyResult, family_part, neutral, note
from features.intensity import latest
from features.shares import share_of_total
from features.text import formatted
from features.totals import annual_by_year, over_positive, strict_added

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = [
    "TRADING_KINDS",
    "allowance_indicators",
    "capture_indicator",
    "outside_trading",
    "uncovered_emissions",
]

_YEAR = ["application_id", "year"]
_INDICATORS = ["allowance_shortfall", "carbon_cost_share"]
CNY_PER_MONEY = 10_000.0
"""Money is in 10,000 CNY."""

TRADING_KINDS = ("verified_emissions", "allowances_allocated")
"""Kinds of the table ecology that only a firm in emissions trading has."""


def outside_trading() -> pl.Expr:
    """Return whether an application's industry is known not to have been in emissions trading (:func:`features.ecology.in_trading`).

    Examples
    --------
    >>> import datetime as dt
    >>> firms = pl.DataFrame({"division": ["44", "18", None], "ets_covered": [2021, None, None],
    ...                       "as_of": [dt.date(2024, 6, 30)] * 3})
    >>> firms.select(outside_trading()).to_series().to_list()
    [False, True, False]
    """
    return pl.col("division").is_not_null() & ~in_trading()


def uncovered_emissions(verified: pl.Expr, allowances: pl.Expr) -> pl.Expr:
    """Return verified emissions beyond the allowances; a surplus covers all and is no negative emission.

    Examples
    --------
    >>> frame = pl.DataFrame({"verified": [10.0, 10.0, 10.0], "allowances": [8.0, 12.0, None]})
    >>> frame.select(uncovered_emissions(pl.col("verified"), pl.col("allowances"))).to_series().to_list()
    [2.0, 0.0, None]
    """
    return (verified - allowances).clip(lower_bound=0.0)


def allowance_indicators(facts: Facts) -> FamilyResult:
    """Return ``allowance_shortfall`` and ``carbon_cost_share``, each of the latest year for which it is known."""
    verified, allowances = pl.col("verified_emissions"), pl.col("allowances_allocated")
    price = facts.settings.carbon_price / CNY_PER_MONEY
    years = (
        ecology_by_year(facts)
        .join(annual_by_year(facts).select(*_YEAR, "revenue"), on=_YEAR, how="left")
        .with_columns(
            allowance_shortfall=pl.when(verified > 0)
            .then((verified - allowances) / verified)
            .when(verified == 0)
            .then(neutral("allowance_shortfall")),
            carbon_cost_share=over_positive(
                uncovered_emissions(verified, allowances) * price, pl.col("revenue")
            ),
        )
    )
    shortfall = latest(years, known="allowance_shortfall")
    cost = latest(years, known="carbon_cost_share")
    traded = facts.ecology.filter(pl.col("kind").is_in(TRADING_KINDS))
    outside = facts.applications.filter(outside_trading()).join(traded, on="application_id", how="anti")
    values = (
        shortfall.select("application_id", "allowance_shortfall")
        .join(
            cost.select("application_id", "carbon_cost_share"),
            on="application_id",
            how="full",
            coalesce=True,
        )
        .join(
            outside.select("application_id", outside=pl.lit(value=True)),
            on="application_id",
            how="full",
            coalesce=True,
        )
        .with_columns(
            pl.when("outside").then(neutral(name)).otherwise(name).alias(name) for name in _INDICATORS
        )
    )
    industry = pl.coalesce("class4", "division")
    notes = [
        note(
            outside,
            indicators=_INDICATORS,
            status="not_applicable",
            en=formatted("Industry {} is not in emissions trading.", industry),
            zh=formatted("行业{}未纳入碳排放权交易。", industry),
        ),
        note(
            shortfall.filter(verified == 0),
            indicators=["allowance_shortfall"],
            status="not_applicable",
            en=formatted("Verified emissions of {} were handed in as zero.", "year"),
            zh=formatted("{}年核查排放量申报为零。", "year"),
        ),
    ]
    return family_part(values, _INDICATORS, notes)


def capture_indicator(facts: Facts) -> FamilyResult:
    """Return ``capture_share``: of scope 1 before capture, which is scope 1 as reported and what was stored of it."""
    stored = ecology_by_year(facts).select(*_YEAR, "co2_stored")
    years = stored.join(emissions_by_year(facts).select(*_YEAR, "scope1"), on=_YEAR, how="inner")
    return share_of_total(
        years,
        indicator="capture_share",
        part=pl.col("co2_stored"),
        whole=strict_added(["scope1", "co2_stored"]),
        named=("scope 1 before capture", "捕集前范围一排放"),
    )
