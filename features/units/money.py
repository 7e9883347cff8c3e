"""Currencies with their multiples, and what they are in 10,000 CNY."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from features.errors import UnitError
from features.reference import normalise, per_set, table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MoneyFactor", "money_factor", "money_unit"]

CNY_PER_UNIT = 10_000.0
"""Canonical money of clean tables: 10,000 CNY."""

_CURRENCIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "CNY": ("rmb", "元", "圆", "人民币", "人民币元", "元人民币", "yuan", "renminbi"),
        "USD": ("美元", "us$", "usdollar", "usdollars"),
        "EUR": ("欧元", "euro", "euros", "€"),
        "HKD": ("港元", "港币", "hk$"),
        "INR": ("印度卢比", "卢比", "rupee", "rupees", "₹"),
        "JPY": ("日元", "日圆"),
        "GBP": ("英镑", "£"),
        "CHF": ("瑞士法郎",),
        "AUD": ("澳元",),
        "CAD": ("加元",),
        "SGD": ("新加坡元", "新元"),
        "KRW": ("韩元",),
        "TWD": ("新台币", "台币"),
        "MOP": ("澳门元",),
        "PLN": ("兹罗提", "zloty"),
        "RUB": ("卢布",),
        "BRL": ("雷亚尔",),
        "ZAR": ("兰特",),
        "THB": ("泰铢",),
        "VND": ("越南盾",),
        "MYR": ("林吉特",),
        "IDR": ("印尼盾",),
    }
)
"""ISO 4217 code to further spellings (normalised). A bare ``¥`` or ``$`` names several currencies and is unknown."""

_MULTIPLES: Mapping[str, float] = MappingProxyType(
    {
        "十": 1e1,
        "百": 1e2,
        "千": 1e3,
        "万": 1e4,
        "十万": 1e5,
        "百万": 1e6,
        "千万": 1e7,
        "亿": 1e8,
        "十亿": 1e9,
        "k": 1e3,
        "thousand": 1e3,
        "thousands": 1e3,
        "10k": 1e4,
        "1e4": 1e4,
        "m": 1e6,
        "mn": 1e6,
        "mio": 1e6,
        "million": 1e6,
        "millions": 1e6,
        "bn": 1e9,
        "billion": 1e9,
        "lakh": 1e5,
        "crore": 1e7,
    }
)


class MoneyFactor(NamedTuple):
    """Multiply an amount by ``factor`` to get 10,000 CNY; ``note`` says where another year's rate was taken."""

    factor: float | None
    note: str | None


@lru_cache(maxsize=1)
def _spellings() -> Mapping[str, str]:
    names = {code.lower(): code for code in _CURRENCIES}
    names |= {normalise(name): code for code, further in _CURRENCIES.items() for name in further}
    return MappingProxyType(names)


@lru_cache(maxsize=1024)
def money_unit(text: str) -> tuple[str, float]:
    """Return the currency (ISO 4217) and the multiple that a text means.

    Raises
    ------
    UnitError
        If the text is no currency.

    Examples
    --------
    >>> money_unit("万元"), money_unit("亿 元"), money_unit("kUSD"), money_unit("EUR million"), money_unit("人民币（千元）")
    (('CNY', 10000.0), ('CNY', 100000000.0), ('USD', 1000.0), ('EUR', 1000000.0), ('CNY', 1000.0))
    """
    bare = re.sub(r"[()\[\]:.,_/\-]", "", normalise(text))
    names = _spellings()
    if bare in names:
        return names[bare], 1.0
    for multiple in sorted(_MULTIPLES, key=lambda m: (-len(m), m)):
        rests = {bare.removeprefix(multiple), bare.removesuffix(multiple)}
        if multiple in bare:
            # 人民币万元: the multiple may stand between two words of one currency.
            head, _, tail = bare.partition(multiple)
            rests |= {head, tail} if head and names.get(head) == names.get(tail) else set()
        for rest in sorted(rests - {bare}):
            if rest in names:
                return names[rest], _MULTIPLES[multiple]
    close = get_close_matches(bare, sorted([*_CURRENCIES, "万元", "亿元", "千元"]), n=1, cutoff=0.5)
    raise UnitError(
        f"The currency {text!r} is unknown.",
        mend=f"Did you mean {close[0]}?"
        if close
        else "Write an ISO 4217 code such as CNY, USD or EUR, or 元, 万元, 亿元.",
        what_zh=f"币种“{text}”无法识别。",
        mend_zh=f"是否应为 {close[0]}？"
        if close
        else "请填写 CNY、USD、EUR 等 ISO 4217 代码，或元、万元、亿元。",
    )


@per_set(maxsize=4096)
def money_factor(text: str, year: int) -> MoneyFactor:
    """Return the factor from a currency of a year to 10,000 CNY, at that year's mean rate.

    Parameters
    ----------
    text
        Currency with its multiple, as :func:`money_unit` reads it.
    year
        Year of the fact. Where the table has no rate for it the nearest earlier one is taken and noted; a later
        year's rate is never taken, because it was not known.

    Returns
    -------
    MoneyFactor
        ``factor`` is None where the currency has no rate of that year or before; ``note`` is None where the year's
        own rate was taken.

    Raises
    ------
    UnitError
        If the text is no currency.

    Examples
    --------
    >>> money_factor("亿元", 2023)
    MoneyFactor(factor=10000.0, note=None)
    >>> money_factor("INR", 2021).note
    'exchange rate of INR for 2020 taken for 2021'
    """
    currency, multiple = money_unit(text)
    if currency == "CNY":
        return MoneyFactor(multiple / CNY_PER_UNIT, None)
    rates = (
        table("exchange_rates")
        .filter((pl.col("currency") == currency) & (pl.col("year") <= year))
        .sort("year")
    )
    if rates.is_empty():
        return MoneyFactor(None, f"no exchange rate of {currency} for {year} or before")
    last = rates.row(-1, named=True)
    note = (
        None if last["year"] == year else f"exchange rate of {currency} for {last['year']} taken for {year}"
    )
    return MoneyFactor(multiple * last["cny_per_unit"] / CNY_PER_UNIT, note)
