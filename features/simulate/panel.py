"""The firms' true years: money, energy by carrier, production, emissions. Nothing here is reported yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.assumptions import number
from features.simulate.firms import YEARS
from features.simulate.money import draw_money
from features.simulate.sectors import CARRIERS, GROUP_MIX, GROUP_POLLUTANTS, GROUPS, POLLUTANTS, PRODUCTS

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Floats, Integers

__all__ = ["COALS", "METHANE_POTENTIAL", "Panel", "draw_panel"]

COALS: tuple[str, ...] = ("raw_coal", "bituminous_coal", "anthracite")
METHANE_POTENTIAL = 28.0
"""GWP100 of methane, IPCC AR5: only turns a drawn share of scope 1 into tonnes of methane."""

_TCE_PER_MWH = 0.1229
_STATION_TCE_PER_MWH = 0.305
_STATION_REVENUE_PER_MWH = 0.042  # 10,000 CNY


@dataclass(frozen=True, kw_only=True)
class Panel:
    """True facts, shape (n, years) unless said otherwise; money in 10,000 CNY, energy in tce."""

    money: dict[str, Floats]
    """Columns of the table ``annual``, under their names and in their canonical units."""
    efficiency: Floats
    """Log of energy intensity over the sector's level."""
    trend: Floats
    """The firm's own yearly log change of energy intensity, shape (n,)."""
    energy: Floats
    """Energy used, own electricity sold by power stations not yet subtracted."""
    mix: Floats
    """Shares of CARRIERS in ``energy``, shape (n, years, carriers); parts too small to be bought are 0."""
    coal: Integers
    """Position of the firm's sort of coal in COALS, shape (n,)."""
    solar_mwh: Floats
    sold_mwh: Floats
    position: Floats
    """Benchmark position."""
    output: Floats
    """Output of the benchmark product, 0 where there is none."""
    product_energy: Floats
    """Energy of the benchmark product in its own energy unit."""
    product_ratio: Floats
    """Product emissions over the taxonomy threshold, shape (n,)."""
    scope1: Floats
    scope2: Floats
    methane_share: Floats
    understated: Floats
    """Share of scope 1 that the firm leaves out of its reports."""
    assurance: Integers
    """0 none, 1 limited, 2 reasonable."""
    pollutants: Floats
    """Tonnes of POLLUTANTS, shape (n, years, pollutants)."""

    @property
    def electricity_mwh(self) -> Floats:
        """Electricity used."""
        return self.energy * self.mix[:, :, CARRIERS.index("electricity")] / _TCE_PER_MWH

    @property
    def coal_share(self) -> Floats:
        """Coal and coke over all energy."""
        share: Floats = self.mix[:, :, :2].sum(axis=2)
        return share


