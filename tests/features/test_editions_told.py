"""A factor of another time than the fact is told beside every indicator that rests on it, and beside no other."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from features import reference
from features.pipeline import compute

FOLDER = Path(reference.__file__).parent


def first_year(table, **cells):
    """First year in which a shipped row holds, read without the code under test."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if all(r[c] == v for c, v in cells.items())]
    return min(int(row["valid_from"][:4]) for row in rows)


def told(make_dataset, year):
    at = {"period": str(year)}
    dataset = make_dataset(
        applications=[{"application_id": "A1", "as_of": dt.date(year + 1, 12, 31)}],
        annual=[{"year": str(year), "revenue": 100.0, "pollution_control_spend": 2.0}],
        energy=[
            {**at, "carrier": "raw_coal", "quantity": 10.0},
            {**at, "carrier": "electricity", "quantity": 5.0},
        ],
        emissions=[
            {**at, "quantity": 8.0},
            {**at, "scope": "2-location", "quantity": 2.0},
            {**at, "scope": "none", "substance": "SO2", "unit": "t", "quantity": 1.0},
        ],
    )
    computed = compute(dataset)
    details = computed.data_quality.filter(pl.col("status") == "defaulted").drop_nulls("indicator")
    known = {c for c in computed.values.columns if computed.values[c].item() is not None}
    return dict(details.select("indicator", "detail_en").iter_rows()), known


COAL = first_year("energy_carriers", id="raw_coal")
EQUIVALENT = first_year("pollution_equivalents", contract_substance="SO2")


@pytest.mark.parametrize("year", sorted({COAL - 1, COAL, EQUIVALENT - 1, EQUIVALENT}))
def test_what_rests_on_a_factor_of_another_year_says_so(make_dataset, year):
    notes, known = told(make_dataset, year)
    coal = {"energy_intensity", "coal_share", "electrification"}
    assert {*coal, "under_reporting", "pollutant_intensity", "control_spend"} <= known
    for name in coal:
        assert ("Standard-coal factors of another year" in notes.get(name, "")) == (year < COAL), name
    assert ("Factors of fuels or processes of another year" in notes.get("under_reporting", "")) == (
        year < COAL
    )
    for name in ("pollutant_intensity", "control_spend"):
        expected = f"Pollution equivalents of another time stand in for {year}: SO2."
        assert (expected in notes.get(name, "")) == (year < EQUIVALENT), name
    assert "green_power_share" not in notes


def test_a_share_of_none_or_all_rests_on_no_factor(make_dataset):
    dataset = make_dataset(
        applications=[{"application_id": "A1", "as_of": dt.date(COAL, 12, 31)}],
        energy=[{"period": str(COAL - 1), "carrier": "electricity", "quantity": 5.0}],
    )
    computed = compute(dataset)
    assert computed.values.select("coal_share", "electrification").row(0) == (0.0, 1.0)
    status = dict(computed.data_quality.drop_nulls("indicator").select("indicator", "status").iter_rows())
    assert (status["coal_share"], status["electrification"]) == ("zero", "reported")
