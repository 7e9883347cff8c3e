"""One-sided telling: each check at its bound, from figures worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from features import one_sided
from features.asof import facts as asof_facts
from features.settings import Settings

COAL_CO2 = 1.9003  # t per tonne of raw coal; only its order of size matters below
SOFTWARE = [{"industry": "6510"}]
MACHINES = [{"industry": "3411"}]


def day(text):
    return dt.date.fromisoformat(text)


def raised(make_dataset, **tables):
    found = one_sided.cross_checks(asof_facts(make_dataset(**tables), Settings()))
    assert set(found["severity"]) <= {"warning"}
    return dict(found.select("check", "text_en").rows())


def accounts(**columns):
    return [
        {
            "year": "2023",
            "revenue": 1000.0,
            "value_added": 250.0,
            "ebitda": 100.0,
            "employees": 10.0,
            **columns,
        }
    ]


def test_a_firm_that_tells_both_sides_is_left_in_peace(make_dataset):
    assert raised(make_dataset, annual=accounts(interest_expense=5.0, total_debt=100.0)) == {}
    assert raised(make_dataset) == {}


def test_revenue_alone_is_asked_about(make_dataset):
    found = raised(make_dataset, annual=accounts(value_added=None))
    assert set(found) == {"value_added_missing"}
    assert "Value added of 2023" in found["value_added_missing"]


@pytest.mark.parametrize(("share", "told"), [(0.59, False), (0.61, True)])
def test_value_added_of_a_manufacturer_is_not_most_of_its_revenue(make_dataset, share, told):
    made = accounts(value_added=share * 1000.0, employees=1000.0)
    assert ("value_added_beyond_revenue" in raised(make_dataset, firms=MACHINES, annual=made)) is told
    # a software house may well add most of its revenue
    assert "value_added_beyond_revenue" not in raised(make_dataset, firms=SOFTWARE, annual=made)


@pytest.mark.parametrize(("employees", "told"), [(5.1, False), (4.9, True)])
def test_value_added_is_made_by_somebody(make_dataset, employees, told):
    # 500 = 100 of EBITDA and 400 for pay: 80 a head for five
    made = accounts(value_added=500.0, employees=employees)
    assert ("value_added_beyond_income" in raised(make_dataset, firms=SOFTWARE, annual=made)) is told


@pytest.mark.parametrize(("revenue", "told"), [(49_000.0, False), (51_000.0, True)])
def test_revenue_in_yuan_is_too_much_for_the_staff(make_dataset, revenue, told):
    assert ("revenue_beyond_employees" in raised(make_dataset, annual=accounts(revenue=revenue))) is told


@pytest.mark.parametrize(("debt", "told"), [(100.0, True), (None, True), (0.0, False)])
def test_interest_of_zero_needs_debt_of_zero(make_dataset, debt, told):
    found = raised(make_dataset, annual=accounts(interest_expense=0.0, total_debt=debt))
    assert ("debt_without_interest" in found) is told


@pytest.mark.parametrize(
    ("firms", "columns", "told"),
    [
        (MACHINES, {"waste": 0.0}, True),
        (SOFTWARE, {"waste": 0.0}, False),
        (SOFTWARE, {"water_withdrawn": 0.0}, True),
        (SOFTWARE, {"water_withdrawn": 1.0}, False),
    ],
)
def test_nobody_works_without_water_and_no_industry_without_waste(make_dataset, firms, columns, told):
    assert ("without_water_or_waste" in raised(make_dataset, firms=firms, annual=accounts(**columns))) is told


def test_no_energy_at_all_is_asked_about(make_dataset):
    found = raised(make_dataset, energy=[{"carrier": "electricity", "quantity": 0.0}])
    assert set(found) == {"without_energy"}


def scopes(make_dataset, own, bought, *, industry="3411"):
    """Coal of 100 t and electricity of 100 MWh beside multiples of what they imply."""
    firms = [{"industry": industry, "region": "370100"}]
    energy = [{"carrier": "raw_coal", "quantity": 100.0}, {"carrier": "electricity", "quantity": 100.0}]
    facts = asof_facts(make_dataset(firms=firms, energy=energy), Settings())
    derived = one_sided.derived_emissions(facts).row(0, named=True)
    emissions = [
        {"scope": "1", "quantity": own * derived["combustion"]},
        {"scope": "2-location", "quantity": bought * derived["electricity_co2"]},
    ]
    return set(raised(make_dataset, firms=firms, energy=energy, emissions=emissions))


@pytest.mark.parametrize(
    ("own", "bought", "industry", "told"),
    [
        (1.0, 1.0, "3411", set()),
        (1.24, 1.24, "3411", set()),
        (1.26, 1.0, "3411", {"energy_below_emissions"}),
        (1.0, 1.26, "3411", {"energy_below_emissions"}),
        # processes emit beside fuel, but no process buys electricity
        (1.74, 1.0, "3120", set()),
        (1.76, 1.0, "3120", {"energy_below_emissions"}),
        (1.0, 1.26, "3120", {"energy_below_emissions"}),
        (0.76, 0.76, "3411", set()),
        (0.74, 1.0, "3411", {"scope_below_derived"}),
        (1.0, 0.74, "3411", {"scope_below_derived"}),
    ],
)
def test_each_scope_is_held_against_the_energy_that_makes_it(make_dataset, own, bought, industry, told):
    assert scopes(make_dataset, own, bought, industry=industry) == told


@pytest.mark.parametrize(("published", "told"), [("2024-01-09", True), ("2024-01-10", False)])
def test_no_year_is_closed_in_ten_days(make_dataset, published, told):
    found = raised(make_dataset, annual=accounts(published_on=day(published)))
    assert ("published_too_soon" in found) is told


@pytest.mark.parametrize(
    ("recorded", "rectified", "check"),
    [
        ("2023-02-01", "2023-01-20", None),
        ("2023-02-01", "2023-03-20", "incident_remedied_after_record"),
        ("2024-01-10", None, None),
        ("2024-02-10", None, "incident_recorded_late"),
        # the record of a remedy comes late by nature
        ("2024-02-10", "2024-01-30", None),
    ],
)
def test_a_record_tells_of_what_was_before_it_and_not_long_before(make_dataset, recorded, rectified, check):
    incident = {
        "incident_id": "I1",
        "occurred_on": day("2023-01-15"),
        "recorded_on": day(recorded),
        "rectified_on": rectified and day(rectified),
    }
    assert set(raised(make_dataset, incidents=[incident])) == ({check} if check else set())


@pytest.mark.parametrize(("verifier", "told"), [("CQC", False), (" ", True), (None, True)])
def test_assurance_is_given_by_somebody(make_dataset, verifier, told):
    emissions = [{"quantity": 1.0, "assurance": "limited", "verifier": verifier}]
    assert ("assurance_without_verifier" in raised(make_dataset, emissions=emissions)) is told


@pytest.mark.parametrize(
    ("substances", "told"),
    [(("SO2", "NOx", "PM"), False), (("NOx", "PM"), True), (("COD",), False), ((), False)],
)
def test_a_fire_gives_off_more_than_one_pollutant(make_dataset, substances, told):
    found = raised(
        make_dataset,
        energy=[{"carrier": "raw_coal", "quantity": 100.0}],
        emissions=[{"scope": "none", "substance": s, "unit": "t", "quantity": 1.0} for s in substances],
    )
    assert ("pollutants_incomplete" in found) is told
    if told:
        assert found["pollutants_incomplete"].endswith("without SO2.")


@pytest.mark.parametrize(("kind", "told"), [("working_capital", True), ("new_line", False)])
def test_a_design_is_of_a_project(make_dataset, kind, told):
    application = {"application_id": "A1", "project_kind": kind, "design_energy": 0.1}
    assert ("design_without_project" in raised(make_dataset, applications=[application])) is told


def certificate(**columns):
    return {
        "scheme": "iso14001",
        "certificate_no": "C1",
        "issued_on": day("2023-01-01"),
        "expires_on": day("2025-12-31"),
        "site_coverage": 1.0,
        "published_on": day("2023-01-05"),
        **columns,
    }


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ({}, None),
        ({"site_coverage": None}, "certificate_without_coverage"),
        ({"expires_on": None}, "certificate_without_expiry"),
        # a label has no sites
        ({"scheme": "cn_env_label", "site_coverage": None}, None),
    ],
)
def test_a_certificate_says_what_it_covers_and_until_when(make_dataset, columns, check):
    found = set(raised(make_dataset, certifications=[certificate(**columns)]))
    assert found == ({check} if check else set())


@pytest.mark.parametrize(
    ("periods", "told"), [(("2022", "2023"), True), (("2023-01", "2023-02"), False), (("2023",), False)]
)
def test_a_kilowatt_hour_is_green_in_one_year_only(make_dataset, periods, told):
    rows = [
        certificate(scheme="gec", period=period, quantity=5.0, unit="MWh", retired_on=day("2024-01-10"))
        for period in periods
    ]
    assert ("green_power_claimed_twice" in raised(make_dataset, certifications=rows)) is told


@pytest.mark.parametrize(("as_of", "told"), [("2024-06-27", False), ("2024-06-28", True)])
def test_who_reported_once_goes_on_reporting(make_dataset, as_of, told):
    # the accounts of 2023 are due 180 days after the year's end: on the 28th of June 2024 they are there
    applications = [{"application_id": "A1", "as_of": day(as_of)}]
    annual = [{**accounts()[0], "year": "2022"}]
    found = raised(make_dataset, applications=applications, annual=annual)
    assert ("latest_year_missing" in found) is told


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"energy": [{"carrier": "raw_coal", "quantity": 1.0}]}, True),
        ({"energy": [{"carrier": "natural_gas", "quantity": 1.0}]}, False),
        ({"equipment": [{"equipment_id": "K1", "kind": "kiln"}]}, True),
        ({"equipment": [{"equipment_id": "K1", "kind": "server"}]}, False),
        ({"emissions": [{"scope": "none", "substance": "NOx", "unit": "t", "quantity": 1.1}]}, True),
        ({"emissions": [{"scope": "none", "substance": "NOx", "unit": "t", "quantity": 0.9}]}, False),
    ],
)
def test_an_office_has_no_plant(make_dataset, tables, told):
    assert ("industry_against_facts" in raised(make_dataset, firms=SOFTWARE, **tables)) is told
    assert "industry_against_facts" not in raised(make_dataset, firms=MACHINES, **tables)
