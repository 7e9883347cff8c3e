"""Documents in the data-quality record: which inputs an indicator declares, against what really moves it, and a naive twin."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from types import MappingProxyType

import polars as pl
import pytest

from features.asof import facts as facts_as_of
from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.intake import validate_tables
from features.lineage import Input, indicator_documents, indicator_inputs
from features.pipeline import compute
from features.quality import QUALITY_SCHEMA
from features.settings import Settings
from features.simulate import simulate

NAMES = [i.id for i in CATALOGUE.values() if i.relative_to is None]
NOT_SIMULATED = {"footprint_ratio"}
"""Indicators that need a bank's own reference table."""


def d(text):
    return dt.date.fromisoformat(text)


def test_every_indicator_declares_inputs_that_the_contract_has():
    inputs = indicator_inputs()
    assert set(inputs) == set(NAMES)
    for name, declared in inputs.items():
        assert declared, name
        for one in declared:
            table = CONTRACT[one.table]
            columns = {c.name: c for c in table.columns}
            assert set(one.columns) <= set(columns), (name, one)
            if one.column:
                assert one.values, (name, one)
                choices = columns[one.column].choices
                assert not choices or set(one.values) <= set(choices), (name, one)


# --- what an indicator declares is what moves it --------------------------------------------------


def discriminators():
    """Every table and column by which some input picks rows."""
    picked = {(i.table, i.column) for inputs in indicator_inputs().values() for i in inputs if i.column}
    return sorted(picked)


def perturbations(tables):
    """Name, table, and how the table is spoiled."""
    cells = [
        ("annual", c.name) for c in CONTRACT["annual"].columns if c.kind in {"money", "number", "choice"}
    ]
    cells += [("firms", "region"), ("firms", "founded_on"), ("applications", "tenor_months")]
    for table, column in cells:
        yield (table, column, None), lambda t, c=column: t.with_columns(pl.lit(None, t.schema[c]).alias(c))
    for table, column in discriminators():
        for value in tables[table][column].drop_nulls().unique().sort():
            yield (table, column, value), lambda t, c=column, v=value: t.filter(pl.col(c).ne_missing(v))
    for table in (
        "annual",
        "energy",
        "production",
        "emissions",
        "certifications",
        "incidents",
        "equipment",
        "ecology",
    ):
        yield (table, None, None), lambda t: t.clear()


def touches(one: Input, table, column, value):
    if one.table != table:
        return False
    if value is not None:
        return one.column != column or value in one.values
    return column is None or not one.columns or column in one.columns


@pytest.fixture(scope="module")
def moved():
    """Perturbation to the indicators that it moves: one copy of the firms for each, all in one computation."""
    portfolio = simulate(firms=70, seed=4)
    clean = validate_tables(portfolio.tables, source="simulated", purpose="score")
    tables = {n: t for n, t in clean.tables.items() if "firm_id" in t.columns}
    spoiled = [((None, None, None), None), *perturbations(tables)]
    copies = {name: [] for name in tables}
    for number, (what, spoil) in enumerate(spoiled):
        for name, table in tables.items():
            part = spoil(table) if spoil and what[0] == name else table
            mark = [(pl.lit(f"{number:03d}#") + pl.col("firm_id")).alias("firm_id")]
            if name == "applications":
                mark.append((pl.lit(f"{number:03d}#") + pl.col("application_id")).alias("application_id"))
            copies[name].append(part.with_columns(mark))
    together = {n: pl.concat(parts) for n, parts in copies.items()}
    dataset = replace(clean, tables=MappingProxyType({**clean.tables, **together}))
    values = compute(dataset).values.with_columns(copy=pl.col("application_id").str.head(3).cast(pl.Int32))
    by_copy = values.partition_by("copy", as_dict=True)
    first = by_copy[0,]
    found = {}
    for number, (what, _) in enumerate(spoiled):
        own = by_copy[number,]
        found[what] = {n for n in NAMES if not own[n].equals(first[n])}
    assert not found.pop((None, None, None))
    return found


def test_what_moves_an_indicator_is_among_its_inputs(moved):
    inputs = indicator_inputs()
    for (table, column, value), names in moved.items():
        undeclared = {n for n in names if not any(touches(i, table, column, value) for i in inputs[n])}
        assert not undeclared, (table, column, value)


def test_every_indicator_is_moved_by_something(moved):
    by_firm = {"industry_division", "purpose_group", "emerging_industry", "project_vs_benchmark"}
    assert set().union(*moved.values()) >= set(NAMES) - NOT_SIMULATED - by_firm


