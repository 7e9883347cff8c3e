"""What the policy gives beside grade and class, as text for a terminal: tags, price, conditions, covenants, support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.policy.handed_out import row_on_day

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROPOSING", "proposals_text"]

PROPOSING = frozenset({"condition_precedent", "covenant", "support"})
"""Effects whose rules are told here, and not among the rules that decide."""

_STATUSES = {
    "advanced": "at the advanced level or better 达到标杆水平",
    "meets": "none below the baseline 达到基准水平",
    "below": "below the baseline 低于基准水平",
}
_UNCONFIRMED = " [unconfirmed 未经确认]"


def proposals_text(decision: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return the section of one decision; empty where the results of an earlier version know nothing of it.

    Parameters
    ----------
    decision
        One row of the decisions.
    manifest
        Of the batch.
    """
    if "labels" not in decision:
        return ""
    rules = {rule["id"]: rule for rule in manifest["policy"]["rules"]}
    lines = [
        f"  Watch-list 观察名单: {'yes 是' if decision['watch_list'] else 'no 否'}",
        *_benchmark(decision),
        *_labels(decision, manifest),
        _price(decision),
    ]
    for column, name in (
        ("conditions_precedent", "Condition precedent 放款前提条件"),
        ("covenants", "Covenant 约定条款"),
    ):
        for rule in (rules[rule_id] for rule_id in decision[column]):
            lines += [f"  {name}: {rule['en']} {rule['zh']}", f"    {rule['id']}, source: {rule['source']}"]
    lines += _support(decision, manifest)
    if decision["policy_in_force"] is False:
        lines.append("  The day of the decision lies outside the policy's dates. 决策日期不在政策有效期内。")
    return "\n".join(["What the policy proposes 政策建议", *lines])


def _benchmark(decision: Mapping[str, Any]) -> list[str]:
    status = decision["benchmark_status"]
    return [f"  Energy-efficiency benchmark 能效水平: {_STATUSES[status]}"] if status else []


def _labels(decision: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    given, candidates = decision["labels"], decision["label_candidates"]
    if not given and not candidates:
        return ["  Labels 标签: none 无"]
    lines = [f"  Label 标签: {_label(label, decision, manifest)}" for label in given]
    return lines + [
        f"  Label after review 复核后可认定标签: {_label(label, decision, manifest)}" for label in candidates
    ]


def _label(label: str, decision: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    row = row_on_day(manifest["policy_rows"]["finance_labels"], label, str(decision["as_of"]))
    if row is None:
        return label
    since = f", in force since 自 {row['valid_from']}" if row["valid_from"] else ""
    unconfirmed = "" if row["confirmed"] else _UNCONFIRMED
    return (
        f"{row['kind']}: {row['scheme_en']}, {row['chapter_en']} {row['scheme_zh']}，{row['chapter_zh']}"
        f"{since}{unconfirmed}"
    )


def _price(decision: Mapping[str, Any]) -> str:
    price = decision["price_basis_points"]
    told = "none by this policy 无定价" if price is None else f"{price:+d} basis points 基点"
    return f"  Price 定价: {told}"


def _support(decision: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    lines = []
    for measure in decision["support"]:
        row = row_on_day(manifest["policy_rows"]["support_measures"], measure, str(decision["as_of"]))
        if row is None:
            continue
        unconfirmed = "" if row["confirmed"] else _UNCONFIRMED
        lines += [
            f"  Support that may fit 可了解的支持政策: {row['name_en']} {row['name_zh']}{unconfirmed}",
            f"    if 条件: {row['conditions']} {row['conditions_zh']}",
            f"    source: {row['source']}",
        ]
    return lines
