"""A dataset as an Excel workbook: one sheet per table."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

import fastexcel
import polars as pl

from features.errors import DatasetError
from features.intake.headers import match_tables
from features.intake.raw import Notice, RawDataset, RawTable, digest, headed, refuse_pipes, spelled

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HELP_SHEET", "WORKBOOKS", "read_workbook"]

HELP_SHEET = "greencredit_help_"
"""Beginning of the defined names by which a template points to its sheets that only explain: those are no table and no news."""

_PIECE = 2**20
_LONGEST_FORMULA = 16_384  # bytes; Excel allows 8,192 characters

_ALWAYS_FINE, _MOST_TIMES = 64 * 2**20, 100
"""Bytes unpacked that are never a bomb, and the factor by which a larger workbook may grow; sheets grow 5 to 30 times."""

_DAMAGED = (
    fastexcel.FastExcelError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # a part under a password, or of an unknown compression
    zipfile.BadZipFile,
    zlib.error,
    pl.exceptions.PanicException,
)

_EXTENT, _MOST_EMPTY = 20_000_000, 100
"""Cells between the first and the last of a sheet that are always read, and how many times its filled cells they may be.

A reader makes room for all of them: one cell in the last corner of a sheet would take hundreds of gigabytes.
"""

_PLACE = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")

WORKBOOKS = (".xlsx", ".xlsm")
"""Endings of workbooks."""

_FORMULA_WITHOUT_VALUE = re.compile(rb"(?:</f>|<f[^<>]*/>)(?:<v ?/>)?</c>")


def read_workbook(path: Path) -> RawDataset:
    """Read every sheet that is a table.

    Parameters
    ----------
    path
        An ``.xlsx`` or ``.xlsm`` file. The first row of a sheet that holds anything is its header; formulas count
        with the value that was stored with them; sheets that are no tables are left out with a notice.

    Raises
    ------
    DatasetError
        If the file is no workbook, or two sheets are one table.
    """
    source = spelled(path)
    refuse_pipes(path)
    try:
        content = path.read_bytes()
        _refuse_bomb(content, source=source)
        _refuse_far_cells(content, source=source)
        book = fastexcel.read_excel(content)
        names = list(book.sheet_names)
        tables = match_tables(names, source=source)
        raw = {}
        for name, table in tables.items():
            found = _sheet(book, name, source=f"{source}, sheet {name}")
            if found is not None:
                raw[table] = found
        unstored = _formulas_without_value(path)
    except _DAMAGED as error:
        raise DatasetError(
            "The file is no Excel workbook, or it is damaged.",
            where=source,
            mend="Save it as .xlsx in Excel and hand it in again.",
        ) from error
    explaining = _help_sheets(book)
    notices: list[Notice] = [
        (
            "unknown_sheet",
            "",
            "",
            f"The sheet {name} is not named after a table of the contract and was left out.",
            f"工作表 {name} 的名称不是数据约定中的表，未读取。",
        )
        for name in names
        if name not in tables and name not in explaining
    ]
    if unstored:
        notices.append(
            (
                "formulas",
                "",
                "",
                f"{unstored} formulas of the workbook have no stored value and count as empty: open it in Excel and save it.",
                f"工作簿中有 {unstored} 个公式没有缓存值，按空值处理：请在 Excel 中打开并保存。",
            )
        )
    return RawDataset(
        tables=raw, files={spelled(path.name): digest(content)}, notices=tuple(notices), source=source
    )


def _help_sheets(book: fastexcel.ExcelReader) -> set[str]:
    """Return the sheets that a template declares to be explanations, whatever they are called by now."""
    try:
        areas = [name.formula for name in book.defined_names() if name.name.startswith(HELP_SHEET)]
    except fastexcel.FastExcelError:
        return set()
    sheets = (area.rpartition("!")[0] for area in areas)
    return {sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet for sheet in sheets}


def _sheet(book: fastexcel.ExcelReader, name: str, *, source: str) -> RawTable | None:
    """Return a sheet's cells as text; None where the sheet is empty."""
    texts = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    filled = (
        texts.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
        if texts.width
        else pl.Series([], dtype=pl.Boolean)
    )
    if not filled.any():
        return None
    header = filled.arg_max() or 0
    numbers = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="float").to_polars()
    headers = ["" if cell is None else str(cell) for cell in texts.row(header)]
    cells = _exact(texts, numbers).slice(header + 1)
    rows = pl.int_range(1, cells.height + 1, dtype=pl.Int64, eager=True)
    return RawTable(frame=headed(cells, headers, source=source), rows=rows)


