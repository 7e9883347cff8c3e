"""The table ``ecology``: emissions trading, captured carbon, sinks and compensation between regions.

Power stations get allowances by the benchmarks of the national market (``features/reference/china_ets.csv``). For the
industries that joined with 2024 the allowances of that year equal the verified emissions: so the ministry's work plan of
March 2025 has it, from memory. Everything else here is rare, and its figures are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.assumptions import number
from features.simulate.columns import labels
from features.simulate.firms import YEARS
from features.simulate.reporting import publish
from features.simulate.sectors import CARRIERS, GROUPS, PROVINCES

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.panel import Panel
    from features.simulate.streams import Streams
    from features.simulate.tables import Source
    from features.simulate.types import Booleans, Floats, Integers

__all__ = ["Ecology", "draw_ecology", "ecology_rows"]

_FIRST_TRADED = {"44": 2019, "30": 2024, "31": 2024, "32": 2024}
"""Industry division to the first year of which emissions are verified for the national market."""

_CAPTURING = ("chemicals", "minerals", "metals", "power")
_ELEMENTS = ("river", "forest", "grassland", "air")
_ELEMENT_WEIGHTS = np.array([0.7, 0.15, 0.05, 0.1])


@dataclass(frozen=True, kw_only=True)
class Ecology:
    """True facts of ecology and carbon, shape (n, years): tCO2e, or 10,000 CNY for compensation."""

    covered: Booleans
    """Firm-years of an industry in the national market."""
    verified: Floats
    """Verified emissions; 0 in a covered industry where the firm is too small to be in the market."""
    allocated: Floats
    stored: Floats
    used: Floats
    capture_asked: Booleans
    """Firms that state what they store, be it nothing, shape (n,)."""
    sinks: Floats
    due: Floats
    paid: Floats
    received: Floats

    @property
    def shortfall(self) -> Floats:
        """Share of the verified emissions without allowance; 0 outside the market."""
        short = (self.verified - self.allocated) / np.maximum(self.verified, 1e-9)
        return np.where(self.verified > 0, short, 0.0)


def draw_ecology(streams: Streams, firms: Firms, panel: Panel) -> Ecology:
    """Draw allowances, capture, sinks and compensation of ``firms``."""
    count, years = firms.count, np.array(YEARS)
    since = np.array([_FIRST_TRADED.get(d, 9999) for d in firms.division])
    covered = years[None, :] >= since[:, None]
    told = panel.scope1 * np.exp(0.01 * streams.normal("verified", count, len(years)))
    verified = np.where(covered & (panel.scope1 >= number("trading_threshold")), told, 0.0)
    own = (
        number("allowance_gap")
        + 0.06 * streams.normal("allowance_gap", count)[:, None]
        - 0.02 * firms.quality_path
    )
    given = np.where((since == 2024)[:, None], verified, verified * (1 - own))
    station = firms.power_station[:, None]
    allocated = np.where(station & (verified > 0), _power_allowances(firms, panel), given)

    captures = np.isin(firms.group, [GROUPS.index(g) for g in _CAPTURING])
    adopts = captures & (streams.uniform("captures", count) < number("capture_adopters"))
    asked = adopts | (captures & (streams.uniform("capture_asked", count) < number("capture_asked")))
    start = 2018 + np.floor(streams.uniform("capture_start", count) * 6)
    share = 0.2 * streams.generator("capture_share").beta(1.2, 4.0, count)
    kept = np.where(adopts[:, None] & (years >= start[:, None]), share[:, None] * panel.scope1, 0.0)
    grows = streams.uniform("sinks", count) < number("sink_holders")
    revenue = panel.money["revenue"]
    carbon = panel.scope1 + panel.scope2
    sinks = (
        np.where(grows, 0.08 * streams.generator("sink_share").beta(1.0, 4.0, count), 0.0)[:, None] * carbon
    )
    pays = streams.uniform("compensates", count) < number("compensation_payers")
    level = 0.002 * np.exp(0.7 * streams.normal("compensation_due", count))
    due = np.where(pays, level, 0.0)[:, None] * revenue
    late = streams.normal("compensation_paid", count, len(years)) - 0.6 * firms.quality_path
    paid = due * np.where(late > 0.6, np.clip(1.1 - 0.5 * late, 0.1, 0.95), 1.0)
    gets = streams.uniform("compensated", count) < number("compensation_receivers")
    received = (
        np.where(gets, 0.004 * np.exp(0.7 * streams.normal("compensation_got", count)), 0.0)[:, None]
        * revenue
    )
    return Ecology(
        covered=covered,
        verified=verified,
        allocated=allocated,
        stored=kept,
        used=kept * 0.3,
        capture_asked=asked,
        sinks=sinks,
        due=due,
        paid=paid,
        received=received,
    )


def _power_allowances(firms: Firms, panel: Panel) -> Floats:
    """Return the benchmark of the year times the net supply (before 2023) or the gross generation of stations, tCO2."""
    table = reference.table("china_ets").filter(pl.col("kind") == "benchmark")
    value = {str(i): float(v) for i, v in table.select("id", "value").iter_rows()}
    given = sorted({int(i[4:8]) for i in value if i.startswith("pwr_")})
    held = [min(max(y, given[0]), given[-1]) for y in YEARS]
    small = np.array([value[f"pwr_{y}_coal_le300"] for y in held])
    large = np.array([value[f"pwr_{y}_coal_gt300"] for y in held])
    gas = np.array([value[f"pwr_{y}_gas"] for y in held])
    burns_gas = panel.mix[:, :, CARRIERS.index("natural_gas")] > 0.5
    level = np.where(firms.size[:, None] > 1.0, large, small)
    supplied = np.where(np.array(held) >= 2023, panel.sold_mwh / 0.94, panel.sold_mwh)
    allowances: Floats = np.where(burns_gas, gas, level) * supplied
    return allowances


def ecology_rows(source: Source, ecology: Ecology) -> pl.DataFrame:
    """Return the contract's table ``ecology``: compensation in money, the rest in tCO2e."""
    streams, count = source.streams, source.firms.count
    # who is in the market is verified by others: few of them hand in nothing
    traded = source.shown("allowances", 2.6, 0.6) & ecology.covered
    captured = source.shown("capture", 1.2, 0.3) & ecology.capture_asked[:, None]
    sinks = source.shown("sinks_told", 1.2, 0.3) & (ecology.sinks > 0)
    due = source.shown("compensation", 1.2, 0.3) & (ecology.due > 0)
    received = source.shown("compensation_got", 1.2, 0.3) & (ecology.received > 0)
    items: list[tuple[str, Booleans, Floats]] = [
        ("verified_emissions", traded, ecology.verified),
        ("allowances_allocated", traded, ecology.allocated),
        ("allowances_surrendered", traded & (ecology.verified > 0), ecology.verified),
        ("co2_stored", captured, ecology.stored),
        ("co2_used", captured & (ecology.used > 0), ecology.used),
        ("sink_credits", sinks, ecology.sinks),
        ("compensation_due", due, ecology.due),
        ("compensation_paid", due, ecology.paid),
        ("compensation_received", received, ecology.received),
    ]
    element = streams.choice("ecology_element", count, _ELEMENT_WEIGHTS)
    neighbour = streams.choice("ecology_region", count, np.array(list(PROVINCES.values())))
    frame = _long(source, items, element=element, region=neighbour)
    frame = publish(
        streams,
        frame.sort("firm", "year", "item"),
        table="ecology",
        values=("amount",),
        after_year_end=15,
        reporting=source.reporting,
        last_day=source.last_day,
    )
    return frame.select(
        "firm_id", period=pl.col("year").cast(pl.String), kind="kind", element="element",
        amount=pl.col("amount").round(4), unit="unit", counterparty_region="counterparty_region",
        published_on="published_on",
    )  # fmt: skip


def _long(
    source: Source,
    items: list[tuple[str, Booleans, Floats]],
    *,
    element: Integers,
    region: Integers,
) -> pl.DataFrame:
    """Return the rows of all kinds; compensation names the element and the region on the other side, a sink its forest."""
    cells = [np.nonzero(given) for _, given, _ in items]
    firm, year = (np.concatenate([c[axis] for c in cells]) for axis in (0, 1))
    item = np.repeat(np.arange(len(items)), [len(c[0]) for c in cells])
    kinds = [kind for kind, _, _ in items]
    money = np.array([kind.startswith("compensation") for kind in kinds])[item]
    sink = item == kinds.index("sink_credits")
    # a place behind the names stands for none
    about = np.where(money, element[firm], np.where(sink, _ELEMENTS.index("forest"), len(_ELEMENTS)))
    return source.frame(
        firm,
        year,
        item=item,
        kind=labels(kinds, item),
        element=labels([*_ELEMENTS, None], about),
        amount=np.concatenate([values[cell] for (_, _, values), cell in zip(items, cells, strict=True)]),
        unit=labels(["tCO2e", "万元"], money.astype(np.int64)),
        counterparty_region=labels([*PROVINCES, None], np.where(money, region[firm], len(PROVINCES))),
    )
