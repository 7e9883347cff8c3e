"""Which table a file or sheet is, and which column a header is: English, Chinese and alias spellings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from features.contract import CONTRACT, PROVENANCE
from features.errors import DatasetError
from features.reference import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Headers", "match_columns", "match_tables"]

_PERSONAL = re.compile(
    r"姓名|联系人|法定代表人|法人代表|手机|身份证|电话|邮箱|微信|护照"
    r"|\b(?:contact|phone|telephone|mobile|e?mail|wechat|passport|person|id (?:number|no|card)|"
    r"(?:first|last|full|given|family) name|legal representative)\b"
)


@dataclass(frozen=True, kw_only=True)
class Headers:
    """What the headers of one table mean.

    Parameters
    ----------
    columns
        Header as handed in to column of the contract.
    extra
        Headers that the contract has no column for.
    personal
        Headers that look like data on a person; their cells are never read.
    """

    columns: Mapping[str, str]
    extra: tuple[str, ...]
    personal: tuple[str, ...]


def _plain(text: str) -> str:
    """Return the spelling by which names are compared: without case, width, blanks, hyphens and underscores."""
    return re.sub(r"[_\-]", "", normalise(text))


def _words(text: str) -> str:
    """Return the spelling with its words apart: ``Contact_Name`` and ``contactName`` are ``contact name``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s_\-.]+", " ", apart).lower()


@cache
def _table_names() -> Mapping[str, str]:
    return {
        _plain(spelling): table.name
        for table in CONTRACT.values()
        for spelling in (*table.aliases, table.zh, table.name)
    }


@cache
def _column_names(table: str) -> Mapping[str, str]:
    return {
        _plain(spelling): column.name
        for column in (*CONTRACT[table].columns, *PROVENANCE)
        for spelling in (*column.aliases, column.zh, column.name)
    }


def match_tables(names: Sequence[str], *, source: str) -> dict[str, str]:
    """Return the names that are tables of the contract, each with its table.

    Parameters
    ----------
    names
        Names of files (without ending) or sheets.
    source
        Where they stand, for messages.

    Raises
    ------
    DatasetError
        If two names are one table, or one of them is the truth of a simulation.

    Examples
    --------
    >>> match_tables(["Firms", "能耗", "notes"], source="a folder")
    {'Firms': 'firms', '能耗': 'energy'}
    """
    refuse_truth(names, source=source)
    known = _table_names()
    found = {name: known[_plain(name)] for name in names if _plain(name) in known}
    for table in CONTRACT:
        doubles = [name for name, meant in found.items() if meant == table]
        if len(doubles) > 1:
            raise DatasetError(
                f"The table {table} is handed in more than once: {', '.join(sorted(doubles))}.",
                where=source,
                mend="Keep one of them.",
            )
    return found


def refuse_truth(names: Sequence[str], *, source: str) -> None:
    """Raise DatasetError if a name is ``truth``: what a simulation knows and no dataset may hold."""
    if any(_plain(name) == "truth" for name in names):
        raise DatasetError(
            "The dataset holds the truth of a simulation, which no score may see.",
            where=source,
            mend="Hand in the folder named dataset that stands beside the truth.",
        )


def match_columns(table: str, headers: Sequence[str], *, source: str) -> Headers:
    """Return what the headers of a table mean.

    Parameters
    ----------
    table
        Name of a table of the contract.
    headers
        Headers as handed in.
    source
        Where they stand, for messages.

    Raises
    ------
    DatasetError
        If two headers are one column.

    Examples
    --------
    >>> found = match_columns("firms", ["统一社会信用代码", "Industry", "联系人", "rating"], source="firms.csv")
    >>> found.columns, found.extra, found.personal
    ({'统一社会信用代码': 'firm_id', 'Industry': 'industry'}, ('rating',), ('联系人',))
    """
    known = _column_names(table)
    columns = {header: known[_plain(header)] for header in headers if _plain(header) in known}
    for column in sorted(set(columns.values())):
        doubles = [header for header, meant in columns.items() if meant == column]
        if len(doubles) > 1:
            raise DatasetError(
                f"Several headers of {table} are its column {column}: {', '.join(doubles)}.",
                where=source,
                mend="Keep one of them.",
            )
    others = [header for header in headers if header not in columns]
    personal = tuple(header for header in others if _PERSONAL.search(_words(header)))
    extra = tuple(header for header in others if header not in personal)
    return Headers(columns=columns, extra=extra, personal=personal)