def _exact(texts: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return the texts with numbers in full: the reader's own text of a number keeps nine decimals only."""
    columns = []
    for text, number in zip(texts.get_columns(), numbers.get_columns(), strict=True):
        rounded = text.cast(pl.Float64, strict=False)
        cell, value = pl.lit(text), pl.lit(number)
        differs = (rounded.is_not_null() & number.is_not_null() & (rounded != number)).fill_null(value=False)
        columns.append(
            pl.select(
                pl.when(pl.lit(differs)).then(value.cast(pl.String)).otherwise(cell).alias(text.name)
            ).to_series()
        )
    return pl.DataFrame(columns)


def _formulas_without_value(path: Path) -> int:
    if not zipfile.is_zipfile(path):
        return 0  # an old .xls under a new name, which the reader understands all the same
    with zipfile.ZipFile(path) as archive:
        return sum(
            _count(archive, name)
            for name in archive.namelist()
            if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )


def _count(archive: zipfile.ZipFile, name: str) -> int:
    """Count the formulas of a sheet that have no value, piece by piece: a sheet may be larger than memory likes."""
    count, kept = 0, b""
    with archive.open(name) as sheet:
        while piece := sheet.read(_PIECE):
            content = kept + piece
            end = 0
            for found in _FORMULA_WITHOUT_VALUE.finditer(content):
                count, end = count + 1, found.end()
            # A formula may lie across two pieces; one that was counted is not looked at again.
            kept = content[max(end, len(content) - _LONGEST_FORMULA) :]
    return count


def _refuse_bomb(content: bytes, *, source: str) -> None:
    """Raise DatasetError where the archive unpacks to far more than a workbook of its size holds."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _ALWAYS_FINE and unpacked > _MOST_TIMES * len(content):
        raise DatasetError(
            f"The workbook unpacks to {unpacked // 2**20} MB from {len(content) // 2**10} kB, which no workbook does.",
            where=source,
            mend="Save it as .xlsx in Excel and hand it in again, or export the tables as CSV or Parquet.",
        )


def _refuse_far_cells(content: bytes, *, source: str) -> None:
    """Raise DatasetError where a sheet's cells lie so far apart that nearly all of the room between them is empty."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".xml"):
                cells, rows, columns = _extent(archive, name)
                if rows * columns > max(_EXTENT, _MOST_EMPTY * cells):
                    raise DatasetError(
                        f"The {cells} cells of {name} lie in {rows} rows and {columns} columns: nearly all of it is empty.",
                        where=source,
                        mend="Delete what stands far away from the table, and save the workbook again.",
                    )


def _extent(archive: zipfile.ZipFile, name: str) -> tuple[int, int, int]:
    """Return how many cells a part has, its last row and its last column."""
    cells, rows, columns, kept = 0, 0, 0, b""
    with archive.open(name) as part:
        while piece := part.read(_PIECE):
            content = kept + piece
            places = _PLACE.findall(content)
            cells += len(places)
            rows = max((rows, *{int(row) for _, row in places}))
            columns = max(
                (columns, *(_column_number(letters) for letters in {column for column, _ in places}))
            )
            # The last element may go on in the next piece.
            kept = content[max(content.rfind(b"<"), len(content) - _LONGEST_FORMULA) :]
            if _PLACE.match(kept):
                kept = b""
    return cells, rows, columns


def _column_number(letters: bytes) -> int:
    """Return the number of a column, A as 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
