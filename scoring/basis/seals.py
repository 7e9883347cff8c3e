"""A short hash of every fact of a firm: what a record keeps, to name later the fact that is no longer what it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from features.contract import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.intake import Dataset

__all__ = ["COLUMN_DIGITS", "ROW_DIGITS", "column_seals", "fact_seals", "fact_table_names", "row_name"]

ROW_DIGITS = 16
"""Hexadecimal digits kept of a row's hash: of the few hundred facts of a firm no two are alike by chance."""

COLUMN_DIGITS = 3
"""Of a value's: they only tell which column of an altered row moved, and miss it once in 4,096 times."""


def fact_table_names() -> tuple[str, ...]:
    """Tables of the contract whose rows are facts of a firm or of its application."""
    return tuple(name for name, table in CONTRACT.items() if "firm_id" in table.clean_schema)


def fact_seals(dataset: Dataset) -> dict[str, dict[str, str]]:
    """Return the hash of every row of a firm's tables.

    Parameters
    ----------
    dataset
        Of one firm, from :meth:`features.intake.CleanFolder.firm`.

    Returns
    -------
    dict
        Table to key to seal. The key is what names a row to a person, its values in the key columns of the contract; a
        row whose key is that of another one gets ``#2``, ``#3`` and so on. The seal is the hash of the row and, behind a
        point, the shorter ones of its values in no order that tells anything (see :func:`column_seals`). Empty cells are
        in neither, so that a column which a later release adds changes no seal.
    """
    return {
        name: seals
        for name in fact_table_names()
        if (seals := _of_table(dataset.tables[name].to_dicts(), CONTRACT[name].key))
    }


def row_name(row: Mapping[str, Any], key: Sequence[str]) -> str:
    """Return what names a row to a person: its values in the key columns."""
    return ", ".join(str(_plain(row[column])) for column in key if row.get(column) is not None)


def column_seals(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the short hash of each value of a row, by its column; the column is part of what is hashed."""
    return {
        column: hashlib.sha256(_json([column, value]).encode()).hexdigest()[:COLUMN_DIGITS]
        for column, value in _told(row).items()
    }


def _of_table(rows: list[dict[str, Any]], key: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, seal in sorted((row_name(row, key), _seal(row)) for row in rows):
        unique, count = name, 1
        while unique in found:
            count += 1
            unique = f"{name} #{count}"
        found[unique] = seal
    return found


def _seal(row: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(_json(_told(row)).encode()).hexdigest()[:ROW_DIGITS]
    return f"{digest}.{''.join(sorted(column_seals(row).values()))}"


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    # Where the row stood in its file is no part of the fact.
    return {name: _plain(value) for name, value in row.items() if name != "row" and value is not None}


def _json(value: Any) -> str:  # noqa: ANN401  (whatever a clean table holds)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a clean table holds)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value
