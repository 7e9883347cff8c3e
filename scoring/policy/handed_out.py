"""The reference rows that a policy's rules hand out: labels and support measures, as they stood when a batch was scored.

Whoever reads the results later has the shipped tables, not the bank's, and not the day's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from scoring.policy.firing import resting_row
from scoring.policy.references import confirmed_expr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.policy.rules import Policy

__all__ = ["handed_out", "row_on_day"]

_TABLES = ("finance_labels", "support_measures")


def handed_out(policy: Policy) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that rules of a policy may hand out, every edition of them.

    Parameters
    ----------
    policy
        The policy.

    Returns
    -------
    dict
        ``finance_labels`` and ``support_measures``: rows in the order of the table, with the table's columns (days as
        ISO text) and ``confirmed`` (whether the row was read somewhere or a person of the bank signed it).
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in _TABLES:
        used = [row[1] for row in map(resting_row, policy.rules) if row is not None and row[0] == name]
        table = reference.table(name)
        kept = table.filter(pl.col("id").is_in(used)).with_columns(
            pl.col(pl.Date).cast(pl.String), confirmed=confirmed_expr(table.columns)
        )
        rows[name] = kept.to_dicts()
    return rows


def row_on_day(rows: list[dict[str, Any]], key: str, day: str) -> Mapping[str, Any] | None:
    """Return the edition of a row that holds on a day (ISO text), of what :func:`handed_out` gave for a table.

    Examples
    --------
    >>> rows = [{"id": "a", "valid_from": "2025-10-01", "valid_to": None}]
    >>> row_on_day(rows, "a", "2026-01-01")["valid_from"], row_on_day(rows, "a", "2025-09-30")
    ('2025-10-01', None)
    """
    for row in rows:
        begins, ends = row["valid_from"], row["valid_to"]
        if row["id"] == key and (begins is None or begins <= day) and (ends is None or day <= ends):
            return row
    return None
