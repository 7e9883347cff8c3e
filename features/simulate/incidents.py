"""Incidents: when they happened, how bad they were, when they became known and when they were remedied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.assumptions import number
from features.simulate.columns import constant, dates, labels
from features.simulate.sectors import GROUP_INCIDENTS, GROUPS
from features.text import formatted

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Days, Floats, Integers

__all__ = ["KINDS", "Incidents", "draw_incidents", "incident_rows"]

_FIRST_DAY = 16801  # 2016-01-01
_SPAN_YEARS = 9.5
KINDS: tuple[tuple[str, float], ...] = (
    ("environmental", 1.0),
    ("safety", 0.5),
    ("labour", 0.25),
    ("tax", 0.2),
    ("product", 0.2),
    ("dishonesty", 0.06),
)
_SEVERITIES = np.array([0.62, 0.25, 0.10, 0.03])


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """One entry per incident, firm by firm; days since 1970-01-01, fines in 10,000 CNY."""

    firm: Integers
    kind: Integers
    """Position in KINDS; 0 is environmental."""
    occurred: Days
    recorded: Days
    rectified: Days
    severity: Integers
    fine: Floats

    def environmental(self, firm: Integers, day: Days, *, firms: int) -> tuple[Floats, Floats, Floats]:
        """Return weighted incidents, open ones and fines of 36 months, for each pair of firm and day.

        True facts: an incident counts from the day it happened, known or not.
        """
        own = np.flatnonzero(self.kind == 0)
        owner = self.firm[own]
        start = np.searchsorted(owner, np.arange(firms + 1))
        sizes = (start[1:] - start[:-1])[firm]
        pair = np.repeat(np.arange(len(firm)), sizes)
        offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        row = own[np.repeat(start[:-1][firm], sizes) + offset]
        age = day[pair] - self.occurred[row]
        within = (age >= 0) & (age <= 1096)
        weight = np.where(within, self.severity[row] * 0.5 ** (age / 365.25), 0.0)
        still = np.where((age >= 0) & (self.rectified[row] > day[pair]), self.severity[row], 0.0)
        fines = np.where(within, self.fine[row], 0.0)

        def total(values: Floats) -> Floats:
            return np.bincount(pair, weights=values, minlength=len(firm)).astype(np.float64)

        return total(weight), total(still), total(fines)


def draw_incidents(streams: Streams, firms: Firms) -> Incidents:
    """Draw the incidents of 2016 to mid-2025."""
    exposure = np.array([GROUP_INCIDENTS[g] for g in GROUPS])[firms.group]
    base = number("incident_rate") * _SPAN_YEARS * exposure
    rate = base * np.exp(number("quality_on_incidents") * firms.quality + 0.25 * firms.size)
    owners = []
    for kind, factor in KINDS:
        counts = streams.poisson("incidents_" + kind, np.minimum(rate * factor, 40.0))
        owner = np.repeat(np.arange(firms.count), counts)
        owners.append(owner)
    drawn = [_one_kind(streams, firms, kind, owner) for (kind, _), owner in zip(KINDS, owners, strict=True)]
    firm = np.concatenate(owners)
    order = np.argsort(firm, kind="stable")
    columns = [np.concatenate([d[i] for d in drawn])[order] for i in range(5)]
    return Incidents(
        firm=firm[order],
        kind=np.repeat(np.arange(len(KINDS)), [len(o) for o in owners])[order],
        occurred=columns[0].astype(np.int64),
        recorded=columns[1].astype(np.int64),
        rectified=columns[2].astype(np.int64),
        severity=columns[3].astype(np.int64),
        fine=columns[4],
    )


def _one_kind(streams: Streams, firms: Firms, kind: str, owner: Integers) -> tuple[Floats, ...]:
    size = len(owner)
    name = "incident_" + kind
    occurred = _FIRST_DAY + np.floor(streams.uniform(name + "_day", size) * _SPAN_YEARS * 365.25)
    recorded = occurred + 10 + np.floor(60 * streams.uniform(name + "_known", size))
    pace = number("remedy_days") * np.exp(-0.5 * firms.quality[owner])
    rectified = recorded + np.ceil(pace * streams.generator(name + "_remedy").exponential(1.0, size))
    severity = 1.0 + streams.choice(name + "_severity", size, _SEVERITIES).astype(np.float64)
    level = np.exp(
        0.9 * streams.normal(name + "_fine", size) + 0.9 * (severity - 1) + 0.3 * firms.size[owner]
    )
    return occurred, recorded, rectified, severity, np.round(3.0 * level, 2)


def incident_rows(firms: Firms, incidents: Incidents, *, last_day: int) -> pl.DataFrame:
    """Return the contract's table ``incidents`` in raw form: a first record, and an update at the remedy."""
    known = incidents.recorded <= last_day
    index = np.flatnonzero(known)
    first = _records(firms, incidents, index, recorded=incidents.recorded[index], remedied=False)
    done = np.flatnonzero(known & (incidents.rectified + 15 <= last_day))
    update = _records(firms, incidents, done, recorded=incidents.rectified[done] + 15, remedied=True)
    return pl.concat([first, update]).sort("firm_id", "incident_id", "recorded_on")


def _records(
    firms: Firms, incidents: Incidents, index: Integers, *, recorded: Days, remedied: bool
) -> pl.DataFrame:
    nothing = pl.repeat(None, len(index), eager=True, dtype=pl.Date)
    return pl.DataFrame(
        {
            "firm_id": labels(firms.firm_id, incidents.firm[index]),
            "incident_id": pl.Series(index + 1).cast(pl.String).str.zfill(7),
            "occurred_on": dates(incidents.occurred[index]),
            "kind": labels([kind for kind, _ in KINDS], incidents.kind[index]),
            "severity": incidents.severity[index],
            "fine": incidents.fine[index],
            "currency": constant("万元", len(index)),
            "rectified_on": dates(incidents.rectified[index]) if remedied else nothing,
            "recorded_on": dates(recorded),
            "published_on": dates(recorded),
        }
    ).with_columns(incident_id=formatted("SIM-INC-{}", "incident_id"))
