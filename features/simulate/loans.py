"""The table ``loans``: the bank's existing book with its balances at year's end and on the day of the extract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.applications import day_number
from features.simulate.assumptions import number
from features.simulate.columns import constant, dates, labels
from features.text import formatted

if TYPE_CHECKING:
    from features.simulate.applications import Applications
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Days, Floats, Integers

__all__ = ["earlier_loans", "granted_loans"]

_MONTH = 365.25 / 12
_TENORS = np.array([12, 24, 36, 60])


def granted_loans(firms: Firms, asked: Applications, granted: Booleans, *, last_day: int) -> pl.DataFrame:
    """Return the balances of the loans that came of granted applications, in raw form."""
    rows = np.flatnonzero(granted)
    return _balances(
        firms,
        asked.firm[rows],
        amount=asked.amount[rows],
        begun=asked.as_of[rows] + 10,
        months=asked.tenor_months[rows],
        project=asked.project_kind[rows] == "new_line",
        last_day=last_day,
    )


def earlier_loans(streams: Streams, firms: Firms, *, last_day: int) -> pl.DataFrame:
    """Return the balances of the loans that new applicants already have, in raw form."""
    count = firms.count
    has = streams.uniform("earlier_loan", count) < number("earlier_loan_share")
    amount = (
        np.round(np.exp(firms.log_revenue + np.log(0.10) + 0.7 * streams.normal("earlier_amount", count)))
        + 10
    )
    begun = last_day - 30 - np.floor(1500 * streams.uniform("earlier_begun", count)).astype(np.int64)
    months = _TENORS[streams.choice("earlier_tenor", count, np.array([0.35, 0.2, 0.3, 0.15]))]
    project = streams.uniform("earlier_project", count) < 0.15
    rows = np.flatnonzero(has)
    return _balances(
        firms,
        rows,
        amount=amount[rows],
        begun=begun[rows],
        months=months[rows],
        project=project[rows],
        last_day=last_day,
    )


def _balances(
    firms: Firms,
    firm: Integers,
    *,
    amount: Floats,
    begun: Days,
    months: Integers,
    project: Booleans,
    last_day: int,
) -> pl.DataFrame:
    """Return one row per loan and balance day while it runs; repaid in equal parts over its tenor."""
    ends = begun + np.round(months * _MONTH).astype(np.int64)
    first = np.searchsorted(firm, firm)
    number_of = np.arange(len(firm)) - first + 1
    parts = []
    for day in (day_number(2023, 12, 31), day_number(2024, 12, 31), last_day):
        rows = np.flatnonzero((begun <= day) & (day < ends))
        left = amount[rows] * (ends[rows] - day) / (ends[rows] - begun[rows])
        parts.append(
            pl.DataFrame(
                {
                    "firm": firm[rows] + 1,
                    "number": number_of[rows],
                    "firm_id": labels(firms.firm_id, firm[rows]),
                    "as_of": dates(np.full(len(rows), day)),
                    "outstanding": np.round(left, 2),
                    "currency": constant("万元", len(rows)),
                    "asset_class": labels(
                        ["business_loan", "project_finance"], project[rows].astype(np.int64)
                    ),
                    "originated_on": dates(begun[rows]),
                    "matures_on": dates(ends[rows]),
                }
            )
        )
    return (
        pl.concat(parts)
        .sort("firm", "number", "as_of")
        .with_columns(loan_id=formatted("SIM-L{}-{}", pl.col("firm").cast(pl.String).str.zfill(7), "number"))
        .select(
            "loan_id", "firm_id", "as_of", "outstanding", "currency", "asset_class", "originated_on", "matures_on"
        )
    )  # fmt: skip
