"""Tables as JSON holds them, arrays of records: read as any dataset is, and those of several senders at once.

Reading one firm costs about as much as reading a hundred, so what several senders hand in is read together. Nothing of
one may then touch another: two parts go together only where neither names a firm, an application or a loan of the other
(:func:`may_go_together`), and row numbers tell whose a row is (:func:`part_and_row`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake.headers import Headers, match_columns, match_tables
from features.intake.notices import header_notices, unknown_table
from features.intake.raw import RawDataset, RawTable
from features.intake.validate import refuse_missing, validate_raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from features.intake.dataset import Dataset
    from features.intake.raw import Notice

__all__ = ["Records", "may_go_together", "part_and_row", "read_records", "validate_records"]

_ROWS_OF_A_PART = 10_000_000
"""Row numbers that a part may use; the next part's begin there."""

_OWN_KEYS = MappingProxyType(
    {name: table.key[0] for name, table in CONTRACT.items() if table.key[0] != "firm_id"}
)
"""Tables whose rows are told apart by an id of their own, and its column."""

_WIDEST = 1e15
"""A whole number up to here is written without a decimal point."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """The tables of one sender, under the names of the contract.

    Parameters
    ----------
    tables
        Table to column to its cells as text; every column of a table is as long as the others.
    notices
        What was left out.
    ids
        Whatever firm, application or loan is named, spelled so that two spellings of one id are equal;
        ``None`` where the rows do not all say whose they are, so that they must be read alone.
    """

    tables: Mapping[str, Mapping[str, Sequence[str | None]]]
    notices: tuple[Notice, ...]
    ids: frozenset[str] | None

    @property
    def applications(self) -> int:
        """Rows of the table applications."""
        return _height(self.tables.get("applications", {}))


def read_records(tables: Mapping[str, Any], *, source: str) -> Records:
    """Return the tables of one sender.

    Parameters
    ----------
    tables
        Table name (English, Chinese or an alias) to its rows, each a mapping from header to text, number, true or
        false; what a row does not name is empty.
    source
        Who sent it, for messages.

    Raises
    ------
    DatasetError
        If a table is no list of records, a cell is no plain value, or what :func:`features.intake.validate_tables`
        refuses as a whole.

    Examples
    --------
    >>> found = read_records(
    ...     {"企业": [{"企业编号": "F1"}], "applications": [{"application_id": 7, "firm_id": "F1", "as_of": "2024-06-30"}]},
    ...     source="an example")
    >>> found.tables["applications"]["application_id"], sorted(found.ids)
    (['7'], ['application_id:7', 'firm:F1'])
    """
    names = match_tables(list(tables), source=source)
    rows = {name: _rows(tables[handed_in], handed_in) for handed_in, name in names.items()}
    headers = {
        name: _headers(name, tuple(dict.fromkeys(h for row in part for h in row)), source)
        for name, part in rows.items()
    }
    refuse_missing(headers, purpose="score", source=source)
    cells = {
        name: {
            column: _cells(rows[name], header, table=name) for header, column in headers[name].columns.items()
        }
        for name in CONTRACT
        if name in rows
    }
    left_out = tuple(unknown_table(name) for name in tables if name not in names)
    return Records(tables=cells, notices=(*left_out, *header_notices(headers)), ids=_ids(cells))


def may_go_together(ids: Iterable[str], part: Records) -> bool:
    """Whether a part may be read with others that name these ids."""
    return part.ids is not None and part.ids.isdisjoint(ids)


def validate_records(parts: Sequence[Records], *, source: str) -> Dataset:
    """Return the dataset that parts make together.

    Parameters
    ----------
    parts
        Of which any two may go together; or one.
    source
        For messages.

    Returns
    -------
    Dataset
        Its row numbers are those of :func:`part_and_row`; its notices are empty, for each part has its own.

    Raises
    ------
    DatasetError
        As :func:`features.intake.validate_tables`.
    """
    tables = {name: _together(name, parts) for name in CONTRACT if any(name in part.tables for part in parts)}
    return validate_raw(
        RawDataset(tables=tables, files={}, notices=(), source=source),
        purpose="score",
    )


def part_and_row(row: int) -> tuple[int, int]:
    """Return whose a row of :func:`validate_records` is, by its place among the parts, and which of theirs, from 1."""
    return row // _ROWS_OF_A_PART, row % _ROWS_OF_A_PART


def _rows(content: object, table: str) -> Sequence[Mapping[str, object]]:
    if not isinstance(content, list) or not content:
        raise DatasetError(
            "A table is a list of records, at least one.",
            where=table,
            mend='Write it as [{"column": value, ...}, ...], or leave the table out.',
        )
    wrong = next((n for n, row in enumerate(content, start=1) if not isinstance(row, dict)), None)
    if wrong is not None or len(content) >= _ROWS_OF_A_PART:
        raise DatasetError(
            "A row is a record of columns and their values.",
            where=f"{table}, row {wrong}",
            mend='Write it as {"column": value, ...}.',
        )
    return content


@lru_cache(maxsize=1024)
def _headers(table: str, headers: tuple[str, ...], source: str) -> Headers:
    return match_columns(table, list(headers), source=source)


def _cells(rows: Sequence[Mapping[str, object]], header: str, *, table: str) -> list[str | None]:
    values = [row.get(header) for row in rows]
    return [
        value if value is None or type(value) is str else _text(value, f"{table}, row {n}, {header}")
        for n, value in enumerate(values, start=1)
    ]


def _text(value: object, where: str) -> str:
    """Return a plain value as intake's other readers write it (:func:`features.intake.cells.text_cells`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WIDEST:
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise DatasetError(
        "A cell is a text, a number, true, false or null.",
        where=where,
        mend="Write a list or a record as rows of the table that it belongs to.",
    )


def _together(table: str, parts: Sequence[Records]) -> RawTable:
    held = {place: part.tables[table] for place, part in enumerate(parts) if table in part.tables}
    columns = list(dict.fromkeys(column for cells in held.values() for column in cells))
    frame = {
        column: pl.Series(
            [cell for cells in held.values() for cell in cells.get(column, (None,) * _height(cells))],
            dtype=pl.String,
        )
        for column in columns
    }
    rows = [
        place * _ROWS_OF_A_PART + row for place, cells in held.items() for row in range(1, _height(cells) + 1)
    ]
    return RawTable(frame=pl.DataFrame(frame), rows=pl.Series(rows, dtype=pl.Int64))


def _height(cells: Mapping[str, Sequence[str | None]]) -> int:
    return len(next(iter(cells.values()), ()))


def _ids(tables: Mapping[str, Mapping[str, Sequence[str | None]]]) -> frozenset[str] | None:
    """Return what a part names; ``None`` where a row does not say whose it is, or names a firm that is not handed in."""
    firms = {_plain(cell) for cell in tables["firms"]["firm_id"]}
    named = {f"firm:{firm}" for firm in firms}
    sound = "" not in firms
    for name, cells in tables.items():
        if "firm_id" in cells:
            sound = sound and {_plain(cell) for cell in cells["firm_id"]} <= firms
        named |= {f"firm:{_plain(cell)}" for cell in cells.get("parent_id", ()) if cell}
        if name in _OWN_KEYS:
            own = {_plain(cell) for cell in cells[_OWN_KEYS[name]]}
            sound = sound and "" not in own
            named |= {f"{_OWN_KEYS[name]}:{key}" for key in own}
    return frozenset(named) if sound else None


@lru_cache(maxsize=8192)
def _plain(cell: str | None) -> str:
    """Return an id without case, width and marks: never two spellings for one id, at worst one for two."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", cell or "").upper())
