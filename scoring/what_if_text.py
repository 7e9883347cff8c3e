"""Who moves between two policies, as text for a terminal and as a flat table for a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from scoring.columns_text import columns_text
from scoring.summary_text import DEMONSTRATION_LINE
from scoring.what_if import migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.what_if import WhatIf

__all__ = ["movers_table", "what_if_text"]

_MOST_LISTED = 20
_CLASSES = ("A", "B", "C")


def movers_table(found: WhatIf) -> pl.DataFrame:
    """Return the movers with their lists as texts, so that any file can hold them."""
    return found.movers.with_columns(pl.col(pl.List(pl.String)).list.join("; "))


def what_if_text(found: WhatIf, *, demonstration: bool, out: str = "") -> str:
    """Tell who moves.

    Parameters
    ----------
    found
        Decisions under two policies.
    demonstration
        Whether the scores rest on simulated outcomes.
    out
        File with everybody who moves; empty where none was written.
    """
    decisions, movers = found.decisions, found.movers
    lines = [DEMONSTRATION_LINE, ""] if demonstration else []
    lines += [
        f"{found.old.version_id} -> {found.new.version_id}: {movers.height:,} of {decisions.height:,} applications move 变动",
        "",
        "Grade, old in rows, new in columns 等级迁移（行为旧，列为新）",
        _matrix(found, "grade", found.old.grade_names, found.new.grade_names),
        "",
        "Risk class 风险分类迁移",
        _matrix(found, "risk_class", _CLASSES, _CLASSES),
        "",
        columns_text(
            [["", "old 旧", "new 新", "gained 新增", "lost 减少"], *_counts(decisions)], right=(1, 2, 3, 4)
        ),
    ]
    rules = _rules(decisions)
    if rules:
        lines += [
            "",
            "Rules that fire under one policy only 仅在一份政策下触发的规则",
            columns_text(rules, right=(1, 2)),
        ]
    if movers.height:
        lines += ["", "Who moves 变动申请", columns_text(_listed(movers))]
        if movers.height > _MOST_LISTED and not out:
            lines.append(f"  ... and {movers.height - _MOST_LISTED:,} more; --out FILE writes them all.")
    if out:
        lines.append(f"All of them 完整清单: {out}")
    return "\n".join(lines)


def _matrix(found: WhatIf, column: str, old: Sequence[str], new: Sequence[str]) -> str:
    counts = migration(found.decisions, column, old=old, new=new)
    rows = [["", *new, "all 合计"]]
    rows += [[name, *(f"{count:,}" if count else "." for count in row), f"{sum(row):,}"]
             for name, row in zip(old, counts, strict=True)]  # fmt: skip
    rows.append(
        [
            "all 合计",
            *(f"{sum(cells):,}" for cells in zip(*counts, strict=True)),
            f"{found.decisions.height:,}",
        ]
    )
    return columns_text(rows, right=range(1, len(new) + 2))


def _counts(decisions: pl.DataFrame) -> list[list[str]]:
    """Return how many are under review, vetoed, watched, labelled: before, after, gained and lost."""
    told = []
    for name, column in (
        ("to review 转人工复核", "review"),
        ("vetoed 否决", "vetoed"),
        ("watch-list 观察名单", "watch_list"),
        ("with a label 有标签", "labels"),
        ("with a price 有定价", "price_basis_points"),
    ):
        before, after = (_has(decisions, f"{column}_{side}") for side in ("old", "new"))
        gained, lost = (after & ~before).sum(), (before & ~after).sum()
        told.append([name, *(f"{int(count):,}" for count in (before.sum(), after.sum(), gained, lost))])
    return told


def _has(decisions: pl.DataFrame, column: str) -> pl.Series:
    series = decisions[column]
    if series.dtype == pl.Boolean:
        return series
    return series.list.len() > 0 if isinstance(series.dtype, pl.List) else series.is_not_null()


def _rules(decisions: pl.DataFrame) -> list[list[str]]:
    counted: dict[str, list[int]] = {}
    for position, column in enumerate(("rules_gained", "rules_lost")):
        fired = decisions.select(pl.col(column).explode()).drop_nulls().group_by(column).len()
        for rule, count in fired.iter_rows():
            counted.setdefault(rule, [0, 0])[position] = count
    return [
        [rule, f"+{gained:,}", f"-{lost:,}"]
        for rule, (gained, lost) in sorted(counted.items(), key=lambda item: (-sum(item[1]), item[0]))
    ]


def _listed(movers: pl.DataFrame) -> list[list[str]]:
    """Return the first movers: those whose grade moves furthest, then by id."""
    ordered = movers.sort(
        pl.col("grade_steps").abs(), "application_id", descending=[True, False], nulls_last=True
    )
    return [
        [
            str(row["application_id"]),
            f"{row['points_shown']}",
            _moved(row["grade_old"], row["grade_new"]),
            _moved(row["risk_class_old"], row["risk_class_new"]),
            "to review" if row["review_new"] and not row["review_old"] else "",
            "; ".join(
                [f"+{rule}" for rule in row["rules_gained"]] + [f"-{rule}" for rule in row["rules_lost"]]
            ),
        ]
        for row in ordered.head(_MOST_LISTED).iter_rows(named=True)
    ]


def _moved(old: str, new: str) -> str:
    return old if old == new else f"{old} -> {new}"
