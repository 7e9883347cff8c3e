"""The bank's own Excel template, generated from the contract: a sheet per table, ready to be filled in by hand.

In: the contract and the reference tables. Out: :func:`write_template`, a workbook with drop-down lists, notes, formats
and a cover in Chinese and English, which ``features.intake.read_dataset`` reads as it stands.
"""

from __future__ import annotations

from features.template.lists import Language
from features.template.workbook import COLUMNS_SHEET, COVER_SHEET, LISTS_SHEET, write_template

__all__ = ["COLUMNS_SHEET", "COVER_SHEET", "LISTS_SHEET", "Language", "write_template"]
