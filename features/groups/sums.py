"""Sums over the members of a group, each with the parent's share, and means weighted by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.totals import over_positive, strict_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts

__all__ = ["asked_of", "common_or_mean", "held_rows", "parent_applications", "summed"]


def asked_of(members: pl.DataFrame) -> pl.DataFrame:
    """Return members with what is asked of their group.

    Returns
    -------
    pl.DataFrame
        ``expected`` (members of the group) and ``certain`` (Boolean: the share in each of them is known) beside
        ``parent_id``, ``firm_id``, ``share``.
    """
    return members.with_columns(
        expected=pl.len().over("parent_id"),
        certain=(pl.col("share").null_count() == 0).over("parent_id"),
    )


def summed(
    frame: pl.DataFrame,
    members: pl.DataFrame,
    *,
    key: Sequence[str],
    values: Sequence[str],
    every: Sequence[str] = (),
) -> pl.DataFrame:
    """Return the shares of the members summed by year and key; only years of which every member handed in a row.

    Parameters
    ----------
    frame
        ``application_id`` (a firm's id), ``year``, the key, the values and whatever else is to be kept.
    members
        What :func:`asked_of` gives.
    key
        Columns that tell the rows of a firm's year apart.
    values
        Columns to sum; null where a part is null.
    every
        Boolean columns that hold for a group where they hold for all; other Booleans hold where they hold for one,
        and of anything else the first that is not empty stands.

    Returns
    -------
    pl.DataFrame
        The columns of ``frame``; ``application_id`` is the parent's id.
    """
    year = ["parent_id", "year"]
    owned = members.filter("certain").select("parent_id", "expected", "share", application_id="firm_id")
    rows = frame.join(owned, on="application_id", how="inner").with_columns(
        complete=pl.col("application_id").n_unique().over(year) == pl.col("expected")
    )
    parts = rows.filter("complete").sort(*year, *key, "application_id", nulls_last=True)
    rest = [c for c in frame.columns if c not in {"application_id", "year", *key, *values, *every}]
    sums = parts.group_by(*year, *key, maintain_order=True).agg(
        *(strict_sum(pl.col(c) * pl.col("share")).alias(c) for c in values),
        *(pl.col(c).all() for c in every),
        *(pl.col(c).any() if frame.schema[c] == pl.Boolean else pl.col(c).drop_nulls().first() for c in rest),
    )
    return sums.rename({"parent_id": "application_id"}).select(frame.columns)


def held_rows(
    rows: pl.DataFrame, members: pl.DataFrame, *, number: str, by_share: Sequence[str] = ()
) -> pl.DataFrame:
    """Return rows that stand on their own (machines, certificates) as the parent's.

    Parameters
    ----------
    rows
        As-of rows of firms, one application per firm.
    members
        What :func:`asked_of` gives.
    number
        Column that numbers a firm's rows; it is told apart by firm.
    by_share
        Columns that count with the share.
    """
    owned = members.filter("certain").select("parent_id", "share", application_id="firm_id")
    return (
        rows.join(owned, on="application_id", how="inner")
        .with_columns(
            pl.concat_str("application_id", pl.col(number).fill_null(""), separator=":").alias(number),
            *(pl.col(c) * pl.col("share") for c in by_share),
            application_id="parent_id",
        )
        .select(rows.columns)
    )


def parent_applications(facts: Facts, members: pl.DataFrame) -> pl.DataFrame:
    """Return one application per parent on the day, with what all its members have in common of industry and place."""
    own = facts.applications
    common = [c for c in own.columns if c not in {"application_id", "firm_id", "as_of"}]
    return (
        members.select("parent_id", application_id="firm_id")
        .join(own, on="application_id", how="left")
        .group_by("parent_id")
        .agg(
            pl.lit(own["as_of"].first(), dtype=pl.Date).alias("as_of"),
            *(pl.when(pl.col(c).n_unique() == 1).then(pl.col(c).first()).alias(c) for c in common),
        )
        .with_columns(application_id="parent_id", firm_id="parent_id")
        .select(own.columns)
        .sort("application_id")
    )


def common_or_mean(value: pl.Expr, weight: pl.Expr) -> pl.Expr:
    """Return what all rows of a group_by have in common, else their mean by weight.

    Null where a value is missing, or where the values differ and a weight is missing or all are zero.

    Examples
    --------
    >>> frame = pl.DataFrame({"parent": ["P", "P", "Q", "Q", "R", "R"],
    ...                       "coverage": [1.0, 0.0, 0.5, 0.5, 1.0, None],
    ...                       "people": [30.0, 10.0, None, 5.0, 1.0, 1.0]})
    >>> frame.group_by("parent", maintain_order=True).agg(
    ...     coverage=common_or_mean(pl.col("coverage"), pl.col("people"))).rows()
    [('P', 0.75), ('Q', 0.5), ('R', None)]
    """
    return (
        pl.when(value.null_count() > 0)
        .then(None)
        .when(value.n_unique() == 1)
        .then(value.first())
        .otherwise(over_positive(strict_sum(value * weight), strict_sum(weight)))
    )
