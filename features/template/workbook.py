"""Writing the template: the cover, a sheet per table, the list of all columns, and the hidden sheet of lists."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from features.contract import CONTRACT, PROVENANCE
from features.errors import DatasetError
from features.intake.raw import spelled
from features.intake.workbook import HELP_SHEET
from features.template.lists import drop_down
from features.template.pages import write_columns, write_cover
from features.template.rules import validation
from features.template.styles import FONT, NEEDED, Styles, width
from features.template.texts import note, sheet_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.contract import Table
    from features.template.lists import Language

__all__ = ["COLUMNS_SHEET", "COVER_SHEET", "LISTS_SHEET", "write_template"]

COVER_SHEET, COLUMNS_SHEET, LISTS_SHEET = "说明 Read me", "栏目 Columns", "lists"
"""Names of the sheets that are no tables."""

_LAST_ROW = 1_048_575
"""Last row of a sheet, counted from 0."""

_A4 = 9
_NOTE_CHARACTERS, _NOTE_WIDTH, _LINE_HEIGHT = 44, 300, 18
"""A note's line in narrow characters, its width and the height of a line in pixels."""


def write_template(path: Path, *, language: Language = "both") -> None:
    """Write the workbook that a bank fills in.

    Parameters
    ----------
    path
        The file, ending in ``.xlsx``; there must be none of that name, because it may have been filled in.
    language
        ``both`` (Chinese headers and lists, notes in Chinese and English), ``zh`` or ``en``. Equal calls give equal
        bytes.

    Raises
    ------
    DatasetError
        If the name does not end in ``.xlsx``, there is a file of that name, its folder is missing, or it cannot be
        written.
    """
    if path.suffix.lower() != ".xlsx":
        raise DatasetError(
            "The template is an Excel workbook.",
            where=spelled(path),
            mend="Give a file name that ends in .xlsx.",
        )
    try:
        _write_new(path, language)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise DatasetError(
            f"The template cannot be written: {getattr(error, 'strerror', None) or error}.",
            where=spelled(path),
            mend="Choose a folder that you may write to, and a shorter name.",
        ) from error


def _write_new(path: Path, language: Language) -> None:
    if path.exists():
        raise DatasetError(
            "There is a file of that name already, which may have been filled in.",
            where=spelled(path),
            mend="Choose another name, or remove the file first.",
        )
    if not path.parent.is_dir():
        raise DatasetError(
            "There is no such folder.", where=spelled(path.parent), mend="Make the folder, or choose another."
        )
    with xlsxwriter.Workbook(path, {"default_format_properties": dict(FONT)}) as book:
        # A fixed day keeps equal templates equal byte by byte.
        book.set_properties(
            {
                "title": "绿色信贷数据模板 Green credit data template",
                "created": dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
            }
        )
        _write(book, language)


def _write(book: xlsxwriter.Workbook, language: Language) -> None:
    styles = Styles(book)
    cover = book.add_worksheet(COVER_SHEET)
    sheets = {
        name: book.add_worksheet(sheet_name(table, language=language)) for name, table in CONTRACT.items()
    }
    columns = book.add_worksheet(COLUMNS_SHEET)
    lists = book.add_worksheet(LISTS_SHEET)
    named = _write_lists(book, lists, language)
    write_cover(cover, styles, language=language)
    for name, sheet in sheets.items():
        _write_table(sheet, CONTRACT[name], styles, named=named, language=language)
    write_columns(columns, styles, language=language)
    for sheet in (cover, *sheets.values(), columns):
        sheet.set_landscape()
        sheet.set_paper(_A4)
    for sheet in (cover, columns):
        sheet.fit_to_pages(1, 0)
    for sheet in sheets.values():
        sheet.repeat_rows(0)
        sheet.repeat_columns(0)
    for number, title in enumerate((COVER_SHEET, COLUMNS_SHEET, LISTS_SHEET), start=1):
        # A name follows its sheet when somebody renames it; intake knows these sheets by it.
        book.define_name(f"{HELP_SHEET}{number}", f"='{title}'!$A$1")
    lists.hide()
    cover.activate()


def _write_lists(
    book: xlsxwriter.Workbook,
    sheet: Any,  # noqa: ANN401  (xlsxwriter has no types)
    language: Language,
) -> Mapping[tuple[str, ...], str]:
    """Write each distinct list into a column of its sheet; return the defined name of each."""
    named: dict[tuple[str, ...], str] = {}
    for table in CONTRACT.values():
        for column in table.columns:
            entries = drop_down(table, column, language=language)
            if not entries or entries in named:
                continue
            position = len(named)
            letter = xl_col_to_name(position)
            named[entries] = f"list_{position + 1}"
            sheet.write_column(0, position, entries)
            book.define_name(named[entries], f"={LISTS_SHEET}!${letter}$1:${letter}${len(entries)}")
    return named


def _write_table(
    sheet: Any,  # noqa: ANN401
    table: Table,
    styles: Styles,
    *,
    named: Mapping[tuple[str, ...], str],
    language: Language,
) -> None:
    """Write the header row of a table, with the notes, formats and validations of its columns."""
    sheet.set_tab_color(NEEDED[table.needed_to])
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 26)
    sheet.set_comments_author("GreenCredit")
    # Ids and years are text on purpose; the spreadsheet need not flag each of them.
    sheet.ignore_errors(
        {
            "number_stored_as_text": f"A1:{xl_col_to_name(len(table.columns) + len(PROVENANCE) - 1)}{_LAST_ROW + 1}"
        }
    )
    for position, column in enumerate((*table.columns, *PROVENANCE)):
        header = column.name if language == "en" else column.zh
        entries = drop_down(table, column, language=language)
        wide = max(11, *(width(text) + 3 for text in (header, *entries[:12])))
        sheet.set_column(position, position, min(wide, 34), styles.cell(column))
        sheet.write_string(0, position, header, styles.header(column))
        text = note(table, column, language=language)
        lines = sum(1 + width(line) // _NOTE_CHARACTERS for line in text.split("\n"))
        shape = {
            "width": _NOTE_WIDTH,
            "height": _LINE_HEIGHT * lines + 12,
            "font_size": 9,
            "color": "#FFFDF0",
        }
        sheet.write_comment(0, position, text, shape)
        rule = validation(table, column, named=named.get(entries, ""), language=language)
        if rule:
            sheet.data_validation(1, position, _LAST_ROW, position, rule)
