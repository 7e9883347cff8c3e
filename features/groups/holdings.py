"""Holdings: which of them count on a day, and how firms roll up through them to their ultimate parents."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.text import formatted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = ["GROUP_FINDINGS", "finding", "holdings", "roll_up"]

GROUP_FINDINGS: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "firm_id": pl.String,
        "parent_id": pl.String,
        "finding": pl.String,
        "severity": pl.String,
        "text_en": pl.String,
        "text_zh": pl.String,
    }
)
"""Columns of findings. ``finding`` is ``holding_not_yet_valid``, ``holding_ended``, ``share_missing``,
``owners_beyond_whole``, ``owners_missing``, ``circle``, ``circle_unsettled``, ``no_ultimate_parent``, ``mere_holding`` or ``no_facts``."""

_EDGES = ("firm_id", "parent_id", "share")
_NEGLIGIBLE, _MOST_STEPS = 1e-12, 2000
_ROUNDING = 1e-9


def holdings(ownership: pl.DataFrame, *, as_of: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the holdings that count on a day, and what was found about the others.

    Parameters
    ----------
    ownership
        The clean table.

    Returns
    -------
    tuple of pl.DataFrame
        ``firm_id``, ``parent_id``, ``share`` (null where none was stated), one row per pair, shares of one firm at most
        1 together; and findings.
    """
    begun = (pl.col("valid_from").is_null() | (pl.col("valid_from") <= as_of)).alias("begun")
    rows = ownership.with_columns(begun)
    # The last statement that has begun stands, be it that the holding has ended since.
    standing = (
        rows.filter("begun")
        .sort("firm_id", "parent_id", "valid_from", "row", nulls_last=False)
        .unique(subset=["firm_id", "parent_id"], keep="last", maintain_order=True)
    )
    ended = (pl.col("valid_to") < as_of).fill_null(value=False)
    nothing = (pl.col("share") == 0).fill_null(value=False)
    lasting = standing.filter(~ended & ~nothing).select(list(_EDGES))
    whole = lasting.with_columns(
        together=pl.col("share").sum().over("firm_id"),
        all_stated=(pl.col("share").null_count() == 0).over("firm_id"),
    )
    beyond = pl.col("together") > 1 + _ROUNDING
    edges = whole.with_columns(
        share=pl.when(pl.col("together") > 1).then(pl.col("share") / pl.col("together")).otherwise("share")
    )
    owners = whole.unique(subset=["firm_id"], maintain_order=True).with_columns(
        parent_id=pl.lit(None, dtype=pl.String), together=pl.col("together").round(6)
    )
    findings = [
        finding(
            rows.filter(~pl.col("begun")),
            "holding_not_yet_valid",
            "notice",
            formatted("Begins on {} and does not count yet.", "valid_from"),
            formatted("自{}起生效，尚不计入。", "valid_from"),
        ),
        finding(
            standing.filter(ended),
            "holding_ended",
            "notice",
            formatted("Ended on {} and does not count any more.", "valid_to"),
            formatted("已于{}终止，不再计入。", "valid_to"),
        ),
        finding(
            lasting.filter(pl.col("share").is_null()),
            "share_missing",
            "warning",
            pl.lit("No share was stated: the sums of the group are missing."),
            pl.lit("未列持股比例：集团合计缺失。"),
        ),
        finding(
            owners.filter(beyond),
            "owners_beyond_whole",
            "warning",
            formatted("The owners hold {} together; scaled down to 1.", "together"),
            formatted("各股东合计持股{}，已按比例折算为1。", "together"),
        ),
        finding(
            owners.filter(pl.col("all_stated") & (pl.col("together") < 1 - _ROUNDING)),
            "owners_missing",
            "notice",
            formatted("The owners hold {} together; the rest counts in no group.", "together"),
            formatted("各股东合计持股{}，其余部分不计入任何集团。", "together"),
        ),
    ]
    return edges.select(list(_EDGES)).sort("firm_id", "parent_id"), pl.concat(findings)


