"""How values are told to a person: one place for numbers, units and what stands where a value is not."""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from features import reference
from features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ABSENT", "DEMONSTRATION", "grade_label", "is_demonstration", "sector_name", "signed", "tell"]

DEMONSTRATION = "demonstration"
"""The word that every grade from simulated outcomes carries."""

ABSENT = {"missing": "not handed in 未提供", "not_applicable": "does not apply 不适用"}
"""What is told instead of a value, by data-quality status. Silence is told as silence, never as bad."""

_REAL = ("observed", "declared")
"""Label origins with which a bank may decide: its own outcomes, or its own declaration."""

_LOGARITHM = re.compile(r"ln\((.+)\)")


def is_demonstration(label_origin: str | None, *, demonstration: bool = False) -> bool:
    """Return whether decisions of a model with this label origin are a demonstration.

    A declared scorecard rests on no outcomes at all, and says so by its label origin; it demonstrates nothing.

    Examples
    --------
    >>> [is_demonstration(origin) for origin in ("simulated", "observed", "declared", None)]
    [True, False, False, True]
    """
    return demonstration or label_origin not in _REAL


def grade_label(grade: str, *, demonstration: bool) -> str:
    """Return the grade as it may be shown.

    Examples
    --------
    >>> grade_label("BBB", demonstration=True)
    'BBB (demonstration)'
    """
    return f"{grade} ({DEMONSTRATION})" if demonstration else grade


def signed(points: int) -> str:
    """Return whole points with their sign; a true minus, and no sign for zero.

    Examples
    --------
    >>> signed(3), signed(-3), signed(0)
    ('+3', '−3', '0')
    """
    if points == 0:
        return "0"
    return f"+{points}" if points > 0 else f"−{-points}"


def sector_name(
    division: str | None, *, own: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> tuple[str, str]:
    """Return the English and Chinese name of an industry division.

    Parameters
    ----------
    division
        Code of the division; None where it is not known.
    own
        Names that the bank's own table had when the score was made (``Results.own_industry_names``).

    Examples
    --------
    >>> sector_name(None)
    ('Industry unknown', '行业不明')
    >>> sector_name("31", own={"31": ("Steel", "钢铁")})
    ('31 Steel', '钢铁')
    """
    if division is None:
        return "Industry unknown", "行业不明"
    names = own.get(division) or _sector_names().get(division)
    return (f"{division} {names[0]}", names[1]) if names else (division, "")


def _sector_names() -> dict[str, tuple[str, str]]:
    table = reference.table("industries")
    return {code: (en, zh) for code, en, zh in table.select("code", "name_en", "name_zh").iter_rows()}


def tell(
    indicator: str,
    value: float | str | None,
    *,
    status: str | None = None,
    own_industry_names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> str:
    """Return an indicator's value with its unit, as a person reads it.

    Parameters
    ----------
    indicator
        Id in the catalogue.
    value
        The value in the catalogue's unit; ``None`` where missing.
    status
        Data-quality status of the value.
    own_industry_names
        As in :func:`sector_name`.

    Examples
    --------
    >>> tell("coal_share", 0.305)
    '30.5 %'
    >>> tell("log_revenue", math.log(52000.0))
    '52,000 10k CNY'
    >>> tell("coal_share", None)
    'not handed in 未提供'
    >>> tell("industry_division", "31")
    '31 Smelting and pressing of ferrous metals 黑色金属冶炼和压延加工业'
    >>> tell("coal_share", 0.3, status="not_applicable")
    'does not apply 不适用'
    """
    if status == "not_applicable":
        return ABSENT["not_applicable"]
    if value is None:
        return ABSENT["missing"]
    if isinstance(value, str):
        if indicator != "industry_division":
            return value
        return " ".join(sector_name(value, own=own_industry_names)).strip()
    return _figure(value, CATALOGUE[indicator].unit)


def _figure(value: float, unit: str) -> str:
    logarithm = _LOGARITHM.fullmatch(unit)
    if logarithm:
        return f"{math.exp(value):,.0f} {logarithm[1]}"
    if unit == "0 or 1":
        return "yes 有" if value else "no 无"
    if unit == "log change/year":
        return f"{100 * math.expm1(value):+,.1f} % a year"
    return f"{100 * value:,.1f} %" if unit == "share" else f"{_number(value)} {unit}"


def _number(value: float) -> str:
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 1 or size == 0:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.3g}"
