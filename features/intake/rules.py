"""The rules that a row can break and the reasons for a default: stable ids with their texts, in one place.

Texts are templates: ``{table}``, ``{column}`` and ``{hint}`` are filled from the contract and the rule's own
detail, ``{value}`` with the cell as handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REASONS", "RULES", "Reason", "Rule"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is wrong with a row and how to mend it, in English and Chinese."""

    what_en: str
    what_zh: str
    mend_en: str
    mend_zh: str


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a value was taken that was not handed in, in English and Chinese."""

    en: str
    zh: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "missing_required": Rule(
            what_en="{table}.{column} is empty. {hint}",
            what_zh="{table}.{column} 为空。{hint}",
            mend_en="Fill in {column}.",
            mend_zh="请填写 {column}。",
        ),
        "not_a_number": Rule(
            what_en="{table}.{column} must be a number. Got '{value}' instead. {hint}",
            what_zh="{table}.{column} 应为数字，收到 “{value}”。{hint}",
            mend_en="Write digits with a decimal point, such as 1444.83 or 1,444.83; keep the unit in its own column.",
            mend_zh="请填写带小数点的数字，如 1444.83 或 1,444.83；单位请填在单位列。",
        ),
        "not_a_date": Rule(
            what_en="{table}.{column} must be a day. Got '{value}' instead.",
            what_zh="{table}.{column} 应为日期，收到 “{value}”。",
            mend_en="Write the day as 2023-05-01.",
            mend_zh="请按 2023-05-01 填写日期。",
        ),
        "not_a_period": Rule(
            what_en="{table}.{column} must be {hint}. Got '{value}' instead.",
            what_zh="{table}.{column} 应为{hint}，收到 “{value}”。",
            mend_en="Write {hint}.",
            mend_zh="请填写{hint}。",
        ),
        "not_a_choice": Rule(
            what_en="{table}.{column} must be one of {hint}. Got '{value}' instead.",
            what_zh="{table}.{column} 应为以下之一：{hint}；收到 “{value}”。",
            mend_en="Write one of {hint}.",
            mend_zh="请填写以下之一：{hint}。",
        ),
        "out_of_range": Rule(
            what_en="{table}.{column} is impossible: {hint}. Got '{value}' instead.",
            what_zh="{table}.{column} 的值不可能：{hint}；收到 “{value}”。",
            mend_en="Correct {column} at its source.",
            mend_zh="请在来源处更正 {column}。",
        ),
        "unknown_unit": Rule(
            what_en="The unit '{value}' in {table}.{column} is not known. {hint}",
            what_zh="{table}.{column} 的单位 “{value}” 无法识别。{hint}",
            mend_en="Write a usual unit of the quantity, such as t, kWh, GJ or m3, without the quantity itself.",
            mend_zh="请填写常用单位，如 t、kWh、GJ 或 m3，不要写入数量。",
        ),
        "wrong_dimension": Rule(
            what_en="The unit '{value}' in {table}.{column} does not measure this quantity. {hint}",
            what_zh="{table}.{column} 的单位 “{value}” 不是该数量的计量单位。{hint}",
            mend_en="Check that the quantity and its unit belong together, then write the unit it was measured in.",
            mend_zh="请核对数量与单位是否对应，并填写实际计量单位。",
        ),
        "unknown_carrier": Rule(
            what_en="The energy carrier '{value}' in {table}.{column} is not known.",
            what_zh="{table}.{column} 的能源品种 “{value}” 无法识别。",
            mend_en="Write an id or a name of the energy carrier table, such as raw_coal or 原煤.",
            mend_zh="请填写能源品种表中的编号或名称，如 raw_coal 或 原煤。",
        ),
        "unknown_scheme": Rule(
            what_en="The certification scheme '{value}' in {table}.{column} is not known.",
            what_zh="{table}.{column} 的认证类型 “{value}” 无法识别。",
            mend_en="Write an id or a name of the certification table, such as iso14001 or 环境管理体系认证.",
            mend_zh="请填写认证表中的编号或名称，如 iso14001 或 环境管理体系认证。",
        ),
        "unknown_substance": Rule(
            what_en="The substance '{value}' in {table}.{column} is not known.",
            what_zh="{table}.{column} 的物质 “{value}” 无法识别。",
            mend_en="Write CO2, CH4, N2O, SF6, CO2e, SO2, NOx, PM, COD, NH3-N or another substance of the contract.",
            mend_zh="请填写 CO2、CH4、N2O、SF6、CO2e、SO2、NOx、PM、COD、NH3-N 或数据约定中的其他物质。",
        ),
        "unknown_currency": Rule(
            what_en="The currency '{value}' in {table}.{column} cannot be turned into yuan. {hint}",
            what_zh="{table}.{column} 的币种 “{value}” 无法折算为人民币。{hint}",
            mend_en="Write CNY, 万元, 亿元, USD, EUR or HKD, or hand the amounts in in yuan.",
            mend_zh="请填写 CNY、万元、亿元、USD、EUR 或 HKD，或以人民币填报金额。",
        ),
        "invalid_id": Rule(
            what_en="{table}.{column} '{value}' is no valid identifier: {hint}.",
            what_zh="{table}.{column} “{value}” 不是有效编号：{hint}。",
            mend_en="Correct the code, or write bank in id_scheme if it is the bank's own number.",
            mend_zh="请更正代码；如为银行内部编号，请在 id_scheme（编号类型）填写 bank。",
        ),
        "unknown_firm": Rule(
            what_en="{table}.{column} '{value}' is not among the accepted rows of the table firms.",
            what_zh="{table}.{column} “{value}” 不在企业表的有效记录中。",
            mend_en="Add the firm to the table firms, or correct the code, or mend the firm's own row if it is quarantined.",
            mend_zh="请在企业表补充该企业或更正代码；若企业记录本身被隔离，请先修正该记录。",
        ),
        "conflicting_rows": Rule(
            what_en="Several rows of {table} have the key of this row and disagree in {column}.",
            what_zh="{table} 中有多行与本行主键相同，但 {column} 不一致。",
            mend_en="Keep the right row and take the others out. {hint}",
            mend_zh="请保留正确的一行并删除其余各行。{hint}",
        ),
        "malformed_row": Rule(
            what_en="The row has more cells than {table} has headers: '{value}'.",
            what_zh="该行单元格数多于 {table} 的列数：“{value}”。",
            mend_en='Put a text that contains a comma in double quotes, such as "1,444.83".',
            mend_zh='请将含逗号的内容置于双引号内，如 "1,444.83"。',
        ),
    }
)
"""Rule id to its texts. Ids are stable: banks filter on them."""

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "contract_default": Reason(
            en="The cell was empty; the contract's default was taken.",
            zh="单元格为空，采用数据约定的默认值。",
        ),
        "from_other_date": Reason(
            en="The date was empty; another date of the row was taken.", zh="日期为空，采用同一行的其他日期。"
        ),
        "period_from_date": Reason(
            en="A first of a month stood for a period and was read as that month.",
            zh="期间填写为某月一日，按该月处理。",
        ),
        "heat_value": Reason(
            en="Converted through the carrier's default heat value or density.",
            zh="按能源品种的默认热值或密度折算。",
        ),
        "exchange_rate": Reason(
            en="Converted at the exchange rate of another year.", zh="按其他年度的汇率折算。"
        ),
        "unknown_industry": Reason(
            en="The industry code maps to no division; the firm stays without an industry.",
            zh="行业代码无法对应到行业大类，企业按无行业处理。",
        ),
        "bank_id": Reason(
            en="The firm id has no check character; it was taken for the bank's own number.",
            zh="企业编号无校验码，视为银行内部编号。",
        ),
        "pollutant_scope": Reason(
            en="Scopes are of greenhouse gases; the pollutant was taken out of its scope.",
            zh="范围仅适用于温室气体，污染物不计范围。",
        ),
    }
)
"""Reason id of a default to its texts."""
