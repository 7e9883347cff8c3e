"""From cells to values by the kind that the contract declares for each column, with every cell that has none refused."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from features.contract import PROVENANCE
from features.identifiers import tidy_identifier
from features.intake.cells import choices, day, filled, not_finite, number, plain_text
from features.intake.quarantine import RAW
from features.periods import parse_period, period_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.contract import Column, Table
    from features.intake.quarantine import Ledger

__all__ = ["choice_hint", "parse"]

_CELL = pl.col("_cell")
"""The filled cell, beside its value while a column is read."""

_LARGEST = 1e30
"""Beyond any quantity in any unit, and far enough from the end of the number line to convert and add up."""

_FIRM_IDS = frozenset({"firm_id", "parent_id"})
_COMPARED = frozenset(
    {"application_id", "industry", "region", "cn_code", "taxonomy_id", "project_product", "kind"}
)
_OPEN_ENDED = frozenset({"expires_on", "valid_to", "matures_on"})
"""Dates that may lie as far ahead as 9999-12-31: banks write no end so."""

_FIRST_DAY, _LAST_DAY, _FIRST_DECISION = date(1800, 1, 1), date(2100, 12, 31), date(1990, 1, 1)
_FIRST_OF_MONTH = r"^([0-9]{4}-[0-9]{2})-01(?: 00:00:00)?$"


def parse(cells: pl.DataFrame, table: Table, ledger: Ledger) -> pl.DataFrame:
    """Return the rows with a parsed column beside each cell.

    Parameters
    ----------
    cells
        ``row`` and, under their names in the contract, the cells as text.
    table
        The table's declaration.
    ledger
        Takes every cell that cannot be parsed, is impossible, or is empty though required; the value is null then.

    Returns
    -------
    pl.DataFrame
        ``row``; for every column of the contract the cell as handed in under ``raw:`` and its name, and the value
        under its name; ``period_start`` and ``period_end`` where the table has a period.
    """
    columns = (*table.columns, *PROVENANCE)
    handed_in = [column for column in columns if column.name in cells.columns]
    absent = [column for column in columns if column.name not in cells.columns]
    work = cells.select(
        "row",
        *(pl.col(column.name).alias(RAW + column.name) for column in handed_in),
        *(pl.lit(None, dtype=pl.String).alias(RAW + column.name) for column in absent),
        *(filled(pl.col(column.name)) for column in handed_in),
        *(pl.lit(None, dtype=column.dtype).alias(column.name) for column in absent),
    )
    for column in handed_in:
        if column.required:
            ledger.refuse(work.filter(pl.col(column.name).is_null()), column.name, "missing_required")
        work = _column(work, column, table, ledger)
    if table.period_column:
        labels = work.select(pl.col(table.period_column).unique())
        days = labels.with_columns(parse_period(pl.col(table.period_column)))
        work = work.join(days, on=table.period_column, how="left", nulls_equal=True, maintain_order="left")
    return work


def _column(work: pl.DataFrame, column: Column, table: Table, ledger: Ledger) -> pl.DataFrame:
    parser = _PARSERS.get(column.kind)
    if parser is not None:
        return parser(work, column, ledger)
    if column.name in _FIRM_IDS:
        return _spelled(work, column.name, tidy_identifier(_CELL))
    if column.kind in {"unit", "currency"} or column.name in _COMPARED or column.name in table.key:
        return _spelled(work, column.name, plain_text(_CELL))
    return work


def _settle(work: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """Add the value under a name of its own, beside the filled cell; each distinct spelling is read once."""
    spellings = work.select(pl.col(column).unique().alias("_cell"))
    values = spellings.select("_cell", value.alias("_value"))
    return work.with_columns(pl.col(column).alias("_cell")).join(
        values, on="_cell", how="left", nulls_equal=True, maintain_order="left"
    )


def _spelled(work: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """Replace a text by a spelling of it; each distinct spelling is read once."""
    return _settle(work, column, value).with_columns(pl.col("_value").alias(column)).drop("_value", "_cell")


def _keep(work: pl.DataFrame, column: Column, sound: pl.Expr) -> pl.DataFrame:
    """Take the value where it is sound, null elsewhere."""
    value = pl.when(sound).then(pl.col("_value")).cast(column.dtype)
    return work.with_columns(value.alias(column.name)).drop("_value", "_cell")


def _number(work: pl.DataFrame, column: Column, ledger: Ledger) -> pl.DataFrame:
    work = _settle(work, column.name, number(_CELL, percent=column.unit == "share"))
    value = pl.col("_value")
    endless = ((value.is_null() & not_finite(_CELL)) | (value.abs() > _LARGEST)).fill_null(value=False)
    ledger.refuse(
        work.filter(endless),
        column.name,
        "out_of_range",
        hint=(f"it must be finite and at most {_LARGEST:g}", f"数值必须有限且不超过 {_LARGEST:g}"),
    )
    ledger.refuse(work.filter(_CELL.is_not_null() & value.is_null() & ~endless), column.name, "not_a_number")
    sound = value.abs() <= _LARGEST
    if column.kind == "integer":
        whole = value == value.round()
        ledger.refuse(
            work.filter(sound & ~whole),
            column.name,
            "not_a_number",
            hint=("A whole number is wanted.", "应为整数。"),
        )
        sound = sound & whole & (value.abs() < 2**31)
    if column.minimum is not None or column.maximum is not None:
        low = -float("inf") if column.minimum is None else column.minimum
        high = float("inf") if column.maximum is None else column.maximum
        within = value.is_between(low, high)
        ledger.refuse(work.filter(sound & ~within), column.name, "out_of_range", hint=_bounds(column))
        sound = sound & within
    return _keep(work, column, sound)


def _bounds(column: Column) -> tuple[str, str]:
    if column.minimum is None:
        return f"it must be at most {column.maximum:g}", f"不得大于 {column.maximum:g}"
    if column.maximum is None:
        return f"it must be at least {column.minimum:g}", f"不得小于 {column.minimum:g}"
    return (
        f"it must be from {column.minimum:g} to {column.maximum:g}",
        f"应在 {column.minimum:g} 至 {column.maximum:g} 之间",
    )


def _date(work: pl.DataFrame, column: Column, ledger: Ledger) -> pl.DataFrame:
    work = _settle(work, column.name, day(_CELL))
    value = pl.col("_value")
    ledger.refuse(work.filter(_CELL.is_not_null() & value.is_null()), column.name, "not_a_date")
    first = _FIRST_DECISION if column.name == "as_of" else _FIRST_DAY
    last = date.max if column.name in _OPEN_ENDED else _LAST_DAY
    within = value.is_between(first, last)
    ledger.refuse(
        work.filter(~within),
        column.name,
        "out_of_range",
        hint=(f"it must be from {first} to {last}", f"应在 {first} 至 {last} 之间"),
    )
    return _keep(work, column, within)


def _period(work: pl.DataFrame, column: Column, ledger: Ledger) -> pl.DataFrame:
    label = period_label(_CELL)
    if column.name == "year":
        hint = ("a year, such as 2023", "年度，如 2023")
        work = _settle(work, column.name, pl.when(label.str.len_chars() == 4).then(label))
    else:
        hint = (
            "a year, a quarter or a month, such as 2023, 2023Q2 or 2023-05",
            "年、季度或月份，如 2023、2023Q2 或 2023-05",
        )
        # Excel turns the month 2023-05 into the day 2023-05-01 by itself.
        month = _CELL.str.extract(_FIRST_OF_MONTH, 1)
        work = _settle(work, column.name, pl.coalesce(label, period_label(month)))
        ledger.default(
            work.filter(_CELL.str.contains(_FIRST_OF_MONTH)),
            column.name,
            "period_from_date",
            value=pl.col("_value"),
        )
    value = pl.col("_value")
    ledger.refuse(work.filter(_CELL.is_not_null() & value.is_null()), column.name, "not_a_period", hint=hint)
    return _keep(work, column, value.is_not_null())


def _choice(work: pl.DataFrame, column: Column, ledger: Ledger) -> pl.DataFrame:
    known = choices(work.get_column(column.name), column)
    work = work.with_columns(known.alias("_value"), pl.col(column.name).alias("_cell"))
    value = pl.col("_value")
    ledger.refuse(
        work.filter(_CELL.is_not_null() & value.is_null()),
        column.name,
        "not_a_choice",
        hint=choice_hint(column),
    )
    return _keep(work, column, value.is_not_null())


def choice_hint(column: Column) -> tuple[str, str]:
    """Return the choices of a column as texts in English and Chinese."""
    chinese = [f"{choice}（{names[0]}）" if names else choice for choice, names in column.choices.items()]
    return ", ".join(column.choices), "、".join(chinese)


_PARSERS: Mapping[str, Callable[[pl.DataFrame, Column, Ledger], pl.DataFrame]] = {
    "number": _number,
    "money": _number,
    "integer": _number,
    "date": _date,
    "period": _period,
    "choice": _choice,
}
