"""Clean datasets from short rows, for the tests of everything that stands behind intake."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

import polars as pl
import pytest

from features.contract import CONTRACT
from features.intake import Dataset
from features.intake.dataset import (
    COUNTS_SCHEMA,
    DEFAULTS_SCHEMA,
    FINDINGS_SCHEMA,
    NOTICES_SCHEMA,
    QUARANTINE_SCHEMA,
)
from features.periods import parse_period

_FILLED = {
    "applications": {"firm_id": "F1", "as_of": dt.date(2024, 6, 30)},
    "firms": {"firm_id": "F1", "industry": "3011", "industry_scheme": "GBT4754", "region": "370100"},
    "annual": {"firm_id": "F1", "year": "2023"},
    "energy": {"firm_id": "F1", "period": "2023", "flow": "purchased"},
    "production": {
        "firm_id": "F1",
        "period": "2023",
        "unit": "t",
        "energy_unit": "tce",
        "emissions_unit": "tCO2e",
    },
    "emissions": {"firm_id": "F1", "period": "2023", "scope": "1", "substance": "CO2e", "unit": "tCO2e"},
    "certifications": {"firm_id": "F1", "status": "valid"},
    "incidents": {"firm_id": "F1", "kind": "environmental", "severity": 1},
    "checks": {"firm_id": "F1"},
    "equipment": {"firm_id": "F1", "kind": "motor", "published_on": dt.date(2024, 1, 1)},
    "ecology": {"firm_id": "F1", "period": "2023", "unit": "tCO2e"},
    "loans": {"firm_id": "F1"},
}


def clean_table(name: str, rows: list[dict]) -> pl.DataFrame:
    """Return a clean table; what a row leaves out is filled as in ``_FILLED``, else empty."""
    table = CONTRACT[name]
    schema = dict(table.clean_schema)
    added = [c for c in ("period_start", "period_end", "known_on", "known_on_defaulted") if c in schema]
    given = {c: t for c, t in schema.items() if c not in added}
    filled = [{**_FILLED.get(name, {}), "row": n, **row} for n, row in enumerate(rows, start=1)]
    unknown = {column for row in filled for column in row} - set(given)
    if unknown:
        raise KeyError(f"{name} has no column {sorted(unknown)}")
    frame = pl.DataFrame([{c: row.get(c) for c in given} for row in filled], schema=given)
    if "period_start" in added:
        start, end = parse_period(pl.col(table.period_column))
        frame = frame.with_columns(start, end)
    if "known_on" in added:
        stated = pl.coalesce(table.known_by)
        usual = pl.lit(None, dtype=pl.Date)
        if table.reporting_delay_days is not None:
            usual = pl.col("period_end").dt.offset_by(f"{table.reporting_delay_days}d")
        frame = frame.with_columns(
            known_on=pl.coalesce(stated, usual), known_on_defaulted=stated.is_null() & usual.is_not_null()
        )
    return frame.select(list(schema)).sort(pl.all().exclude("row"), nulls_last=False)


def build_dataset(
    *, findings: list[dict] | None = None, defaults: list[dict] | None = None, **tables
) -> Dataset:
    """Return a dataset of clean tables; one application and one firm stand where none are given."""
    handed_in = frozenset(tables)
    tables.setdefault("applications", [{"application_id": "A1"}])
    tables.setdefault("firms", [{}])
    clean = {name: clean_table(name, list(tables.get(name, []))) for name in CONTRACT}
    return Dataset(
        tables=MappingProxyType(clean),
        handed_in=handed_in | {"applications", "firms"},
        quarantine=pl.DataFrame(schema=dict(QUARANTINE_SCHEMA)),
        counts=pl.DataFrame(schema=dict(COUNTS_SCHEMA)),
        defaults=pl.DataFrame(defaults or [], schema=dict(DEFAULTS_SCHEMA)),
        notices=pl.DataFrame(schema=dict(NOTICES_SCHEMA)),
        findings=pl.DataFrame(findings or [], schema=dict(FINDINGS_SCHEMA)),
        content_hashes=MappingProxyType({}),
        label_origin=None,
        source="a test",
    )


@pytest.fixture(scope="session")
def make_dataset():
    """``make_dataset(annual=[{"year": "2023", "revenue": 5.0}], ...)``: a clean dataset from short rows."""
    return build_dataset
