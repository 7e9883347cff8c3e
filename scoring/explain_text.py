"""A decision and its reasons as text for a terminal, English with the Chinese names beside.

The whole points add up on paper: base and families to the shown score, and the indicators to their families,
both rounded by largest remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES
from scoring.columns_text import columns_text
from scoring.documents_text import documents_text
from scoring.proposals_text import PROPOSING, proposals_text
from scoring.reasons_text import reasons_text
from scoring.results import one_application, read_results
from scoring.rounding import largest_remainder
from scoring.sector_text import sector_text
from scoring.telling import grade_label, signed, tell
from scoring.topics_text import topics_text
from scoring.unknown_text import unknown_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scoring.results import Results

__all__ = ["WholePoints", "explain", "explain_results", "whole_points"]

_TOP = 12
_MOST_TOLD = 5
_RESERVED = {"estimated": "estimated 估算", "defaulted": "default 默认值", "recalled": "unconfirmed 未经确认"}


@dataclass(frozen=True, kw_only=True)
class WholePoints:
    """A score in whole points that add up: base plus families, and each family from its indicators."""

    base: int
    families: Mapping[str, int]
    indicators: Mapping[str, int]


def whole_points(contributions: Mapping[str, float], *, shown: int) -> WholePoints:
    """Round one application's contributions so that they add up to the shown score.

    Parameters
    ----------
    contributions
        ``base`` and one entry per indicator used, in exact points.
    shown
        The score as shown.

    Examples
    --------
    >>> parts = {"base": 610.4, "coal_share": 3.3, "leverage": -1.4}
    >>> whole_points(parts, shown=612).families
    {'energy': 3, 'context': -1}
    """
    used = [name for name in contributions if name in CATALOGUE]
    sums = {
        family: sum(contributions[name] for name in used if CATALOGUE[name].family == family)
        for family in FAMILIES
        if any(CATALOGUE[name].family == family for name in used)
    }
    whole = largest_remainder({"base": contributions["base"], **sums}, total=shown)
    indicators: dict[str, int] = {}
    for family in sums:
        own = {name: contributions[name] for name in used if CATALOGUE[name].family == family}
        indicators |= largest_remainder(own, total=whole[family])
    return WholePoints(
        base=whole["base"], families={name: whole[name] for name in sums}, indicators=indicators
    )


def explain(folder: Path, application_id: str) -> str:
    """Return the text of one decision in a result folder.

    Parameters
    ----------
    folder
        What ``score`` wrote.
    application_id
        The application.

    Raises
    ------
    GreenCreditError
        If the folder holds no results or the application was not scored (with close ids).
    """
    return explain_results(read_results(folder), application_id)


def explain_results(results: Results, application_id: str) -> str:
    """Return the text of one decision; see :func:`explain`."""
    own = one_application(results, application_id)
    decision = own.decisions.row(0, named=True)
    row = own.contributions.row(0, named=True)
    exact = {name: value for name, value in row.items() if name == "base" or name in CATALOGUE}
    points = whole_points(exact, shown=decision["points_shown"])
    parts = [
        _head(decision, points, own),
        _rules(decision, own.manifest),
        proposals_text(decision, own.manifest),
        reasons_text(own),
        _families(points, decision),
        sector_text(own, decision),
        _indicators(points, exact, own),
        topics_text(own),
        _reservations(own),
        unknown_text(own),
        documents_text(own),
        _cross_checks(own),
        _basis(own.manifest),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(decision: Mapping[str, Any], points: WholePoints, results: Results) -> str:
    lines = []
    if results.demonstration:
        lines += [
            "DEMONSTRATION: the model behind this score was trained on simulated outcomes.",
            "演示：本评分所用模型以模拟结果训练，不可用于真实授信。",
            "",
        ]
    grade = grade_label(decision["grade"], demonstration=results.demonstration)
    if decision.get("vetoed"):
        grade += f", vetoed, {decision['grade_before_caps']} by points 否决，按分数为{decision['grade_before_caps']}"
    elif decision["grade"] != decision["grade_before_caps"]:
        grade += f", capped from {decision['grade_before_caps']} 封顶前{decision['grade_before_caps']}"
    firm = decision["firm_id"] + (f"  {decision['firm_name']}" if decision["firm_name"] else "")
    esg = sum(whole for family, whole in points.families.items() if FAMILIES[family].pillar != "context")
    facts = [
        ["Application 申请", f"{decision['application_id']}, as of {decision['as_of']}"],
        ["Firm 企业", firm],
        ["Grade 等级", grade],
        ["Score 分数", f"{decision['points_shown']} points"],
        ["Default probability 违约概率", f"{100 * decision['probability']:.2f} % in 12 months"],
        ["ESG part ESG部分", f"{signed(esg)} points (E, S and G, without context)"],
        [
            "Risk class 风险分类",
            f"{decision['risk_class']}; {decision['risk_class_basis']}",
        ],
        ["Review 人工复核", "yes 是" if decision["review"] else "no 否"],
    ]
    return "\n".join([*lines, columns_text(facts, indent=0)])


def _rules(decision: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    rules = {rule["id"]: rule for rule in manifest["policy"]["rules"]}
    deciding = [rule_id for rule_id in decision["rules_fired"] if rules[rule_id]["effect"] not in PROPOSING]
    if not deciding:
        return ""
    lines = ["Rules that fired 触发的规则"]
    for rule_id in deciding:
        rule = rules[rule_id]
        effect = "review 复核" if rule_id in decision["review_reasons"] else "acted 已执行"
        held = ""
        if rule_id in decision["review_reasons"] and rule["effect"] != "review":
            held = " Rests on an unconfirmed reference row, so a person decides. 依据未经确认，转人工。"
        lines += [
            f"  {rule_id} ({effect})",
            f"    {rule['en']} {rule['zh']}{held}",
            f"    source: {rule['source']}",
        ]
    return "\n".join(lines)


def _families(points: WholePoints, decision: Mapping[str, Any]) -> str:
    lines = [
        "How the points add up 分数构成",
        f"  {points.base:>6}  Base: the average training application 基础分",
    ]
    lines += [
        f"  {signed(points.families[family.id]):>6}  {family.en} {family.zh}"
        for family in FAMILIES.values()
        if family.id in points.families
    ]
    lines += [f"  {'=' * 6}", f"  {decision['points_shown']:>6}  Score 分数"]
    return "\n".join(lines)


def _indicators(points: WholePoints, exact: Mapping[str, float], results: Results) -> str:
    values = results.indicators.row(0, named=True)
    status = dict(
        results.data_quality.filter(pl.col("indicator").is_not_null())
        .select("indicator", "status")
        .iter_rows()
    )
    order = sorted(
        points.indicators, key=lambda name: (-abs(points.indicators[name]), -abs(exact[name]), name)
    )
    top = [name for name in order[:_TOP] if points.indicators[name] != 0]
    lines = ["Strongest indicators 主要指标"]
    for name in top:
        item = CATALOGUE[name]
        told = tell(
            name,
            values.get(name),
            status=status.get(name),
            own_industry_names=results.own_industry_names,
        )
        lines.append(f"  {signed(points.indicators[name]):>6}  {item.en} {item.zh}: {told}")
    rest = [name for name in order if name not in top]
    if rest:
        others = signed(sum(points.indicators[name] for name in rest))
        lines.append(f"  {others:>6}  {len(rest)} further indicators together 其余{len(rest)}项合计")
    absent = [name for name in CATALOGUE if status.get(name) == "missing"]
    if absent:
        names = "; ".join(f"{CATALOGUE[name].en} {CATALOGUE[name].zh}" for name in absent)
        lines += ["", f"Not handed in 未提供 ({len(absent)})", f"  {names}"]
    return "\n".join(lines)


def _reservations(results: Results) -> str:
    """Tell what was defaulted, estimated, or rests on factors that nobody confirmed."""
    told = (
        results.data_quality.filter(
            pl.col("status").is_in(list(_RESERVED)) & pl.col("detail_en").is_not_null()
        )
        .select("status", "detail_en", "detail_zh")
        .unique(maintain_order=True)
    )
    if told.is_empty():
        return ""
    lines = ["Known with reservations 有保留的数据"]
    for status, name in _RESERVED.items():
        own = told.filter(pl.col("status") == status)
        lines += [f"  {name}: {en} {zh or ''}".rstrip() for _, en, zh in own.head(_MOST_TOLD).iter_rows()]
        if own.height > _MOST_TOLD:
            lines.append(f"  {name}: {own.height - _MOST_TOLD} more in data_quality.parquet")
    return "\n".join(lines)


def _cross_checks(results: Results) -> str:
    if results.cross_checks.is_empty():
        return ""
    lines = ["Cross-checks 交叉核对"]
    lines += [
        f"  {row['check']} ({row['severity']}): {row['text_en']} {row['text_zh']}"
        for row in results.cross_checks.iter_rows(named=True)
    ]
    return "\n".join(lines)


def _basis(manifest: Mapping[str, Any]) -> str:
    model, policy = manifest["model"], manifest["policy"]
    return (
        f"Model {model['name']} version {model['version']}, label origin {model['label_origin']}; "
        f"policy {policy['version_id']}; factors {manifest['factor_set']}; greencredit {manifest['product_version']}"
    )
