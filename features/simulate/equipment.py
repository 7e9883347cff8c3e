"""The firms' main machines: how strong, how efficient and how old they are, and when they are replaced.

A bank sees the major energy-using equipment, not every pump: a few machines per firm. Each place in the park is filled by
a machine and, where that is replaced in the years of the simulation, by a newer and mostly more efficient one.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.applications import day_number
from features.simulate.assumptions import number
from features.simulate.columns import dates, labels
from features.simulate.firms import YEARS
from features.simulate.reporting import reports
from features.simulate.sectors import GROUPS
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.simulate.firms import Firms
    from features.simulate.panel import Panel
    from features.simulate.streams import Streams
    from features.simulate.tables import Source
    from features.simulate.types import Days, Floats, Integers

__all__ = ["KINDS", "Park", "draw_park", "equipment_rows"]

KINDS: Mapping[str, float] = MappingProxyType(
    {
        "boiler": 4_200.0, "motor": 110.0, "transformer": 1_250.0, "compressor": 160.0, "pump": 90.0,
        "fan": 110.0, "kiln": 2_000.0, "furnace": 1_500.0, "chiller": 350.0, "server": 400.0,
        "generator": 15_000.0, "photovoltaic": 0.0,
    }
)  # fmt: skip
"""Kinds of machines and the rated power of a middling firm's, kW; photovoltaics follow the power they make."""

_GROUP_KINDS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {  # weights of KINDS
        "light": (3, 4, 3, 3, 1, 1, 0, 0, 1, 0, 0, 0),
        "equipment": (1, 4, 4, 4, 1, 2, 0, 2, 1, 0, 0, 0),
        "chemicals": (4, 4, 3, 4, 4, 2, 0, 1, 1, 0, 0, 0),
        "minerals": (1, 4, 2, 2, 1, 4, 6, 0, 0, 0, 0, 0),
        "metals": (1, 4, 3, 2, 2, 4, 0, 6, 0, 0, 0, 0),
        "power": (4, 2, 4, 0, 3, 3, 0, 0, 0, 0, 3, 0),
        "mining": (1, 5, 3, 3, 3, 4, 0, 0, 0, 0, 0, 0),
        "data": (0, 0, 3, 0, 1, 0, 0, 0, 4, 6, 0, 0),
    }
)
_PLACES = 7
"""Most machines of a firm that are listed at a time; photovoltaics come on top."""

_YEAR = 365.25
_NEVER = 99_999
_PHOTOVOLTAIC = tuple(KINDS).index("photovoltaic")
_PEAK_MWH_PER_KW = 1.15
"""Electricity a kilowatt of photovoltaics makes in its best year of the simulation."""


@dataclass(frozen=True, kw_only=True)
class Park:
    """Machines, shape (n, places, generations): two generations in each place; days since 1970-01-01."""

    kind: Integers
    """Position in KINDS."""
    power: Floats
    """Rated power, kW; 0 where there is no machine."""
    grade: Integers
    """Energy-efficiency grade, 1 best to 3."""
    commissioned: Days
    retired: Days
    """Day of replacement; 99,999 where none comes."""

    def age_on(self, firm: Integers, day: Days) -> Floats:
        """Return the power-weighted years in service for each pair of firm and day."""
        at = day[:, None, None]
        runs = (self.commissioned[firm] <= at) & (at < self.retired[firm])
        power = np.where(runs, self.power[firm], 0.0)
        years = power * (at - self.commissioned[firm]) / _YEAR
        # a park that is younger than the day asked for counts as new
        age: Floats = years.sum(axis=(1, 2)) / np.maximum(power.sum(axis=(1, 2)), 1e-9)
        return age


