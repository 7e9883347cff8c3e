"""A dataset as a folder: one CSV or Parquet file per table."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import polars as pl

from features.errors import DatasetError
from features.intake.headers import match_tables, refuse_truth
from features.intake.raw import Notice, RawDataset, RawTable, digest, headed
from features.intake.workbook import WORKBOOKS, read_workbook

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_folder"]

_ENDINGS = (".csv", ".parquet")


def read_folder(folder: Path) -> RawDataset:
    """Read every table of a folder.

    Parameters
    ----------
    folder
        Files named after their tables, in English or Chinese, ending in ``.csv`` (UTF-8 with or without mark,
        GB18030 or UTF-16; commas or tabs) or ``.parquet``. Other files are left out with a notice; a folder whose
        only table file is one workbook is that workbook.

    Raises
    ------
    DatasetError
        If there is no such file, one cannot be read, or two are one table.
    """
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "~$")))
    except OSError as error:
        raise DatasetError(
            f"The folder cannot be read: {error.strerror}.", where=str(folder), mend="Check its permissions."
        ) from error
    refuse_truth([entry.name.split(".")[0] for entry in entries], source=str(folder))
    files = {entry.name: entry for entry in entries if entry.is_file() and entry.suffix.lower() in _ENDINGS}
    if not files:
        workbooks = [entry for entry in entries if entry.is_file() and entry.suffix.lower() in WORKBOOKS]
        if len(workbooks) == 1:
            return read_workbook(workbooks[0])
        raise DatasetError(
            "The folder holds no CSV and no Parquet file.",
            where=str(folder),
            mend=f"Hand in one of the workbooks itself, such as {workbooks[0].name}."
            if workbooks
            else "Put one file per table into it, such as firms.csv and applications.csv.",
        )
    stems = [file.stem for file in files.values()]
    tables = match_tables(sorted(set(stems)), source=str(folder))
    notices: list[Notice] = [_unknown(entry.name) for entry in entries if entry.name not in files]
    raw: dict[str, RawTable] = {}
    hashes: dict[str, str] = {}
    for name, file in files.items():
        table = tables.get(file.stem)
        if table is None:
            notices.append(_unknown(name))
            continue
        if table in raw:
            raise DatasetError(
                f"The table {table} is handed in more than once: "
                f"{', '.join(other for other in files if files[other].stem == file.stem)}.",
                where=str(folder),
                mend="Keep one of them.",
            )
        content = _bytes(file)
        hashes[name] = digest(content)
        source = str(file)
        is_csv = file.suffix.lower() == ".csv"
        raw[table] = _csv(content, source=source) if is_csv else _parquet(content, source=source)
    return RawDataset(tables=raw, files=hashes, notices=tuple(notices), source=str(folder))


def _unknown(name: str) -> Notice:
    return (
        "unknown_file",
        "",
        "",
        f"{name} is not named after a table of the contract and was left out.",
        f"{name} 的名称不是数据约定中的表，未读取。",
    )


def _bytes(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"The file cannot be read: {error.strerror}.",
            where=str(file),
            mend="Check the file and its permissions.",
        ) from error
    if not content.strip():
        raise DatasetError("The file is empty.", where=str(file), mend="Export the table again.")
    return content


def _parquet(content: bytes, *, source: str) -> RawTable:
    try:
        frame = pl.read_parquet(io.BytesIO(content), glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise DatasetError(
            "The file is no Parquet file, or it is damaged.", where=source, mend="Export the table again."
        ) from error
    return RawTable(
        frame=headed(frame, frame.columns, source=source),
        rows=pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True),
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


def _csv(content: bytes, *, source: str) -> RawTable:
    text = _text(content, source=source).lstrip("\r\n")
    first = text.split("\n", 1)[0]
    if "," not in first and ";" in first:
        raise DatasetError(
            "The columns are separated by semicolons.",
            where=source,
            mend="Save the file with commas between columns.",
        )
    separator = "\t" if "\t" in first and "," not in first else ","
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
