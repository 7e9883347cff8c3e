"""Units: what a unit's text means, and the factor to the canonical unit of whatever it measures.

In: units and currencies as banks write them, English or Chinese, half- or full-width. Out: factors, or a
:class:`~features.errors.UnitError` that names the unit and how to mend it. Dimension and substance are part of a
unit, so energy never turns into emissions, and an unknown unit never into a guess.
"""

from __future__ import annotations

from features.units.money import MoneyFactor, money_factor, money_unit
from features.units.quantity import (
    CONVERSION_SCHEMA,
    EnergyFactor,
    Factor,
    convert,
    convert_factor,
    emission_factor,
    energy_factor,
    energy_total_factor,
    production_factor,
    production_unit,
)
from features.units.spelling import BASE_UNITS, Dimension, Unit, parse_unit

__all__ = [
    "BASE_UNITS",
    "CONVERSION_SCHEMA",
    "Dimension",
    "EnergyFactor",
    "Factor",
    "MoneyFactor",
    "Unit",
    "convert",
    "convert_factor",
    "emission_factor",
    "energy_factor",
    "energy_total_factor",
    "money_factor",
    "money_unit",
    "parse_unit",
    "production_factor",
    "production_unit",
]
