"""Intake: a bank's tables in any form in, clean tables and everything that is not in them out.

In: :func:`read_dataset`, a folder of CSV or Parquet files or an Excel workbook; :func:`validate_tables`, the same for
tables in memory; :mod:`features.intake.records`, the same for records as JSON holds them. Out: a :class:`Dataset` of clean tables in canonical units, with the quarantine (each bad row with
its cells, the rule it broke and how to mend it), the counts, every default taken and what was left out.
:func:`write_clean` keeps the clean tables on disk, to be read in parts as a :class:`CleanFolder`.
"""

from __future__ import annotations

from features.intake.clean_folder import CleanFolder, write_clean
from features.intake.dataset import Dataset
from features.intake.read import read_dataset
from features.intake.rules import REASONS, RULES
from features.intake.validate import Purpose, validate_tables

__all__ = [
    "REASONS",
    "RULES",
    "CleanFolder",
    "Dataset",
    "Purpose",
    "read_dataset",
    "validate_tables",
    "write_clean",
]
