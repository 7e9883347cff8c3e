"""A bank's own tables, laid over the shipped ones.

A folder of CSV files, each named after a reference table and with its columns, in any order. A row with the key of a
shipped row (and its ``valid_from``, where the table is dated) replaces it; any other is added. Two further columns,
``confirmed_by`` and ``confirmed_on``, name the person of the bank who stands for a row: one that was ``recalled`` is then
``confirmed``. Nothing of the shipped set is changed by it: the set is in force within :func:`overlaid` only.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import IN_FORCE, FactorSet
from features.reference._load import read_cells, shipped, typed_rows
from features.reference._overlay_changes import CHANGES_SCHEMA, changes
from features.reference._overlay_checks import check_rows, check_use
from features.reference._schema import CONFIRMATION, REFERENCE_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["overlaid", "read_overlay"]

_NOTES = frozenset({".md", ".txt"})
"""Files that may lie beside the tables."""


def _hint(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(name.casefold(), names, n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else f"Use one of {', '.join(names)}."


def _files(folder: Path) -> list[Path]:
    """Return the folder's tables in order of their names; refuse what would be passed over in silence."""
    if not folder.is_dir():
        raise ReferenceDataError(
            "The folder of the bank's reference tables is not there.",
            where=str(folder),
            mend="Give a folder of CSV files named after reference tables.",
        )
    files: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() in _NOTES:
            continue
        if path.is_symlink() or not path.is_file() or path.suffix.lower() != ".csv":
            raise ReferenceDataError(
                f"{path.name!r} is no CSV file.",
                where=str(folder),
                mend="Save each table as a CSV file of its own, and leave nothing else in the folder.",
            )
        if path.stem not in REFERENCE_TABLES:
            raise ReferenceDataError(
                f"There is no reference table {path.stem!r}.",
                where=path.name,
                mend=_hint(path.stem, REFERENCE_TABLES),
            )
        files.append(path)
    if len({path.stem for path in files}) < len(files):
        raise ReferenceDataError(
            "A table is there twice.", where=str(folder), mend="Leave one file for each table."
        )
    if not files:
        raise ReferenceDataError(
            "The folder holds no reference table.",
            where=str(folder),
            mend=f"Lay a CSV file into it, named after one of {', '.join(sorted(REFERENCE_TABLES))}.",
        )
    return files


def _header(header: list[str], path: Path, columns: tuple[str, ...]) -> None:
    unknown = [column for column in header if column not in {*columns, *CONFIRMATION}]
    if unknown:
        raise ReferenceDataError(
            f"There is no column {unknown[0]!r}.",
            where=path.name,
            mend=_hint(unknown[0], [*columns, *CONFIRMATION]),
        )
    missing = [column for column in columns if column not in header]
    if missing or len(set(header)) < len(header):
        raise ReferenceDataError(
            f"Columns are missing: {', '.join(missing)}." if missing else "A column is there twice.",
            where=path.name,
            mend=f"Write each of these columns once: {', '.join(columns)}; and {', '.join(CONFIRMATION)} where a "
            "person confirms rows.",
        )


def _own_rows(path: Path) -> pl.DataFrame:
    """Return the bank's rows of one table: the declared columns and the confirmation, typed and checked."""
    declared = REFERENCE_TABLES[path.stem]
    cells = read_cells(path, mend="Save it as CSV in UTF-8, with quoted commas.")
    header = [name.strip() for name in cells[0]] if cells else []
    _header(header, path, declared.columns)
    rows = [row for row in ([cell.strip() or None for cell in row] for row in cells[1:]) if any(row)]
    schema = dict.fromkeys(header, pl.String())
    frame = pl.DataFrame(rows, schema=schema, orient="row").select(
        *declared.columns,
        *(pl.col(c) if c in header else pl.lit(None, dtype=pl.String).alias(c) for c in CONFIRMATION),
    )
    # A bank's file may hold several editions of one key, and says of each from when it holds.
    editions = replace(declared, key=declared.edition, dates=declared.dates | {"confirmed_on"})
    return typed_rows(frame, editions, path.name)


