"""Which reference rows a person has confirmed, for rules that rest on them.

A row is confirmed where it was read somewhere (``verified`` is ``seen``) or a person of the bank signed it
(``confirmed_by``). A rule that rests on a row which is neither does not act by itself.
"""

from __future__ import annotations

import polars as pl

from features import reference
from features.errors import PolicyError, ReferenceDataError
from scoring.spelling import did_you_mean

__all__ = ["check_rests_on", "confirmed", "confirmed_expr"]


def confirmed_expr(columns: list[str]) -> pl.Expr:
    """Return whether each row of a reference table with these columns is confirmed."""
    seen = pl.col("verified").eq_missing("seen") if "verified" in columns else pl.lit(value=False)
    return seen | pl.col("confirmed_by").is_not_null() if "confirmed_by" in columns else seen


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


def check_rests_on(entries: tuple[str, ...], *, file: str, key: str) -> None:
    """Raise PolicyError, naming file and key, where an entry of ``rests_on`` names no table or no row."""
    for entry in entries:
        name, _, row = entry.partition(":")
        try:
            confirmed(entry)
        except ReferenceDataError:
            raise PolicyError(
                f"Unknown reference table {name!r}.",
                where=f"{file}, {key}",
                mend=did_you_mean(name, reference.version()),
            ) from None
        except KeyError:
            table = reference.table(name)
            raise PolicyError(
                f"The reference table {name} has no row {row!r}.",
                where=f"{file}, {key}",
                mend=did_you_mean(row, table[table.columns[0]].cast(pl.String).to_list()),
            ) from None
