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
from features.intake.raw import Notice, RawDataset, RawTable, digest, headed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WORKBOOKS", "read_workbook"]

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
    source = str(path)
    try:
        content = path.read_bytes()
        _refuse_bomb(content, source=source)
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
    notices: list[Notice] = [
        (
            "unknown_sheet",
            "",
            "",
            f"The sheet {name} is not named after a table of the contract and was left out.",
            f"工作表 {name} 的名称不是数据约定中的表，未读取。",
        )
        for name in names
        if name not in tables
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
    return RawDataset(tables=raw, files={path.name: digest(content)}, notices=tuple(notices), source=source)


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