def _laid(name: str, own: pl.DataFrame) -> pl.DataFrame:
    """Return the whole table: shipped rows in their order, a bank's rows in their place, new keys behind."""
    edition = list(REFERENCE_TABLES[name].edition)
    key = [column for column in edition if column != "valid_from"]
    base = shipped(name).with_row_index("_place")
    places = base.group_by(key).agg(pl.col("_place").min())
    new = own.with_row_index("_new").with_columns(pl.col("_new").min().over(key) + base.height)
    placed = (
        new.join(places, on=key, how="left", maintain_order="left")
        .with_columns(_place=pl.coalesce("_place", "_new"))
        .drop("_new")
    )
    kept = base.join(own.select(edition), on=edition, how="anti").with_columns(
        _place=pl.col("_place").min().over(key)
    )
    recalled = [c for c in ("verified", "benchmark_verified") if c in base.columns]
    placed = placed.with_columns(
        pl.when(pl.col("confirmed_by").is_not_null() & (pl.col(c) == "recalled"))
        .then(pl.lit("confirmed"))
        .otherwise(c)
        .alias(c)
        for c in recalled
    )
    return (
        pl.concat([kept, placed], how="diagonal")
        # Of the editions of a key the latest stands last.
        .sort(["_place", *(["valid_from"] if "valid_from" in edition else [])], maintain_order=True)
        .drop("_place")
    )


def read_overlay(folder: Path | str) -> FactorSet:
    """Read a bank's tables and lay them over the shipped ones.

    Parameters
    ----------
    folder
        CSV files in UTF-8 named after reference tables, with the same columns in any order and, where a person stands
        for rows, ``confirmed_by`` and ``confirmed_on``. Notes (``.md``, ``.txt``) may lie beside them.

    Returns
    -------
    FactorSet
        For :func:`overlaid`, with what it changes.

    Raises
    ------
    ReferenceDataError
        With file, row and column: if a table or column is unknown or missing, a cell is of the wrong type, a
        confirmation lacks its person or day, a row changes the unit of its key, two rows of one series hold on the
        same day, or the product could not use a row (an unknown kind, a unit it cannot read, a spelling that means
        two things).
    """
    files = _files(Path(folder))
    own = {path.stem: _own_rows(path) for path in files}
    for name, rows in own.items():
        check_rows(name, rows)
    laid = {name: _laid(name, rows) for name, rows in own.items()}
    told = pl.concat([changes(name, rows) for name, rows in own.items()], how="vertical")
    found = FactorSet(
        tables=MappingProxyType(laid),
        overlay=MappingProxyType(
            {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        ),
        changes=told.select(list(CHANGES_SCHEMA)),
    )
    with overlaid(found):
        for name, rows in own.items():
            check_use(name, rows, laid[name])
    return found


@contextmanager
def overlaid(source: Path | str | FactorSet | None) -> Iterator[FactorSet | None]:
    r"""Put a bank's set of reference tables in force for the block, in this thread and task only.

    Parameters
    ----------
    source
        A folder, as :func:`read_overlay` reads it, or what that returned; ``None`` is the shipped set. The set is always
        laid over the shipped tables, also within another block.

    Yields
    ------
    FactorSet or None
        The set in force.

    Raises
    ------
    ReferenceDataError
        As :func:`read_overlay`.

    Notes
    -----
    A dataset is to be read, and its indicators to be computed, within one block: units, ids and money of a clean table
    already rest on reference tables.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from features import reference
    >>> with TemporaryDirectory() as folder:
    ...     row = "USD,2024,7.2,treasury of the bank,seen,,\n"
    ...     header = "currency,year,cny_per_unit,source,verified,seen_in,note\n"
    ...     _ = Path(folder, "exchange_rates.csv").write_text(header + row, encoding="utf-8")
    ...     rate = (pl.col("currency") == "USD") & (pl.col("year") == 2024)
    ...     with overlaid(folder):
    ...         print(reference.table("exchange_rates").filter(rate)["cny_per_unit"].item())
    7.2
    """
    found = source if source is None or isinstance(source, FactorSet) else read_overlay(source)
    token = IN_FORCE.set(found)
    try:
        yield found
    finally:
        IN_FORCE.reset(token)
