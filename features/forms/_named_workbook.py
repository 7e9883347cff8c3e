"""The cells behind a workbook's defined names, read defensively: stored values only.

Formulas, links to other workbooks, macros and drawings are never looked at. The archive is not unpacked, nothing
outside it is opened, and a document type (the door of entity bombs and external entities) is refused.

Source of the format: ECMA-376 part 1, SpreadsheetML (defined names 18.2.5, cells 18.3.1.4, shared strings 18.4.9).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from features.errors import DatasetError
from features.forms._archive import opened, part_of, walk
from features.forms._sheet_cells import column_letters, column_number, shared_strings, sheet_cells
from features.intake.raw import spelled

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from features.forms._sheet_cells import Cell

__all__ = ["Area", "NamedWorkbook", "names_of", "read_named"]

MAX_LINES, MAX_COLUMNS = 10_000, 100
"""Largest area of a name; the largest of the published forms has 1,047 lines."""

_AREA = re.compile(
    r"^(?:'((?:[^']|'')+)'|([^'!\[\]#]+))!\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$"
)


@dataclass(frozen=True, kw_only=True)
class Area:
    """A rectangle of one sheet; rows and columns count from 1, ends included."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, kw_only=True)
class NamedWorkbook:
    """Defined names and the cells of the sheets they point to.

    Parameters
    ----------
    names
        Defined name to its area; a name whose reference is lost (``#REF!``) is not among them.
    sheets
        Sheet to (row, column) to cell.
    """

    names: Mapping[str, Area]
    sheets: Mapping[str, Mapping[tuple[int, int], Cell]]

    def lines(self, name: str, *, down: int = 0, count: int | None = None) -> list[Cell | None]:
        """Return the first filled cell of each line of a name's area (merged cells hold their value in the first).

        Parameters
        ----------
        name
            A defined name; one that the workbook lacks has no lines.
        down
            Lines below the area's top at which to begin; negative is above.
        count
            How many lines; those of the area where it is not given.
        """
        area = self.names.get(name)
        if area is None:
            return []
        cells = self.sheets.get(area.sheet, {})
        top = area.top + down
        height = area.bottom - area.top + 1 if count is None else count
        return [
            next(
                (
                    cells[line, column]
                    for column in range(area.left, area.right + 1)
                    if (line, column) in cells
                ),
                None,
            )
            for line in range(top, top + height)
        ]

    def address(self, name: str) -> str:
        """Return where a name's first cell stands, as Excel writes it: ``'General Information'!D5``."""
        area = self.names[name]
        sheet = area.sheet.replace("'", "''")
        return f"'{sheet}'!{column_letters(area.left)}{area.top}"


def names_of(path: Path) -> Mapping[str, Area]:
    """Return the defined names of a workbook without opening a sheet; errors as in :func:`read_named`."""
    with opened(path) as archive:
        return _names(archive, spelled(path))


def read_named(path: Path, wanted: Iterable[str]) -> NamedWorkbook:
    """Return the workbook's names, and the cells of the sheets that the wanted names point to.

    Parameters
    ----------
    path
        An ``.xlsx`` or ``.xlsm`` file.
    wanted
        Defined names.

    Raises
    ------
    DatasetError
        If the file is no workbook, is damaged, unpacks to more than the limits of this module, or its XML carries
        a document type.
    """
    source = spelled(path)
    with opened(path) as archive:
        names = _names(archive, source)
        sheets = {names[name].sheet for name in wanted if name in names}
        parts = _sheet_parts(archive, source)
        strings = shared_strings(archive, source)
        cells = {
            sheet: sheet_cells(archive, parts[sheet], strings, source)
            for sheet in sorted(sheets)
            if sheet in parts
        }
    return NamedWorkbook(names=names, sheets=MappingProxyType(cells))


def _names(archive: zipfile.ZipFile, source: str) -> Mapping[str, Area]:
    part = "xl/workbook.xml"
    found: dict[str, Area] = {}
    open_name: list[str] = []
    pieces: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr" and attributes.get("date1904", "0").lower() in {"1", "true"}:
            raise DatasetError(
                "The workbook counts its days from 1904, so its dates cannot be told from others four years apart.",
                where=source,
                mend="Copy the answers into the form as published, or switch the 1904 date system off in Excel's options.",
            )
        if tag == "definedName" and "localSheetId" not in attributes:
            # A name that belongs to one sheet (a print area, a filter) is none of the form's.
            open_name.append(attributes.get("name", ""))
            pieces.clear()

    def end(tag: str) -> None:
        if tag == "definedName" and open_name:
            name, area = open_name.pop(), _area("".join(pieces))
            if area is not None:
                found[name] = area

    walk(part_of(archive, part, source), source=source, part=part, start=start, end=end, text=pieces.append)
    return MappingProxyType(found)


def _area(reference: str) -> Area | None:
    """Return the rectangle of a reference; None for a lost one, another workbook's, a formula, or one larger than a form's.

    Examples
    --------
    >>> _area("'General Information'!$D$3:$E$3")
    Area(sheet='General Information', top=3, left=4, bottom=3, right=5)
    >>> _area("'General Information'!#REF!"), _area("[1]Sheet!$A$1"), _area("'[1]Sheet'!$A$1")
    (None, None, None)
    """
    matched = _AREA.match(reference.strip())
    if matched is None:
        return None
    quoted, plain, left, top, right, bottom = matched.groups()
    sheet = quoted.replace("''", "'") if quoted else plain
    if "[" in sheet:
        return None
    area = Area(
        sheet=sheet,
        top=int(top),
        left=column_number(left),
        bottom=int(bottom or top),
        right=column_number(right or left),
    )
    small = area.bottom - area.top < MAX_LINES and area.right - area.left < MAX_COLUMNS
    return area if small else None


def _sheet_parts(archive: zipfile.ZipFile, source: str) -> dict[str, str]:
    """Return the part that holds each sheet."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            targets[attributes.get("Id", "")] = posixpath.normpath(
                posixpath.join("/xl", attributes.get("Target", ""))
            ).lstrip("/")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith("}id")), "")
            sheets[attributes.get("name", "")] = key

    relations = "xl/_rels/workbook.xml.rels"
    walk(part_of(archive, relations, source), source=source, part=relations, start=relation)
    book = "xl/workbook.xml"
    walk(part_of(archive, book, source), source=source, part=book, start=sheet)
    return {name: targets[key] for name, key in sheets.items() if key in targets}
