"""The documents behind a score, as explain tells them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from features.quality import QUALITY_SCHEMA
from scoring.documents_text import documents_text
from scoring.explain_text import explain_results
from scoring.results import one_application


def documented(results, application, count):
    rows = [
        (application, "energy", None, "documented", f"meter-{n:02d}.csv (2023): Coal.", f"meter-{n:02d}.csv：煤。", None)
        for n in range(count)
    ]  # fmt: skip
    added = pl.DataFrame(rows, schema=dict(QUALITY_SCHEMA), orient="row")
    record = results.data_quality.select(list(QUALITY_SCHEMA)).cast(dict(QUALITY_SCHEMA))
    return replace(results, data_quality=pl.concat([record, added]))


def test_explain_names_the_documents_of_the_application_and_of_no_other(synthetic_results):
    results = documented(synthetic_results, "APP000003", 2)
    text = explain_results(results, "APP000003")
    assert "Documents 依据文件\n  Energy 能源: meter-00.csv (2023): Coal. meter-00.csv：煤。\n" in text
    assert "meter-01.csv" in text
    assert "Documents" not in explain_results(results, "APP000004")
    assert "Documents" not in explain_results(synthetic_results, "APP000003")


def test_a_document_changes_nothing_else_of_the_text(synthetic_results):
    plain = explain_results(synthetic_results, "APP000003")
    told = explain_results(documented(synthetic_results, "APP000003", 1), "APP000003")
    assert [part for part in told.split("\n\n") if not part.startswith("Documents")] == plain.split("\n\n")


def test_very_many_are_counted_not_listed(synthetic_results):
    own = one_application(documented(synthetic_results, "APP000003", 15), "APP000003")
    lines = documents_text(own).splitlines()
    assert len(lines) == 1 + 12 + 1
    assert lines[-1] == "  3 more in data_quality.parquet"
