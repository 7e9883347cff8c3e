"""A table as its reader found it: cells under the bank's own headers, and the rows that are no rows."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from features.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "RawDataset",
    "RawTable",
    "digest",
    "file_bytes",
    "headed",
    "refuse_links",
    "refuse_pipes",
    "spelled",
]

Notice = tuple[str, str, str, str, str]
"""kind, table, column, text_en, text_zh."""

_MALFORMED: Mapping[str, type[pl.DataType]] = {"row": pl.Int64, "value": pl.String, "record": pl.String}


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Cells of one table.

    Parameters
    ----------
    frame
        The bank's headers; cells typed or text. ``row`` numbers stand in ``rows``, not here.
    rows
        Row number of each row of ``frame``; 1 is the first row after the header, blank rows are counted.
    malformed
        Rows that do not fit the headers: ``row``, ``value`` (the row as text), ``record`` (its cells as JSON).
    """

    frame: pl.DataFrame
    rows: pl.Series
    malformed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(_MALFORMED)))


@dataclass(frozen=True, kw_only=True)
class RawDataset:
    """Tables of the contract as found, with the files they came from and what was left out on the way."""

    tables: Mapping[str, RawTable]
    files: Mapping[str, str]
    notices: tuple[Notice, ...]
    source: str


def digest(content: bytes) -> str:
    """Return the sha256 of a file's bytes, as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def spelled(path: Path | str) -> str:
    r"""Return a path as text that can be written anywhere; bytes of a name that are no text are shown as such.

    Examples
    --------
    >>> print(spelled("data/firms.csv"), spelled(os.fsdecode(b"caf\xe9.csv")))
    data/firms.csv caf\xe9.csv
    """
    return os.fsencode(path).decode(errors="backslashreplace")


def file_bytes(file: Path) -> bytes:
    """Return what a file holds; DatasetError where it cannot be read or holds nothing."""
    refuse_pipes(file)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"The file cannot be read: {error.strerror}.",
            where=spelled(file),
            mend="Check the file and its permissions.",
        ) from error
    if not content.strip():
        raise DatasetError("The file is empty.", where=spelled(file), mend="Export the table again.")
    return content


def refuse_pipes(file: Path) -> None:
    """Raise DatasetError for a pipe or a device: reading it would wait for somebody to write into it."""
    if file.exists() and not file.is_file():
        raise DatasetError(
            f"{spelled(file.name)} is no regular file.", where=spelled(file), mend="Hand in the file itself."
        )


def refuse_links(entry: Path, *, dataset: Path) -> None:
    """Raise DatasetError if a symbolic link leads out of the dataset's folder, nowhere, or in a circle.

    Parameters
    ----------
    entry
        A file or folder in the dataset.
    dataset
        The dataset's folder. It may itself be reached over a link or ``..``, because its user named it so.
    """
    if not entry.is_symlink():
        return
    try:
        whole, target = dataset.resolve(strict=True), entry.resolve(strict=True)
        inside = target.is_relative_to(whole)
        circle = entry.parent.resolve(strict=True).is_relative_to(target)
    except (OSError, RuntimeError):  # a link to nothing, or to itself
        inside, circle = False, False
    if not inside or circle:
        raise DatasetError(
            f"{spelled(entry.name)} is a symbolic link that leads {'in a circle' if circle else 'out of the dataset'}.",
            where=spelled(entry),
            mend="Put the file itself into the dataset's folder.",
        )


def headed(cells: pl.DataFrame, headers: list[str], *, source: str) -> pl.DataFrame:
    """Return the cells under their headers.

    Columns without header and without any cell are left out; one with cells is called ``(column N)``.

    Parameters
    ----------
    cells
        Columns in the order of ``headers``.
    headers
        One per column; blank where the source has none.
    source
        The file or sheet, for messages.

    Raises
    ------
    DatasetError
        If two columns have the same header, or there is none at all.
    """
    names = [header.strip("\ufeff\u200b \t\r\n\u3000") for header in headers]
    if not any(names):
        raise DatasetError(
            "The first row holds no column names.",
            where=source,
            mend="Put the column names into the first row.",
        )
    doubles = sorted({name for name in names if name and names.count(name) > 1})
    if doubles:
        raise DatasetError(
            f"Two columns have the same header: {', '.join(doubles)}.",
            where=source,
            mend="Keep one of them, or rename one.",
        )
    columns = []
    for number, (name, cell) in enumerate(zip(names, cells.get_columns(), strict=True), start=1):
        if name:
            columns.append(cell.alias(name))
        elif cell.null_count() < len(cell):
            columns.append(cell.alias(f"(column {number})"))
    return pl.DataFrame(columns)
