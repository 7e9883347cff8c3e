"""A bank's tables in; one row of ESG indicators per application out, with what is known about their quality.

- :data:`CONTRACT` declares every table and column, :data:`CATALOGUE` every indicator.
- :func:`read_dataset` reads a folder or a workbook, :func:`read_register` a public register: clean tables and the
  quarantine, as a :class:`Dataset`.
- :func:`compute` turns a dataset into :class:`Indicators`, under :class:`Settings`.
- :mod:`features.simulate` makes a simulated portfolio with known true risk.

Every error is of the tree in :mod:`features.errors`. What takes long to import is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError

if TYPE_CHECKING:
    from features.contract import CONTRACT
    from features.intake import Dataset, read_dataset, validate_tables
    from features.pipeline import Indicators, compute
    from features.registers import read_register
    from features.settings import Settings

__all__ = [
    "CATALOGUE",
    "CONTRACT",
    "Dataset",
    "GreenCreditError",
    "Indicators",
    "Settings",
    "compute",
    "read_dataset",
    "read_register",
    "validate_tables",
]

_DOORS = {
    "CONTRACT": ("features.contract", "CONTRACT"),
    "Dataset": ("features.intake", "Dataset"),
    "Indicators": ("features.pipeline", "Indicators"),
    "Settings": ("features.settings", "Settings"),
    "compute": ("features.pipeline", "compute"),
    "read_dataset": ("features.intake", "read_dataset"),
    "read_register": ("features.registers", "read_register"),
    "validate_tables": ("features.intake", "validate_tables"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (a module's attribute may be anything)
    """Import a public name from its module when it is first asked for."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _DOORS[name]
    return getattr(import_module(module), attribute)
