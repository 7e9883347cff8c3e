"""The energy and the emissions of a VSME form, as far as they have a carrier, a scope or a substance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.forms import vsme_names as names
from features.forms._vsme_cells import as_text, column, figure, mass_unit, one, stated, total

if TYPE_CHECKING:
    from features.forms._vsme_cells import Figure
    from features.forms._vsme_form import Form, Row

__all__ = ["emissions", "energy"]


def energy(form: Form) -> list[Row]:
    """Return electricity in MWh, and the fuels of the converter in their own units."""
    book, period = form.book, str(form.year)
    parts = {place: figure(one(book, place)) for place in names.ENERGY_PARTS}
    rows = []
    bought = total([parts[names.BOUGHT_RENEWABLE], parts[names.BOUGHT_OTHER]])
    flows = (
        ("purchased", bought, f"{names.BOUGHT_RENEWABLE}; {names.BOUGHT_OTHER}"),
        # Renewable own electricity needs its source, which is not asked; the rest is made of fuels, counted there.
        ("self_generated", parts[names.OWN_OTHER], str(names.OWN_OTHER)),
    )
    for flow, quantity, page in flows:
        if quantity is not None:
            rows.append(
                form.row(page, period=period, carrier="electricity", flow=flow, quantity=quantity, unit="MWh")
            )
    fuels = _fuels(form)
    rows += fuels
    fuel_energy = total([parts[names.FUELS_RENEWABLE], parts[names.FUELS_OTHER]])
    if not fuels and fuel_energy not in {None, 0.0}:
        form.note(
            "energy",
            "carrier",
            f"{as_text(fuel_energy)} MWh of fuels are given as a sum: which fuels is not said, so they have no carrier and were left out.",
            f"燃料合计 {as_text(fuel_energy)} MWh，未说明品种，无对应能源品种，未读入。",
        )
    whole, derived = figure(one(book, names.ENERGY_TOTAL)), total(parts.values())
    if derived is None and whole not in {None, 0.0}:
        form.note(
            "energy",
            "carrier",
            f"Only the total of {as_text(whole)} MWh is given, without a breakdown, so it has no carrier and was left out.",
            f"仅有能源消费总量 {as_text(whole)} MWh，无分项，无对应能源品种，未读入。",
        )
    form.compare("vsme_energy_total", ("Energy in MWh", "能源消费（MWh）"), reported=whole, derived=derived)
    if derived is None:
        _find_without_carrier(form, whole=whole, without=whole)
    else:
        without = total([parts[names.OWN_RENEWABLE], None if fuels else fuel_energy])
        _find_without_carrier(form, whole=derived, without=without)
    return rows


def _find_without_carrier(form: Form, *, whole: Figure, without: Figure) -> None:
    """Find energy that is left out for want of a carrier: what is computed of the rest alone looks too good."""
    if not isinstance(whole, float) or not isinstance(without, float) or without == 0.0:
        return
    form.findings.append(
        (
            form.firm_id,
            "vsme_energy_without_carrier",
            str(form.year),
            whole,
            whole - without,
            f"{without:g} of {whole:g} MWh have no carrier and were left out: intensities and shares rest on the remainder.",
            f"{whole:g} MWh中有{without:g} MWh无对应能源品种，未读入：能耗强度与品种占比仅按其余部分计算。",
        )
    )


def _fuels(form: Form) -> list[Row]:
    """Return the lines of the fuel converter, where the firm lets its totals into the disclosure."""
    area = form.book.names.get(names.CONVERTER.name)
    if area is None:
        return []
    cells = form.book.sheets.get(area.sheet, {})
    if stated(cells.get((area.top + names.CONVERTER_SWITCH.down, area.left + 3))) is not True:
        return []
    sums: dict[tuple[str, str], list[Figure]] = {}
    pages: dict[tuple[str, str], list[str]] = {}
    left_out = []
    for down in range(names.CONVERTER_LINES.down, names.CONVERTER_LINES.down + 10):
        fuel, unit, amount = (stated(cells.get((area.top + down, area.left + right))) for right in range(3))
        quantity = figure(amount)
        if fuel is None or quantity is None:
            continue
        carrier, spelled = names.FUELS.get(str(fuel)), names.FUEL_UNITS.get(str(unit))
        if carrier is None or spelled is None:
            left_out.append(f"{fuel} {as_text(quantity)} {unit or ''}".strip())
            continue
        sums.setdefault((carrier, spelled), []).append(quantity)
        pages.setdefault((carrier, spelled), []).append(
            str(names.Place(name=names.CONVERTER.name, down=down))
        )
    if left_out:
        form.note(
            "energy",
            "carrier",
            f"Fuels without an equal among the energy carriers, or without a unit, were left out: {'; '.join(left_out)}.",
            f"下列燃料无对应能源品种或无单位，未读入：{'；'.join(left_out)}。",
        )
    return [
        form.row(
            "; ".join(pages[key]),
            period=str(form.year),
            carrier=key[0],
            flow="purchased",
            quantity=total(amounts),
            unit=key[1],
        )
        for key, amounts in sorted(sums.items())
    ]


def emissions(form: Form) -> list[Row]:
    """Return the scopes in tCO2e, scope 3 by category where given, and the pollutants the contract knows."""
    period = str(form.year)
    facts: list[tuple[str, str | None, names.Place, Figure]] = [
        (scope, None, place, figure(one(form.book, place))) for scope, place in names.SCOPES.items()
    ]
    categories = [
        ("3", str(category), place, figure(one(form.book, place)))
        for category, place in names.SCOPE_3_CATEGORIES.items()
    ]
    whole = figure(one(form.book, names.SCOPE_3))
    parts = total(quantity for *_, quantity in categories)
    # The categories are the finer set; the total stands in only where none is given.
    facts += categories if parts is not None else [("3", None, names.SCOPE_3, whole)]
    form.compare("vsme_scope_3_total", ("Scope 3 in tCO2e", "范围3（tCO2e）"), reported=whole, derived=parts)
    rows = [
        form.row(
            str(place),
            period=period,
            scope=scope,
            category=category,
            substance="CO2e",
            quantity=quantity,
            unit="tCO2e",
        )
        for scope, category, place, quantity in facts
        if quantity is not None
    ]
    return rows + _pollutants(form)


def _pollutants(form: Form) -> list[Row]:
    pollutants = column(form.book, names.POLLUTANT)
    unit = mass_unit(one(form.book, names.POLLUTANT_UNIT))
    sums: dict[tuple[str, str], list[Figure]] = {}
    left_out = []
    for medium, place in names.RELEASES.items():
        for pollutant, amount in zip(
            pollutants, column(form.book, place, count=len(pollutants)), strict=True
        ):
            quantity = figure(amount)
            if quantity is None:
                continue
            substance = names.POLLUTANTS.get((medium, str(pollutant)))
            if substance is None or unit is None:
                left_out.append(f"{pollutant or '-'} ({medium}) {as_text(quantity)} {unit or ''}".strip())
            else:
                sums.setdefault((substance, place.name), []).append(quantity)
    if left_out:
        form.note(
            "emissions",
            "substance",
            "Pollutants that the contract does not know in this medium, greenhouse gases (inside scope 1 already), or "
            f"amounts without a unit, were left out: {'; '.join(left_out)}.",
            f"数据约定未收录的污染物、已计入范围1的温室气体或无单位的数量，未读入：{'；'.join(left_out)}。",
        )
    return [
        form.row(
            f"{names.POLLUTANT}; {page}",
            period=str(form.year),
            scope="none",
            category=None,
            substance=substance,
            quantity=total(amounts),
            unit=unit,
        )
        for (substance, page), amounts in sorted(sums.items())
    ]
