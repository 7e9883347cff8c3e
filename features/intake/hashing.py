"""Hashes of content: the same facts give the same hash, in whatever order and form they were handed in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["content_hash"]

_CELL = "\x1f"
_ROW = "\x1e"
_EMPTY = "\x00"


def content_hash(accepted: pl.DataFrame, quarantined: Sequence[str | None]) -> str:
    """Return the sha256 of a table's content.

    Parameters
    ----------
    accepted
        Clean rows; their ``row`` numbers do not count, nor does their order.
    quarantined
        The quarantined rows as JSON, one each; their order does not count.

    Examples
    --------
    >>> rows = pl.DataFrame({"firm_id": ["a", "b"], "row": [1, 2]})
    >>> content_hash(rows, []) == content_hash(rows.reverse(), [])
    True
    >>> content_hash(rows, []) == content_hash(rows.head(1), [])
    False
    """
    columns = sorted(column for column in accepted.columns if column != "row")
    cells = [pl.col(column).cast(pl.String).fill_null(_EMPTY) for column in columns]
    rows = (
        accepted.select(pl.concat_str(cells, separator=_CELL)).to_series().sort().to_list() if columns else []
    )
    lines = [_CELL.join(columns), *rows, _EMPTY, *sorted(record or "" for record in quarantined)]
    return hashlib.sha256(_ROW.join(lines).encode()).hexdigest()
