"""One line per action with the firm's own figures, in English and Chinese."""

from __future__ import annotations

from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from scoring.improve.amounts import ANNUAL, used_energy
from scoring.improve.catalogue import actions
from scoring.improve.firm_record import open_incident
from scoring.improve.prices import electricity_of
from scoring.texts import parse_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scoring.improve.amounts import Amounts
    from scoring.improve.prices import Prices
    from scoring.improve.rebuilding import Firms
    from scoring.texts import Language, TextLibrary

__all__ = ["action_line", "library", "shown"]

_FILE = "texts.toml"


@cache
def library() -> TextLibrary:
    """Return the texts of this package; read once."""
    return parse_texts(
        resources.files("scoring.improve").joinpath(_FILE).read_text(encoding="utf-8"), file=_FILE
    )


def shown(number: float) -> str:
    """Return a figure with three digits that count, thousands apart.

    Examples
    --------
    >>> shown(12345.678), shown(0.04567), shown(280.0), shown(0.0)
    ('12,346', '0.0457', '280', '0')
    """
    if number == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(number)))))
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tce(firms: Firms, after: Amounts, row: int) -> float:
    return float(used_energy(firms.known, firms.amounts)[row] - used_energy(firms.known, after)[row])


def _less(firms: Firms, after: Amounts, row: int, name: str) -> float:
    place = ANNUAL.index(name)
    return float(np.nan_to_num(firms.amounts.annual[row, place] - after.annual[row, place]))


def _fuel_switch(firms: Firms, after: Amounts, row: int, lang: Language) -> dict[str, object]:
    carriers, tce = firms.known.carriers, firms.known.tce
    change = np.nan_to_num(after.energy[row]) - np.nan_to_num(firms.amounts.energy[row])
    more = int(np.argmax(change))
    coal = [place for place, kind in enumerate(carriers.kinds) if kind == "coal"]
    names = dict(reference.table("energy_carriers").select("id", f"name_{lang}").iter_rows())
    return {
        "less": shown(float(-np.nansum(change[coal] * tce[row, coal]))),
        "amount": shown(float(change[more])),
        "unit": {"1e4m3": {"en": "x 10,000 m3", "zh": "万立方米"}}.get(
            carriers.units[more], {"en": carriers.units[more], "zh": "吨"}
        )[lang],
        "fuel": str(names[carriers.names[more]]).lower() if lang == "en" else names[carriers.names[more]],
    }


def _renewals(firms: Firms, _after: Amounts, row: int, lang: Language) -> dict[str, object]:
    own = firms.to_renew.filter(pl.col("application_id") == int(firms.known.application[row]))
    names = dict(reference.table("certifications").select("id", f"name_{lang}").iter_rows())
    listed = [str(names.get(scheme, scheme)) for scheme in own["scheme"]]
    return {"number": own.height, "schemes": ("; " if lang == "en" else "；").join(listed)}


def _incidents(firms: Firms, _after: Amounts, row: int, lang: Language) -> dict[str, object]:
    own = firms.facts.incidents.filter(
        (pl.col("application_id") == int(firms.known.application[row]))
        & open_incident()
        & (pl.col("occurred_on") <= pl.col("as_of"))
    )
    listed = ("; " if lang == "en" else "；").join(own["incident_id"].sort())
    return {"number": own.height, "incidents": listed}


def _power(firms: Firms, after: Amounts, row: int, _lang: Language) -> dict[str, object]:
    return {"mwh": shown(float(electricity_of(firms.known, firms.amounts, after)[row]))}


def _saving(firms: Firms, after: Amounts, row: int, _lang: Language) -> dict[str, object]:
    return {"tce": shown(_tce(firms, after, row))}


def _capture(firms: Firms, after: Amounts, row: int, _lang: Language) -> dict[str, object]:
    power = firms.known.carriers.one("electricity", "purchased")
    more = np.nan_to_num(after.energy[row, power]) - np.nan_to_num(firms.amounts.energy[row, power])
    return {"tonnes": shown(float(after.captured[row])), "mwh": shown(float(more))}


