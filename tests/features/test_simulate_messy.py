"""Spoiled rows: those that must be caught are caught, those that must be read are read."""

from __future__ import annotations

import polars as pl
import pytest

from features.contract import CONTRACT
from features.intake import validate_tables
from features.simulate import simulate
from features.simulate.messy import CHINESE_HEADERS
from features.simulate.spoilage import BAD, BENIGN


@pytest.fixture(scope="module")
def clean():
    return simulate(firms=700, seed=4)


@pytest.fixture(scope="module")
def messy():
    return simulate(firms=700, seed=4, messy=True)


@pytest.fixture(scope="module")
def read(messy):
    return validate_tables(messy.tables, source="simulation")


def test_every_kind_is_spoiled(messy):
    found = set(messy.spoiled.select("table", "column", "kind").unique().iter_rows())
    for spoilage in (*BAD, *BENIGN):
        assert (spoilage.table, spoilage.column, spoilage.kind) in found


def test_every_bad_row_is_in_the_quarantine_under_its_rule(messy, read):
    bad = messy.spoiled.drop_nulls("rule")
    missed = bad.join(read.quarantine, on=["table", "row", "column", "rule"], how="anti")
    assert missed.is_empty(), missed
    caught = bad.join(read.quarantine, on=["table", "row", "column", "rule"])
    assert (caught["mend_en"].str.len_chars() > 0).all()
    assert (caught["mend_zh"].str.len_chars() > 0).all()


def test_nothing_but_spoiled_rows_and_rows_of_refused_firms_is_quarantined(messy, read):
    bad = messy.spoiled.drop_nulls("rule")
    others = read.quarantine.join(bad, on=["table", "row"], how="anti")
    assert set(others["rule"]) <= {"unknown_firm"}


def test_exact_duplicates_are_dropped_and_counted(messy, read):
    made = messy.spoiled.filter(pl.col("kind") == "exact_duplicate").group_by("table").len()
    refused = read.quarantine.filter(pl.col("rule") == "unknown_firm")
    for table, count in made.iter_rows():
        counted = read.counts.filter(pl.col("table") == table)["duplicates"].item()
        assert count - refused.filter(pl.col("table") == table)["row"].n_unique() <= counted <= count


def test_what_was_only_written_differently_reads_the_same(clean, messy, read):
    plain = validate_tables(clean.tables, source="simulation")
    harmless = messy.spoiled.filter(pl.col("rule").is_null() & (pl.col("kind") != "exact_duplicate"))
    assert harmless.height > 500
    for table in harmless["table"].unique():
        rows = harmless.filter(pl.col("table") == table).select("row")
        columns = [c.name for c in CONTRACT[table].columns if c.name != "row"]
        left = plain.tables[table].join(rows, on="row", how="semi").sort("row").select("row", *columns)
        right = read.tables[table].join(rows, on="row", how="semi").sort("row").select("row", *columns)
        # a row may have gone with its firm
        left = left.join(right, on="row", how="semi")
        assert right.height > 0.95 * rows["row"].n_unique()
        for column in columns:
            if left[column].dtype.is_float():
                same = ((left[column] - right[column]).abs() <= 1e-9 * left[column].abs()) | left[
                    column
                ].is_null()
                assert same.all(), (table, column)
                assert left[column].is_null().equals(right[column].is_null())
            elif column not in {"unit", "currency"}:
                assert left[column].equals(right[column], null_equal=True), (table, column)


def test_some_tables_come_under_chinese_headers(messy):
    for table in CHINESE_HEADERS:
        chinese = {c.zh for c in CONTRACT[table].columns}
        assert set(messy.tables[table].columns) <= chinese


def test_most_stays_scorable(clean, read):
    assert read.tables["applications"].height > 0.97 * clean.tables["applications"].height


def test_the_truth_is_that_of_the_clean_portfolio(clean, messy):
    assert clean.truth.equals(messy.truth)
    assert clean.spoiled.is_empty()
