"""What was left out without harm to any row, said once in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.contract import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.intake.headers import Headers
    from features.intake.raw import Notice

__all__ = ["absent_tables", "header_notices", "unknown_table"]


def unknown_table(name: str) -> Notice:
    """Return that a table was left out."""
    return (
        "unknown_table",
        "",
        "",
        f"{name} is no table of the contract and was left out.",
        f"{name} 不是数据约定中的表，未读取。",
    )


def header_notices(headers: Mapping[str, Headers]) -> list[Notice]:
    """Return the columns that were left out, those that look like data on a person apart."""
    notices: list[Notice] = []
    for name, found in headers.items():
        zh = CONTRACT[name].zh
        notices += [
            (
                "extra_column",
                name,
                header,
                f"The contract has no column {header} in {name}; it was left out.",
                f"数据约定的{zh}表中没有“{header}”列，未使用。",
            )
            for header in found.extra
        ]
        notices += [
            (
                "personal_data",
                name,
                header,
                f"The column {header} of {name} looks like data on a person; it was not read. Do not hand it in.",
                f"{zh}表的“{header}”列疑似个人信息，未读取，请勿提交。",
            )
            for header in found.personal
        ]
    return notices


def absent_tables(headers: Mapping[str, Headers], needed: Sequence[str]) -> list[Notice]:
    """Return what a score would still need; for a check, which does not need it."""
    return [
        (
            "missing_table",
            name,
            "",
            f"The table {name} is not there; the dataset cannot be scored without it.",
            f"缺少{CONTRACT[name].zh}表，无法评分。",
        )
        for name in needed
        if name not in headers
    ]
