"""How the template looks: colours, the font, formats of cells by kind, and the width of a text."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xlsxwriter

    from features.contract import Column

__all__ = ["FONT", "NEEDED", "Styles", "width"]

FONT: Mapping[str, object] = MappingProxyType(
    {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
)
"""What every cell starts from; programs without the font take their own for Chinese."""

NEEDED: Mapping[str, str] = MappingProxyType({"score": "#C0392B", "train": "#B5790F", "": "#8FB8A2"})
"""Colour of a table by what it is needed to."""

_GREEN, _PALE, _GREY, _RULE, _INK = "#1B6B45", "#DDEBE3", "#6B7570", "#B9C9C0", "#1D2B24"

_NUMBER_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        # Ids keep their leading zeros and their eighteen digits, and 2023-05 stays a month, because their cells are text.
        "text": "@",
        "choice": "@",
        "unit": "@",
        "currency": "@",
        "period": "@",
        "number": "General",
        "money": "#,##0.00",
        "integer": "0",
        "date": "yyyy-mm-dd",
    }
)


class Styles:
    """The formats of one workbook, each made once.

    Parameters
    ----------
    book
        The workbook.
    """

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}

    def _format(self, **properties: object) -> Any:  # noqa: ANN401  (xlsxwriter has no types)
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**FONT, **properties})
        return self._made[key]

    def cell(self, column: Column) -> Any:  # noqa: ANN401
        """Return the format of a column's cells; a share is shown, and typed, as a percentage."""
        shown = "0.00%" if column.unit == "share" else _NUMBER_FORMATS[column.kind]
        if shown == "@":
            return self._format(num_format=shown, indent=1)
        return self._format(num_format=shown)

    def header(self, column: Column) -> Any:  # noqa: ANN401
        """Return the format of a column's header, dark where the column is required."""
        common = {"bold": True, "align": "center", "border": 1, "border_color": "#FFFFFF"}
        if column.required:
            return self._format(**common, bg_color=_GREEN, font_color="#FFFFFF")
        return self._format(**common, bg_color=_PALE, font_color=_INK)

    def title(self) -> Any:  # noqa: ANN401
        """Return the format of the cover's title."""
        return self._format(bold=True, font_size=18, font_color=_GREEN)

    def head(self) -> Any:  # noqa: ANN401
        """Return the format of a heading row."""
        return self._format(bold=True, font_color="#FFFFFF", bg_color=_GREEN)

    def line(self, **properties: object) -> Any:  # noqa: ANN401
        """Return the format of a line of text that may wrap."""
        return self._format(text_wrap=True, bottom=4, bottom_color=_RULE, **properties)

    def link(self) -> Any:  # noqa: ANN401
        """Return the format of a link to a sheet."""
        return self.line(font_color=_GREEN, underline=1, bold=True)

    def needed(self, needed_to: str) -> Any:  # noqa: ANN401
        """Return the format of what a table is needed to."""
        if needed_to:
            return self.line(font_color=NEEDED[needed_to], bold=True)
        return self.line(font_color=_GREY)


def width(text: str) -> int:
    """Return how many narrow characters wide a text is: a Chinese one takes two.

    Examples
    --------
    >>> width("tce"), width("吨标准煤")
    (3, 8)
    """
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
