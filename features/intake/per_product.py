"""Figures per unit of a product: design energy and declared footprints, each with a unit of two parts such as kgce/t."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.errors import UnitError
from features.reference import per_set, resolve
from features.units import (
    emission_factor,
    energy_total_factor,
    parse_unit,
    production_factor,
    production_unit,
)

if TYPE_CHECKING:
    from features.intake.quarantine import Ledger

__all__ = ["FOOTPRINT_SCHEMES", "design_energy", "footprints", "is_unit"]

FOOTPRINT_SCHEMES = ("epd", "iso14067")
"""Schemes whose quantity is a product's footprint: kgCO2e per unit of product in clean tables."""

_KG_PER_TONNE = 1000.0
_SCHEMA = {
    "_factor": pl.Float64,
    "_unit": pl.String,
    "_rule": pl.String,
    "_mend": pl.String,
    "_mend_zh": pl.String,
}
_Answer = tuple[float | None, str | None, str | None, str | None, str | None]
"""Factor and canonical unit, or the rule that the unit breaks and how to mend it in English and Chinese."""


@per_set(maxsize=4096)
def is_unit(text: str) -> bool:
    """Return whether a text is a unit of any dimension."""
    try:
        parse_unit(text)
    except UnitError:
        return False
    return True


def design_energy(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Turn the design energy of a benchmark product into tce per unit of it; that of another product stays as it is.

    Parameters
    ----------
    work
        Applications with ``project_product`` as an id where it is one.
    ledger
        Takes the units that are missing, unknown or of another dimension.
    """
    product = pl.when(resolve("product", pl.col("project_product")).is_not_null()).then("project_product")
    work = work.with_columns(pl.when(pl.col("design_energy").is_not_null()).then(product).alias("_of"))
    ledger.refuse(
        work.filter(pl.col("_of").is_not_null() & pl.col("design_energy_unit").is_null()),
        "design_energy_unit",
        "missing_required",
        hint=("design_energy needs a unit, such as kgce/t.", "设计单耗须有单位，如 kgce/t。"),
    )
    pairs = work.select("_of", "design_energy_unit").drop_nulls().unique().sort("_of", "design_energy_unit")
    answers = pl.DataFrame([_design(*pair) for pair in pairs.rows()], schema=_SCHEMA, orient="row")
    work = work.join(
        pairs.hstack(answers), on=["_of", "design_energy_unit"], how="left", maintain_order="left"
    )
    return _converted(work, ledger, "design_energy", "design_energy_unit").drop("_of")


def footprints(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Turn declared footprints into kgCO2e per unit of product; a unit of one part is the product's own.

    Parameters
    ----------
    work
        Certificates with ``scheme`` as an id.
    ledger
        Takes the units that are missing or not a mass of CO2e over a product.
    """
    declared = pl.col("scheme").is_in(FOOTPRINT_SCHEMES) & pl.col("quantity").is_not_null()
    ledger.refuse(
        work.filter(declared & pl.col("unit").is_null()),
        "unit",
        "missing_required",
        hint=(
            "A footprint needs the unit of its product, such as kgCO2e/t.",
            "碳足迹须有单位，如 kgCO2e/t。",
        ),
    )
    work = work.with_columns(pl.when(declared).then("unit").alias("_declared"))
    spelled = work.select("_declared").drop_nulls().unique().sort("_declared")
    answers = pl.DataFrame([_footprint(text) for text in spelled["_declared"]], schema=_SCHEMA, orient="row")
    work = work.join(spelled.hstack(answers), on="_declared", how="left", maintain_order="left")
    return _converted(work, ledger, "quantity", "unit").drop("_declared")


def _converted(work: pl.DataFrame, ledger: Ledger, quantity: str, unit: str) -> pl.DataFrame:
    """Apply the answers beside the rows, refuse what has none, and drop them."""
    for rule in ("unknown_unit", "wrong_dimension"):
        ledger.refuse(
            work.filter(pl.col("_rule") == rule), unit, rule, hint=(pl.col("_mend"), pl.col("_mend_zh"))
        )
    known = pl.col("_factor").is_not_null()
    return work.with_columns(
        pl.when(known).then(pl.col(quantity) * pl.col("_factor")).otherwise(quantity).alias(quantity),
        pl.when(known).then("_unit").otherwise(unit).alias(unit),
    ).drop(*_SCHEMA)


@per_set(maxsize=1024)
def _design(product: str, unit: str) -> _Answer:
    consumed, _, output = (part.strip() for part in unit.partition("/"))
    output = output.removeprefix("(").removesuffix(")")
    if not output:
        return (
            None,
            None,
            "unknown_unit",
            "Write energy per output, such as kgce/t or kWh/t.",
            "请填写单位产品能耗，如 kgce/t 或 kWh/t。",
        )
    try:
        factor = energy_total_factor(consumed) / production_factor(product, output).factor
    except UnitError as error:
        rule = "wrong_dimension" if is_unit(consumed) and is_unit(output) else "unknown_unit"
        return None, None, rule, error.mend, error.mend_zh
    return factor, f"tce/{production_unit(product)}", None, None, None


@per_set(maxsize=1024)
def _footprint(unit: str) -> _Answer:
    emitted, per, product = (part.strip() for part in unit.partition("/"))
    if not per and is_unit(unit) and parse_unit(unit).substance is not None:
        return (
            None,
            None,
            "wrong_dimension",
            "Write CO2e per unit of product, such as kgCO2e/t.",
            "请填写单位产品的二氧化碳当量，如 kgCO2e/t。",
        )
    if not per:
        return 1.0, f"kgCO2e/{emitted}", None, None, None
    try:
        tonnes = emission_factor("CO2e", emitted).factor
    except UnitError as error:
        rule = "wrong_dimension" if is_unit(emitted) else "unknown_unit"
        return None, None, rule, error.mend, error.mend_zh
    return tonnes * _KG_PER_TONNE, f"kgCO2e/{product}", None, None, None
