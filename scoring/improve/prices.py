"""Sizes and costs of every action for every application: from the quotes, else from the table; NaN is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scoring.improve.catalogue import actions
from scoring.improve.effects import EFFECTS
from scoring.improve.effects_of_energy import PV_SHARE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from scoring.improve.amounts import Amounts, Known
    from scoring.improve.costs import Costs, Quote
    from scoring.improve.rebuilding import Firms

    Floats = NDArray[np.float64]

__all__ = ["Prices", "electricity_of", "prices_of", "sizes_of"]

_PV = "rooftop_pv"
_WATTS = 0.1
"""10,000 CNY per kW at 1 CNY per watt, or per MWh at 1 CNY per kWh."""

_TABLE_UNITS = {"CNY per Wp": "CNY/Wp", "CNY per annual kWh generated": "CNY/kWh"}


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the actions cost.

    Parameters
    ----------
    low, high
        Action to 10,000 CNY by application, shape (A,); NaN where unknown.
    """

    low: Mapping[str, Floats]
    high: Mapping[str, Floats]


def _quotes(firms: Firms, costs: Costs, action: str) -> list[Quote | None]:
    asked = firms.facts.applications.select("firm_id", "as_of")
    if not any(quote.action == action for quote in costs.quotes):
        return [None] * asked.height
    return [costs.quote(action, firm, day) for firm, day in asked.iter_rows()]


def sizes_of(firms: Firms, costs: Costs) -> Mapping[str, Floats]:
    """Return each action's size by application: as quoted, else typical; NaN where a quote is needed and there is none.

    The size of photovoltaics is a share of the electricity bought: of the quoted kWp, at the table's typical yield.
    """
    table = actions()
    first = firms.starts[1:] - 1
    place = firms.known.carriers.one("electricity", "purchased")
    bought = np.nan_to_num(firms.amounts.energy[first, place])
    sizes = {}
    for action, effect in EFFECTS.items():
        typical = table[action].typical
        usual = PV_SHARE if action == _PV else np.nan if effect.needs_size else typical or 0.0
        size = np.full(len(firms.ids), usual)
        for position, quote in enumerate(_quotes(firms, costs, action)):
            if quote is None or quote.size is None:
                continue
            if action == _PV:
                made = quote.size * (typical or 0.0) / 1000.0
                size[position] = made / bought[position] if bought[position] > 0 else 0.0
            else:
                size[position] = quote.size
        sizes[action] = size
    return sizes


def electricity_of(known: Known, before: Amounts, after: Amounts) -> Floats:
    """Return MWh a year that an action makes, covers or saves: shape (R,)."""
    carriers = known.carriers
    own = carriers.of(kinds=("electricity",), flow="self_generated")
    made = np.nansum(after.energy[:, own], axis=1) - np.nansum(before.energy[:, own], axis=1)
    place = carriers.one("electricity", "purchased")
    saved = np.nan_to_num(before.energy[:, place]) - np.nan_to_num(after.energy[:, place])
    covered = after.green_mwh - before.green_mwh
    return np.where(made > 0, made, np.where(covered > 0, covered, saved))


def prices_of(firms: Firms, costs: Costs, alone: Mapping[str, Amounts]) -> Prices:
    """Return the costs.

    Parameters
    ----------
    firms
        The applications.
    costs
        The quotes.
    alone
        Action to the amounts after it alone, rows of the firms.
    """
    last = firms.starts[1:] - 1
    low, high = {}, {}
    for action, amounts in alone.items():
        of_table = actions()[action]
        mwh = electricity_of(firms.known, firms.amounts, amounts)[last]
        factor = {
            "CNY/kWh": mwh * _WATTS,
            # The kWp that make the electricity at the typical yield.
            "CNY/Wp": mwh * 1000.0 / (of_table.typical or 1.0) * _WATTS,
            "10k CNY": np.ones(len(mwh)),
        }
        unit = _TABLE_UNITS.get(of_table.capex_unit)
        nothing = np.full(len(firms.ids), np.nan)
        ends = [
            nothing.copy() if unit is None or price is None else price * factor[unit]
            for price in (of_table.capex_low, of_table.capex_high)
        ]
        for position, quote in enumerate(_quotes(firms, costs, action)):
            if quote is not None:
                # Of photovoltaics larger than what is used on site, all of it costs.
                peak = quote.unit == "CNY/Wp" and quote.size is not None
                amount = (quote.size or 0.0) * _WATTS if peak else factor[quote.unit][position]
                for end, price in zip(ends, (quote.low, quote.highest), strict=True):
                    end[position] = price * amount
        low[action], high[action] = ends
    return Prices(low=low, high=high)
