"""The catalogue of actions as ``actions.csv`` has it, and which of them are not offered, each with its reason.

What an action does to the facts stands in :mod:`scoring.improve.effects`; here stand its names, its months, the range of
its effect and the source, all read from the reference table, so that a bank's overlay counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOT_OFFERED", "Action", "actions"]

NOT_OFFERED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "coal_boiler_heat_pump": (
            "A heat pump replaces heat below about 100 C only, and no table says at which temperature a firm needs its heat.",
            "热泵仅适用于约100℃以下的供热，而数据表中没有用热温度。",
        ),
        "led": (
            "No table says how much electricity goes into lighting.",
            "数据表中没有照明用电量。",
        ),
        "storage": (
            "Storage saves no energy: it shifts load and loses 10 to 15 percent.",
            "储能不节能：仅转移负荷，且有10%至15%的损耗。",
        ),
        "eaf_scrap": (
            "Another route makes another product of the benchmark table, and no table says which fuels would go.",
            "改变工艺路线即改变产品类别，数据表无法确定减少哪些燃料。",
        ),
        "clinker_sub": (
            "The clinker ratio is not among the facts: the output of cement has no place in the benchmark table.",
            "数据表中没有熟料系数：能效标杆表不含水泥产量。",
        ),
        "bf_gas_recovery": (
            "No table says how much gas is recovered already, nor what the gas would replace.",
            "数据表中没有已回收煤气量，也不知其替代何种能源。",
        ),
        "inert_anode": (
            "Not available commercially: demonstration stage, no figures.",
            "尚无商业化应用：处于示范阶段，无数据。",
        ),
    }
)
"""Actions of the table that are never offered, and why, in English and Chinese."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of the reference table.

    Parameters
    ----------
    id, name_en, name_zh
        As in ``actions.csv``.
    months
        How long it takes.
    low, typical, high
        Range of its effect in ``unit``; None where the table states none. ``typical`` is what is computed with.
    unit
        Unit of the effect.
    capex_low, capex_high
        What the table knows of its cost, in ``capex_unit``; None where it knows nothing. The typical cost stands for
        both where no range is stated.
    capex_unit, capex_basis
        Unit of the cost, and where it comes from.
    source, recalled
        Where the effect comes from, and whether that was written from memory.
    """

    id: str
    name_en: str
    name_zh: str
    months: int
    low: float | None
    typical: float | None
    high: float | None
    unit: str
    capex_low: float | None
    capex_high: float | None
    capex_unit: str
    capex_basis: str
    source: str
    recalled: bool


@reference.per_set(maxsize=1)
def actions() -> Mapping[str, Action]:
    """Return every action of the table by its id, in the table's order; those of :data:`NOT_OFFERED` among them.

    Examples
    --------
    >>> pv = actions()["rooftop_pv"]
    >>> pv.months, pv.typical, pv.unit, pv.capex_low, pv.capex_high
    (4, 1100.0, 'kWh per kWp per year', 2.5, 4.0)
    >>> actions()["green_power"].capex_low is None
    True
    """
    table = reference.table("actions")
    numbers = [f"effect_{which}" for which in ("low", "typical", "high")]
    money = [f"capex_{which}" for which in ("low", "typical", "high")]
    rows = table.with_columns(pl.col(*numbers, *money).cast(pl.Float64)).iter_rows(named=True)
    return MappingProxyType(
        {
            row["id"]: Action(
                id=row["id"],
                name_en=row["name_en"],
                name_zh=row["name_zh"],
                months=int(row["months"]),
                low=row["effect_low"],
                typical=row["effect_typical"],
                high=row["effect_high"],
                unit=row["effect_unit"] or "",
                capex_low=_first(row["capex_low"], row["capex_typical"]),
                capex_high=_first(row["capex_high"], row["capex_typical"]),
                capex_unit=row["capex_unit"] or "",
                capex_basis=row["capex_basis"] or "",
                source=row["source"],
                recalled=row["verified"] == "recalled",
            )
            for row in rows
        }
    )


def _first(stated: float | None, otherwise: float | None) -> float | None:
    return otherwise if stated is None else stated
