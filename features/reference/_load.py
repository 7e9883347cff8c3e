"""Reading the reference CSVs, strict and typed; and the tables of the set in force."""

from __future__ import annotations

import csv
import hashlib
from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import IN_FORCE
from features.reference._schema import REFERENCE_TABLES, VERIFIED, ReferenceTable

__all__ = [
    "overlay_version",
    "read_cells",
    "read_table",
    "set_version",
    "shipped",
    "table",
    "typed_rows",
    "version",
]

_FOLDER = Path(__file__).resolve().parent


def read_cells(path: Path, *, mend: str) -> list[list[str]]:
    """Return the cells of a CSV file in UTF-8, header first, every row as long as the header.

    Raises
    ------
    ReferenceDataError
        If the file cannot be read (with this ``mend``), or a row is longer or shorter than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReferenceDataError(
            f"The reference table cannot be read: {error}.", where=path.name, mend=mend
        ) from error
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            raise ReferenceDataError(
                f"The row has {len(row)} cells, the header {len(rows[0])}.",
                where=f"{path.name}, line {number}, starting {row[:2]}",
                mend="Quote the cell that holds a comma or a quotation mark.",
            )
    return rows


def _rows(path: Path, declared: ReferenceTable) -> list[list[str]]:
    rows = read_cells(path, mend="Restore the file of this release, in UTF-8 with quoted commas.")
    header = tuple(rows[0]) if rows else ()
    if header != declared.columns:
        missing = sorted(set(declared.columns) - set(header))
        extra = sorted(set(header) - set(declared.columns))
        raise ReferenceDataError(
            f"The header is not the declared one: missing {missing}, unknown {extra}.",
            where=path.name,
            mend=f"Write exactly these columns in this order: {', '.join(declared.columns)}.",
        )
    return rows[1:]


def typed_rows(frame: pl.DataFrame, declared: ReferenceTable, name: str) -> pl.DataFrame:
    """Return text rows of the declared columns with their types, checked.

    Parameters
    ----------
    frame
        Text columns, an empty cell is null; further columns are kept as they are.
    declared
        What the table looks like.
    name
        The file, for the message.

    Raises
    ------
    ReferenceDataError
        Naming file, row and column, if a number, flag, date, key, ``source`` or ``verified`` is wrong.
    """

    def refuse(bad: pl.DataFrame, column: str, expected: str) -> None:
        if bad.height:
            row = bad.row(0, named=True)
            key = ", ".join(str(row[k]) for k in declared.key)
            raise ReferenceDataError(
                f"{row[column]!r} is not {expected}.",
                where=f"{name}, row {key}, column {column}",
                mend=f"Write {expected}, or leave the cell empty where it may be unknown.",
            )

    typed = frame
    for columns, dtype, expected in (
        (declared.numbers, pl.Float64, "a finite number"),
        (declared.integers, pl.Int32, "a whole number"),
        (declared.flags, pl.Int8, "a flag 0 or 1"),
        (declared.dates, pl.Date, "a date such as 2024-01-31"),
    ):
        for column in sorted(columns):
            text = pl.col(column)
            value = (
                text.str.to_date("%Y-%m-%d", strict=False)
                if dtype == pl.Date
                else text.cast(dtype, strict=False)
            )
            sound = value.is_not_null()
            if dtype == pl.Float64:
                sound &= value.is_finite()
            elif dtype == pl.Int8:
                sound &= value.is_in([0, 1])
            refuse(frame.filter(text.is_not_null() & ~sound.fill_null(value=False)), column, expected)
            typed = typed.with_columns(value.alias(column))
    for column in declared.key:
        refuse(frame.filter(pl.col(column).is_null()), column, "a key (it must not be empty)")
    refuse(
        frame.filter(pl.struct(declared.key).is_duplicated()),
        declared.key[0],
        "written once (the key repeats)",
    )
    refuse(frame.filter(pl.col("source").is_null()), "source", "a source")
    refuse(
        frame.filter(~pl.col("verified").is_in(sorted(VERIFIED)).fill_null(value=False)),
        "verified",
        f"one of {', '.join(sorted(VERIFIED))}",
    )
    return typed


def read_table(path: Path, name: str) -> pl.DataFrame:
    """Read one reference CSV from any folder: how the shipped tables and a bank's own are checked alike.

    Parameters
    ----------
    path
        The CSV file, UTF-8.
    name
        Table it is read as; one of the reference tables.

    Returns
    -------
    pl.DataFrame
        The declared columns, typed, in the file's order; an empty cell is null.

    Raises
    ------
    ReferenceDataError
        If there is no such table, or the file is not exactly of the declared shape: header, number of cells,
        numbers, flags, dates, keys, ``source`` and ``verified``.
    """
    declared = REFERENCE_TABLES.get(name)
    if declared is None:
        raise ReferenceDataError(
            f"There is no reference table {name!r}.",
            where="reference tables",
            mend=f"Ask for one of {', '.join(sorted(REFERENCE_TABLES))}.",
        )
    rows = _rows(path, declared)
    columns = {c: [row[i].strip() or None for row in rows] for i, c in enumerate(declared.columns)}
    return typed_rows(
        pl.DataFrame(columns, schema=dict.fromkeys(declared.columns, pl.String)), declared, path.name
    )


@cache
def shipped(name: str) -> pl.DataFrame:
    """Return a reference table as shipped, whatever set is in force.

    Raises
    ------
    ReferenceDataError
        If there is no such table or its file is malformed.
    """
    return read_table(_FOLDER / f"{name}.csv", name)


def table(name: str) -> pl.DataFrame:
    """Return a reference table: Float64 numbers, Int32 years and counts, Int8 flags, Date dates, else text.

    Under :func:`features.reference.overlaid` it is the bank's set: then ``confirmed_by`` (text) and ``confirmed_on``
    (Date) follow the declared columns of the tables that the bank laid over.

    Raises
    ------
    ReferenceDataError
        If there is no such table or its file is malformed.

    Examples
    --------
    >>> table("energy_carriers").filter(pl.col("id") == "raw_coal")["tce_per_unit"].item()
    0.7143
    >>> table("carriers")
    Traceback (most recent call last):
    features.errors.ReferenceDataError: There is no reference table 'carriers'...
    """
    in_force = IN_FORCE.get()
    if in_force is not None and name in in_force.tables:
        return in_force.tables[name]
    return shipped(name)


@lru_cache(maxsize=1)
def _shipped_version() -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, hashlib.sha256((_FOLDER / f"{name}.csv").read_bytes()).hexdigest())
        for name in sorted(REFERENCE_TABLES)
    )


def overlay_version() -> dict[str, str]:
    """Return the SHA-256 of the bank's file of every table that it laid over; empty for the shipped set.

    Examples
    --------
    >>> overlay_version()
    {}
    """
    in_force = IN_FORCE.get()
    return {} if in_force is None else dict(sorted(in_force.overlay.items()))


def version() -> dict[str, str]:
    """Return a SHA-256 for every reference table by name, for lineage and manifests.

    It is the hash of the shipped CSV, and where a bank's table is laid over it, the hash of both files' hashes. A set that
    was kept with a batch has the versions it had then.
    """
    in_force = IN_FORCE.get()
    if in_force is not None and in_force.pinned is not None:
        return dict(sorted(in_force.pinned.items()))
    overlay = overlay_version()
    return {
        name: hashlib.sha256(f"{digest}+{overlay[name]}".encode()).hexdigest() if name in overlay else digest
        for name, digest in _shipped_version()
    }


def set_version() -> str:
    """Return twelve hexadecimal digits that stand for the whole set of reference tables in force.

    Examples
    --------
    >>> len(set_version())
    12
    """
    return hashlib.sha256(repr(tuple(version().items())).encode()).hexdigest()[:12]