def draw_park(streams: Streams, firms: Firms, panel: Panel) -> Park:
    """Draw the machines of ``firms``; photovoltaics fit the solar power of the panel."""
    count = firms.count
    shape = (count, _PLACES + 1)
    listed = 1 + streams.poisson("machines", np.exp(0.95 + 0.25 * firms.size))
    there = np.arange(_PLACES)[None, :] < listed[:, None]
    edges = np.cumsum(np.array([_GROUP_KINDS[g] for g in GROUPS], dtype=np.float64), axis=1)
    edges = (edges / edges[:, -1:])[firms.group]
    pick = streams.uniform("machine_kind", count, _PLACES)
    kind = np.full(shape, _PHOTOVOLTAIC)
    kind[:, :-1] = (pick[:, :, None] >= edges[:, None, :]).sum(axis=2)
    middling = np.array(list(KINDS.values()))[kind]
    power = middling * np.exp(0.45 * firms.size[:, None] + 0.5 * streams.normal("machine_power", *shape))
    power[:, :-1] = np.where(there, power[:, :-1], 0.0)
    power[:, -1] = panel.solar_mwh.max(axis=1) / _PEAK_MWH_PER_KW

    # well-led firms replace earlier; nothing is older than the firm
    start = day_number(YEARS[0], 1, 1)
    life = number("machine_life") * np.exp(
        number("quality_on_machine_life") * firms.quality[:, None]
        + 0.3 * streams.normal("machine_life", *shape)
    )
    worked = streams.uniform("machine_worked", *shape) * life * _YEAR
    commissioned = np.maximum(start - np.floor(worked).astype(np.int64), firms.founded[:, None])
    sun = np.argmax(panel.solar_mwh > 0, axis=1)
    commissioned[:, -1] = np.array([day_number(y, 5, 15) for y in YEARS])[sun]
    replaced = np.where(
        commissioned < start + 1, commissioned + np.floor(life * _YEAR).astype(np.int64), _NEVER
    )
    replaced[:, -1] = _NEVER
    # what the draw would have replaced before the years of the simulation runs a little longer
    replaced = np.where(replaced < start, start + 60, replaced)
    again = np.stack([commissioned, replaced], axis=2)
    years = again / _YEAR + 1970
    better = (
        number("grade_per_year") * (years - 2021)
        + number("quality_on_grade") * firms.quality[:, None, None]
        + streams.normal("machine_grade", *shape, 2)
    )
    grade = np.where(
        better > number("grade_1_threshold"), 1, np.where(better > number("grade_2_threshold"), 2, 3)
    )
    return Park(
        kind=np.repeat(kind[:, :, None], 2, axis=2),
        power=np.round(np.repeat(power[:, :, None], 2, axis=2), 1),
        grade=grade,
        commissioned=again,
        retired=np.stack([replaced, np.full(shape, _NEVER)], axis=2),
    )


def equipment_rows(source: Source, park: Park) -> pl.DataFrame:
    """Return the contract's table ``equipment``: a list that grows, and a further row when a machine is retired."""
    streams, firms, last = source.streams, source.firms, source.last_day
    shown = reports(streams, source.reporting, "equipment", logit=0.4)[:, 0]
    # the first list comes between mid-2017 and mid-2021
    first = day_number(2017, 6, 1) + np.floor(1460 * streams.uniform("equipment_first", firms.count)).astype(
        np.int64
    )
    # what was gone before the first list is in none
    listed = (park.power > 0) & (park.commissioned <= last) & (park.retired > first[:, None, None])
    firm, place, turn = np.nonzero(listed & shown[:, None, None])
    at = (firm, place, turn)
    begun, gone = park.commissioned[at], park.retired[at]
    dated = source.reporting.dated[firm]
    known = np.maximum(begun + 45, first[firm])
    ungraded = streams.uniform("equipment_ungraded", *park.power.shape)[at] < number("ungraded_share")
    powerless = streams.uniform("equipment_powerless", firms.count)[firm] < 0.02
    undated = dated & (streams.uniform("equipment_undated", *park.power.shape)[at] < 0.01)
    base = pl.DataFrame(
        {
            "firm_id": labels(firms.firm_id, firm),
            "place": place + 1,
            "turn": turn + 1,
            "kind": labels(KINDS, park.kind[at]),
            "rated_power": pl.Series(np.where(powerless, np.nan, park.power[at])).fill_nan(None),
            "efficiency_grade": labels(["1", "2", "3", None], np.where(ungraded, 3, park.grade[at] - 1)).cast(
                pl.Int64
            ),
            "commissioned_on": dates(np.where(undated, _NEVER, begun)),
            "retired_on": dates(np.where(dated, _NEVER, gone)),
            "published_on": dates(np.where(dated, known, _NEVER)),
        }
    ).filter(pl.Series(~dated | (known <= last)))
    told = np.maximum(gone + 30, known + 1)
    rows = np.flatnonzero(dated & (gone <= last) & (told <= last))
    ended = pl.DataFrame(
        {
            "firm_id": labels(firms.firm_id, firm[rows]),
            "place": place[rows] + 1,
            "turn": turn[rows] + 1,
            "retired_on": dates(gone[rows]),
            "published_on": dates(told[rows]),
        }
    )
    cells = base.drop("retired_on", "published_on")
    ended = ended.join(cells, on=["firm_id", "place", "turn"], how="inner", maintain_order="left")
    ends = pl.lit(last).cast(pl.Int32).cast(pl.Date)
    empty = [
        pl.when(pl.col(c) <= ends).then(c).alias(c) for c in ("commissioned_on", "retired_on", "published_on")
    ]
    return (
        pl.concat([base, ended.select(base.columns)])
        .sort("firm_id", "place", "turn", "published_on", nulls_last=False)
        .with_columns(*empty, equipment_id=formatted("SIM-EQ-{}-{}", "place", "turn"))
        .select(
            "firm_id", "equipment_id", "kind", "rated_power", "efficiency_grade", "commissioned_on", "retired_on",
            "published_on",
        )
    )  # fmt: skip
