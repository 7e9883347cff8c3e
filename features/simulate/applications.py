"""Loan applications: who asks for what, when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.simulate.assumptions import number

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Days, Floats, Integers, Texts

__all__ = ["Applications", "day_number", "draw_applications"]


def day_number(year: int, month: int, day: int) -> int:
    """Return a date in days since 1970-01-01."""
    return (dt.date(year, month, day) - dt.date(1970, 1, 1)).days


@dataclass(frozen=True, kw_only=True)
class Applications:
    """One entry per application, firm by firm and by day."""

    firm: Integers
    as_of: Days
    amount: Floats
    """10,000 CNY."""
    tenor_months: Integers
    project_kind: Texts
    purpose: Texts

    @property
    def count(self) -> int:
        """Number of applications."""
        return len(self.firm)

    def take(self, rows: Integers) -> Applications:
        """Return the applications at these positions."""
        return Applications(
            firm=self.firm[rows],
            as_of=self.as_of[rows],
            amount=self.amount[rows],
            tenor_months=self.tenor_months[rows],
            project_kind=self.project_kind[rows],
            purpose=self.purpose[rows],
        )


_PURPOSES = np.array(
    [
        "1.1 energy-saving retrofit",
        "1.2 pollution control",
        "2.1 resource recycling",
        "3.2 clean energy",
        "流动资金",
        "设备采购",
    ],
    dtype=object,
)


def draw_applications(
    streams: Streams, firms: Firms, *, first_day: int, last_day: int, single: bool
) -> Applications:
    """Draw one to three applications for every firm (one if ``single``), days within both bounds."""
    slots = 1 if single else 3
    wanted = streams.uniform("wanted", firms.count)
    three = number("applications_three")
    counts = np.ones(firms.count, dtype=np.int64)
    if not single:
        counts += (wanted < number("applications_two") + three).astype(np.int64) + (wanted < three)
    days = first_day + np.floor(
        streams.uniform("as_of", firms.count, slots) * (last_day - first_day + 1)
    ).astype(np.int64)
    used = np.arange(slots)[None, :] < counts[:, None]
    days = np.sort(np.where(used, days, np.iinfo(np.int64).max), axis=1)
    firm, slot = np.nonzero(used)
    index = firm * slots + slot
    total = firms.count * slots
    loan = firms.log_revenue[firm] + np.log(0.12) + 0.7 * streams.normal("amount", total)[index]
    tenors = np.array([12, 24, 36, 60, 84, 120])
    tenor = tenors[streams.choice("tenor", total, np.array([0.3, 0.15, 0.25, 0.15, 0.1, 0.05]))[index]]
    kinds = np.array(["working_capital", "new_line", "retrofit"], dtype=object)
    kind = kinds[streams.choice("project_kind", total, np.array([0.55, 0.15, 0.30]))[index]]
    purpose = _PURPOSES[streams.choice("purpose", total, np.ones(len(_PURPOSES)))[index]]
    return Applications(
        firm=firm,
        as_of=days[firm, slot],
        amount=np.round(np.exp(loan), 0) + 10,
        tenor_months=tenor,
        project_kind=kind,
        purpose=purpose,
    )
