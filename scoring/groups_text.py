"""The group view as a table to write and as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.groups import NOT_OF_GROUPS

if TYPE_CHECKING:
    import datetime as dt

    from features.groups import GroupView

__all__ = ["group_table", "groups_text"]


def group_table(view: GroupView) -> pl.DataFrame:
    """Return one row per group: its parent, its firms, the findings on it and the indicators.

    Parameters
    ----------
    view
        What ``features.groups.groups`` gave.

    Returns
    -------
    pl.DataFrame
        ``parent_id``, ``firms`` (ids of the members, sorted), ``notes`` (kinds of findings, sorted), ``loans`` and
        ``outstanding`` (10,000 CNY; null without a book) and the indicators, in the units of the catalogue; sorted by
        ``parent_id``.
    """
    firms = view.members.group_by("parent_id").agg(
        pl.col("firm_id").sort().alias("firms"),
        pl.col("note").str.split(", ").explode().unique().sort().alias("notes"),
    )
    told = pl.col("notes").list.filter(pl.element() != "")
    return (
        firms.with_columns(told)
        .join(view.loans, on="parent_id", how="left", maintain_order="left")
        .join(view.indicators, on="parent_id", how="left", maintain_order="left")
        .sort("parent_id")
    )


def groups_text(view: GroupView, *, as_of: dt.date) -> str:
    """Return how many groups there are, how large, what was found on the way, and what a group does not have."""
    sizes = view.members.group_by("parent_id").len().get_column("len")
    several = int((sizes > 1).sum())
    firms = view.members.get_column("firm_id").n_unique()
    lines = [f"{firms:,} firms in {sizes.len():,} groups on {as_of}, {several:,} of them of several firms"]
    found = view.findings.group_by("finding").len().sort("len", "finding", descending=[True, False])
    lines += [f"  {finding}: {number:,}" for finding, number in found.select("finding", "len").iter_rows()]
    if not view.loans.is_empty():
        largest = view.loans.sort("outstanding", "parent_id", descending=[True, False], nulls_last=True).head(
            1
        )
        for parent, loans, owed in largest.rows():
            told = "not known 未知" if owed is None else f"{owed:,.0f} x 10,000 CNY 万元"
            lines.append(f"Largest borrower 最大借款集团: {parent}, {loans} loan(s), {told}")
    lines.append("Not given for a group 集团不适用:")
    reasons: dict[tuple[str, str], list[str]] = {}
    for indicator, reason in NOT_OF_GROUPS.items():
        reasons.setdefault(reason, []).append(indicator)
    lines += [f"  {', '.join(ids)}: {en} {zh}" for (en, zh), ids in reasons.items()]
    return "\n".join(lines)