def draw_panel(streams: Streams, firms: Firms) -> Panel:
    """Draw the true years of ``firms``."""
    count, years = firms.count, len(YEARS)
    time = np.array(YEARS, dtype=np.float64) - 2021
    quality = firms.quality_path
    growth = 0.04 + 0.02 * quality + 0.07 * streams.normal("growth", count, years)
    path = np.cumsum(growth, axis=1)
    revenue = np.exp(firms.log_revenue[:, None] + path - path[:, 4:5])

    trend = (
        number("energy_trend")
        + number("quality_on_trend") * firms.quality
        + number("trend_spread") * streams.normal("trend", count)
    )
    efficiency = (
        number("energy_spread") * streams.normal("efficiency", count)[:, None]
        + number("quality_on_energy") * quality
        + trend[:, None] * time
        + number("energy_noise") * streams.normal("energy_noise", count, years)
    )
    energy = firms.intensity[:, None] * revenue * np.exp(efficiency)
    station = firms.power_station[:, None]
    generated = revenue / _STATION_REVENUE_PER_MWH
    energy = np.where(station, generated * _STATION_TCE_PER_MWH * np.exp(efficiency / 4), energy)
    sold = np.where(station, generated * 0.94, 0.0)

    mix = _mix(streams, firms, time)
    adopts = streams.uniform("solar_adopts", count) < number("solar_adopters")
    start = 2016 + np.floor(streams.uniform("solar_start", count) * 9)
    share = number("solar_share_mean") * streams.generator("solar_share").gamma(2.0, 0.5, count)
    on = adopts[:, None] & (np.array(YEARS)[None, :] >= start[:, None])
    electricity = energy * mix[:, :, CARRIERS.index("electricity")] / _TCE_PER_MWH
    solar = np.where(on, np.minimum(share, 0.6)[:, None] * electricity, 0.0)

    position, output, product_energy, ratio = _production(streams, firms, energy)
    scope1, scope2, coal = _emissions(streams, firms, energy=energy, mix=mix, solar=solar, output=output)
    mining = np.isin(firms.division, ["06", "07"])
    leak = np.exp(-1.2 + 0.5 * streams.normal("methane", count))
    methane = np.where(mining, np.minimum(leak, 0.8), 0.004 * np.exp(streams.normal("methane_other", count)))
    methane = np.repeat(methane[:, None], years, axis=1)
    scope1 = scope1 / (1 - np.where(mining[:, None], methane, 0.0))

    liar = streams.uniform("under_reports", count)
    logit = np.log(number("under_reporters") / (1 - number("under_reporters"))) - 0.6 * firms.quality
    part = np.minimum(
        0.08 + number("under_reported_mean") * streams.generator("part").exponential(0.7, count), 0.7
    )
    understated = np.where(liar < 1 / (1 + np.exp(-logit)), part, 0.0)
    assured_logit = -2.2 + 0.9 * firms.size + 0.3 * firms.quality + 0.8 * streams.normal("assured", count)
    level = streams.uniform("assurance_level", count)
    assurance = np.where(assured_logit > 0, np.where(level < 0.7, 1, 2), 0)
    base = np.array([GROUP_POLLUTANTS[g] for g in GROUPS])[firms.group]
    own = np.exp(0.8 * streams.normal("pollutant_firm", count) - 0.3 * firms.quality)
    each = np.exp(0.3 * streams.normal("pollutant", count, years, len(POLLUTANTS)))
    pollutants = base[:, None, :] * own[:, None, None] * revenue[:, :, None] * each / 1000
    return Panel(
        money=draw_money(streams, firms, revenue, understated),
        efficiency=efficiency,
        trend=trend,
        energy=energy,
        mix=mix,
        coal=coal,
        solar_mwh=solar,
        sold_mwh=sold,
        position=position,
        output=output,
        product_energy=product_energy,
        product_ratio=ratio,
        scope1=scope1,
        scope2=scope2,
        methane_share=methane,
        understated=np.repeat(understated[:, None], years, axis=1),
        assurance=np.repeat(assurance[:, None], years, axis=1),
        pollutants=pollutants,
    )


def _mix(streams: Streams, firms: Firms, time: Floats) -> Floats:
    """Return shares of CARRIERS, shape (n, years, carriers)."""
    logits = np.array([GROUP_MIX[g] for g in GROUPS])[firms.group]
    logits = logits + number("mix_spread") * streams.normal("mix", firms.count, len(CARRIERS))
    coal = logits[:, :1] + number("quality_on_coal") * firms.quality[:, None]
    electric = np.array([*(p.energy_unit == "MWh" for p in PRODUCTS), False])[firms.product]
    logits[electric, CARRIERS.index("electricity")] += 3.0
    # a station burns coal or, one in eight, gas, and little else
    station = firms.power_station
    gas = streams.uniform("gas_station", firms.count) < 0.125
    logits[station] = [-9.0, -9.0, -9.0, -4.0, -4.0, -9.0, -9.0]
    logits[station & gas, CARRIERS.index("natural_gas")] = 3.0
    coal[station & ~gas] = 3.0
    coal[station & gas] = -9.0
    paths = np.repeat(logits[:, None, :], len(time), axis=1)
    decline = np.where(station, 0.0, number("coal_decline"))
    paths[:, :, 0] = coal + decline[:, None] * time
    weights = np.exp(paths)
    shares = weights / weights.sum(axis=2, keepdims=True)
    # whether a carrier is bought at all is settled once, so that it does not come and go
    bought = shares.mean(axis=1, keepdims=True) > 0.02
    shares = np.where(bought, shares, 0.0)
    parts: Floats = shares / shares.sum(axis=2, keepdims=True)
    return parts


