"""One table as a folder of Parquet files, with what the folders' names say as columns (``year=2023/part-0.parquet``)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from features.errors import DatasetError
from features.intake.cells import text_cells
from features.intake.raw import Notice, RawTable, digest, file_bytes, headed, refuse_links, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["PARQUET", "Partitioned", "parquet_frame", "read_partitions"]

PARQUET = ".parquet"
_NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""What Hive and Spark write for a missing value into a folder's name."""


@dataclass(frozen=True, kw_only=True)
class Partitioned:
    """A table of many files.

    Parameters
    ----------
    table
        All rows, file after file in the order of their paths.
    files
        Path within the dataset to the sha256 of its bytes.
    notices
        Files that are no Parquet, and columns that only some files have.
    """

    table: RawTable
    files: Mapping[str, str]
    notices: tuple[Notice, ...]


def read_partitions(folder: Path, table: str, *, dataset: Path) -> Partitioned:
    """Read a table from a folder of Parquet files, however deep.

    Columns are put together by name, in whatever order a file has them. Where files store a column in different
    types that mean the same (whole and decimal numbers, a day and a time), the cells count as text; a column that
    a file lacks is empty in its rows.

    Parameters
    ----------
    folder
        Named after the table.
    table
        Name of the table of the contract.
    dataset
        The folder of the dataset, which no link may leave.

    Raises
    ------
    DatasetError
        If there is no Parquet file, a link leaves the dataset or runs in a circle, a file cannot be read, a folder's
        name contradicts the file within, or a column has types that do not go together.
    """
    frames: dict[str, pl.DataFrame] = {}
    hashes: dict[str, str] = {}
    notices: list[Notice] = []
    for file in _files(folder, dataset=dataset):
        name = spelled(file.relative_to(dataset).as_posix())
        if file.suffix.lower() != PARQUET:
            notices.append(_no_parquet(name, table))
            continue
        content = file_bytes(file)
        hashes[name] = digest(content)
        keys = [spelled(part) for part in file.relative_to(folder).parts[:-1] if "=" in part]
        frames[name] = _with_keys(parquet_frame(content, source=spelled(file)), keys, source=spelled(file))
    if not frames:
        raise DatasetError(
            f"The folder of the table {table} holds no Parquet file.",
            where=spelled(folder),
            mend="Put the table's Parquet files into it, or take the folder away.",
        )
    headers = list(dict.fromkeys(header for frame in frames.values() for header in frame.columns))
    notices += [
        _lacking(name, table, header)
        for name, frame in frames.items()
        for header in headers
        if header not in frame.columns
    ]
    texts = {header for header in headers if _as_text(header, frames, source=spelled(folder))}
    together = pl.concat([_even(frame, headers, texts) for frame in frames.values()], how="vertical_relaxed")
    rows = pl.int_range(1, together.height + 1, dtype=pl.Int64, eager=True)
    return Partitioned(table=RawTable(frame=together, rows=rows), files=hashes, notices=tuple(notices))


def parquet_frame(content: bytes, *, source: str) -> pl.DataFrame:
    """Return the rows of one Parquet file; DatasetError where it is none."""
    try:
        frame = pl.read_parquet(io.BytesIO(content), glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise DatasetError(
            "The file is no Parquet file, or it is damaged.", where=source, mend="Export the table again."
        ) from error
    return headed(frame, frame.columns, source=source)


def _files(folder: Path, *, dataset: Path) -> Iterator[Path]:
    """Walk the files in the order of their names; hidden files and the marks of writers (_SUCCESS) are none."""
    refuse_links(folder, dataset=dataset)
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise DatasetError(
            f"The folder cannot be read: {error.strerror}.",
            where=spelled(folder),
            mend="Check its permissions.",
        ) from error
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        refuse_links(entry, dataset=dataset)
        if entry.is_dir():
            yield from _files(entry, dataset=dataset)
        else:
            yield entry


def _with_keys(frame: pl.DataFrame, keys: list[str], *, source: str) -> pl.DataFrame:
    """Add what the folders' names say; refuse a file that says something else."""
    for key in keys:
        header, value = (unquote(part) for part in key.split("=", 1))
        if not header or value in {".", ".."}:
            raise DatasetError(
                f"The folder {key} names no column and value.", where=source, mend="Name it as in year=2023."
            )
        said = pl.lit(None if value == _NOTHING else value, dtype=pl.String).alias(header)
        if header in frame.columns:
            cells = text_cells(frame.select(header)).to_series()
            if not cells.to_frame().select(pl.col(header).eq_missing(said).all()).item():
                raise DatasetError(
                    f"The folder is named {key}, but the column {header} of the file says otherwise.",
                    where=source,
                    mend="Move the file into the right folder, or leave the column out of it.",
                )
            continue
        frame = frame.with_columns(said)
    return frame


def _as_text(header: str, frames: Mapping[str, pl.DataFrame], *, source: str) -> bool:
    """Return whether a column has several types; raise DatasetError where they do not mean the same."""
    first: dict[pl.DataType, str] = {}
    for name, frame in frames.items():
        kind = frame.schema.get(header)
        if kind is not None and kind != pl.Null:
            first.setdefault(kind, name)
    classes = {_class(kind): (kind, name) for kind, name in first.items()}
    classes.pop("text", None)
    if len(classes) > 1:
        (one, here), (other, there) = list(classes.values())[:2]
        raise DatasetError(
            f"The column {header} is {one} in {here}, but {other} in {there}.",
            where=source,
            mend="Write it in one type in all files.",
        )
    return len(first) > 1


def _class(kind: pl.DataType) -> str:
    if kind.is_numeric():
        return "number"
    if isinstance(kind, pl.Date | pl.Datetime):
        return "day"
    if isinstance(kind, pl.String | pl.Categorical | pl.Enum):
        return "text"
    return str(kind)


def _even(frame: pl.DataFrame, headers: list[str], texts: set[str]) -> pl.DataFrame:
    """Return the frame with all headers in their order, and text where the files differ."""
    lacking = [pl.lit(None).alias(header) for header in headers if header not in frame.columns]
    whole = frame.with_columns(lacking).select(headers)
    wanted = [header for header in headers if header in texts]
    return whole.with_columns(text_cells(whole.select(wanted)).get_columns()) if wanted else whole


def _no_parquet(name: str, table: str) -> Notice:
    return (
        "unknown_file",
        table,
        "",
        f"{name} is no Parquet file and was left out.",
        f"{name} 不是 Parquet 文件，未读取。",
    )


def _lacking(name: str, table: str, header: str) -> Notice:
    return (
        "missing_column",
        table,
        header,
        f"{name} has no column {header}, which other files of {table} have; it is empty there.",
        f"{name} 缺少该表其他文件中的“{header}”列，按空值处理。",
    )
