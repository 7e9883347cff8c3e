"""The kinds of spoilage: in which rows each may strike, what it writes, and the rule that must catch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BAD", "BENIGN", "CONFLICTS", "DUPLICATED", "Change", "Spoilage"]

Change: TypeAlias = "Callable[[pl.DataFrame], dict[str, list[str | None]]]"

DUPLICATED: tuple[str, ...] = (
    "firms",
    "annual",
    "energy",
    "emissions",
    "certifications",
    "incidents",
    "production",
    "equipment",
    "ecology",
    "loans",
    "ownership",
)
"""Tables that get exact duplicates."""

CONFLICTS = {
    "annual": "revenue",
    "energy": "quantity",
    "emissions": "quantity",
    "production": "quantity",
    "equipment": "rated_power",
    "ecology": "amount",
    "loans": "outstanding",
}
"""Tables that get rows of one key that disagree in the column named."""

_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


@dataclass(frozen=True, kw_only=True)
class Spoilage:
    """One kind of spoilage in one column of one table.

    Parameters
    ----------
    rule
        Rule of the quarantine that must catch it; None where the cell must still read correctly.
    where
        Rows that it may strike, over the typed table.
    change
        From the rows struck to the new text of the columns it writes.
    needs
        Columns that ``where`` and ``change`` read.
    """

    table: str
    column: str
    kind: str
    rule: str | None
    where: pl.Expr
    change: Change
    needs: tuple[str, ...]


def _write(column: str, text: str | None) -> Change:
    return lambda rows: {column: [text] * rows.height}


def _bad(
    table: str, column: str, kind: str, rule: str, text: str | None, *, where: pl.Expr | None = None
) -> Spoilage:
    return Spoilage(
        table=table,
        column=column,
        kind=kind,
        rule=rule,
        where=pl.col(column).is_not_null() if where is None else where,
        change=_write(column, text),
        needs=(column,),
    )


def _minus(table: str, column: str) -> Spoilage:
    """Return the kind that puts a minus before a positive number."""
    return Spoilage(
        table=table, column=column, kind="negative_value", rule="out_of_range",
        where=pl.col(column) > 0, change=_negative(column), needs=(column,),
    )  # fmt: skip


def _negative(column: str) -> Change:
    return lambda rows: {column: [str(-abs(x)) for x in rows[column]]}


def _wrong_check(rows: pl.DataFrame) -> dict[str, list[str | None]]:
    """Replace the check character by the next one of the alphabet."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    return {"firm_id": [x[:-1] + alphabet[(alphabet.index(x[-1]) + 1) % 31] for x in rows["firm_id"]]}


def _transposed(rows: pl.DataFrame) -> dict[str, list[str | None]]:
    """Write an id that belongs to nobody in the table."""
    return {"firm_id": [x[:-1] + "I" for x in rows["firm_id"]]}


_COAL = pl.col("carrier").is_in(["raw_coal", "bituminous_coal", "anthracite"])
_FILLED = pl.col("quantity") > 0

BAD: tuple[Spoilage, ...] = (
    Spoilage(
        table="firms", column="firm_id", kind="wrong_check_character", rule="invalid_id",
        where=pl.col("firm_id").is_not_null(), change=_wrong_check, needs=("firm_id",),
    ),
    _bad("firms", "founded_on", "unparsable_date", "not_a_date", "不详"),
    Spoilage(
        table="annual", column="revenue", kind="negative_value", rule="out_of_range",
        where=pl.col("revenue") > 0, change=_negative("revenue"), needs=("revenue",),
    ),
    _bad("annual", "eu_export_share", "share_above_one", "out_of_range", "1.7"),
    _bad("annual", "year", "impossible_year", "not_a_period", "2203"),
    _bad("annual", "revenue", "words_for_a_number", "not_a_number", "约三千万"),
    _bad("annual", "tax_credit_rating", "unknown_choice", "not_a_choice", "E"),
    _bad("energy", "carrier", "unknown_carrier", "unknown_carrier", "神秘燃料"),
    _bad("energy", "unit", "unknown_unit", "unknown_unit", "箩筐"),
    _bad("energy", "unit", "wrong_dimension", "wrong_dimension", "kWh", where=_COAL),
    Spoilage(
        table="energy", column="quantity", kind="negative_value", rule="out_of_range",
        where=_FILLED, change=_negative("quantity"), needs=("quantity",),
    ),
    _bad("energy", "quantity", "missing_required", "missing_required", None),
    _bad("energy", "period", "impossible_year", "not_a_period", "2203"),
    _bad("energy", "period", "unparsable_period", "not_a_period", "去年"),
    _bad("energy", "published_on", "unparsable_date", "not_a_date", "上个月底"),
    Spoilage(
        table="energy", column="firm_id", kind="unknown_firm", rule="unknown_firm",
        where=pl.col("firm_id").is_not_null(), change=_transposed, needs=("firm_id",),
    ),
    _bad("emissions", "substance", "unknown_substance", "unknown_substance", "燃素"),
    _bad("emissions", "scope", "unknown_choice", "not_a_choice", "7"),
    _bad("emissions", "unit", "wrong_dimension", "wrong_dimension", "kWh"),
    _bad("emissions", "unit", "unknown_unit", "unknown_unit", "朵"),
    Spoilage(
        table="emissions", column="quantity", kind="negative_value", rule="out_of_range",
        where=_FILLED, change=_negative("quantity"), needs=("quantity",),
    ),
    _bad("certifications", "scheme", "unknown_scheme", "unknown_scheme", "ISO 99999"),
    _bad("certifications", "site_coverage", "share_above_one", "out_of_range", "1.4"),
    _bad("incidents", "severity", "impossible_value", "out_of_range", "9"),
    _bad("incidents", "kind", "unknown_choice", "not_a_choice", "传闻"),
    _bad("incidents", "occurred_on", "missing_required", "missing_required", None),
    _bad("equipment", "kind", "unknown_choice", "not_a_choice", "永动机"),
    _minus("equipment", "rated_power"),
    _bad("equipment", "efficiency_grade", "impossible_value", "out_of_range", "7"),
    _bad("equipment", "commissioned_on", "unparsable_date", "not_a_date", "建厂时"),
    _bad("ecology", "kind", "unknown_choice", "not_a_choice", "善意"),
    _minus("ecology", "amount"),
    _bad("ecology", "unit", "wrong_dimension", "wrong_dimension", "MWh", where=pl.col("unit") == "tCO2e"),
    _bad("ecology", "amount", "words_for_a_number", "not_a_number", "若干"),
    _minus("loans", "outstanding"),
    _bad("loans", "asset_class", "unknown_choice", "not_a_choice", "民间借贷"),
    _bad("ownership", "share", "share_above_one", "out_of_range", "1.2"),
    _bad("applications", "as_of", "unparsable_date", "not_a_date", "待定"),
)  # fmt: skip
"""Kinds that must end in the quarantine."""


