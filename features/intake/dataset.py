"""What intake gives: clean tables, and a record of everything that is not in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "COUNTS_SCHEMA",
    "DEFAULTS_SCHEMA",
    "FINDINGS_SCHEMA",
    "NOTICES_SCHEMA",
    "QUARANTINE_SCHEMA",
    "Dataset",
]

_Schema = MappingProxyType[str, type[pl.DataType]]

QUARANTINE_SCHEMA: _Schema = MappingProxyType(
    {
        "table": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "value": pl.String,
        "rule": pl.String,
        "what_en": pl.String,
        "what_zh": pl.String,
        "mend_en": pl.String,
        "mend_zh": pl.String,
        "record": pl.String,
    }
)
"""One row per rule that a row broke. ``record`` is the whole row as handed in, as JSON under its own headers."""

COUNTS_SCHEMA: _Schema = MappingProxyType(
    {
        "table": pl.String,
        "rows_in": pl.Int64,
        "accepted": pl.Int64,
        "quarantined": pl.Int64,
        "duplicates": pl.Int64,
    }
)
"""``rows_in = accepted + quarantined + duplicates``, in every table."""

DEFAULTS_SCHEMA: _Schema = MappingProxyType(
    {
        "table": pl.String,
        "firm_id": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "value": pl.String,
        "reason": pl.String,
    }
)
"""Every value that was not handed in but taken; ``reason`` is an id of ``features.intake.rules.REASONS``."""

NOTICES_SCHEMA: _Schema = MappingProxyType(
    {
        "kind": pl.String,
        "table": pl.String,
        "column": pl.String,
        "text_en": pl.String,
        "text_zh": pl.String,
    }
)
"""What was left out without harm to any row: extra columns, unknown tables, personal data."""

FINDINGS_SCHEMA: _Schema = MappingProxyType(
    {
        "firm_id": pl.String,
        "check": pl.String,
        "period": pl.String,
        "reported": pl.Float64,
        "derived": pl.Float64,
        "text_en": pl.String,
        "text_zh": pl.String,
    }
)
"""Contradictions inside the source that its reader found, such as a total that its parts do not make."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset that passed intake.

    Parameters
    ----------
    tables
        Every table of the contract under its name, with the columns of ``Table.clean_schema``; empty where it was
        not handed in. Sorted by content, so the order of the source's rows shows only in the column ``row``.
    handed_in
        Names of the tables that the source holds.
    quarantine, counts, defaults, notices, findings
        See the schemas of this module.
    content_hashes
        Table name to the sha256 of its accepted and quarantined content: independent of the order of rows, of
        repeated rows, and, for accepted rows, of the form (CSV, Parquet, workbook) they came in.
    files
        Name of each file read, relative to the dataset, to the sha256 of its bytes.
    label_origin
        ``observed`` or ``simulated``; None where there are no outcomes.
    source
        Where it was read from, for messages.
    """

    tables: Mapping[str, pl.DataFrame]
    handed_in: frozenset[str]
    quarantine: pl.DataFrame
    counts: pl.DataFrame
    defaults: pl.DataFrame
    notices: pl.DataFrame
    findings: pl.DataFrame
    content_hashes: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    label_origin: str | None
    source: str
