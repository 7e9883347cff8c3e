"""A policy told to the person who wrote it: what each rule does, and which of them cannot act yet and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from scoring.columns_text import columns_text
from scoring.policy.firing import acts, resting_row
from scoring.policy.references import OWN_ROWS, confirmed, confirmed_expr

if TYPE_CHECKING:
    from scoring.policy import Policy, Rule

__all__ = ["EFFECTS", "policy_text", "remarks"]

EFFECTS = {
    "cap": ("Caps", "等级封顶"),
    "veto": ("Vetoes", "否决"),
    "raise_class": ("Risk class", "风险分类"),
    "watch_list": ("Watch-list", "观察名单"),
    "label": ("Labels", "标签"),
    "price": ("Price steps", "定价调整"),
    "condition_precedent": ("Conditions precedent", "放款前提条件"),
    "covenant": ("Covenants", "约定条款"),
    "support": ("Support measures", "支持政策"),
    "review": ("Manual review", "人工复核"),
}
"""Effects in the order in which they are told: English and Chinese name."""


def policy_text(policy: Policy, *, file: str) -> str:
    """Return a readable summary of a policy that was read without an error.

    Parameters
    ----------
    policy
        The policy.
    file
        Where it was read from.
    """
    until = f" to {policy.valid_to}" if policy.valid_to else ", without a last day 无截止日"
    lines = [
        f"{file}: nothing is wrong 未发现错误",
        f"Policy 政策 {policy.version_id}, holds from 生效 {policy.valid_from}{until}",
        "",
        columns_text(
            [["grade 等级", "from points 最低分", "price 定价 (bp)"], *_grades(policy)], right=(1, 2)
        ),
    ]
    for effect, (en, zh) in EFFECTS.items():
        own = [rule for rule in policy.rules if rule.effect == effect]
        if own:
            lines += ["", f"{en} {zh} ({len(own)})", *(line for rule in own for line in _rule(rule))]
    lines += ["", *_sections(policy)]
    told = remarks(policy)
    if told:
        lines += ["", "Worth a look 请留意", *(f"  {remark}" for remark in told)]
    return "\n".join(lines)


def remarks(policy: Policy) -> list[str]:
    """Return what is allowed but may not be meant: caps that never lower, rows that hold on no day of the policy, prices.

    Parameters
    ----------
    policy
        The policy.
    """
    told = []
    best = policy.grade_names[0]
    for rule in policy.rules:
        if rule.effect == "cap" and rule.grade == best:
            told.append(f"{rule.id}: a cap at {best} lowers no grade. 封顶在最高等级，不起作用。")
        row = resting_row(rule)
        if row is not None and not _ever_holds(*row, policy):
            told.append(f"{rule.id}: {row[1]} holds on no day of the policy. 该条目在政策有效期内均不适用。")
    unpriced = [name for name in policy.grade_names if name not in policy.price.by_grade]
    if policy.price.by_grade and unpriced:
        told.append(f"No price for {', '.join(unpriced)}. 以上等级无定价。")
    if not policy.price.by_grade and any(rule.effect == "price" for rule in policy.rules):
        told.append(
            "Rules step the price, and no grade has one: there is no price. 未设等级定价，调整不生效。"
        )
    return told


def _grades(policy: Policy) -> list[list[str]]:
    rows = []
    for grade in policy.grades:
        points = "" if grade.minimum_points is None else str(grade.minimum_points)
        price = policy.price.by_grade.get(grade.grade)
        rows.append([grade.grade, points or "below 以下", "–" if price is None else f"{price:+d}"])
    return rows


def _rule(rule: Rule) -> list[str]:
    what = {
        "cap": f" -> {rule.grade} at best",
        "raise_class": f" -> class {rule.risk_class}",
        "label": f" -> {rule.label}",
        "price": f" -> {rule.basis_points or 0:+d} bp",
        "support": f" -> {rule.measure}",
    }.get(rule.effect, "")
    lines = [f"  {rule.id}{what}", f"    {rule.en} {rule.zh}", f"    source 来源: {rule.source}"]
    row = resting_row(rule)
    if row is not None:
        lines.append(f"    {_dates(*row)}")
    waiting = _waiting(rule)
    if waiting and rule.effect != "review":
        lines.append(f"    sends to review until confirmed 确认前转人工复核: {', '.join(waiting)}")
    return lines


def _waiting(rule: Rule) -> list[str]:
    """Return what a rule rests on that nobody has confirmed."""
    waiting = []
    for entry in rule.rests_on:
        table = entry.partition("@")[0]
        if entry in OWN_ROWS:
            # The application's own rows: it waits where its own are unconfirmed, which the table alone cannot tell.
            rows = reference.table(table)
            unconfirmed = rows.filter(~confirmed_expr(rows.columns)).height
            waiting += [f"{entry} ({unconfirmed} of {rows.height} rows)"] if unconfirmed else []
        elif not confirmed(entry):
            waiting.append(entry)
    if rule.label is not None and not confirmed(f"finance_labels:{rule.label}"):
        waiting.append(f"finance_labels:{rule.label}")
    return waiting


def _editions(table: str, key: str) -> pl.DataFrame:
    rows = reference.table(table)
    return rows.filter(pl.col(rows.columns[0]) == key)


def _dates(table: str, key: str) -> str:
    spans = _editions(table, key).select("valid_from", "valid_to").rows()
    told = [f"{begins or '...'} to {ends or '...'}" for begins, ends in spans]
    return f"holds 适用期: {'; '.join(told)}"


def _ever_holds(table: str, key: str, policy: Policy) -> bool:
    return any(
        (ends is None or ends >= policy.valid_from)
        and (begins is None or policy.valid_to is None or begins <= policy.valid_to)
        for begins, ends in _editions(table, key).select("valid_from", "valid_to").iter_rows()
    )


def _sections(policy: Policy) -> list[str]:
    reasons, asks, improvement = policy.reasons, policy.asks, policy.improvement
    below = f" {improvement.grade}" if improvement.grade else ""
    alone = sum(acts(rule) is True for rule in policy.rules)
    return [
        f"Reasons 原因: {reasons.most_up} up, {reasons.most_down} down, from {reasons.minimum_points} point",
        f"Asks 资料清单: {asks.applicants}, at most {asks.most} documents",
        (
            f"Way to the next grade 提升路径: {improvement.applicants}{below}, up to {improvement.most_actions} of "
            f"{improvement.eligible} actions"
        ),
        f"{alone} of {len(policy.rules)} rules act for every application; the others wait for a confirmation.",
    ]
