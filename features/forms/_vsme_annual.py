"""The annual row of a VSME form: money, people, water and waste."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from features.errors import UnitError
from features.forms import vsme_names as names
from features.forms._vsme_cells import as_text, column, figure, mass_unit, one, total
from features.units import money_factor

if TYPE_CHECKING:
    from features.forms._vsme_cells import Figure
    from features.forms._vsme_form import Form, Row

__all__ = ["annual"]

_HAZARD = re.compile(r"^\s*\d\d \d\d \d\d - (Non-Hazardous|Hazardous) - ")
_TONNES = {"kg": 0.001, "t": 1.0}


def annual(form: Form) -> list[Row]:
    """Return the firm's year: money in the form's currency, people, water, waste in t."""
    facts: dict[str, Figure] = {}
    pages: list[str] = []
    for name, place in names.ANNUAL.items():
        value = figure(one(form.book, place))
        if value is not None:
            facts[name] = value
            pages.append(f"{name}: {place}")
    currency = _currency(form, facts)
    pages = [page for page in pages if page.partition(":")[0] in facts]
    waste = _waste(form)
    facts |= waste
    pages += [f"{name}: {names.WASTE_TYPE}" for name in waste]
    if "hours_worked" in facts:
        form.note(
            "annual",
            "hours_worked",
            "The hours worked are the form's product of employees and hours of one full-time employee (2000 unless the firm changed it).",
            "总工时为表中从业人员数与单个全职员工工时（未修改时为2000小时）的乘积。",
        )
    if "injuries" in facts:
        form.note(
            "annual",
            "injuries",
            "Recordable accidents are counted as injuries, one person each.",
            "可记录工伤事故按每起一人计入工伤人数。",
        )
    if not facts:
        return []
    return [form.row("; ".join(pages), year=str(form.year), currency=currency, **facts)]


def _currency(form: Form, facts: dict[str, Figure]) -> str | None:
    """Return the currency; without a rate for it the money is taken out of the facts, and the rest stays."""
    currency = one(form.book, names.CURRENCY)
    given = [name for name in names.MONEY if name in facts]
    if not given:
        return None
    try:
        known = isinstance(currency, str) and money_factor(currency, form.year).factor is not None
    except UnitError:
        known = False
    if known:
        return str(currency)
    for name in given:
        del facts[name]
    shown = currency or "-"
    form.note(
        "annual",
        "currency",
        f"There is no exchange rate for the form's currency ({shown}): {', '.join(given)} were left out.",
        f"报表币种（{shown}）无汇率：{'、'.join(given)}未读入。",
    )
    return None


def _waste(form: Form) -> dict[str, Figure]:
    """Return waste by mass, in t; waste by volume has no density and is told."""
    kinds = column(form.book, names.WASTE_TYPE)
    others = (names.WASTE_UNIT, names.WASTE_RECYCLED, names.WASTE_DISPOSED)
    lines = zip(kinds, *(column(form.book, place, count=len(kinds)) for place in others), strict=True)
    recycled: list[Figure] = []
    disposed: list[Figure] = []
    hazardous: list[Figure] = []
    by_volume: list[Figure] = []
    without_unit = unclear = hazardous_left_out = 0
    for kind, unit_text, reused, dumped in lines:
        amounts = [figure(reused), figure(dumped)]
        if all(amount is None for amount in amounts):
            continue
        unit = mass_unit(unit_text)
        hazard = _HAZARD.match(kind) if isinstance(kind, str) else None
        # The choice is stripped of the blanks in front of it; a text in another language has no mark.
        is_hazardous = hazard is not None and hazard[1] == "Hazardous"
        if unit is None or unit == "m3":
            hazardous_left_out += is_hazardous or hazard is None
            without_unit += unit is None
            by_volume += [] if unit is None else amounts
            continue
        tonnes = [a * _TONNES[unit] if isinstance(a, float) else a for a in amounts]
        recycled.append(tonnes[0])
        disposed.append(tonnes[1])
        unclear += hazard is None
        if is_hazardous:
            hazardous += tonnes
    _tell_waste(form, by_volume=total(by_volume), without_unit=without_unit, unclear=unclear)
    if not recycled:
        return {}
    facts: dict[str, Figure] = {"waste": total([*recycled, *disposed])}
    if total(recycled) is not None:
        facts["waste_recycled"] = total(recycled)
    if not unclear and (hazardous or not hazardous_left_out):
        # The list is of all waste: without a hazardous line there is none, asked and answered.
        facts["hazardous_waste"] = total(hazardous) if hazardous else 0.0
    return facts


def _tell_waste(form: Form, *, by_volume: Figure, without_unit: int, unclear: int) -> None:
    if by_volume is not None:
        form.note(
            "annual",
            "waste",
            f"{as_text(by_volume)} m3 of waste are given by volume; without a density they are in no figure in t.",
            f"另有按体积填报的废物{as_text(by_volume)} m3，无密度，未计入吨数。",
        )
    if without_unit:
        form.note(
            "annual",
            "waste",
            f"{without_unit} lines of waste have no unit and were left out.",
            f"{without_unit}行废物无计量单位，未读入。",
        )
    if unclear:
        form.note(
            "annual",
            "hazardous_waste",
            f"{unclear} lines of waste do not say whether it is hazardous, so hazardous waste is missing.",
            f"{unclear}行废物未注明是否危险，危险废物量缺失。",
        )
