"""The group view as a table to write and as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

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
        ``parent_id``, ``firms`` (ids of the members, sorted), ``notes`` (kinds of findings, sorted) and the indicators,
        in the units of the catalogue; sorted by ``parent_id``.
    """
    firms = view.members.group_by("parent_id").agg(
        pl.col("firm_id").sort().alias("firms"),
        pl.col("note").str.split(", ").explode().unique().sort().alias("notes"),
    )
    told = pl.col("notes").list.filter(pl.element() != "")
    return (
        firms.with_columns(told)
        .join(view.indicators, on="parent_id", how="left", maintain_order="left")
        .sort("parent_id")
    )


def groups_text(view: GroupView, *, as_of: dt.date) -> str:
    """Return how many groups there are, how large, and what was found on the way."""
    sizes = view.members.group_by("parent_id").len().get_column("len")
    several = int((sizes > 1).sum())
    firms = view.members.get_column("firm_id").n_unique()
    lines = [f"{firms:,} firms in {sizes.len():,} groups on {as_of}, {several:,} of them of several firms"]
    found = view.findings.group_by("finding").len().sort("len", "finding", descending=[True, False])
    lines += [f"  {finding}: {number:,}" for finding, number in found.select("finding", "len").iter_rows()]
    return "\n".join(lines)
