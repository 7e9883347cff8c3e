"""What real files bring: units of all sorts, Chinese headers, duplicates, impossible values, wrong ids.

Some of it must still read correctly, or, for exact duplicates, be dropped and counted (no rule); the rest must end in the quarantine under its rule.
Every spoiled cell is written down in a table that stays outside the dataset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.contract import CONTRACT
from features.simulate.spoilage import BAD, BENIGN, CONFLICTS, DUPLICATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Integers

__all__ = ["CHINESE_HEADERS", "SPOILED_SCHEMA", "spoil"]

SPOILED_SCHEMA: dict[str, type[pl.DataType]] = {
    "table": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "kind": pl.String,
    "rule": pl.String,
}

CHINESE_HEADERS: tuple[str, ...] = ("energy", "incidents", "applications")
"""Tables that come under Chinese headers."""

_BAD_SHARE = 0.001
"""Share of a table's fitting rows that each kind of bad cell hits, at least one row."""
_BENIGN_SHARE = 0.02
_REPEATED_SHARE = 0.002


@dataclass
class _Sheet:
    """A table on its way to being spoiled."""

    name: str
    frame: pl.DataFrame
    used: Booleans
    records: list[pl.DataFrame]

    def record(self, rows: Integers, *, column: str, kind: str, rule: str | None) -> None:
        self.used[rows] = True
        entry = pl.DataFrame(
            {
                "table": [self.name] * len(rows),
                "row": rows + 1,
                "column": [column] * len(rows),
                "kind": [kind] * len(rows),
                "rule": [rule] * len(rows),
            },
            schema=SPOILED_SCHEMA,
        )
        self.records.append(entry)


def spoil(
    streams: Streams, tables: Mapping[str, pl.DataFrame]
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Spoil a small share of the rows.

    Returns
    -------
    tuple
        The tables as they would be handed in (columns with odd text are text), and what was spoiled: one row per
        cell with table, row (1 is the first data row), column, kind and rule (null where the row must be read).
    """
    sheets: dict[str, _Sheet] = {}
    outcast: pl.Series = pl.Series([], dtype=pl.String)
    # firms first: rows of a firm that is refused are left alone, their fate is settled
    for name in sorted(tables, key=lambda table: (table != "firms", table)):
        frame = tables[name]
        used = np.zeros(frame.height, dtype=bool)
        if "firm_id" in frame.columns:
            used |= frame["firm_id"].is_in(outcast.implode()).to_numpy()
        sheet = _Sheet(name=name, frame=frame, used=used, records=[])
        _repeat(streams, sheet)
        _cells(streams, sheet)
        sheets[name] = sheet
        if name == "firms":
            outcast = _outcasts(frame, sheet)
    spoiled = pl.concat([r for s in sheets.values() for r in s.records]).sort(
        "table", "row", "column", "kind"
    )
    result = {name: sheets[name].frame for name in tables}
    for name in CHINESE_HEADERS:
        result[name] = result[name].rename({c.name: c.zh for c in CONTRACT[name].columns}, strict=False)
    return result, spoiled


def _outcasts(frame: pl.DataFrame, sheet: _Sheet) -> pl.Series:
    """Return the ids of firms whose own row was spoiled so that it is quarantined."""
    bad = (
        pl.concat(sheet.records).filter(pl.col("rule").is_in(["", "duplicate"]).not_())["row"].unique().sort()
        - 1
    )
    return frame["firm_id"].gather(bad.filter(bad < frame.height)).unique().sort()


def _pick(streams: Streams, sheet: _Sheet, name: str, eligible: Booleans, share: float) -> Integers:
    rows = np.flatnonzero(eligible & ~sheet.used)
    if not len(rows):
        return rows
    size = min(len(rows), max(1, round(share * len(rows))))
    return np.sort(streams.generator(f"messy_{sheet.name}_{name}").choice(rows, size, replace=False))


def _repeat(streams: Streams, sheet: _Sheet) -> None:
    """Append exact duplicates, and rows of one key that disagree."""
    frame = sheet.frame
    if sheet.name in DUPLICATED:
        rows = _pick(streams, sheet, "duplicate", np.ones(frame.height, dtype=bool), _REPEATED_SHARE)
        sheet.used[rows] = True
        _append(sheet, frame[rows], column="", kind="exact_duplicate", rule=None)
    if sheet.name in CONFLICTS:
        column = CONFLICTS[sheet.name]
        frame = sheet.frame
        filled = frame[column].is_not_null().to_numpy()
        rows = _pick(streams, sheet, "conflict", filled, _REPEATED_SHARE)
        other = frame[rows].with_columns((pl.col(column) * 1.5 + 1).cast(frame.schema[column]))
        sheet.record(rows, column=column, kind="conflicting_rows", rule="conflicting_rows")
        _append(sheet, other, column=column, kind="conflicting_rows", rule="conflicting_rows")


def _append(sheet: _Sheet, rows: pl.DataFrame, *, column: str, kind: str, rule: str | None) -> None:
    start = sheet.frame.height
    sheet.frame = pl.concat([sheet.frame, rows])
    sheet.used = np.concatenate([sheet.used, np.ones(rows.height, dtype=bool)])
    sheet.record(np.arange(start, start + rows.height), column=column, kind=kind, rule=rule)


def _cells(streams: Streams, sheet: _Sheet) -> None:
    """Replace single cells, each row at most once."""
    typed = sheet.frame
    changes: dict[str, list[tuple[Integers, list[str | None]]]] = {}
    for kinds, share in ((BAD, _BAD_SHARE), (BENIGN, _BENIGN_SHARE)):
        for spoilage in kinds:
            if spoilage.table != sheet.name or not set(spoilage.needs) <= set(typed.columns):
                continue
            eligible = typed.select(spoilage.where.fill_null(value=False)).to_series().to_numpy()
            rows = _pick(streams, sheet, spoilage.kind + spoilage.column, eligible, share)
            if not len(rows):
                continue
            for column, cells in spoilage.change(typed[rows]).items():
                changes.setdefault(column, []).append((rows, cells))
            sheet.record(rows, column=spoilage.column, kind=spoilage.kind, rule=spoilage.rule)
    for column, hits in changes.items():
        text = typed[column].cast(pl.String)
        for rows, cells in hits:
            text = text.scatter(rows, pl.Series(cells, dtype=pl.String))
        sheet.frame = sheet.frame.with_columns(text.alias(column))