def roll_up(firms: pl.Series, edges: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Roll firms up to their ultimate parents.

    The share of a parent in a firm is the sum, over all ways from the firm up to it, of the product of the shares.

    Parameters
    ----------
    firms
        Ids of the firms that are there; a parent need not be one.
    edges
        What :func:`holdings` gives.

    Returns
    -------
    tuple of pl.DataFrame
        Members as in :class:`GroupView` with an empty ``note``, and findings.

    Examples
    --------
    >>> held = pl.DataFrame({"firm_id": ["plant", "mid"], "parent_id": ["mid", "top"], "share": [0.5, 0.8]})
    >>> roll_up(pl.Series(["plant", "mid"]), held)[0].select("parent_id", "firm_id", "share", "level").rows()
    [('top', 'mid', 0.8, 1), ('top', 'plant', 0.4, 2)]
    """
    own = pl.DataFrame({"firm_id": firms.unique().sort()}, schema={"firm_id": pl.String})
    owned = edges.select("firm_id").unique().sort("firm_id")
    reached = _reached(pl.concat([own, owned]).unique(), edges)
    circle = reached.filter((pl.col("firm_id") == pl.col("node")) & (pl.col("level") > 0))
    tops = reached.join(owned.rename({"firm_id": "node"}), on="node", how="anti")
    alone = own.join(tops, on="firm_id", how="anti")
    # What enters a closed circle never comes out of it.
    closed = owned.join(tops, on="firm_id", how="anti").rename({"firm_id": "parent_id"})
    open_edges = edges.join(closed, on="parent_id", how="anti")
    shares, unsettled = _shares(own, open_edges, owned)
    found = (
        tops.join(own, on="firm_id", how="semi")
        .group_by("firm_id", parent_id="node")
        .agg(level=pl.col("level").min(), unknown=pl.col("unknown").any())
        .join(shares, on=["firm_id", "parent_id"], how="left")
        .with_columns(share=pl.when(~pl.col("unknown")).then("share"))
    )
    members = pl.concat(
        [
            found.select("firm_id", "parent_id", "share", "level"),
            alone.select("firm_id", parent_id="firm_id", share=pl.lit(1.0), level=pl.lit(0, dtype=pl.Int32)),
        ]
    ).with_columns(note=pl.lit("", dtype=pl.String))
    nobody = pl.lit(None, dtype=pl.String).alias("parent_id")
    findings = [
        finding(
            circle.join(own, on="firm_id", how="semi").select("firm_id", nobody).unique(),
            "circle",
            "notice",
            pl.lit("The firm owns a part of itself through others; the shares are followed round."),
            pl.lit("企业通过其他企业间接持有自身股份，循环持股已逐轮计算。"),
        ),
        finding(
            unsettled.select("firm_id", nobody),
            "circle_unsettled",
            "warning",
            pl.lit(
                "Almost nothing leaves the circle of its owners: a part of its shares counts in no group."
            ),
            pl.lit("股东循环持股几乎无外部出口：部分股份未计入任何集团。"),
        ),
        finding(
            alone.select("firm_id", nobody),
            "no_ultimate_parent",
            "warning",
            pl.lit("Its owners own only one another: the firm stands as a group of its own."),
            pl.lit("股东之间循环持股、无最终母公司，企业单独成组。"),
        ),
    ]
    return members.select("parent_id", "firm_id", "share", "level", "note").sort(
        "parent_id", "firm_id"
    ), pl.concat(findings)


def _reached(own: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm_id``, ``node``, ``unknown`` (a holding on the way states no share), ``level``: the shortest way."""
    start = own.select(
        "firm_id", node="firm_id", unknown=pl.lit(value=False), level=pl.lit(0, dtype=pl.Int32)
    )
    steps = edges.select(node="firm_id", upper="parent_id", unstated=pl.col("share").is_null())
    state = ["firm_id", "node", "unknown"]
    # The start counts as not yet met: a firm that is met again on the way is in a circle.
    frontier = start
    visited = start.clear()
    while not frontier.is_empty():
        frontier = (
            frontier.join(steps, on="node", how="inner")
            .select(
                "firm_id",
                node="upper",
                unknown=pl.col("unknown") | pl.col("unstated"),
                level=pl.col("level") + 1,
            )
            .unique()
            .join(visited, on=state, how="anti")
        )
        visited = pl.concat([visited, frontier])
    return pl.concat([start, visited])


def _shares(own: pl.DataFrame, edges: pl.DataFrame, owned: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the shares of the ultimate parents, and the firms of which a part still goes round after the last step.

    ``firm_id``, ``parent_id``, ``share``: over the ways of which all shares are stated.
    """
    steps = edges.filter(pl.col("share").is_not_null()).select(
        node="firm_id", upper="parent_id", part="share"
    )
    inner = owned.rename({"firm_id": "node"})
    moving = own.select("firm_id", node="firm_id", share=pl.lit(1.0))
    arrived = []
    for _ in range(_MOST_STEPS):
        arrived.append(moving.join(inner, on="node", how="anti"))
        moving = (
            moving.join(inner, on="node", how="semi")
            .join(steps, on="node", how="inner")
            .sort("firm_id", "upper", "node")
            .group_by("firm_id", "upper", maintain_order=True)
            .agg((pl.col("share") * pl.col("part")).sum().alias("share"))
            .filter(pl.col("share") > _NEGLIGIBLE)
            .rename({"upper": "node"})
        )
        if moving.is_empty():
            break
    shares = (
        pl.concat(arrived)
        .group_by("firm_id", parent_id="node", maintain_order=True)
        .agg(pl.col("share").sum().clip(upper_bound=1.0))
        .sort("firm_id", "parent_id")
    )
    return shares, moving.select("firm_id").unique()


def finding(rows: pl.DataFrame, name: str, severity: str, en: pl.Expr, zh: pl.Expr) -> pl.DataFrame:
    """Return one finding per row of ``rows``, which has ``firm_id`` and ``parent_id``."""
    return rows.select(
        "firm_id",
        "parent_id",
        finding=pl.lit(name, dtype=pl.String),
        severity=pl.lit(severity, dtype=pl.String),
        text_en=en,
        text_zh=zh,
    ).unique()
