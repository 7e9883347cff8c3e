"""What a person may try another value of: the figures of the firm's latest years, each named so that a form can choose it.

Which columns are figures, with their bounds and units, is the contract's to say; a fact is a cell of the row that states it
last, so that another value there is another value of the fact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from features.asof import known_rows
from features.contract import CONTRACT
from features.errors import GreenCreditError
from scoring.workbench.applicant.lineage import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.contract import Column
    from features.intake import Dataset
    from scoring.texts import Language

__all__ = ["CHANGEABLE", "Cell", "Change", "changeable_cells", "changed_dataset", "read_change"]

CHANGEABLE = (
    "annual",
    "energy",
    "production",
    "emissions",
    "equipment",
    "ecology",
    "certifications",
    "applications",
)
"""Tables with figures that a firm can do something about."""

_LATEST_YEARS = 2
_FIGURES = frozenset({"number", "money", "integer"})
_POSITION = "position"
_OF_NO_FACT = frozenset({"published_on", "firm_id"})
_BETWEEN = ":"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A figure.

    Parameters
    ----------
    id
        ``table:position of its row:column``, for a form.
    table, position, column
        Where it stands in the firm's dataset.
    year
        Of its period; 0 where it has none.
    name, unit
        What it is, as a person reads it, and its unit; the unit is empty for a plain number.
    value
        As handed in.
    """

    id: str
    table: str
    position: int
    column: str
    year: int
    name: str
    unit: str
    value: float

    @property
    def told(self) -> str:
        """Name, value and unit in one line."""
        return f"{self.name}: {plain(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Change:
    """Another value of a figure."""

    cell: Cell
    value: float


def changeable_cells(dataset: Dataset, lang: Language) -> Mapping[str, Cell]:
    """Return the figures that may be tried, by their id.

    Parameters
    ----------
    dataset
        Of one application and its firm.
    lang
        Language of the names.
    """
    asked = dataset.tables["applications"].select("application_id", "firm_id", "as_of")
    # By what it is a figure of: of several rows that state it the last one is its own.
    cells: dict[tuple[str, ...], Cell] = {}
    for name in CHANGEABLE:
        numbered = dataset.tables[name].with_row_index(_POSITION)
        rows = numbered if name == "applications" else _latest(name, known_rows(name, numbered, asked))
        for row in rows.to_dicts():
            cells |= _cells(name, row, lang)
    ordered = sorted(cells.values(), key=lambda cell: (CHANGEABLE.index(cell.table), -cell.year))
    return MappingProxyType({cell.id: cell for cell in ordered})


def read_change(cells: Mapping[str, Cell], cell_id: str, value: str) -> Change:
    """Return what a form asks for.

    Raises
    ------
    GreenCreditError
        If there is no such figure, the value is no number, or it is impossible by the contract.
    """
    cell = cells.get(cell_id)
    if cell is None:
        raise _wrong(cell_id[:80], "There is no such figure to try.", "Choose one from the list.")
    try:
        number = float(value.replace(",", "").replace("，", "").strip())
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _wrong(cell.name, f"{value[:40]!r} is no number.", "Write figures such as 1250.5.")
    declared = CONTRACT[cell.table].column(cell.column)
    low, high = declared.minimum, declared.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = (
            f"from {low:g}"
            if high is None
            else f"up to {high:g}"
            if low is None
            else f"from {low:g} to {high:g}"
        )
        raise _wrong(cell.name, f"{number:g} is impossible.", f"Write a value {bounds}.")
    if declared.kind == "integer" and number != int(number):
        raise _wrong(cell.name, f"{number:g} is no whole number.", "Write a whole number.")
    return Change(cell=cell, value=number)


def changed_dataset(dataset: Dataset, changes: Sequence[Change]) -> Dataset:
    """Return the dataset with other values; nothing else of it differs."""
    tables = dict(dataset.tables)
    for change in changes:
        cell, table = change.cell, tables[change.cell.table]
        there = pl.int_range(pl.len()) == cell.position
        value = pl.lit(change.value).cast(table.schema[cell.column])
        tables[cell.table] = table.with_columns(
            pl.when(there).then(value).otherwise(pl.col(cell.column)).alias(cell.column)
        )
    return replace(dataset, tables=MappingProxyType(tables))


def _latest(name: str, known: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that state a fact, those known last behind the others, of the latest years of the table.

    A whole row is restated in every table but the annual one, where a later row takes no figure back.
    """
    fact = [c for c in CONTRACT[name].key if c not in _OF_NO_FACT and c != "recorded_on"]
    last = known if name == "annual" else known.unique(subset=fact, keep="last", maintain_order=True)
    if "period_end" not in last.columns or last.is_empty():
        return last
    year = pl.col("period_end").dt.year()
    return last.filter(year > year.max() - _LATEST_YEARS)


def _cells(name: str, row: Mapping[str, Any], lang: Language) -> dict[tuple[str, ...], Cell]:
    declared = CONTRACT[name]
    key = [c for c in declared.key if c not in _OF_NO_FACT and row[c] is not None]
    place = () if name == "applications" else tuple(plain(row[c]) for c in key)
    # A figure that is part of the key tells one fact from another and is no value of it.
    figures = [c for c in declared.columns if c.kind in _FIGURES and c.name not in declared.key]
    return {
        (name, *place, column.name): Cell(
            id=_BETWEEN.join((name, str(row[_POSITION]), column.name)),
            table=name,
            position=row[_POSITION],
            column=column.name,
            year=row["period_end"].year if row.get("period_end") else 0,
            name=" · ".join(
                part for part in (_named(name, lang), " ".join(place), _head(column, lang)) if part
            ),
            unit=_unit(column, row),
            value=float(row[column.name]),
        )
        for column in figures
        if row[column.name] is not None
    }


def _named(name: str, lang: Language) -> str:
    return CONTRACT[name].zh if lang == "zh" else name


def _head(column: Column, lang: Language) -> str:
    return column.zh if lang == "zh" else column.name.replace("_", " ")


def _unit(column: Column, row: Mapping[str, Any]) -> str:
    beside = {"quantity": "unit", "amount": "unit"}.get(column.name, f"{column.name}_unit")
    return column.unit or plain(row.get(beside))


def _wrong(where: str, what: str, mend: str) -> GreenCreditError:
    return GreenCreditError(what, where=where, mend=mend)