def _production(streams: Streams, firms: Firms, energy: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return benchmark position, output, the product's energy in its unit, and emissions over the threshold."""
    levels = reference.table("sector_benchmarks").select("id", "advanced", "baseline")
    by_id = {row[0]: (float(row[1]), float(row[2])) for row in levels.iter_rows()}
    # levels are in kgce or kWh, handed in in tce or MWh; a data centre's is a plain ratio
    scale = np.array([1.0 if p.id == "data_centre" else 1000.0 for p in PRODUCTS])
    advanced = np.array([by_id[p.id][0] for p in PRODUCTS]) / scale
    baseline = np.array([by_id[p.id][1] for p in PRODUCTS]) / scale
    in_mwh = np.array([p.energy_unit == "MWh" for p in PRODUCTS])
    made = firms.product >= 0
    product = np.where(made, firms.product, 0)
    position = (
        number("position_mean")
        + number("quality_on_position") * firms.quality_path
        + number("position_spread") * streams.normal("position", firms.count)[:, None]
        + 0.05 * streams.normal("position_year", firms.count, len(YEARS))
    )
    # far beyond the advanced level an output would need no energy at all
    position = np.clip(position, -1.9, 1.25)
    specific = baseline[product][:, None] - position * (baseline - advanced)[product][:, None]
    share = 0.5 + 0.4 * streams.uniform("product_share", firms.count)
    product_energy = energy * share[:, None] / np.where(in_mwh[product], _TCE_PER_MWH, 1.0)[:, None]
    output = np.where(made[:, None], product_energy / np.maximum(specific, 1e-6), 0.0)
    ratio = np.exp(0.25 - 0.15 * firms.quality + 0.2 * streams.normal("product_ratio", firms.count))
    return position, output, np.where(made[:, None], product_energy, 0.0), ratio


def _emissions(
    streams: Streams, firms: Firms, *, energy: Floats, mix: Floats, solar: Floats, output: Floats
) -> tuple[Floats, Floats, Integers]:
    """Return scope 1 and scope 2 (location) in tCO2 and the firm's sort of coal."""
    carriers = reference.table("energy_carriers").select(
        "id", pl.col("co2_t_per_unit").cast(pl.Float64) / pl.col("tce_per_unit").cast(pl.Float64)
    )
    per_tce = {row[0]: row[1] for row in carriers.iter_rows()}
    coal = np.floor(streams.uniform("coal", firms.count) * len(COALS)).astype(np.int64)
    fuels = np.array(
        [0.0 if c in {"coal", "electricity", "heat", "biomass"} else per_tce[c] for c in CARRIERS]
    )
    scope1 = energy * (mix @ fuels)
    scope1 += energy * mix[:, :, 0] * np.array([per_tce[c] for c in COALS])[coal][:, None]
    process = np.array([p.process for p in PRODUCTS] + [0.0])[firms.product]
    scope1 += process[:, None] * output
    bought = np.maximum(energy * mix[:, :, CARRIERS.index("electricity")] / _TCE_PER_MWH - solar, 0.0)
    heat = energy * mix[:, :, CARRIERS.index("heat")] * per_tce["heat"]
    return scope1, bought * _grid(firms) + heat, coal


def _grid(firms: Firms) -> Floats:
    """Return the grid's tCO2 per MWh by firm and year; the nation's where the province has none."""
    table = reference.table("grid_factors").filter(pl.col("kind") == "average")
    factors = {
        (str(code), int(year)): float(f)
        for code, year, f in table.select("code", "year", "factor").iter_rows()
    }
    first, last = min(year for _, year in factors), max(year for _, year in factors)
    codes = np.array(sorted(set(firms.province)), dtype=object)
    grid = np.array(
        [
            [
                factors.get((c, min(max(y, first), last)), factors["CN", min(max(y, first), last)])
                for y in YEARS
            ]
            for c in codes
        ]
    )
    rows: Floats = grid[np.searchsorted(codes, firms.province)]
    return rows
