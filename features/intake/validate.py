"""From raw tables to a dataset: headers, cells, canonical units, rules across rows, and the books.

The walk of one table, each step in a file of its own::

    headers -> repeated rows out -> parse -> canonical -> dates in order -> known firms -> one row per key

A row that breaks a rule goes to the quarantine with all of its cells; ``rows_in = accepted + quarantined +
duplicates`` in every table.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import polars as pl

from features.contract import CONTRACT, Table
from features.errors import DatasetError
from features.intake.canonical import canonical
from features.intake.cells import choices, filled, text_cells
from features.intake.dataset import (
    COUNTS_SCHEMA,
    DEFAULTS_SCHEMA,
    FINDINGS_SCHEMA,
    NOTICES_SCHEMA,
    QUARANTINE_SCHEMA,
    Dataset,
)
from features.intake.hashing import content_hash
from features.intake.headers import Headers, match_columns, match_tables
from features.intake.notices import absent_tables, header_notices, unknown_table
from features.intake.parse import parse
from features.intake.quarantine import Ledger
from features.intake.raw import RawDataset, RawTable
from features.intake.rows import check_dates, check_firm_ids, check_known_firms, settle_keys, with_known_on

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Purpose", "refuse_missing", "validate_raw", "validate_tables"]

Purpose = Literal["score", "train", "check"]

_ROW = "row:"
"""Row number beside cells under the bank's own headers, one of which may be called row."""

_NEEDED: Mapping[Purpose, tuple[str, ...]] = MappingProxyType(
    {
        "check": ("firms",),
        "score": ("firms", "applications"),
        "train": ("firms", "applications", "outcomes"),
    }
)


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """One table after the walk."""

    clean: pl.DataFrame
    quarantine: pl.DataFrame
    defaults: pl.DataFrame
    counts: tuple[str, int, int, int, int]


def validate_tables(
    raw: Mapping[str, pl.DataFrame],
    *,
    source: str,
    purpose: Purpose = "score",
    findings: pl.DataFrame | None = None,
) -> Dataset:
    """Return the dataset that tables in memory make.

    Parameters
    ----------
    raw
        Table name (English, Chinese or an alias) to its rows, under any accepted headers; text or typed cells.
    source
        Where they come from, for messages.
    purpose
        ``score`` needs firms and applications, ``train`` outcomes besides, ``check`` only firms.
    findings
        Contradictions that the reader of the source found (``FINDINGS_SCHEMA``).

    Raises
    ------
    DatasetError
        If a required table or column is missing (one message names all), a name or header is doubled, the truth of a
        simulation is among the tables, or labels of two origins are mixed.

    Examples
    --------
    >>> dataset = validate_tables(
    ...     {"企业": pl.DataFrame({"企业编号": ["F1", "F2"], "编号类型": ["bank", "bank"]}),
    ...      "applications": pl.DataFrame({"application_id": ["A1"], "firm_id": ["F3"], "as_of": ["2024-06-30"]})},
    ...     source="an example")
    >>> dataset.tables["firms"]["firm_id"].to_list()
    ['F1', 'F2']
    >>> dataset.quarantine.select("table", "row", "column", "value", "rule").rows()
    [('applications', 1, 'firm_id', 'F3', 'unknown_firm')]
    """
    names = match_tables(list(raw), source=source)
    tables = {
        names[name]: RawTable(frame=frame, rows=pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True))
        for name, frame in raw.items()
        if name in names
    }
    notices = tuple(unknown_table(name) for name in raw if name not in names)
    found = RawDataset(tables=tables, files={}, notices=notices, source=source)
    return validate_raw(found, purpose=purpose, findings=findings)


def validate_raw(found: RawDataset, *, purpose: Purpose, findings: pl.DataFrame | None = None) -> Dataset:
    """Return the dataset that the tables of a reader make; see :func:`validate_tables`."""
    headers = {
        name: match_columns(name, found.tables[name].frame.columns, source=found.source)
        for name in CONTRACT
        if name in found.tables
    }
    refuse_missing(headers, purpose=purpose, source=found.source)
    settled: dict[str, _Settled] = {}
    firms: pl.Series | None = None
    for name, table in CONTRACT.items():
        if name not in headers:
            settled[name] = _not_handed_in(table)
            continue
        settled[name] = _settle(table, found.tables[name], headers[name], firms=firms)
        if name == "firms":
            firms = settled[name].clean.get_column("firm_id").unique().sort()
    tables = {name: part.clean for name, part in settled.items()}
    parts = settled.values()
    quarantine = pl.concat([part.quarantine for part in parts])
    notices = [*found.notices, *header_notices(headers)]
    if purpose == "check":
        notices += absent_tables(headers, _NEEDED["score"])
    return Dataset(
        tables=MappingProxyType(tables),
        handed_in=frozenset(headers),
        quarantine=quarantine,
        counts=pl.DataFrame([part.counts for part in parts], schema=dict(COUNTS_SCHEMA), orient="row"),
        defaults=pl.concat([part.defaults for part in parts]),
        notices=pl.DataFrame(sorted(set(notices)), schema=dict(NOTICES_SCHEMA), orient="row"),
        findings=pl.DataFrame(schema=dict(FINDINGS_SCHEMA)) if findings is None else findings,
        content_hashes=MappingProxyType({name: _hash(part) for name, part in settled.items()}),
        files=MappingProxyType(dict(found.files)),
        label_origin=_label_origin(found, headers),
        source=found.source,
    )


