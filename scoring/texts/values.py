"""An indicator's value in one language, for pages that are written in one; ``scoring.telling`` has both side by side."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from scoring.telling import sector_name, tell
from scoring.texts.shipped import text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.texts.library import Language

__all__ = ["indicator_name", "sector_text", "unit_code", "value_text"]


def indicator_name(indicator: str, lang: Language) -> str:
    """Return the catalogue's name of an indicator.

    Examples
    --------
    >>> indicator_name("coal_share", "zh")
    '煤炭消费占比'
    """
    item = CATALOGUE[indicator]
    return item.en if lang == "en" else item.zh


def sector_text(
    division: str | None, lang: Language, *, own: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> str:
    """Return the name of an industry division with its code.

    Examples
    --------
    >>> sector_text("31", "zh")
    '31 黑色金属冶炼和压延加工业'
    """
    en, zh = sector_name(division, own=own)
    if lang == "en" or not zh:
        return en
    return f"{division} {zh}" if division else zh


def unit_code(unit: str) -> str:
    """Return the code of a unit's name in the catalogue of texts.

    Examples
    --------
    >>> unit_code("tCO2e/10k CNY")
    'unit_tco2e_10k_cny'
    """
    return "unit_" + "_".join("".join(c if c.isalnum() else " " for c in unit.lower()).split())


def value_text(
    indicator: str,
    value: float | str | None,
    lang: Language,
    *,
    status: str | None = None,
    own_industry_names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> str:
    """Return a value with its unit, as a reader of one language reads it; figures are those of ``scoring.telling``.

    Parameters
    ----------
    indicator, value, status, own_industry_names
        As of :func:`scoring.telling.tell`.
    lang
        ``en`` or ``zh``.

    Examples
    --------
    >>> value_text("coal_share", 0.305, "zh"), value_text("carbon_intensity", 1.25, "zh")
    ('30.5 %', '1.25 吨CO2e/万元')
    >>> value_text("coal_share", None, "en"), value_text("footprint_declared", 1.0, "zh")
    ('not handed in', '有')
    """
    if status == "not_applicable":
        return text("does_not_apply", lang)
    if value is None:
        return text("not_handed_in", lang)
    if isinstance(value, str):
        return _category(indicator, value, lang, own=own_industry_names)
    return _figure(indicator, value, lang)


def _category(indicator: str, value: str, lang: Language, *, own: Mapping[str, tuple[str, str]]) -> str:
    if indicator == "industry_division":
        return sector_text(value, lang, own=own)
    code = f"category_{value.lower()}"
    return text(code, lang) if code in texts().texts else value


def _figure(indicator: str, value: float, lang: Language) -> str:
    unit = CATALOGUE[indicator].unit
    if unit == "0 or 1":
        return text("yes" if value else "no", lang)
    told = tell(indicator, value)
    if unit == "share":
        return told
    if unit == "log change/year":
        return text("a_year", lang, change=told.removesuffix(" a year"))
    # The figure is the first word; what follows is the unit (that of a logarithm stands in its brackets).
    figure, _, named = told.partition(" ")
    return f"{figure} {text(unit_code(named), lang)}"
