"""The filled cells of one sheet and the texts that sheets share, as stored values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from features.forms._archive import part_of, too_large, walk

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Mapping

__all__ = ["MAX_CELLS", "Cell", "column_number", "shared_strings", "sheet_cells"]

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


def sheet_cells(
    archive: zipfile.ZipFile, part: str, strings: list[str], source: str
) -> Mapping[tuple[int, int], Cell]:
    cells: dict[tuple[int, int], Cell] = {}
    place: list[tuple[int, int]] = []
    kind: list[str] = [""]
    inside: list[str] = []
    pieces: list[str] = []
    formula: list[bool] = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "c":
            matched = _REFERENCE.match(attributes.get("r", ""))
            place[:] = [(int(matched[2]), column_number(matched[1]))] if matched else []
            kind[0], formula[0] = attributes.get("t", "n"), False
            pieces.clear()
        elif tag == "f":
            formula[0] = True

    def end(tag: str) -> None:
        inside.pop()
        if tag == "c" and place:
            cell = _cell(kind[0], "".join(pieces), strings, formula=formula[0])
            if cell is not None:
                cells[place[0]] = cell
                if len(cells) > MAX_CELLS:
                    raise too_large(source, f"{part} has more than {MAX_CELLS} filled cells")

    def text(piece: str) -> None:
        if inside and inside[-1] in {"v", "t"} and "rPh" not in inside:
            pieces.append(piece)

    walk(part_of(archive, part, source), source=source, part=part, start=start, end=end, text=text)
    return MappingProxyType(cells)


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
