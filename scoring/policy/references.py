"""Which reference rows a person has confirmed, and which hold on a day, for rules that rest on them.

A row is confirmed where it was read somewhere (``verified`` is ``seen``), is a rule of the product's own, or a person of
the bank signed it (``confirmed_by``). A rule that rests on a row which is none of these does not act by itself.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.errors import ReferenceDataError
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "OWN_ROWS",
    "confirmed",
    "confirmed_expr",
    "confirmed_on_day",
    "confirmed_rows",
    "holds_on_day",
    "keys",
    "unknown_entry",
]

OWN_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "sector_benchmarks@made": "made_benchmarks_confirmed",
        "sector_benchmarks@financed": "financed_benchmark_confirmed",
        "taxonomy_thresholds@made": "made_thresholds_confirmed",
    }
)
"""Entries of ``rests_on`` that stand for an application's own rows of a table, and the column that says whether they are
confirmed: the rows of the products that the firm made, and of the product of the line that is financed."""


def confirmed_expr(columns: list[str]) -> pl.Expr:
    """Return whether each row of a reference table with these columns is confirmed."""
    known = ["seen", "own rule"]
    seen = (
        pl.col("verified").is_in(known).fill_null(value=False)
        if "verified" in columns
        else pl.lit(value=False)
    )
    return seen | pl.col("confirmed_by").is_not_null() if "confirmed_by" in columns else seen


def keys(table: str) -> tuple[str, ...]:
    """Return the values of a table's first column, each once."""
    rows = reference.table(table)
    return tuple(rows[rows.columns[0]].cast(pl.String).unique(maintain_order=True))


@reference.per_set(maxsize=256)
def confirmed(entry: str) -> bool:
    """Return whether a table (``table``) or one of its rows (``table:key``) is confirmed throughout.

    Parameters
    ----------
    entry
        Name of a reference table, or with the value of its first column after a colon.

    Raises
    ------
    ReferenceDataError
        If there is no such table.
    KeyError
        If the table has no row of that key.

    Examples
    --------
    >>> confirmed("sector_benchmarks")
    False
    """
    name, _, key = entry.partition(":")
    rows = reference.table(name)
    if key:
        rows = rows.filter(pl.col(rows.columns[0]).cast(pl.String) == key)
        if rows.is_empty():
            raise KeyError(key)
    return bool(rows.select(confirmed_expr(rows.columns).all()).item())


def confirmed_rows(table: str, ids: pl.Expr) -> pl.Expr:
    """Return whether every row that a list of keys names is confirmed in all its editions.

    Examples
    --------
    >>> named = pl.DataFrame({"ids": [["tax_cement"], ["tax_cement", "tax_al_ghg"], None]})
    >>> named.select(confirmed_rows("taxonomy_thresholds", pl.col("ids"))).to_series().to_list()
    [True, False, None]
    """
    good = [key for key in keys(table) if confirmed(f"{table}:{key}")]
    return ids.list.eval(pl.element().is_in(good)).list.all()


def holds_on_day(table: str, key: str, day: pl.Expr) -> pl.Expr:
    """Return whether an edition of a row holds on a day, by ``valid_from`` and ``valid_to``; never on an unknown day."""
    return _any_edition(table, key, day, only_confirmed=False)


def confirmed_on_day(table: str, key: str, day: pl.Expr) -> pl.Expr:
    """Return whether a confirmed edition of a row holds on a day."""
    return _any_edition(table, key, day, only_confirmed=True)


def _any_edition(table: str, key: str, day: pl.Expr, *, only_confirmed: bool) -> pl.Expr:
    rows = reference.table(table)
    rows = rows.filter(pl.col(rows.columns[0]).cast(pl.String) == key)
    if only_confirmed:
        rows = rows.filter(confirmed_expr(rows.columns))
    spans = rows.select("valid_from", "valid_to").rows()
    within = [
        (pl.lit(value=True) if begins is None else day >= begins)
        & (pl.lit(value=True) if ends is None else day <= ends)
        & day.is_not_null()
        for begins, ends in spans
    ]
    return pl.any_horizontal(pl.lit(value=False), *within).fill_null(value=False)


def unknown_entry(entry: str) -> tuple[str, str] | None:
    """Return what is wrong with an entry of ``rests_on`` and how to mend it; ``None`` where it names what there is.

    Examples
    --------
    >>> unknown_entry("sector_benchmarks:cement_clinkers")
    ("the reference table sector_benchmarks has no row 'cement_clinkers'", 'Did you mean cement_clinker?')
    """
    if entry in OWN_ROWS:
        return None
    name, _, row = entry.partition(":")
    if "@" in name:
        return f"unknown rows of the application's own: {entry!r}", did_you_mean(entry, OWN_ROWS)
    try:
        confirmed(entry)
    except ReferenceDataError:
        return f"unknown reference table {name!r}", did_you_mean(name, reference.version())
    except KeyError:
        return f"the reference table {name} has no row {row!r}", did_you_mean(row, keys(name))
    return None
