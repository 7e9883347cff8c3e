"""The reference tables: carriers, factors, benchmarks, schemes, industries, regions, rates; each row with its source.

In: the CSV files of this folder, checked on reading against their declared shape (a malformed row is refused, never
misread). Out: :func:`table`, a typed frame per name; the look-ups from any spelling to an id; and :func:`version`, the
hash of every file for the lineage of a score. An empty factor is missing, never zero.
"""

from __future__ import annotations

from features.reference._aliases import carrier_ids, product_ids, resolve, scheme_ids, substance_ids
from features.reference._load import read_table, set_version, table, version
from features.reference._schema import REFERENCE_TABLES
from features.reference._text import normalise, normalise_expr
from features.reference.substances import substance_kinds

__all__ = [
    "REFERENCE_TABLES",
    "carrier_ids",
    "normalise",
    "normalise_expr",
    "product_ids",
    "read_table",
    "resolve",
    "scheme_ids",
    "set_version",
    "substance_ids",
    "substance_kinds",
    "table",
    "version",
]