_LINES: Mapping[str, tuple[str, Callable[[Firms, Amounts, int, Language], dict[str, object]]]] = (
    MappingProxyType(
        {
            **dict.fromkeys(
                ("coal_boiler_gas", "coal_boiler_biomass", "alt_fuel_kiln"), ("fuel_switch", _fuel_switch)
            ),
            **dict.fromkeys(
                (
                    "retrofit_benchmark",
                    "boiler_economiser",
                    "steam_traps",
                    "whr_flue",
                    "regenerative_burner",
                    "enms",
                ),
                ("saving", _saving),
            ),
            **dict.fromkeys(
                ("motor_old_ie3", "motor_ie3_ie5", "transformer_s22", "vsd", "compressed_air"),
                ("saving_power", _power),
            ),
            **dict.fromkeys(("rooftop_pv", "whr_kiln_power"), ("generation", _power)),
            "green_power": ("green_power", _power),
            "carbon_capture": ("capture", _capture),
            "cleaner_production": (
                "resources",
                lambda firms, after, row, _: {
                    "tce": shown(_tce(firms, after, row)),
                    "m3": shown(_less(firms, after, row, "water_withdrawn")),
                },
            ),
            "water_reuse": (
                "water",
                lambda firms, after, row, _: {"m3": shown(_less(firms, after, row, "water_withdrawn"))},
            ),
            "waste_recycling": (
                "waste",
                lambda firms, after, row, _: {"tonnes": shown(-_less(firms, after, row, "waste_recycled"))},
            ),
            "meter_energy": (
                "meter",
                lambda firms, _, row, __: {"tce": shown(float(firms.known.estimated[row]))},
            ),
            "ghg_verification": (
                "verify",
                lambda firms, _, row, __: {"rows": int(firms.known.unassured[row])},
            ),
            **dict.fromkeys(
                ("certify_iso14001", "certify_iso50001", "certify_iso45001"), ("certificate", lambda *_: {})
            ),
            "footprint": ("footprint", lambda *_: {}),
            "renew_certificate": ("renew", _renewals),
            "rectify_incident": ("rectify", _incidents),
        }
    )
)
"""Action to its text and what the text fills in."""


def action_line(
    action: str, application: int, *, firms: Firms, after: Amounts, prices: Prices, lang: Language
) -> str:
    """Return what an action alone would do for an application.

    Parameters
    ----------
    action, application
        Id of the action, position of the application.
    firms, after, prices
        The applications, the amounts after this action alone, and the costs.
    lang
        ``en`` or ``zh``.
    """
    texts, of_table = library(), actions()[action]
    code, figures = _LINES[action]
    row = _row(firms, after, application)
    terms = [texts.text("months", lang, months=of_table.months), _cost(action, application, prices, lang)]
    if of_table.recalled and of_table.typical:
        terms.append(texts.text("recalled", lang))
    return texts.text(
        code,
        lang,
        name=of_table.name_en if lang == "en" else of_table.name_zh,
        terms=("; " if lang == "en" else "；").join(terms),
        **figures(firms, after, row, lang),
    )


def _row(firms: Firms, after: Amounts, application: int) -> int:
    """Return the latest row of an application that the action changes; its last one where none is changed."""
    first, end = int(firms.starts[application]), int(firms.starts[application + 1])
    before = firms.amounts
    for row in range(end - 1, first - 1, -1):
        pairs = ((before.energy, after.energy), (before.annual, after.annual))
        if any(not np.array_equal(a[row], b[row], equal_nan=True) for a, b in pairs):
            return row
        if after.green_mwh[row] > 0 or firms.known.estimated[row] * after.metered[row] > 0:
            return row
        if firms.known.unassured[row] * after.assured[row] > 0:
            return row
    return end - 1


def _cost(action: str, application: int, prices: Prices, lang: Language) -> str:
    low, high = float(prices.low[action][application]), float(prices.high[action][application])
    if np.isnan(low):
        return library().text("cost_unknown", lang)
    if low == high:
        return library().text("cost", lang, low=shown(low))
    return library().text("cost_range", lang, low=shown(low), high=shown(high))
