"""The drop-down lists of the template: choices, ids of the reference tables, units and currencies, in one language.

Every entry is a spelling that intake understands; a test reads each of them back.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from features.contract import CONTRACT
from features.reference import substance_kinds
from features.reference import table as reference_table
from features.reference.substances import substance_spellings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.contract import Column, Table

__all__ = ["Language", "choice_label", "drop_down", "owner"]

Language = Literal["both", "zh", "en"]
"""Language of a template: ``both`` has Chinese headers and lists, and notes in both."""

_CHINESE = re.compile("[\u4e00-\u9fff]")

_UNITS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "energy.unit": (
            ("吨", "t"),
            ("万吨", "10kt"),
            ("千瓦时", "kWh"),
            ("万千瓦时", "1e4kWh"),
            ("兆瓦时", "MWh"),
            ("立方米", "m3"),
            ("万立方米", "1e4m3"),
            ("吉焦", "GJ"),
            ("吨标准煤", "tce"),
        ),
        "production.unit": (
            ("吨", "t"),
            ("万吨", "10kt"),
            ("千瓦时", "kWh"),
            ("万千瓦时", "1e4kWh"),
            ("兆瓦时", "MWh"),
            ("重量箱", "weight-case"),
            ("平方米", "m2"),
            ("件", "piece"),
        ),
        "production.energy_unit": (
            ("吨标准煤", "tce"),
            ("千克标准煤", "kgce"),
            ("吉焦", "GJ"),
            ("千瓦时", "kWh"),
            ("万千瓦时", "1e4kWh"),
        ),
        "production.emissions_unit": (
            ("吨二氧化碳当量", "tCO2e"),
            ("千克二氧化碳当量", "kgCO2e"),
            ("万吨二氧化碳当量", "10ktCO2e"),
        ),
        "emissions.unit": (
            ("吨", "t"),
            ("千克", "kg"),
            ("万吨", "10kt"),
            ("吨二氧化碳当量", "tCO2e"),
            ("万吨二氧化碳当量", "10ktCO2e"),
        ),
        "certifications.unit": (("千瓦时", "kWh"), ("万千瓦时", "1e4kWh"), ("兆瓦时", "MWh")),
        "applications.design_energy_unit": (("kgce/t", "kgce/t"), ("kWh/t", "kWh/t"), ("GJ/t", "GJ/t")),
        "ecology.unit": (
            ("元", "CNY"),
            ("万元", "10k CNY"),
            ("百万元", "CNY million"),
            ("吨二氧化碳当量", "tCO2e"),
            ("万吨二氧化碳当量", "10ktCO2e"),
        ),
    }
)
"""Usual units of a column, Chinese and English side by side; any other unit of the quantity is accepted too."""

_CHINESE_CURRENCIES = ("元", "千元", "万元", "百万元", "亿元", "美元", "万美元", "欧元", "万欧元", "港元")
_ENGLISH_CURRENCIES = (
    "CNY",
    "10k CNY",
    "CNY million",
    "CNY billion",
    "USD",
    "USD million",
    "EUR",
    "EUR million",
    "HKD",
)

_REFERENCES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "carrier": ("energy_carriers", "name_zh", "name_en"),
        "scheme": ("certifications", "name_zh", "name_en"),
        "product": ("sector_benchmarks", "product_zh", "product_en"),
        "project_product": ("sector_benchmarks", "product_zh", "product_en"),
    }
)
"""Column to the reference table whose names it holds."""


def owner(table: Table, column: Column) -> Table | None:
    """Return the other table that gives out the ids of this column, None where there is none.

    Examples
    --------
    >>> owner(CONTRACT["energy"], CONTRACT["energy"].column("firm_id")).name
    'firms'
    >>> owner(CONTRACT["firms"], CONTRACT["firms"].column("firm_id")) is None
    True
    """
    giving = next((other for other in CONTRACT.values() if other.key[0] == column.name), None)
    return None if giving is None or giving.name == table.name else giving


def choice_label(column: Column, choice: str, *, language: Language) -> str:
    """Return how a choice is written in the template: Chinese where the contract has such a spelling.

    A spelling with which another choice begins (范围2 and 范围2-市场) leaves the reader in doubt and is not taken.

    Examples
    --------
    >>> scope = CONTRACT["emissions"].column("scope")
    >>> [choice_label(scope, choice, language="zh") for choice in scope.choices][1:3]
    ['范围2-位置', '范围2-市场']
    >>> choice_label(scope, "2-market", language="en")
    '2-market'
    """
    if language == "en":
        return choice
    others = [name for other, names in column.choices.items() if other != choice for name in names]
    for spelling in column.choices[choice]:
        if _CHINESE.search(spelling) and not any(other.startswith(spelling) for other in others):
            return spelling
    return choice


def drop_down(table: Table, column: Column, *, language: Language) -> tuple[str, ...]:
    """Return the entries of a column's list; empty where it has none.

    Examples
    --------
    >>> energy = CONTRACT["energy"]
    >>> drop_down(energy, energy.column("flow"), language="both")
    ('外购', '自产', '外售', '原料')
    >>> drop_down(energy, energy.column("carrier"), language="en")[:2]
    ('Raw coal', 'Anthracite')
    """
    if column.kind == "choice":
        return tuple(choice_label(column, choice, language=language) for choice in column.choices)
    if column.kind == "currency":
        return _ENGLISH_CURRENCIES if language == "en" else _CHINESE_CURRENCIES
    if column.kind == "unit":
        position = 1 if language == "en" else 0
        return tuple(pair[position] for pair in _UNITS.get(f"{table.name}.{column.name}", ()))
    if column.kind == "text" and column.name == "substance":
        return _substances(language)
    if column.kind == "text" and column.name in _REFERENCES:
        name, chinese, english = _REFERENCES[column.name]
        return _names(name, english if language == "en" else chinese)
    return ()


def _names(name: str, column: str) -> tuple[str, ...]:
    entries = reference_table(name).get_column(column).drop_nulls().unique(maintain_order=True).to_list()
    if name == "sector_benchmarks":
        entries.append("electricity" if column.endswith("_en") else "电力")
    return tuple(entries)


def _substances(language: Language) -> tuple[str, ...]:
    """Return the substances: formulas as everybody writes them, baskets and totals by name in Chinese."""
    kinds = substance_kinds()
    pairs = substance_spellings()
    entries = []
    for substance, kind in kinds.items():
        whole = [s for s, meant in pairs if meant == substance and re.fullmatch("[\u4e00-\u9fff]+", s)]
        named = language != "en" and kind in {"total", "basket", "biogenic"} and whole
        entries.append(whole[0] if named else substance)
    return tuple(entries)