def _scaled(unit: str, factor: float) -> Change:
    """Write the quantity in another unit of ``factor`` base units."""
    return lambda rows: {
        "quantity": [str(x / factor) for x in rows["quantity"]],
        "unit": [unit] * rows.height,
    }


def _unit(table: str, unit: str, factor: float, where: pl.Expr) -> Spoilage:
    return Spoilage(
        table=table, column="unit", kind="mixed_unit:" + unit, rule=None,
        where=_FILLED & where, change=_scaled(unit, factor), needs=("quantity", "unit"),
    )  # fmt: skip


def _number(table: str, column: str, kind: str, change: Callable[[float], str]) -> Spoilage:
    return Spoilage(
        table=table, column=column, kind=kind, rule=None, where=pl.col(column) > 0,
        change=lambda rows: {column: [change(x) for x in rows[column]]}, needs=(column,),
    )  # fmt: skip


def _renamed(table: str, column: str, old: str, new: str) -> Spoilage:
    return Spoilage(
        table=table, column=column, kind=f"other_name:{new}", rule=None,
        where=pl.col(column) == old, change=_write(column, new), needs=(column,),
    )  # fmt: skip


def _thousands(x: float) -> str:
    return f"{x:,}"


def _full_width(x: float) -> str:
    return str(x).translate(_FULL_WIDTH)


_POWER = (pl.col("carrier") == "electricity") & (pl.col("unit") == "MWh")
_GAS = pl.col("carrier") == "natural_gas"

BENIGN: tuple[Spoilage, ...] = (
    _unit("energy", "kt", 1000.0, _COAL),
    _unit("energy", "万吨", 10_000.0, _COAL),
    _unit("energy", "kg", 0.001, _COAL),
    _unit("energy", "kWh", 0.001, _POWER),
    _unit("energy", "万千瓦时", 10.0, _POWER),
    _unit("energy", "GJ", 1 / 3.6, _POWER),
    _unit("energy", "Nm3", 1e-4, _GAS),
    _unit("emissions", "kt", 1000.0, pl.col("unit") == "t"),
    _unit("emissions", "kg", 0.001, pl.col("unit") == "t"),
    _unit("emissions", "ktCO2e", 1000.0, pl.col("unit") == "tCO2e"),
    _number("energy", "quantity", "thousands_separator", _thousands),
    _number("energy", "quantity", "full_width_digits", _full_width),
    _number("annual", "revenue", "thousands_separator", _thousands),
    _number("annual", "total_assets", "full_width_digits", _full_width),
    _renamed("energy", "carrier", "electricity", "电力"),
    _renamed("energy", "carrier", "raw_coal", "原煤"),
    _renamed("energy", "flow", "purchased", "外购"),
    _renamed("emissions", "scope", "1", "范围一"),
    _renamed("incidents", "kind", "environmental", "环保"),
    _number("equipment", "rated_power", "thousands_separator", _thousands),
    _renamed("equipment", "kind", "transformer", "变压器"),
    Spoilage(
        table="ecology",
        column="unit",
        kind="mixed_unit:ktCO2e",
        rule=None,
        where=(pl.col("amount") > 0) & (pl.col("unit") == "tCO2e"),
        needs=("amount", "unit"),
        change=lambda rows: {
            "amount": [str(x / 1000.0) for x in rows["amount"]],
            "unit": ["ktCO2e"] * rows.height,
        },
    ),
    _renamed("ecology", "kind", "verified_emissions", "核查排放量"),
    _number("loans", "outstanding", "full_width_digits", _full_width),
    _renamed("applications", "project_kind", "retrofit", "技改"),
)
"""Kinds that must still read as what they were."""
