"""A ledger as text for a terminal, in English and Chinese."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from scoring.columns_text import columns_text
from scoring.ledger.causes import CAUSES, POINT_CAUSES
from scoring.ledger.matching import BOTH, GONE, NEW
from scoring.rounding import largest_remainder
from scoring.scenarios.text import DEMONSTRATION_LINE, points_text
from scoring.telling import grade_label, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.ledger.ledger import Ledger

__all__ = [
    "NAMES",
    "cause_rows",
    "crossing",
    "ledger_text",
    "model_named",
    "told_figures",
    "what_differs",
    "whole_parts",
]

NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "data": ("data", "数据"),
        "factors": ("factors and settings", "因子与参数"),
        "model": ("model", "模型"),
        "policy": ("policy", "政策"),
    }
)
"""English and Chinese names of the causes."""

_MOST_LISTED = 10


def ledger_text(found: Ledger) -> str:
    """Tell what moved, who crosses a cut-off, who is new and who is gone."""
    lines = [DEMONSTRATION_LINE] if found.demonstration else []
    lines += [f"Old 旧: {_version(found.old)}", f"New 新: {_version(found.new)}"]
    lines += [f"  {line}" for line in what_differs(found)]
    lines += ["", *_reconciled(found)]
    if found.both.is_empty():
        return "\n".join(lines)
    lines += ["", "What moved the points 分数变动归因:", _causes(found)]
    crossed = crossing(found)
    steps = crossed["steps"].drop_nulls()
    lines += [
        "",
        f"{crossed.height:,} get another grade 等级改变"
        + (f": {(steps > 0).sum():,} down 下调, {(steps < 0).sum():,} up 上调" if steps.len() else ""),
    ]
    if not crossed.is_empty():
        lines.append(_listed(crossed, found))
    if found.grades_not_divided:
        lines.append(f"  {found.grades_not_divided}")
    for status, what in ((NEW, "New 新增"), (GONE, "Gone 退出")):
        lines += _listed_once(found, status, what)
    return "\n".join(lines)


def what_differs(found: Ledger) -> list[str]:
    """Return what differs between the batches, a line each."""
    differing = found.differences
    named = [" ".join(NAMES[cause]) for cause in differing.causes]
    lines = [f"Differing 不同之处: {', '.join(named) or 'nothing 无'}"]
    lines += [f"{name}: {old} -> {new}" for name, (old, new) in differing.settings.items()]
    if differing.reference_tables:
        lines.append(f"reference tables 因子表: {', '.join(differing.reference_tables)}")
    if differing.product_versions:
        old, new = differing.product_versions
        lines.append(
            f"The batches were scored by {old} and {new} of the product: what the later one computes otherwise from the same "
            "data stands with the data. 两批次由不同版本的产品评分，其计算差异计入数据部分。"
        )
    return lines


def cause_rows(found: Ledger) -> list[dict[str, Any]]:
    """Return, for each cause of a change of points and for the change, its figures over what is in both batches."""
    rows = []
    for name in (*POINT_CAUSES, "change"):
        values = found.both[name].to_numpy()
        rows.append(
            {
                "cause": name,
                "moved": int((values != 0).sum()),
                "mean": float(values.mean()),
                "mean_size": float(abs(values).mean()),
                "lowest": float(values.min()),
                "highest": float(values.max()),
            }
        )
    return rows


def told_figures(row: Mapping[str, Any]) -> list[str]:
    """Return the figures of a cause in points: mean, mean size (without a sign), lowest and highest."""
    mean, lowest, highest = (points_text(row[name]) for name in ("mean", "lowest", "highest"))
    return [mean, f"{row['mean_size']:.2f}", lowest, highest]


def crossing(found: Ledger) -> pl.DataFrame:
    """Return who gets another grade, those who fall farthest first."""
    both = found.both
    return both.filter(pl.col("crosses")).sort(
        ["steps", "change", "firm_id", "application_id_new"],
        descending=[True, False, False, False],
        nulls_last=True,
    )


def whole_parts(row: Mapping[str, Any]) -> dict[str, int]:
    """Return the parts of a change in whole points that add up to the change of the points as shown.

    Parameters
    ----------
    row
        Of the ledger's table, in both batches.
    """
    return largest_remainder(
        {name: row[name] for name in POINT_CAUSES}, total=row["points_shown_new"] - row["points_shown_old"]
    )


def _reconciled(found: Ledger) -> list[str]:
    """Tell who is where; the counts of each batch add up to its applications."""
    matched = found.matched
    both, new, gone = (matched.count(status) for status in (BOTH, NEW, GONE))
    of, zh = ("firms", "企业") if found.by == "firm" else ("applications", "申请")
    lines = [f"{both:,} {of} in both 两批次均有{zh}, {new:,} new 新增, {gone:,} gone 退出"]
    sides = ((f"old 旧: {both:,} + {gone:,}", 0), (f"new 新: {both:,} + {new:,}", 1))
    for told, side in sides:
        earlier = f"{matched.earlier[side]:,} earlier applications of theirs 较早申请"
        lines.append(f"  {told}, {earlier}: {matched.applications[side]:,} applications 笔申请")
    return lines


def _causes(found: Ledger) -> str:
    head = ["", "moved 变动", "mean 平均", "mean size 平均幅度", "lowest 最低", "highest 最高"]
    named = {cause: " ".join(NAMES[cause]) for cause in POINT_CAUSES} | {"change": "change 合计变动"}
    rows = [
        [
            named[row["cause"]],
            f"{row['moved']:,}",
            *told_figures(row),
        ]
        for row in cause_rows(found)
    ]
    return columns_text([head, *rows], right=range(1, len(head)))


def _listed(crossed: pl.DataFrame, found: Ledger) -> str:
    head = ["firm 企业", "", "grade 等级", "points 分数", *(" ".join(NAMES[name]) for name in POINT_CAUSES)]
    divided = not found.grades_not_divided
    rows = [[*head, "steps by 等级步数归因"] if divided else head]
    for row in crossed.head(_MOST_LISTED).iter_rows(named=True):
        cells = [
            row["firm_id"],
            row["firm_name"] or "",
            f"{row['grade_old']} -> {grade_label(row['grade_new'], demonstration=found.demonstration)}",
            f"{row['points_shown_old']} -> {row['points_shown_new']}",
            *(signed(points) for points in whole_parts(row).values()),
        ]
        if divided:
            steps = [
                f"{name} {points_text(row[f'steps_{name}'])}" for name in CAUSES if row[f"steps_{name}"] != 0
            ]
            cells.append(", ".join(steps))
        rows.append(cells)
    if crossed.height > _MOST_LISTED:
        more = f"... and {crossed.height - _MOST_LISTED:,} more 其余见文件; --out writes them all"
        return f"{columns_text(rows, right=(4, 5, 6))}\n  {more}"
    return columns_text(rows, right=(4, 5, 6))


def _listed_once(found: Ledger, status: str, what: str) -> list[str]:
    """List who is in one batch only."""
    rows = found.table.filter(pl.col("status") == status)
    if rows.is_empty():
        return []
    side = "new" if status == NEW else "old"
    refused = int(rows["refused"].sum())
    told = f"{what}: {rows.height:,}"
    if refused:
        told += (
            f", of them {refused:,} refused in the {'old' if status == NEW else 'new'} batch 其中另一批次拒收"
        )
    listed = [
        [
            row["firm_id"],
            row["firm_name"] or "",
            row[f"application_id_{side}"],
            grade_label(row[f"grade_{side}"], demonstration=found.demonstration),
            str(row[f"points_shown_{side}"]),
            "refused in the other batch 另一批次拒收" if row["refused"] else "",
        ]
        for row in rows.head(_MOST_LISTED).iter_rows(named=True)
    ]
    more = [f"  ... and {rows.height - _MOST_LISTED:,} more 其余见文件"] if rows.height > _MOST_LISTED else []
    return ["", told, columns_text(listed, right=(4,)), *more]


def model_named(manifest: Mapping[str, Any]) -> str:
    """Return what a model is called: name and version, or where it lay."""
    model = manifest["model"]
    return f"{model['name']} {model['version']}".strip() or str(model["uri"])


def _version(manifest: Mapping[str, Any]) -> str:
    return (
        f"{manifest['applications']['scored']:,} applications 笔申请; model 模型 {model_named(manifest)}; policy 政策 "
        f"{manifest['policy']['version_id']}; factors 因子 {manifest['factor_set']}"
    )
