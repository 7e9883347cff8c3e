"""A dataset as a folder: a CSV or Parquet file per table, or a folder of Parquet files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features.errors import DatasetError
from features.intake.declaration import DECLARATION, comma_notices, pointed, refuse_commas
from features.intake.headers import match_tables, refuse_truth
from features.intake.partitions import PARQUET, Partitioned, parquet_frame, read_partitions
from features.intake.raw import (
    Notice,
    RawDataset,
    RawTable,
    digest,
    file_bytes,
    headed,
    refuse_links,
    spelled,
)
from features.intake.workbook import WORKBOOKS, read_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from features.intake.declaration import Declaration

__all__ = ["read_folder"]

_ENDINGS = (".csv", PARQUET)


def read_folder(folder: Path, *, declared: Declaration) -> RawDataset:
    """Read every table of a folder.

    Parameters
    ----------
    folder
        Files named after their tables, in English or Chinese, ending in ``.csv`` (UTF-8 with or without mark,
        GB18030 or UTF-16; commas or tabs, semicolons too where decimal commas are declared) or ``.parquet``; a
        folder of that name holds a table in many Parquet files. Others are left out with a notice; a folder whose
        only table file is one workbook is that workbook.
    declared
        The decimal marks of the dataset.

    Raises
    ------
    DatasetError
        If there is no table, one cannot be read, two are one table, or a symbolic link leads out of the folder.
    """
    entries = _entries(folder)
    refuse_truth([entry.name.split(".")[0] for entry in entries], source=spelled(folder))
    found = {entry.name: entry for entry in entries if _is_table_like(entry)}
    tables = match_tables(sorted({_stem(entry) for entry in found.values()}), source=spelled(folder))
    # A folder that is not named after a table is none; a file that is not, stays the reason that there is no table.
    found = {name: entry for name, entry in found.items() if not entry.is_dir() or _stem(entry) in tables}
    if not found:
        return _only_workbook(folder, entries, declared=declared)
    notices: list[Notice] = [_unknown(spelled(entry.name)) for entry in entries if entry.name not in found]
    raw: dict[str, RawTable] = {}
    hashes: dict[str, str] = {}
    for name, entry in found.items():
        table = tables.get(_stem(entry))
        if table is None:
            notices.append(_unknown(spelled(name)))
            continue
        if table in raw:
            raise DatasetError(
                f"The table {table} is handed in more than once: "
                f"{', '.join(other for other in found if _stem(found[other]) == _stem(entry))}.",
                where=spelled(folder),
                mend="Keep one of them.",
            )
        refuse_links(entry, dataset=folder)
        one = _read(entry, table, dataset=folder, semicolons=declared.has_commas)
        commas = declared.commas(table, one.table.frame.columns, source=spelled(entry))
        raw[table] = replace(one.table, frame=pointed(one.table.frame, commas))
        hashes |= one.files
        notices += [*one.notices, *comma_notices(table, commas)]
    declaration = folder / DECLARATION
    if declaration.is_file():
        hashes[DECLARATION] = digest(file_bytes(declaration))
    return RawDataset(tables=raw, files=hashes, notices=tuple(notices), source=spelled(folder))


def _entries(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(
            f"The folder cannot be read: {error.strerror}.",
            where=spelled(folder),
            mend="Check its permissions.",
        ) from error
    return [
        entry for entry in entries if not entry.name.startswith((".", "~$")) and entry.name != DECLARATION
    ]


def _is_table_like(entry: Path) -> bool:
    if entry.is_dir():
        return True
    # A link to nothing is no file, but a reader who named it after a table wants to know.
    return entry.suffix.lower() in _ENDINGS and (entry.is_file() or entry.is_symlink())


def _stem(entry: Path) -> str:
    """Return the name that may be a table's: ``energy`` of ``energy.csv``, ``energy/`` and ``energy.parquet/``."""
    return entry.name if entry.is_dir() and entry.suffix.lower() != PARQUET else entry.stem


