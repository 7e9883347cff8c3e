"""The filled cells of one sheet and the texts that sheets share, as stored values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from features.forms._archive import damaged, part_of, too_large, walk

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Mapping

__all__ = ["MAX_CELLS", "Cell", "column_letters", "column_number", "shared_strings", "sheet_cells"]

MAX_CELLS = 300_000
"""Most filled cells of one sheet; the largest of the published forms has 11,000."""

_REFERENCE = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")

Value = str | float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell that holds something: its stored value, or why there is none (``unstored`` formula, ``#REF!``)."""

    value: Value
    problem: str = ""


def column_number(letters: str) -> int:
    """Return the number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> column_letters(1), column_letters(26), column_letters(27), column_number(column_letters(16384))
    ('A', 'Z', 'AA', 16384)
    """
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def shared_strings(archive: zipfile.ZipFile, source: str) -> list[str]:
    part = "xl/sharedStrings.xml"
    if part not in archive.namelist():
        return []
    strings: list[str] = []
    pieces: list[str] = []
    inside: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "si":
            pieces.clear()

    def end(tag: str) -> None:
        inside.pop()
        if tag == "si":
            strings.append("".join(pieces))

    def text(piece: str) -> None:
        # rPh holds the reading of Japanese characters, not the text.
        if inside and inside[-1] == "t" and "rPh" not in inside:
            pieces.append(piece)

    walk(part_of(archive, part, source), source=source, part=part, start=start, end=end, text=text)
    return strings


@dataclass(slots=True)
class _Position:
    """Where the next cell stands: a row or a cell that does not say so follows the one before it (18.3.1.4, 18.3.1.73)."""

    row: int = 0
    column: int = 0

    def enter(self, tag: str, stated: str | None) -> str:
        """Move to a row or a cell; return what is wrong with the place that it states, if anything."""
        if tag == "row":
            if stated is not None and not (stated.isascii() and stated.isdecimal() and len(stated) < 8):
                return f"a row that is said to stand at {stated!r}, which is no place"
            self.row, self.column = self.row + 1 if stated is None else int(stated), 0
        elif tag == "c" and stated is None:
            self.column += 1
        elif tag == "c":
            matched = _REFERENCE.match(stated or "")
            if matched is None:
                return f"a cell in row {self.row} that is said to stand at {stated!r}, which is no place"
            self.row, self.column = int(matched[2]), column_number(matched[1])
        return ""


@dataclass(slots=True)
class _Sheet:
    """A sheet while it is walked through: what the open elements hold, and the cells so far."""

    part: str
    source: str
    strings: list[str]
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    position: _Position = field(default_factory=_Position)
    inside: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    kind: str = ""
    formula: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.inside.append(tag)
        if problem := self.position.enter(tag, attributes.get("r")):
            raise damaged(self.source, f"{self.part} holds {problem}")
        if tag == "c":
            self.kind, self.formula = attributes.get("t", "n"), False
            self.pieces.clear()
        elif tag == "f":
            self.formula = True

    def end(self, tag: str) -> None:
        self.inside.pop()
        if tag != "c":
            return
        cell = _cell(self.kind, "".join(self.pieces), self.strings, formula=self.formula)
        if cell is not None:
            self.cells[self.position.row, self.position.column] = cell
            if len(self.cells) > MAX_CELLS:
                raise too_large(self.source, f"{self.part} has more than {MAX_CELLS} filled cells")

    def text(self, piece: str) -> None:
        if self.inside and self.inside[-1] in {"v", "t"} and "rPh" not in self.inside:
            self.pieces.append(piece)


def sheet_cells(
    archive: zipfile.ZipFile, part: str, strings: list[str], source: str
) -> Mapping[tuple[int, int], Cell]:
    """Return the filled cells of a sheet by row and column; DatasetError if a cell's place is none, or there are too many."""
    sheet = _Sheet(part=part, source=source, strings=strings)
    content = part_of(archive, part, source)
    walk(content, source=source, part=part, start=sheet.start, end=sheet.end, text=sheet.text)
    return MappingProxyType(sheet.cells)


def _cell(kind: str, stored: str, strings: list[str], *, formula: bool) -> Cell | None:
    """Return a cell; None for one that holds nothing.

    Examples
    --------
    >>> _cell("n", "742.5", [], formula=False), _cell("s", "0", ["EUR"], formula=False)
    (Cell(value=742.5, problem=''), Cell(value='EUR', problem=''))
    >>> _cell("n", "", [], formula=True), _cell("e", "#DIV/0!", [], formula=True), _cell("n", "", [], formula=False)
    (Cell(value=None, problem='unstored'), Cell(value=None, problem='#DIV/0!'), None)
    """
    if stored == "":
        # A formula that gives an empty text is stored as a text, so only other kinds lack their value.
        return Cell(value=None, problem="unstored") if formula and kind != "str" else None
    value: Value = stored
    if kind == "e":
        return Cell(value=None, problem=stored)
    if kind == "s":
        known = stored.isdecimal() and len(stored) < 10 and int(stored) < len(strings)
        value = strings[int(stored)] if known else None
    elif kind == "b":
        value = stored.strip() == "1"
    elif kind == "n":
        try:
            value = float(stored)
        except ValueError:
            return Cell(value=stored)
        if not math.isfinite(value):
            value = stored
    return None if value is None or value == "" else Cell(value=value)
