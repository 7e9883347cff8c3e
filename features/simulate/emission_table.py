"""The table ``emissions``: greenhouse gases by scope and pollutants, as firms report them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.columns import constant, labels
from features.simulate.panel import METHANE_POTENTIAL
from features.simulate.reporting import publish
from features.simulate.sectors import POLLUTANTS

if TYPE_CHECKING:
    from features.simulate.tables import Source
    from features.simulate.types import Booleans, Floats

__all__ = ["emission_rows"]


def emission_rows(source: Source) -> pl.DataFrame:
    """Return the contract's table ``emissions``: greenhouse gases by scope, and pollutants."""
    panel = source.panel
    count = source.firms.count
    told = (
        panel.scope1
        * (1 - panel.understated)
        * np.exp(0.01 * source.streams.normal("told", *panel.scope1.shape))
    )
    methane = told * panel.methane_share
    mining = np.isin(source.firms.division, ["06", "07"])[:, None]
    way = source.streams.uniform("scope1_way", count)[:, None]
    # how scope 1 is told: as CO2e, as CO2, or by gas (miners always by gas), the latter some times with its total
    by_gas = mining | (way < 0.12)
    only_co2 = ~by_gas & (way > 0.75)
    total = ~by_gas & ~only_co2 | (by_gas & (way < 0.04))
    one = source.shown("scope1", 1.2)
    two = source.shown("scope2", 1.2)
    market = two & source.shown("market", -2.0)
    three = source.shown("scope3", -3.2)
    upstream = (
        panel.money["revenue"] * 0.6 * np.exp(0.5 * source.streams.normal("scope3_level", count))[:, None]
    )
    seven = (source.streams.uniform("scope3_whole", count) < 0.6)[:, None]
    items: list[tuple[str, int | None, str, Booleans, Floats, str]] = [
        ("1", None, "CO2e", one & total, told, "tCO2e"),
        ("1", None, "CO2", one & (only_co2 | by_gas), told - methane, "t"),
        ("1", None, "CH4", one & by_gas, methane / METHANE_POTENTIAL, "t"),
        ("2-location", None, "CO2", two, panel.scope2, "t"),
        ("2-market", None, "CO2", market, panel.scope2 * 0.95, "t"),
    ]
    weights = np.array([0.62, 0.08, 0.06, 0.12, 0.03, 0.02, 0.05, 0.02])
    for number, weight in enumerate(weights, start=1):
        given = three & (seven | (number in (1, 4)))
        items.append(("3", number, "CO2e", given, upstream * weight, "tCO2e"))
    dirty = source.shown("pollutants", 0.9)
    items += [
        ("none", None, name, dirty, panel.pollutants[:, :, place], "t")
        for place, name in enumerate(POLLUTANTS)
    ]
    frames = []
    for place, (scope, category, substance, given, values, unit) in enumerate(items):
        firm, year = np.nonzero(given)
        climate = scope in {"1", "2-location", "2-market"}
        told_as = panel.assurance[firm, year] if climate else np.full(len(firm), 3)
        frames.append(
            source.frame(
                firm,
                year,
                item=np.full(len(firm), place),
                scope=constant(scope, len(firm)),
                category=pl.repeat(category, len(firm), eager=True, dtype=pl.Int32),
                substance=constant(substance, len(firm)),
                quantity=values[firm, year],
                unit=constant(unit, len(firm)),
                assurance=labels(["none", "limited", "reasonable", None], told_as),
            )
        )
    frame = publish(
        source.streams,
        pl.concat(frames).sort("firm", "year", "item"),
        table="emissions",
        values=("quantity",),
        after_year_end=10,
        reporting=source.reporting,
        last_day=source.last_day,
    )
    frame = frame.with_columns(
        period=pl.col("year").cast(pl.String),
        site=pl.lit(None, dtype=pl.String),
        verifier=pl.when(pl.col("assurance").is_in(["limited", "reasonable"])).then(
            pl.lit("模拟核查机构 (simulated)")
        ),
        quantity=pl.col("quantity").round(6),
    )
    return frame.select(
        "firm_id", "period", "scope", "category", "substance", "site", "quantity", "unit", "assurance", "verifier",
        "published_on",
    )  # fmt: skip
