"""The table ecology by year: compensation in 10,000 CNY, sinks, allowances and captured carbon in tCO2e.

A total and its parts are never summed: months of a year, elements beside a row without one, regions beside a row without
one. The complete finer set wins (see :mod:`features.totals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from features.periods import due_year
from features.text import formatted
from features.totals import Selection, finest_periods, parts_or_total, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["ECOLOGY_KINDS", "ecology_by_year", "ecology_differences", "in_trading"]

ECOLOGY_KINDS: tuple[str, ...] = tuple(CONTRACT["ecology"].column("kind").choices)
"""Kinds of the contract; each has a column of its name in :func:`ecology_by_year`."""


def ecology_by_year(facts: Facts) -> pl.DataFrame:
    """Return each application's amounts by year.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32) and one column per kind: compensation in 10,000 CNY, everything else in tCO2e;
        null where it was not handed in or the year is not complete, never zero.
    """
    return facts.once("ecology_by_year", _ecology_by_year)


def ecology_differences(facts: Facts) -> pl.DataFrame:
    """Return every difference between a total and its parts (see ``Selection.differences``)."""
    return pl.concat([selection.differences for selection in _selections(facts)])


def in_trading(due: pl.Expr | None = None) -> pl.Expr:
    """Return whether an application's industry was in emissions trading in the latest year that is due.

    The rule that every reader of ``ets_covered`` goes by: a firm is asked for what trading needs, and is short of
    allowances, from the day on which the facts of the industry's first year in trading are due, not before.

    Parameters
    ----------
    due
        The latest year that is due; where None, that of the table ecology (:func:`features.periods.due_year`).

    Examples
    --------
    >>> import datetime as dt
    >>> firms = pl.DataFrame({"ets_covered": [2024, 2024, None],
    ...                       "as_of": [dt.date(2025, 3, 1), dt.date(2025, 6, 1), dt.date(2025, 6, 1)]})
    >>> firms.select(in_trading()).to_series().to_list()
    [False, True, False]
    """
    if due is None:
        due = due_year(pl.col("as_of"), delay_days=CONTRACT["ecology"].reporting_delay_days or 0)
    return (pl.col("ets_covered") <= due).fill_null(value=False)


def _ecology_by_year(facts: Facts) -> pl.DataFrame:
    amount, kind = pl.col("amount"), pl.col("kind")
    order = ["application_id", "fact_year", "kind", "element", "counterparty_region", "period_start"]
    return (
        _selections(facts)[-1]
        .rows.sort(order, nulls_last=False)
        .group_by("application_id", pl.col("fact_year").alias("year"), maintain_order=True)
        .agg(strict_sum(amount.filter(kind == name)).alias(name) for name in ECOLOGY_KINDS)
    )


def _selections(facts: Facts) -> tuple[Selection, ...]:
    return facts.once("ecology_selections", _select)


def _select(facts: Facts) -> tuple[Selection, ...]:
    fact, label = ["application_id", "kind"], pl.col("kind")
    periods = finest_periods(
        facts.ecology, fact=[*fact, "element", "counterparty_region"], value="amount", label=label
    )
    elements = parts_or_total(
        periods.rows,
        fact=[*fact, "counterparty_region"],
        part=pl.col("element").is_not_null(),
        value="amount",
        label=formatted("{} over the elements", label),
    )
    regions = parts_or_total(
        elements.rows,
        fact=fact,
        part=pl.col("counterparty_region").is_not_null(),
        value="amount",
        label=formatted("{} over the regions", label),
    )
    return periods, elements, regions
