"""Rows that intake refused: counted by table and rule, read a page at a time, and given back as CSV to be mended.

The file of the quarantine has its tables one after another, so a page reads the two columns it filters by and the few
rows it shows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from features.errors import GreenCreditError
from scoring import outputs
from scoring.memo.strings import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from scoring.texts import Language

__all__ = ["PAGE_ROWS", "REFUSED", "RefusedPage", "harmless", "refused_counts", "refused_csv", "refused_page"]

REFUSED = "refused.1"
"""Name of the summary with the counts."""

PAGE_ROWS = 50

_MOST_READ, _MOST_CELL, _MOST_TOLD = 4_000, 200, 600
"""Characters of a cell that are read for a page, shown of it, and shown of what is wrong; the download has all of it."""

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheet programs read as the beginning of a formula, the wide forms included."""

_PLAIN_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?([eE][+-]?\d+)?%?")

_ADDED = ("quarantine_row", "quarantine_column", "quarantine_rule", "quarantine_what", "quarantine_mend")
"""Columns of the download after the bank's own; intake knows no such columns and leaves them aside."""


@dataclass(frozen=True, kw_only=True)
class RefusedPage:
    """Rows of the quarantine.

    Parameters
    ----------
    rows
        At most :data:`PAGE_ROWS`: ``at`` (place in the file), ``table``, ``row``, ``column``, ``value``, ``rule``, ``what``,
        ``mend``, and ``record`` (header and cell pairs).
    after
        Place that the next page begins after; ``None`` on the last one.
    """

    rows: Sequence[dict[str, Any]]
    after: int | None


def refused_counts(folder: Path) -> dict[str, Any]:
    """Count the quarantine.

    Parameters
    ----------
    folder
        What ``score`` wrote.

    Returns
    -------
    dict
        ``findings`` (all); ``tables``: each with ``table``, ``rows`` (rows of the bank's table), ``findings`` and ``rules``,
        which have ``rule`` and ``findings``; the most frequent first, tables in the order of the file.
    """
    found = _collected(folder, _scan(folder).select("table", "rule", "row"))
    by_table = found.group_by("table", maintain_order=True).agg(
        rows=pl.col("row").n_unique(), findings=pl.len()
    )
    by_rule = (
        found.group_by("table", "rule")
        .agg(findings=pl.len())
        .sort("findings", "rule", descending=[True, False])
    )
    return {
        "findings": found.height,
        "tables": [
            {
                **row,
                "rules": by_rule.filter(pl.col("table") == row["table"])
                .select("rule", "findings")
                .to_dicts(),
            }
            for row in by_table.iter_rows(named=True)
        ],
    }


def refused_page(
    folder: Path, *, lang: Language, table: str = "", rule: str = "", after: int | None = None
) -> RefusedPage:
    """Read some rows.

    Parameters
    ----------
    folder
        What ``score`` wrote.
    lang
        Of what is wrong and how to mend it.
    table, rule
        Only these; empty for all.
    after
        Place in the file of the last row of the page before; ``None`` for the first page.
    """
    begin = 0 if after is None else after + 1
    wanted = _scan(folder).with_row_index("at").slice(begin)
    for column, value in (("table", table), ("rule", rule)):
        if value:
            wanted = wanted.filter(pl.col(column) == value)
    shortened = [
        pl.col(name).str.slice(0, _MOST_READ).alias(alias)
        for name, alias in (("value", "value"), (f"what_{lang}", "what"), (f"mend_{lang}", "mend"))
    ]
    found = _collected(
        folder,
        wanted.head(PAGE_ROWS + 1).select("at", "table", "row", "column", "rule", *shortened, "record"),
    )
    rows = [_shown(row) for row in found.iter_rows(named=True)]
    more = len(rows) > PAGE_ROWS
    return RefusedPage(rows=rows[:PAGE_ROWS], after=int(rows[PAGE_ROWS - 1]["at"]) if more else None)


def refused_csv(folder: Path, table: str, *, lang: Language) -> Iterator[str]:
    """Give the refused rows of a table as CSV, to be mended and handed in again.

    Each row of the bank's table stands once, under its own headers as it was handed in, with what is wrong with it beside:
    rules, columns and mends of several findings are joined with `` | ``. A cell that a spreadsheet program would run as a
    formula begins with an apostrophe; plain numbers, negative ones too, are left as they are.

    Parameters
    ----------
    folder
        What ``score`` wrote.
    table
        Name of the contract.
    lang
        Of what is wrong and how to mend it.

    Yields
    ------
    str
        Some lines, the first with a byte-order mark, by which spreadsheet programs read Chinese.
    """
    found = _collected(
        folder,
        _scan(folder)
        .filter(pl.col("table") == table)
        .select("row", "column", "rule", f"what_{lang}", f"mend_{lang}", "record"),
    )
    once = found.group_by("row", maintain_order=True).agg(
        pl.col("record").first(),
        *(
            pl.col(name).fill_null("").unique(maintain_order=True).str.join(" | ")
            for name in ("column", "rule", f"what_{lang}", f"mend_{lang}")
        ),
    )
    headers: dict[str, None] = {}
    for record in once["record"]:
        headers |= dict.fromkeys(name for name, _ in record_of(record))
    own = list(headers)
    yield "\ufeff" + _line([*own, *_ADDED])
    for row in once.iter_rows(named=True):
        cells = dict(record_of(row["record"]))
        added = [str(row["row"]), row["column"], row["rule"], row[f"what_{lang}"], row[f"mend_{lang}"]]
        yield _line([*(cells.get(name, "") for name in own), *added])


def record_of(text: str | None) -> list[tuple[str, str]]:
    """Return the cells of a refused row by header, as they were handed in; none where none were kept.

    Examples
    --------
    >>> record_of('{"firm_id": "F1", "name": null}'), record_of("F1;x"), record_of(None)
    ([('firm_id', 'F1'), ('name', '')], [('row', 'F1;x')], [])
    """
    if text is None:
        return []
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    # A row that does not fit its headers is kept as the text it was.
    if not isinstance(content, dict):
        return [("row", text)]
    return [(str(name), "" if value is None else str(value)) for name, value in content.items()]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet program runs: what begins like a formula is made text by an apostrophe.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-440.36"), harmless("-2+3"), harmless("Steel")
    ("'=1+1", '-440.36', "'-2+3", 'Steel')
    """
    begins = cell.lstrip(" \u00a0\u3000\ufeff").startswith(_STARTS_FORMULA) or cell.startswith(
        _STARTS_FORMULA
    )
    return f"'{cell}" if begins and not _PLAIN_NUMBER.fullmatch(cell) else cell


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it may stand on a page: texts of others cut, and nothing in them that turns a line."""
    return {
        **row,
        "value": shown(row["value"], most=_MOST_CELL),
        "what": shown(row["what"], most=_MOST_TOLD),
        "mend": shown(row["mend"], most=_MOST_TOLD),
        "record": [
            (shown(name), shown(value, most=_MOST_CELL)) for name, value in record_of(row["record"]) if value
        ],
    }


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(cell) for cell in cells])
    return written.getvalue()


def _scan(folder: Path) -> pl.LazyFrame:
    return pl.scan_parquet(folder / outputs.QUARANTINE)


def _collected(folder: Path, frame: pl.LazyFrame) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise GreenCreditError(
            f"The quarantine cannot be read ({str(error).splitlines()[0]}).",
            where=str(folder / outputs.QUARANTINE),
            mend="Restore the folder where it was, or score the batch again.",
        ) from None
