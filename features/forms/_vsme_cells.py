"""Values of the VSME form as facts: empty marks, numbers written as text, sums of what is stated."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

import polars as pl

from features.intake.cells import MISSING, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.forms._named_workbook import NamedWorkbook
    from features.forms._sheet_cells import Cell
    from features.forms.vsme_names import Place

__all__ = ["Figure", "as_text", "column", "day", "figure", "mass_unit", "one", "stated", "total"]

Figure = float | str | None
"""A number; a text that is none, handed on so that intake refuses it by its own rule; or nothing."""

_UNIT = re.compile(r"\((kg|t|m3|m³)\)\s*$")
_DAY = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_EPOCH = dt.date(1899, 12, 30)
"""Day 0 of the serial dates of Excel's 1900 system, right from 1 March 1900 on."""


def stated(cell: Cell | None) -> str | float | bool | None:
    """Return what a cell states; None for an empty one, a mark of emptiness or a value that was not stored."""
    if cell is None:
        return None
    if isinstance(cell.value, str):
        text = cell.value.strip()
        return None if text.lower() in MISSING else text
    return cell.value


def one(book: NamedWorkbook, place: Place) -> str | float | bool | None:
    """Return what the one line of a place states."""
    return next((value for value in column(book, place, count=1) if value is not None), None)


def column(book: NamedWorkbook, place: Place, *, count: int | None = None) -> list[str | float | bool | None]:
    """Return what each line of a place states."""
    return [stated(cell) for cell in book.lines(place.name, down=place.down, count=count)]


def figure(value: str | float | bool | None) -> Figure:
    """Return the number that was stated, also one written as text.

    Examples
    --------
    >>> figure(742.5), figure("1,444.83"), figure("about ten"), figure(None)
    (742.5, 1444.83, 'about ten', None)
    """
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, bool):
        return str(value)
    read = pl.select(number(pl.lit(value))).item()
    return value if read is None or not math.isfinite(read) else float(read)


def total(figures: Iterable[Figure]) -> Figure:
    """Return the sum of what is stated, as the form's own totals do; the first text where one is no number.

    Examples
    --------
    >>> total([0.1, 0.2, None]), total([None, None]), total([1.0, "some"])
    (0.30000000000000004, None, 'some')
    """
    kept = [value for value in figures if value is not None]
    text = next((value for value in kept if isinstance(value, str)), None)
    if text is not None or not kept:
        return text
    try:
        return math.fsum(value for value in kept if isinstance(value, float))
    except OverflowError:
        return "inf"


def as_text(value: str | float | bool | None) -> str | None:
    """Return a value as intake reads it: a whole number without a decimal point.

    Examples
    --------
    >>> as_text(151.0), as_text(0.1), as_text("EUR"), as_text(None)
    ('151', '0.1', 'EUR', None)
    """
    if value is None or isinstance(value, str):
        return value
    number_ = float(value)
    whole = math.isfinite(number_) and number_ == round(number_) and abs(number_) < 1e15
    return str(int(number_)) if whole else repr(number_)


def day(value: str | float | bool | None) -> dt.date | None:
    """Return the day a cell states, as text or as Excel's serial number; None where it is none.

    Examples
    --------
    >>> day("2024-12-31"), day(45657.0), day("soon")
    (datetime.date(2024, 12, 31), datetime.date(2024, 12, 31), None)
    """
    try:
        if isinstance(value, str) and (matched := _DAY.match(value[:10])):
            return dt.date(int(matched[1]), int(matched[2]), int(matched[3]))
        if isinstance(value, float) and value >= 61:
            return _EPOCH + dt.timedelta(days=math.floor(value))
    except (ValueError, OverflowError):
        return None
    return None


def mass_unit(value: str | float | bool | None) -> str | None:
    """Return the unit in brackets at the end of the form's choice, whatever the language in front of it.

    Examples
    --------
    >>> mass_unit("metric tonnes (t)"), mass_unit("cubic meters (m³)"), mass_unit("boxes")
    ('t', 'm3', None)
    """
    matched = _UNIT.search(value) if isinstance(value, str) else None
    return matched[1].replace("³", "3") if matched else None
