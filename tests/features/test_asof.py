"""What an application may see: known on or before its day, restatements resolved, the firm as it stood."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.asof import facts
from features.pipeline import compute
from features.settings import Settings

DAY = dt.date(2024, 6, 30)


def day(offset):
    return DAY + dt.timedelta(days=offset)


def as_of(dataset):
    return facts(dataset, Settings())


@pytest.mark.parametrize(("offset", "seen"), [(-1, True), (0, True), (1, False)])
def test_a_row_counts_from_the_day_it_was_known(make_dataset, offset, seen):
    found = as_of(
        make_dataset(
            annual=[{"revenue": 1.0, "published_on": day(offset)}],
            energy=[{"carrier": "coke", "quantity": 1.0, "published_on": day(offset)}],
            production=[{"product": "widgets", "quantity": 1.0, "published_on": day(offset)}],
            emissions=[{"quantity": 1.0, "published_on": day(offset)}],
            certifications=[{"scheme": "iso14001", "published_on": day(offset)}],
            incidents=[{"incident_id": "I", "occurred_on": day(-9), "recorded_on": day(offset)}],
            checks=[{"table": "incidents", "checked_on": day(offset)}],
        )
    )
    tables = (
        found.annual,
        found.energy,
        found.production,
        found.emissions,
        found.certifications,
        found.incidents,
        found.checks,
    )
    assert [t.height for t in tables] == [int(seen)] * len(tables)


@pytest.mark.parametrize(
    ("period", "over"), [("2023", True), ("2024-06", True), ("2024Q3", False), ("2024", False)]
)
def test_a_figure_of_a_period_that_is_not_over_is_a_plan_and_is_not_seen(make_dataset, period, over):
    """The decision is on 30 June 2024, so June is over; whatever was published before, the third quarter is not."""
    at = {"period": period, "published_on": day(-100)}
    found = as_of(
        make_dataset(
            annual=[{"year": period, "published_on": day(-100), "revenue": 1.0}],
            energy=[{**at, "carrier": "coke", "quantity": 1.0}],
            production=[{**at, "product": "widgets", "quantity": 1.0}],
            emissions=[{**at, "quantity": 1.0}],
            ecology=[{**at, "kind": "sink_credits", "amount": 1.0}],
            # A certificate may be of a period that still runs.
            certifications=[{**at, "scheme": "gec"}],
        )
    )
    tables = (found.annual, found.energy, found.production, found.emissions, found.ecology)
    assert [t.height for t in tables] == [int(over)] * len(tables)
    assert found.certifications.height == 1


def test_a_plan_stands_in_for_no_year_of_any_indicator(make_dataset):
    """The latest full year is 2023; the plans of 2024 in every table change nothing."""

    def rows(year, factor):
        at = {"published_on": dt.date(2024, 4, 30)}
        return {
            "annual": [{**at, "year": year, "revenue": 100.0 * factor, "value_added": 30.0, "water_withdrawn": 5.0,
                        "water_reused": 1.0, "waste": 3.0, "waste_recycled": 1.0, "green_revenue": 9.0,
                        "hours_worked": 1e6, "injuries": 1.0, "tax_credit_rating": "B" if factor == 1 else "A"}],
            "energy": [{**at, "period": year, "carrier": "raw_coal", "quantity": 10.0 * factor, "basis": "metered"}],
            "emissions": [{**at, "period": year, "quantity": 8.0 * factor},
                          {**at, "period": year, "scope": "2-location", "quantity": 2.0 * factor}],
            "production": [{**at, "period": year, "product": "cement_clinker", "quantity": 9.0, "energy": factor}],
            "ecology": [{**at, "period": year, "kind": "sink_credits", "amount": factor}],
        }  # fmt: skip

    facts_only = rows("2023", 1.0)
    planned = {name: [*own, *rows("2024", 3.0)[name]] for name, own in facts_only.items()}
    values = compute(make_dataset(**facts_only)).values
    assert values["water_intensity"].item() == pytest.approx(5 / 30)
    assert values["tax_credit_rating"].item() == 3.0
    assert compute(make_dataset(**planned)).values.equals(values)


def test_without_a_day_the_usual_delay_decides(make_dataset):
    early, late = (
        {"application_id": "A1", "as_of": dt.date(2024, 4, 28)},
        {
            "application_id": "A2",
            "as_of": dt.date(2024, 4, 30),
        },
    )
    found = as_of(make_dataset(applications=[early, late], annual=[{"revenue": 1.0}]))
    assert found.annual["application_id"].to_list() == ["A2"]


def test_the_latest_known_restatement_counts(make_dataset):
    rows = [
        {"carrier": "coke", "quantity": 1.0, "published_on": day(-200)},
        {"carrier": "coke", "quantity": 2.0, "published_on": day(-100)},
        {"carrier": "coke", "quantity": 3.0, "published_on": day(1)},
        {"carrier": "coke", "quantity": 9.0, "published_on": day(-100), "site": "North"},
    ]
    found = as_of(make_dataset(energy=rows)).energy.sort("site", nulls_last=False)
    assert found["quantity"].to_list() == [2.0, 9.0]
    assert found["first_published_on"].to_list() == [day(-200), day(-100)]


def test_a_stated_day_beats_an_equal_usual_one(make_dataset):
    usual = dt.date(2023, 12, 31) + dt.timedelta(days=60)
    rows = [
        {"carrier": "coke", "quantity": 1.0},
        {"carrier": "coke", "quantity": 2.0, "published_on": usual},
    ]
    for order in (rows, rows[::-1]):
        assert as_of(make_dataset(energy=order)).energy["quantity"].to_list() == [2.0]


def test_a_later_report_of_other_figures_takes_nothing_back(make_dataset):
    found = as_of(
        make_dataset(
            annual=[
                {"revenue": 5.0, "employees": 3.0, "published_on": day(-100)},
                {"injuries": 1.0, "employees": 4.0, "published_on": day(-50)},
            ]
        )
    ).annual
    assert found.select("revenue", "employees", "injuries").rows() == [(5.0, 4.0, 1.0)]


def test_what_happens_later_has_not_happened(make_dataset):
    found = as_of(
        make_dataset(
            certifications=[
                {
                    "scheme": "gec",
                    "period": "2023",
                    "issued_on": day(-99),
                    "retired_on": day(1),
                    "verified_on": day(2),
                    "quantity": 5.0,
                }
            ],
            incidents=[
                {
                    "incident_id": "I",
                    "occurred_on": day(-99),
                    "recorded_on": day(-90),
                    "rectified_on": day(1),
                }
            ],
        )
    )
    assert found.certifications.select("retired_on", "verified_on").rows() == [(None, None)]
    assert found.incidents["rectified_on"].to_list() == [None]


def test_certificates_keep_their_events_and_incidents_their_latest_record(make_dataset):
    found = as_of(
        make_dataset(
            certifications=[
                {"scheme": "iso14001", "certificate_no": "1", "status_on": day(-500)},
                {"scheme": "iso14001", "certificate_no": "1", "status_on": day(-50), "status": "suspended"},
                {
                    "scheme": "iso14001",
                    "certificate_no": "1",
                    "status_on": day(-50),
                    "status": "withdrawn",
                    "published_on": day(-40),
                },
            ],
            incidents=[
                {"incident_id": "I", "severity": 1, "occurred_on": day(-99), "recorded_on": day(-90)},
                {"incident_id": "I", "severity": 3, "occurred_on": day(-99), "recorded_on": day(-10)},
                {"incident_id": "I", "severity": 4, "occurred_on": day(-99), "recorded_on": day(5)},
            ],
        )
    )
    assert found.certifications.sort("status_on")["status"].to_list() == ["valid", "withdrawn"]
    assert found.incidents["severity"].to_list() == [3]


def test_the_firm_stands_as_it_did(make_dataset):
    dataset = make_dataset(
        applications=[
            {"application_id": "A1", "as_of": dt.date(2022, 1, 1)},
            {"application_id": "A2", "as_of": dt.date(2024, 1, 1)},
            {"application_id": "A3", "as_of": dt.date(2024, 1, 1), "firm_id": "F2"},
        ],
        firms=[
            {"industry": "3011", "region": "370100", "founded_on": dt.date(2001, 5, 5)},
            # A move: the industry stays empty, though intake filled in its default scheme.
            {"industry": None, "region": "US-TX", "valid_from": dt.date(2023, 1, 1)},
            {"firm_id": "F2", "industry": "24.10", "industry_scheme": "NACE2", "region": "CN-GD"},
            {"firm_id": "F2", "industry": "44", "region": "CN", "valid_from": dt.date(2025, 1, 1)},
        ],
    )
    found = as_of(dataset).applications
    assert found.select("application_id", "division", "class4", "province", "country").rows() == [
        ("A1", "30", "3011", "370000", "CN"),
        ("A2", "30", "3011", None, "US"),
        ("A3", "31", None, "440000", "CN"),
    ]
    assert found["founded_on"].to_list() == [dt.date(2001, 5, 5)] * 2 + [None]
    assert found.select("high_energy_consuming", "ets_covered", "cbam_exposed").row(0) == (True, 2024, True)


def test_a_firm_seen_by_several_applications_has_its_rows_once_each(make_dataset):
    dataset = make_dataset(
        applications=[{"application_id": "A1"}, {"application_id": "A2", "as_of": day(9)}],
        annual=[{"revenue": 1.0, "published_on": day(-9)}, {"revenue": 2.0, "published_on": day(5)}],
    )
    assert as_of(dataset).annual.select("application_id", "revenue").rows() == [("A1", 1.0), ("A2", 2.0)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(-9, 9), st.floats(0, 9)), min_size=1, max_size=6, unique_by=lambda p: p[0]
    ),
    st.randoms(use_true_random=False),
)
def test_the_fact_seen_is_the_last_one_known(make_dataset, published, random):
    rows = [{"quantity": q, "published_on": day(offset)} for offset, q in published]
    random.shuffle(rows)
    visible = sorted((offset, q) for offset, q in published if offset <= 0)
    found = as_of(make_dataset(emissions=rows)).emissions["quantity"].to_list()
    assert found == ([visible[-1][1]] if visible else [])


def test_no_applications_no_facts(make_dataset):
    found = as_of(make_dataset(applications=[], energy=[{"carrier": "coke", "quantity": 1.0}]))
    assert found.applications.is_empty()
    assert found.energy.is_empty()
    assert isinstance(found.applications, pl.DataFrame)