def refuse_missing(headers: Mapping[str, Headers], *, purpose: Purpose, source: str) -> None:
    """Raise DatasetError where a dataset lacks required tables or columns, with all of them in one message."""
    missing = [f"table {name} ({CONTRACT[name].zh})" for name in _NEEDED[purpose] if name not in headers]
    missing += [
        f"column {name}.{column} ({CONTRACT[name].column(column).zh})"
        for name, found in headers.items()
        for column in CONTRACT[name].required_columns
        if column not in found.columns.values()
    ]
    if missing:
        raise DatasetError(
            f"The dataset lacks {', '.join(missing)}.",
            where=source,
            mend="Add what is missing; headers are accepted in English or Chinese.",
        )


def _not_handed_in(table: Table) -> _Settled:
    return _Settled(
        clean=pl.DataFrame(schema=table.clean_schema),
        quarantine=pl.DataFrame(schema=dict(QUARANTINE_SCHEMA)),
        defaults=pl.DataFrame(schema=dict(DEFAULTS_SCHEMA)),
        counts=(table.name, 0, 0, 0, 0),
    )


def _settle(table: Table, found: RawTable, headers: Headers, *, firms: pl.Series | None) -> _Settled:
    """Walk one table from its raw rows to clean ones."""
    ledger = Ledger(table)
    original = _filled_rows(found, headers)
    named = {column: pl.col(header) for header, column in headers.columns.items()}
    rows = original.select(pl.col(_ROW).alias("row"), **named).sort("row")
    cells = rows.unique(subset=list(named), keep="first", maintain_order=True)
    work = canonical(parse(cells, table, ledger), ledger)
    check_dates(work, ledger)
    work = with_known_on(work, ledger)
    if table.name == "firms":
        work = check_firm_ids(work, ledger)
    elif firms is not None and "firm_id" in work.columns:
        check_known_firms(work, ledger, firms)
    once, repeated = settle_keys(work, ledger)
    clean = once.select(pl.col(column).cast(kind) for column, kind in table.clean_schema.items())
    facts = [column for column in clean.columns if column != "row"]
    clean = clean.sort(*table.key, *(column for column in facts if column not in table.key), "row")
    quarantine = pl.concat([_quarantine(table, ledger, original, headers), _malformed(table, found, headers)])
    quarantined = quarantine.get_column("row").n_unique()
    rows_in = rows.height + found.malformed.height
    duplicates = rows.height - cells.height + repeated
    return _Settled(
        clean=clean,
        quarantine=quarantine.sort("record", "column", "rule", "row"),
        defaults=ledger.defaults()
        .join(clean.select("row"), on="row", how="semi")
        .sort("firm_id", "column", "row"),
        counts=(table.name, rows_in, clean.height, quarantined, duplicates),
    )


def _filled_rows(found: RawTable, headers: Headers) -> pl.DataFrame:
    """Return the rows that hold anything, as text and numbered; personal cells are left behind."""
    cells = text_cells(found.frame.drop(headers.personal))
    anything = pl.any_horizontal(pl.col(cells.columns).str.strip_chars() != "").fill_null(value=False)
    return cells.with_columns(found.rows.alias(_ROW)).filter(anything)


def _quarantine(table: Table, ledger: Ledger, original: pl.DataFrame, headers: Headers) -> pl.DataFrame:
    """Return the quarantine of a table: every broken rule with the whole row under the bank's own headers."""
    issues = ledger.issues()
    own = [*headers.columns, *headers.extra]
    records = original.join(issues.select(pl.col("row").unique().alias(_ROW)), on=_ROW, how="semi").select(
        pl.col(_ROW).alias("row"), pl.struct(own).struct.json_encode().alias("record")
    )
    return issues.join(records, on="row", how="left").select(
        pl.lit(table.name).alias("table"), *(column for column in QUARANTINE_SCHEMA if column != "table")
    )


def _malformed(table: Table, found: RawTable, headers: Headers) -> pl.DataFrame:
    """Return the quarantine of rows that do not fit the headers; kept out of it are those that may hold personal data."""
    ledger = Ledger(table)
    shown = pl.lit("…") if headers.personal else pl.col("value")
    ledger.refuse(found.malformed, table.columns[0].name, "malformed_row", value=shown)
    record = pl.lit(None, dtype=pl.String) if headers.personal else pl.col("record")
    return (
        ledger.issues()
        .join(found.malformed.select("row", record.alias("record")), on="row", how="left")
        .select(
            pl.lit(table.name).alias("table"), *(column for column in QUARANTINE_SCHEMA if column != "table")
        )
    )


def _hash(part: _Settled) -> str:
    return content_hash(
        part.clean, part.quarantine.select("row", "record").unique().get_column("record").to_list()
    )


def _label_origin(found: RawDataset, headers: Mapping[str, Headers]) -> str | None:
    """Return where the labels come from; refuse a dataset that mixes origins."""
    if "outcomes" not in headers:
        return None
    column = CONTRACT["outcomes"].column("label_origin")
    header = next(header for header, meant in headers["outcomes"].columns.items() if meant == column.name)
    cells = (
        text_cells(found.tables["outcomes"].frame.select(header)).select(filled(pl.col(header))).to_series()
    )
    origins = choices(cells, column).drop_nulls().unique().sort().to_list()
    if len(origins) > 1:
        raise DatasetError(
            f"The outcomes mix labels of different origins: {', '.join(origins)}.",
            where=f"{found.source}, outcomes.label_origin",
            mend="Hand in observed and simulated outcomes as separate datasets.",
        )
    return origins[0] if origins else None