# --- the documents --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documented(make_dataset):
    return make_dataset(
        firms=[{"founded_on": d("2001-01-01"), "source_document": "licence.pdf"}],
        applications=[{"application_id": "A1", "tenor_months": 12, "source_document": "form.pdf", "page": "2"}],
        annual=[
            {"year": "2022", "published_on": d("2023-04-01"), "revenue": 900.0, "total_assets": 80.0,
             "total_liabilities": 40.0, "source_document": "report-2022.pdf", "page": "7"},
            {"year": "2023", "published_on": d("2024-04-01"), "revenue": 1000.0, "total_assets": 90.0,
             "total_liabilities": 45.0, "source_document": "report-2023.pdf", "page": "11"},
            # The revenue is restated in another document, the balance sheet is not.
            {"year": "2023", "published_on": d("2024-05-01"), "revenue": 1100.0,
             "source_document": "restated.pdf", "page": "3"},
            # Known after the decision.
            {"year": "2023", "published_on": d("2024-09-01"), "revenue": 1200.0, "source_document": "late.pdf"},
        ],
        energy=[
            {"carrier": "electricity", "quantity": 10.0, "unit": "MWh", "source_document": "meter.csv", "page": "10"},
            {"carrier": "raw_coal", "quantity": 5.0, "unit": "t", "source_document": "meter.csv", "page": "9"},
        ],
        incidents=[
            {"incident_id": "I1", "occurred_on": d("2024-01-01"), "recorded_on": d("2024-01-05"), "kind": "tax",
             "source_document": "decision.pdf"},
        ],
    )  # fmt: skip


def twin_of_documents():
    """Indicator to (document, page, year), worked out by hand from the rows above."""
    latest = ("restated.pdf", "3", 2023)
    revenue = {latest, ("report-2022.pdf", "7", 2022)}
    balance = {("report-2023.pdf", "11", 2023), ("report-2022.pdf", "7", 2022)}
    energy = {("meter.csv", "9", 2023), ("meter.csv", "10", 2023)}
    return {
        "log_revenue": revenue,
        "leverage": balance,
        "energy_intensity": revenue | energy,
        "coal_share": energy,
        "tax_incidents": {("decision.pdf", None, None)},
        "firm_age": {("licence.pdf", None, None)},
        "tenor_months": {("form.pdf", "2", None)},
    }


def test_documents_follow_the_fact(documented):
    found = indicator_documents(documented, facts_as_of(documented, Settings()))
    for name, expected in twin_of_documents().items():
        own = found.filter(pl.col("indicator") == name)
        assert set(own.select("document", "page", "year").iter_rows()) == expected, name
        assert own.height == len(expected)
    assert "late.pdf" not in found["document"].to_list()
    incidents = {n for n in NAMES if n.endswith("_incidents") or n == "fines_ratio"}
    decided = set(found.filter(pl.col("document") == "decision.pdf")["indicator"])
    assert decided & incidents == {"tax_incidents"}


def test_the_record_names_documents_pages_years_and_indicators(documented):
    record = compute(documented).data_quality
    assert record.schema == dict(QUALITY_SCHEMA)
    rows = record.filter(pl.col("status") == "documented")
    assert rows["indicator"].null_count() == rows.height
    assert rows["grade"].null_count() == rows.height
    told = {(family, en.partition(":")[0]): (en, zh) for family, en, zh in
            rows.select("family", "detail_en", "detail_zh").iter_rows()}  # fmt: skip
    assert len(told) == rows.height
    en, zh = told["energy", "meter.csv, page 9, 10 (2023)"]
    assert en.startswith("meter.csv, page 9, 10 (2023): Energy intensity; Coal in energy use; ")
    assert zh.startswith("meter.csv，第9、10页（2023年）：单位产值能耗；煤炭消费占比；")
    assert told["context", "licence.pdf"][0].endswith(
        "Age of the firm; Industry division; Regional power grid; Emerging industry."
    )
    assert told["business_conduct", "decision.pdf"] == (
        "decision.pdf: Tax incidents.",
        "decision.pdf：税务违规事件。",
    )
    # What is missing rests on nothing: no trend was computed, so none is named.
    values = compute(documented).values.row(0, named=True)
    for en, _ in told.values():
        for name in re.split(r"; ", en.partition(": ")[2].rstrip(".")):
            item = next(i for i in CATALOGUE.values() if i.en == name)
            assert values[item.id] is not None


def test_without_documents_the_record_and_the_rest_are_the_same(documented):
    plain = replace(
        documented,
        tables=MappingProxyType(
            {n: t.with_columns(source_document=pl.lit(None, pl.String)) for n, t in documented.tables.items()}
        ),
    )
    with_documents, without = compute(documented), compute(plain)
    assert without.values.equals(with_documents.values)
    assert without.data_quality.filter(pl.col("status") == "documented").is_empty()
    assert without.data_quality.equals(with_documents.data_quality.filter(pl.col("status") != "documented"))


def test_shards_name_the_same_documents(documented):
    whole = compute(documented).data_quality
    assert compute(documented, firms_per_shard=1).data_quality.equals(whole)


def test_what_does_not_apply_rests_on_no_document(make_dataset):
    # A printer (23) makes no good in scope of the border adjustment, whatever its report says of exports.
    annual = [
        {"published_on": d("2024-04-01"), "revenue": 5.0, "eu_export_share": 0.2, "source_document": "r.pdf"}
    ]
    record = compute(make_dataset(firms=[{"industry": "2311"}], annual=annual)).data_quality
    cbam = record.filter(pl.col("indicator") == "cbam_cost_share")
    assert cbam["status"].to_list() == ["not_applicable"]
    details = record.filter(pl.col("status") == "documented")["detail_en"]
    assert details.len() > 0
    assert not details.str.contains("EU border").any()
