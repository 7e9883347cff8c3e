"""The reference tables: carriers, factors, benchmarks, schemes, industries, regions, rates; each row with its source.

In: the CSV files of this folder, checked on reading against their declared shape (a malformed row is refused, never
misread). Out: :func:`table`, a typed frame per name; the look-ups from any spelling to an id; and :func:`version`, the
hash of every file for the lineage of a score. A bank lays its own tables over these with :func:`overlaid`; what is derived
from tables and kept is kept apart per set (:func:`per_set`). An empty factor is missing, never zero.
"""

from __future__ import annotations

from features.reference._active import FactorSet, per_set
from features.reference._aliases import carrier_ids, product_ids, resolve, scheme_ids, substance_ids
from features.reference._derived import TABLES_BY_YEAR, at_edition, joined, scaled, with_tables
from features.reference._load import overlay_version, read_table, set_version, shipped, table, version
from features.reference._overlay import overlaid, read_overlay
from features.reference._pinned import is_kept_set, keep_set, kept_set
from features.reference._schema import CONFIRMATION, REFERENCE_TABLES
from features.reference._text import normalise, normalise_expr
from features.reference.substances import substance_kinds

__all__ = [
    "CONFIRMATION",
    "REFERENCE_TABLES",
    "TABLES_BY_YEAR",
    "FactorSet",
    "at_edition",
    "carrier_ids",
    "is_kept_set",
    "joined",
    "keep_set",
    "kept_set",
    "normalise",
    "normalise_expr",
    "overlaid",
    "overlay_version",
    "per_set",
    "product_ids",
    "read_overlay",
    "read_table",
    "resolve",
    "scaled",
    "scheme_ids",
    "set_version",
    "shipped",
    "substance_ids",
    "substance_kinds",
    "table",
    "version",
    "with_tables",
]
