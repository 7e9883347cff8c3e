"""ARFF, the text form in which Weka and many public data sets come.

A header of ``@attribute NAME TYPE`` lines, then ``@data`` and rows with commas; ``?`` is missing, ``%`` starts a
comment. Numbers (numeric, real, integer), texts (string) and sets of texts (``{a, b}``) are read; dates, relations
and sparse rows are refused by name.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

import polars as pl

from features.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_arff"]

_ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))\s+(.+)", re.IGNORECASE)
_NUMBERS = {"numeric", "real", "integer"}


def read_arff(path: Path) -> pl.DataFrame:
    """Read an ARFF file: numbers as Float64, everything else as String, ``?`` as null.

    Raises
    ------
    InputError
        If the file is no ARFF, or holds what is not read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8 ({error}).", where=str(path), mend="Save it as UTF-8."
        ) from error
    columns: dict[str, bool] = {}
    data = None
    for number, line in enumerate(lines):
        text = line.strip()
        if text.lower().startswith("@attribute"):
            name, is_number = _attribute(text, where=f"{path}, line {number + 1}")
            columns[name] = is_number
        elif text.lower() == "@data":
            data = number + 1
            break
    if data is None or not columns:
        raise InputError(
            "The file is no ARFF: it has no @attribute, or no @data.",
            where=str(path),
            mend="Hand in CSV or Parquet.",
        )
    rows = [line.strip() for line in lines[data:] if line.strip() and not line.lstrip().startswith("%")]
    if any(row.startswith("{") for row in rows):
        raise InputError(
            "The ARFF has sparse rows, which are not read.", where=str(path), mend="Hand in CSV or Parquet."
        )
    return _frame(rows, columns, where=str(path))


def _attribute(text: str, *, where: str) -> tuple[str, bool]:
    """Name, and whether the column holds numbers."""
    if match := _ATTRIBUTE.fullmatch(text):
        name = next(group for group in match.groups()[:3] if group is not None)
        kind = match.group(4).strip().lower()
        if kind in _NUMBERS:
            return name, True
        if kind == "string" or kind.startswith("{"):
            return name, False
    raise InputError(
        f"An attribute of the ARFF cannot be read: {text}.",
        where=where,
        mend="Hand in numbers, texts and sets of texts.",
    )


def _frame(rows: list[str], columns: dict[str, bool], *, where: str) -> pl.DataFrame:
    cells = list(csv.reader(StringIO("\n".join(rows)), quotechar="'", skipinitialspace=True))
    for number, row in enumerate(cells):
        if len(row) != len(columns):
            raise InputError(
                f"Row {number + 1} of the data has {len(row)} cells for {len(columns)} attributes.",
                where=where,
                mend="Mend the row.",
            )
    texts = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")
    stripped = texts.with_columns(pl.all().str.strip_chars().replace("?", None))
    try:
        return stripped.with_columns(
            pl.col(name).cast(pl.Float64) for name, is_number in columns.items() if is_number
        )
    except pl.exceptions.InvalidOperationError as error:
        raise InputError(
            f"A column of numbers holds something else: {str(error).splitlines()[0]}.",
            where=where,
            mend="Mend the cell; ? is missing.",
        ) from error
