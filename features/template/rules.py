"""What a cell of the template may hold, as a spreadsheet's own validation: choices strictly, the rest so far as it is sure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_col_to_name

from features.template.lists import owner
from features.template.texts import said, sheet_name

if TYPE_CHECKING:
    from features.contract import Column, Table
    from features.template.lists import Language

__all__ = ["validation"]

_IDS_LAST_ROW = 5000
"""Ids further down their sheet are accepted after a warning."""

_LARGEST = 1e30
"""Beyond any quantity: a bound where the contract has none, because a spreadsheet wants two."""


def validation(table: Table, column: Column, *, named: str, language: Language) -> dict[str, object]:
    """Return xlsxwriter's options for the cells of a column; empty where anything may stand.

    Parameters
    ----------
    table, column
        Of the contract.
    named
        Defined name of the column's list; empty where it has none.
    language
        Language of the messages.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> energy = CONTRACT["energy"]
    >>> rule = validation(energy, energy.column("flow"), named="list_1", language="en")
    >>> rule["source"], rule["error_type"], rule["error_message"]
    ('=list_1', 'stop', 'Pick an entry of the list.')
    >>> validation(energy, energy.column("firm_id"), named="", language="en")["source"]
    "='firms'!$A$2:$A$5000"
    >>> validation(energy, energy.column("site"), named="", language="en")
    {}
    """
    rule: dict[str, object] = {
        "error_title": said("请核对", "Please check", language=language, between=" "),
        "error_type": "stop",
    }
    if named and column.kind == "choice":
        return rule | {
            "validate": "list",
            "source": f"={named}",
            "error_message": said("请从下拉列表选择。", "Pick an entry of the list.", language=language),
        }
    if named:
        return rule | {
            "validate": "list",
            "source": f"={named}",
            "error_type": "warning",
            "error_message": said(
                "不在下拉列表中，确定保留吗？",
                "It is not on the list. Keep it all the same?",
                language=language,
            ),
        }
    giving = owner(table, column)
    if giving is not None:
        letter = xl_col_to_name([c.name for c in giving.columns].index(column.name))
        return rule | {
            "validate": "list",
            "source": f"='{sheet_name(giving, language=language)}'!${letter}$2:${letter}${_IDS_LAST_ROW}",
            "error_type": "warning",
            "error_message": said(
                "该编号不在相应的工作表中，确定保留吗？",
                "The sheet of these ids does not hold it. Keep it all the same?",
                language=language,
            ),
        }
    if column.kind == "date":
        return rule | {
            "validate": "date",
            "criteria": "between",
            "minimum": dt.date(1900, 1, 1),
            "maximum": dt.date(9999, 12, 31),
            # A spreadsheet has no days before 1900; a firm may be older, and its founding day is a text then.
            "error_type": "warning",
            "error_message": said(
                "这不是 1900 年以后的日期（如 2023-12-31），确定保留吗？",
                "It is no day from 1900 on, such as 2023-12-31. Keep it all the same?",
                language=language,
            ),
        }
    if column.kind in {"number", "money", "integer"}:
        return rule | _bounds(column, language)
    return {}


def _bounds(column: Column, language: Language) -> dict[str, object]:
    low = -_LARGEST if column.minimum is None else column.minimum
    high = _LARGEST if column.maximum is None else column.maximum
    chinese, english = "请填写数字", "Write a number"
    if column.minimum is not None:
        chinese, english = f"{chinese}，不小于 {low:g}", f"{english}, at least {low:g}"
    if column.maximum is not None:
        chinese, english = f"{chinese}，不大于 {high:g}", f"{english}, at most {high:g}"
    return {
        "validate": "integer" if column.kind == "integer" else "decimal",
        "criteria": "between",
        "minimum": low,
        "maximum": high,
        "error_message": said(
            f"{chinese}；没有则留空。", f"{english}; leave it empty if unknown.", language=language
        ),
    }
