"""The portfolio view as told: names of its parts, keys as a reader knows them, and the text of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features import reference
from scoring.telling import grade_label

if TYPE_CHECKING:
    from scoring.portfolio.view import Portfolio

__all__ = ["COVERAGES", "STANDING_NAMES", "figure", "key_names", "notes", "portfolio_text"]

STANDING_NAMES = {
    "scored": ("scored", "已评分"),
    "refused": ("refused by intake", "校验未通过"),
    "not_asked": ("no application", "无申请"),
}
COVERAGES = {
    "reported": ("own figures", "企业自有数据"),
    "estimated_only": ("estimated only", "仅有估算"),
    "no_denominator": ("nothing to attribute by", "无归因分母"),
    "no_emissions": ("no emissions", "无排放数据"),
}


def key_names(view: Portfolio) -> dict[tuple[str, str], tuple[str, str]]:
    """Return English and Chinese names of the keys of industries, regions and grades; other keys name themselves."""
    industries = {
        ("industry", row["code"]): (f"{row['code']} {row['name_en']}", row["name_zh"])
        for row in reference.table("industries").select("code", "name_en", "name_zh").iter_rows(named=True)
    }
    regions = {
        ("region", str(row["code"])): (row["name_en"], row["name_zh"])
        for row in reference.table("regions").select("code", "name_en", "name_zh").iter_rows(named=True)
    }
    demonstration = bool(view.summary["demonstration"])
    grades = {
        ("grade", key): (grade_label(key, demonstration=demonstration), "演示" if demonstration else "")
        for key in view.table.filter(view.table["dimension"] == "grade")["key"]
        if key != "unknown"
    }
    unknown = {(name, "unknown"): ("not known", "不明") for name in ("industry", "region", "grade")}
    return {**industries, **regions, **grades, **unknown}


def figure(value: float | None, digits: int = 0) -> str:
    """Return a number as it is shown; a dash where there is none.

    Examples
    --------
    >>> figure(1234.5, 1), figure(None)
    ('1,234.5', '-')
    """
    return "-" if value is None else f"{value:,.{digits}f}"


def notes(view: Portfolio) -> list[tuple[str, str]]:
    """Return what a reader must know of how the sums came about, English and Chinese."""
    summary = view.summary
    rules = summary["firms_by_rule"]
    told = [
        (
            f"Attribution: outstanding over EVIC for {rules['evic']:,}, over equity plus debt for {rules['equity_and_debt']:,}.",
            f"归因：{rules['evic']:,}家按含现金企业价值，{rules['equity_and_debt']:,}家按所有者权益与有息负债之和。",
        ),
        (
            "Removals and credits stand beside the emissions and are not taken off them.",
            "移除量与碳信用单列，不抵扣排放。",
        ),
    ]
    cases = (
        (
            rules["negative_equity"],
            "{} with negative equity: it counts as zero (PCAF).",
            "{}家所有者权益为负，按零计（PCAF）。",
        ),
        (
            rules["total_assets"],
            "{} without equity or debt: total assets stand in.",
            "{}家缺权益或负债，以总资产代替。",
        ),
        (
            rules["no_denominator"],
            "{} with nothing to attribute by: none of their emissions is counted.",
            "{}家无归因分母，其排放未计入。",
        ),
        (
            summary["bounded"],
            "{} owe more than they are worth: their share is 1.",
            "{}家贷款余额超过分母，归因比例按1计。",
        ),
        (
            summary["project_finance_by_firm"],
            "{} project loans are attributed by the firm: a project has no table of its own.",
            "{}笔项目融资按企业层面归因。",
        ),
        (
            sum(row["loans"] for row in summary["loans_refused"]),
            "{} loans were refused by intake and are not in the book; their balances as written stand in portfolio.json.",
            "{}笔贷款未通过校验，未计入；原填余额见 portfolio.json。",
        ),
    )
    told += [(en.format(f"{n:,}"), zh.format(f"{n:,}")) for n, en, zh in cases if n]
    if summary["estimates"]:
        told.append(
            (
                "Estimates: the sector's median carbon intensity (training population) times value added; PCAF score 4, kept apart.",
                "估算：行业碳强度中位数乘以增加值，PCAF评分4，单列。",
            )
        )
    else:
        told.append(("No estimates were made.", "未作估算。"))
    return told


def portfolio_text(view: Portfolio) -> str:
    """Return the view as text, English and Chinese."""
    whole = view.total
    lines = [f"Portfolio on {view.summary['as_of']} 贷款组合"]
    if view.summary["demonstration"]:
        lines.append("DEMONSTRATION: grades rest on simulated outcomes. 演示：等级基于模拟结果。")
    if not whole:
        return "\n".join([*lines, "Nobody owes anything on that day. 当日无贷款余额。"])
    lines += [
        f"  firms {whole['firms']:,}, loans {whole['loans']:,}, outstanding {figure(whole['outstanding'], 2)} x 10,000 CNY 万元",
        "",
        "Financed emissions, tCO2e 融资排放（吨二氧化碳当量）",
        f"  scope 1  范围一 {figure(whole['financed_scope1']):>18}",
        f"  scope 2  范围二 {figure(whole['financed_scope2']):>18}",
        f"  scope 3  范围三 {figure(whole['financed_scope3']):>18}   upstream, where all eight categories were stated 上游八类齐全者",
        f"  estimated 估算  {figure(whole['financed_estimated']):>18}   scope 1 and 2 of firms without figures, apart 单列",
        f"  removals 移除   {figure(whole['financed_removals']):>18}   not netted 不抵扣",
        f"  credits  信用   {figure(whole['financed_credits']):>18}   not netted 不抵扣",
        f"  intensity 强度 {figure(whole['intensity'], 3)} tCO2e per 10,000 CNY covered; PCAF data quality 数据质量 {figure(whole['pcaf'], 2)} of 5",
        "",
        "Coverage of the loan book 覆盖情况 (firms, loans, 10,000 CNY)",
    ]
    for row in view.coverage.iter_rows(named=True):
        if row["firms"]:
            standing, known = STANDING_NAMES[row["standing"]], COVERAGES[row["coverage"]]
            name = f"{standing[0]}, {known[0]} {standing[1]}、{known[1]}"
            lines.append(f"  {row['firms']:>8,}{row['loans']:>8,}{figure(row['outstanding'], 2):>18}  {name}")
    return "\n".join([*lines, "", *(f"{en} {zh}" for en, zh in notes(view))])