def _only_workbook(folder: Path, entries: list[Path], *, declared: Declaration) -> RawDataset:
    workbooks = [entry for entry in entries if entry.is_file() and entry.suffix.lower() in WORKBOOKS]
    if len(workbooks) != 1:
        raise DatasetError(
            "The folder holds no CSV and no Parquet file.",
            where=spelled(folder),
            mend=f"Hand in one of the workbooks itself, such as {spelled(workbooks[0].name)}."
            if workbooks
            else "Put one file per table into it, such as firms.csv and applications.csv.",
        )
    refuse_links(workbooks[0], dataset=folder)
    refuse_commas(declared, source=spelled(workbooks[0]))
    return read_workbook(workbooks[0])


def _read(entry: Path, table: str, *, dataset: Path, semicolons: bool) -> Partitioned:
    """Read one table, from its file or from its folder."""
    if entry.is_dir():
        return read_partitions(entry, table, dataset=dataset)
    content = file_bytes(entry)
    source = spelled(entry)
    if entry.suffix.lower() == PARQUET:
        frame = parquet_frame(content, source=source)
        rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
        found = RawTable(frame=frame, rows=rows)
    else:
        found = _csv(content, source=source, semicolons=semicolons)
    return Partitioned(table=found, files={spelled(entry.name): digest(content)}, notices=())


def _unknown(name: str) -> Notice:
    return (
        "unknown_file",
        "",
        "",
        f"{name} is not named after a table of the contract and was left out.",
        f"{name} 的名称不是数据约定中的表，未读取。",
    )


def _text(content: bytes, *, source: str) -> str:
    """Decode a CSV file: UTF-16 by its mark, then UTF-8, then GB18030, which covers GBK and GB2312."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DatasetError(
        "The file is not text in UTF-8 or GB18030.", where=source, mend="Save it as CSV in UTF-8."
    )


def _csv(content: bytes, *, source: str, semicolons: bool) -> RawTable:
    text = _text(content, source=source).lstrip("\r\n")
    first = text.split("\n", 1)[0]
    separated = "," not in first and ";" in first
    if separated and not semicolons:
        raise DatasetError(
            "The columns are separated by semicolons.",
            where=source,
            mend='Save the file with commas between columns, or declare decimal = "," in dataset.toml.',
        )
    separator = ";" if separated else "\t" if "\t" in first and "," not in first else ","
    try:
        headers = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except (csv.Error, StopIteration) as error:
        raise DatasetError(
            "The first row cannot be read as column names.", where=source, mend="Export the table again."
        ) from error
    try:
        cells = _quick(text, separator)
        malformed = None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        cells = None
    if cells is None or cells.width != len(headers):
        cells, malformed = _careful(text, separator, width=len(headers), source=source)
    else:
        cells = cells.slice(1).with_row_index("row", offset=1)
    rows = cells.get_column("row").cast(pl.Int64)
    raw = RawTable(frame=headed(cells.drop("row"), headers, source=source), rows=rows)
    return raw if malformed is None else RawTable(frame=raw.frame, rows=rows, malformed=malformed)


def _quick(text: str, separator: str) -> pl.DataFrame:
    """Read well-formed CSV, the header as the first row; raises where a row is longer than the header."""
    return pl.read_csv(
        io.BytesIO(text.encode()),
        has_header=False,
        separator=separator,
        infer_schema=False,
        raise_if_empty=False,
    )


def _careful(text: str, separator: str, *, width: int, source: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read CSV of which some rows are longer than the header, and set those rows apart."""
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))[1:]
    except csv.Error as error:
        raise DatasetError(
            f"The file cannot be read as CSV: {error}.", where=source, mend="Export the table again."
        ) from error
    sound: list[list[str | None]] = []
    numbers: list[int] = []
    long: list[tuple[int, str, str]] = []
    for number, record in enumerate(records, start=1):
        if len(record) > width and any(cell.strip() for cell in record[width:]):
            long.append((number, separator.join(record), json.dumps(record, ensure_ascii=False)))
            continue
        numbers.append(number)
        sound.append([*record[:width], *[None] * (width - len(record))])
    names = [f"column_{index}" for index in range(width)]
    cells = pl.DataFrame(sound, schema=dict.fromkeys(names, pl.String), orient="row")
    malformed = pl.DataFrame(
        long, schema={"row": pl.Int64, "value": pl.String, "record": pl.String}, orient="row"
    )
    return cells.with_columns(pl.Series("row", numbers, dtype=pl.Int64)), malformed
