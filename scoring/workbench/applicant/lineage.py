"""From each indicator down to the facts that it reads: rows as handed in, with their units, documents and days.

What an indicator reads is declared once, in :mod:`features.lineage`; how it is known stands in the data-quality record of the
batch. The rows are those that the application may see, restatements resolved; the factors behind them stand in
:mod:`scoring.workbench.applicant.factors`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES
from features.contract import CONTRACT
from features.lineage import indicator_inputs
from scoring.memo.strings import shown
from scoring.texts.values import indicator_name, value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts
    from features.lineage import Input
    from scoring.results import Results
    from scoring.texts import Language

__all__ = ["FactTable", "Known", "fact_tables", "known_indicators", "plain"]

_MOST_ROWS = 60
"""Rows of a table that are shown; the rest is counted."""

_LONGEST_CELL = 80
_OF_THE_FIRM = "firms"
_KEPT_ALWAYS = ("unit", "basis", "source_document", "page", "published_on")
_NEVER = frozenset(
    {"firm_id", "application_id", "as_of", "row", "known_on_defaulted", "period_start", "currency"}
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """How an indicator is known.

    Parameters
    ----------
    indicator, name, family
        Its id, its name and the id of its family.
    value
        As told to a person.
    status
        Of the data-quality record; empty for a relative indicator, which the model computes.
    details
        What the record says of it.
    """

    indicator: str
    name: str
    family: str
    value: str
    status: str
    details: str


@dataclass(frozen=True, kw_only=True)
class FactTable:
    """Rows of one table that an indicator reads.

    Parameters
    ----------
    table, name
        Its id in the contract and its name.
    columns
        Headers.
    rows
        Cells as texts; empty where a fact was not handed in.
    more
        Rows that are not shown.
    """

    table: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def known_indicators(results: Results, lang: Language) -> list[Known]:
    """Return how each indicator of one application is known, family by family."""
    values = results.indicators.row(0, named=True)
    record = {
        row["indicator"]: row
        for row in results.data_quality.filter(pl.col("indicator").is_not_null()).to_dicts()
    }
    found = []
    for item in sorted(CATALOGUE.values(), key=lambda item: list(FAMILIES).index(item.family)):
        if item.id not in values:
            continue
        row = record.get(item.id, {})
        status = row.get("status", "")
        found.append(
            Known(
                indicator=item.id,
                name=indicator_name(item.id, lang),
                family=item.family,
                value=value_text(
                    item.id,
                    values[item.id],
                    lang,
                    status=status or None,
                    own_industry_names=results.own_industry_names,
                ),
                status=status,
                details=shown(row.get(f"detail_{lang}"), most=600),
            )
        )
    return found


def fact_tables(facts: Facts, indicator: str, lang: Language) -> list[FactTable]:
    """Return the rows behind an indicator, a table each.

    Parameters
    ----------
    facts
        As-of facts of one application.
    indicator
        Id in the catalogue; of a relative one the rows are those of its base.
    lang
        Language of the headers.
    """
    read = CATALOGUE[indicator].base or indicator
    inputs = indicator_inputs().get(read, ())
    return [_table(facts, one, lang) for one in inputs]


def _table(facts: Facts, wanted: Input, lang: Language) -> FactTable:
    rows = (
        facts.applications if wanted.table in {_OF_THE_FIRM, "applications"} else getattr(facts, wanted.table)
    )
    if wanted.column:
        rows = rows.filter(pl.col(wanted.column).is_in(list(wanted.values)))
    declared = CONTRACT[wanted.table]
    names = _columns(rows, wanted)
    held = rows.select(names).filter(_handed_in(names, wanted))
    if declared.period_column in names:
        held = held.sort(declared.period_column, descending=True, nulls_last=True, maintain_order=True)
    heads = [declared.column(name) for name in names]
    return FactTable(
        table=wanted.table,
        name=declared.zh if lang == "zh" else declared.name,
        columns=tuple(_head(head.zh if lang == "zh" else head.name, head.unit) for head in heads),
        rows=tuple(tuple(plain(cell) for cell in row) for row in held.head(_MOST_ROWS).iter_rows()),
        more=max(held.height - _MOST_ROWS, 0),
    )


def _columns(rows: pl.DataFrame, wanted: Input) -> list[str]:
    """Return which columns are shown: the key, what is read, and where it comes from; none that is empty throughout."""
    declared = CONTRACT[wanted.table]
    of_table = [column.name for column in declared.columns] + ["source_document", "page"]
    # Of the firm itself only what is read: the row of facts holds the application's columns beside it.
    asked = set(wanted.columns) or set(of_table)
    key = set() if wanted.table == _OF_THE_FIRM else set(declared.key)
    return [
        name
        for name in of_table
        if name in rows.columns
        and name not in _NEVER
        and (name in asked or name in key or name in _KEPT_ALWAYS)
        and (name in wanted.columns or rows[name].null_count() < rows.height)
    ]


def _handed_in(names: Sequence[str], wanted: Input) -> pl.Expr:
    """Leave out rows that state nothing of what is read."""
    read = [name for name in names if name in wanted.columns]
    return pl.any_horizontal(pl.col(read).is_not_null()) if read else pl.lit(value=True)


def _head(name: str, unit: str) -> str:
    plain_name = name.replace("_", " ")
    return f"{plain_name} ({unit})" if unit else plain_name


def plain(cell: Any) -> str:  # noqa: ANN401  (whatever a clean table holds)
    """Return a cell as a text that is harmless on a page.

    Examples
    --------
    >>> plain(1234567.5), plain(0.25), plain(None), plain("a" * 100)[-1]
    ('1,234,567.5', '0.25', '', '…')
    """
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.6g}" if abs(cell) < 1 else f"{cell:,.4f}".rstrip("0").rstrip(".")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return shown(str(cell), most=_LONGEST_CELL)
