"""The two pages that explain the template: the cover with rules and sheets, and the list of all columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.contract import CONTRACT, PROVENANCE
from features.contract_chinese import KINDS, column_meaning, table_meaning
from features.template.styles import width
from features.template.texts import RULES, example, said, sheet_name, unit_text

if TYPE_CHECKING:
    from features.template.lists import Language
    from features.template.styles import Styles

__all__ = ["write_columns", "write_cover"]

_NEEDED_TO = {"score": ("评分必需", "to score"), "train": ("训练必需", "to train"), "": ("选填", "optional")}

_HEADS = (
    ("工作表", "Sheet", 16),
    ("表头", "Header", 20),
    ("英文列名", "English header", 24),
    ("必填", "Required", 14),
    ("类型", "Kind", 20),
    ("单位", "Unit", 40),
    ("含义", "Meaning", 72),
    ("英文含义", "Meaning in English", 80),
    ("示例", "Example", 30),
)


_LINE = 14
"""Height of a line of text, in points."""


def write_cover(sheet: Any, styles: Styles, *, language: Language) -> None:  # noqa: ANN401
    """Write the rules in short, and the sheets with what each holds and when it is needed."""
    height = 34 if language == "both" else 20
    sheet.hide_gridlines(2)
    for position, wide in enumerate((3, 26, 92, 24)):
        sheet.set_column(position, position, wide)
    sheet.set_row(0, 34)
    sheet.write_string(
        0,
        1,
        said("绿色信贷数据模板", "Green credit data template", language=language, between=" "),
        styles.title(),
    )
    row = 2
    sheet.write_string(row, 1, said("填写规则", "Rules", language=language, between=" "), styles.head())
    sheet.merge_range(row, 2, row, 3, "", styles.head())
    for number, (chinese, english) in enumerate(RULES, start=1):
        row += 1
        sheet.set_row(row, height)
        sheet.write_number(row, 1, number, styles.line(align="center"))
        sheet.merge_range(row, 2, row, 3, said(chinese, english, language=language), styles.line())
    row += 2
    heads = (("工作表", "Sheet"), ("内容", "Holds"), ("何时需要", "Needed"))
    for position, (chinese, english) in enumerate(heads, start=1):
        sheet.write_string(
            row, position, said(chinese, english, language=language, between=" "), styles.head()
        )
    for table in CONTRACT.values():
        row += 1
        sheet.set_row(row, height)
        target = f"internal:'{sheet_name(table, language=language)}'!A1"
        name = said(table.zh, table.name, language=language, between=" ")
        sheet.write_url(row, 1, target, styles.link(), name)
        meaning = said(table_meaning(table), table.meaning, language=language)
        sheet.write_string(row, 2, meaning, styles.line())
        needed = said(*_NEEDED_TO[table.needed_to], language=language, between=" ")
        sheet.write_string(row, 3, needed, styles.needed(table.needed_to))


def write_columns(sheet: Any, styles: Styles, *, language: Language) -> None:  # noqa: ANN401
    """Write every column of every table with its English name, kind, unit, meaning in both languages and example."""
    sheet.freeze_panes(1, 2)
    for position, (chinese, english, wide) in enumerate(_HEADS):
        sheet.set_column(position, position, wide)
        sheet.write_string(0, position, said(chinese, english, language=language, between=" "), styles.head())
    sheet.repeat_rows(0)
    row = 0
    for table in CONTRACT.values():
        for column in (*table.columns, *PROVENANCE):
            row += 1
            kind_en, kind_zh = KINDS[column.kind]
            required = said("必填", "required", language=language, between=" ")
            cells = (
                sheet_name(table, language=language),
                column.name if language == "en" else column.zh,
                column.name,
                required if column.required else "",
                said(kind_zh, kind_en, language=language, between=" "),
                unit_text(column, language=language),
                column_meaning(table, column),
                column.meaning,
                example(table, column, language=language),
            )
            # A spreadsheet does not make a row higher by itself when it opens a file.
            lines = max(1 + width(cell) // wide for cell, (_, _, wide) in zip(cells, _HEADS, strict=True))
            sheet.set_row(row, _LINE * lines + 3)
            for position, cell in enumerate(cells):
                sheet.write_string(row, position, cell, styles.line())
