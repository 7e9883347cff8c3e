"""A bank's tables in; one row of ESG indicators per application out, with what is known about their quality.

- :data:`CONTRACT` declares every table and column, :data:`CATALOGUE` every indicator.
- :func:`read_dataset` reads a folder or a workbook, :func:`read_register` a public register: clean tables and the
  quarantine, as a :class:`Dataset`.
- :func:`compute` turns a dataset into :class:`Indicators`, under :class:`Settings`.
- :func:`compute_shards` does so part by part, of a dataset or of clean tables that :func:`write_clean` put on disk, so that
  memory does not grow with the number of firms.
- :mod:`features.simulate` makes a simulated portfolio with known true risk.

Every error is of the tree in :mod:`features.errors`. What takes long to import is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from features.doors import opener
from features.errors import GreenCreditError

if TYPE_CHECKING:
    from features.contract import CONTRACT
    from features.intake import CleanFolder, Dataset, read_dataset, validate_tables, write_clean
    from features.pipeline import Indicators, compute, compute_shards
    from features.registers import read_register
    from features.settings import Settings

__all__ = [
    "CATALOGUE",
    "CONTRACT",
    "CleanFolder",
    "Dataset",
    "GreenCreditError",
    "Indicators",
    "Settings",
    "compute",
    "compute_shards",
    "read_dataset",
    "read_register",
    "validate_tables",
    "write_clean",
]

_DOORS = {
    "CONTRACT": ("features.contract", "CONTRACT"),
    "CleanFolder": ("features.intake", "CleanFolder"),
    "Dataset": ("features.intake", "Dataset"),
    "Indicators": ("features.pipeline", "Indicators"),
    "Settings": ("features.settings", "Settings"),
    "compute": ("features.pipeline", "compute"),
    "compute_shards": ("features.pipeline", "compute_shards"),
    "read_dataset": ("features.intake", "read_dataset"),
    "read_register": ("features.registers", "read_register"),
    "validate_tables": ("features.intake", "validate_tables"),
    "write_clean": ("features.intake", "write_clean"),
}

__getattr__ = opener(__name__, _DOORS)
