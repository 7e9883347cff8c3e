"""What a bank's rows change against the shipped set."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.reference._load import shipped
from features.reference._schema import REFERENCE_TABLES
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHANGES_SCHEMA", "changes"]

CHANGES_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    dict.fromkeys(("table", "key", "change", "differences", "confirmed_by"), pl.String)
)
"""Columns of :func:`changes`."""

_PROVENANCE = frozenset(
    {
        "source",
        "verified",
        "seen_in",
        "seen_fields",
        "benchmark_verified",
        "benchmark_seen_in",
        "note",
    }
)
"""Where a value comes from: a row that differs in nothing else, and that a person stands for, is confirmed."""


def _cell(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("nothing")


def changes(name: str, own: pl.DataFrame) -> pl.DataFrame:
    """Return what each of a bank's rows does to the shipped table.

    Parameters
    ----------
    name
        The table.
    own
        The bank's rows, typed, with the confirmation.

    Returns
    -------
    pl.DataFrame
        :data:`CHANGES_SCHEMA`; one row per row of the bank, in its order. ``change`` is ``added`` where no shipped row
        has its key (and ``valid_from``), ``confirmed`` where a person stands for the shipped values, ``unchanged``
        where nothing differs, else ``replaced``; ``differences`` tells what differs from the shipped row: ``column old -> new`` of values, the
        column alone of where they come from.
    """
    declared = REFERENCE_TABLES[name]
    edition = list(declared.edition)
    compared = [column for column in declared.columns if column not in edition]
    joined = own.join(
        shipped(name).with_columns(_shipped=pl.lit(value=True)),
        on=edition,
        how="left",
        suffix=":shipped",
        maintain_order="left",
    )
    differs = {c: pl.col(c).ne_missing(pl.col(f"{c}:shipped")) for c in compared}
    values = pl.any_horizontal(pl.lit(value=False), *(d for c, d in differs.items() if c not in _PROVENANCE))
    told = {
        c: pl.lit(c)
        if c in _PROVENANCE
        else formatted("{} {} -> {}", pl.lit(c), _cell(f"{c}:shipped"), _cell(c))
        for c in compared
    }
    named = pl.concat_list(pl.when(d).then(told[c]) for c, d in differs.items()).list.drop_nulls()
    new = pl.col("_shipped").is_null()
    signed = pl.col("confirmed_by").is_not_null()
    return joined.select(
        table=pl.lit(name),
        key=pl.concat_str([pl.col(c).cast(pl.String) for c in edition], separator=" "),
        change=pl.when(new)
        .then(pl.lit("added"))
        .when(signed & ~values)
        .then(pl.lit("confirmed"))
        .when(named.list.len() == 0)
        .then(pl.lit("unchanged"))
        .otherwise(pl.lit("replaced")),
        differences=pl.when(~new).then(named.list.join("; ")).otherwise(pl.lit("")),
        confirmed_by="confirmed_by",
    )
