"""Facts in hand of firms that hand in one thing each."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features.asof import facts
from features.intake import validate_tables
from features.settings import Settings
from scoring.asks import documents
from scoring.asks.in_hand import facts_in_hand

DAY = dt.date(2024, 6, 30)
"""The accounts of 2023 are due, and so is everything else that has a year."""


def one_firm(*, founded="2001-01-01", **tables):
    """A firm with nothing but a name and an industry, and what a case hands in."""
    given = {
        "firms": {"name": ["企业"], "industry": ["31"], "region": ["330000"], "id_scheme": ["bank"],
                  "founded_on": [founded]},
        "applications": {"application_id": ["A"], "as_of": [str(DAY)], "tenor_months": ["12"],
                         "project_kind": ["working_capital"]},
    }  # fmt: skip
    for name, columns in tables.items():
        given[name] = given.get(name, {}) | {column: [str(value)] for column, value in columns.items()}
    frames = {name: pl.DataFrame({"firm_id": ["F"]} | columns) for name, columns in given.items()}
    dataset = validate_tables(frames, source="a test")
    assert dataset.quarantine.is_empty(), dataset.quarantine
    return facts(dataset, Settings())


def in_hand(seen):
    frame = facts_in_hand(seen, list(documents().facts.values()))
    assert frame.height == 1
    row = frame.row(0, named=True)
    return {name for name in documents().facts if row[f"{name} in_hand"]}, {
        name for name in documents().facts if row[f"{name} exists"]
    }


ENERGY = {"carrier": "electricity", "quantity": 5, "unit": "MWh", "published_on": "2024-03-01"}
EMISSION = {"period": 2023, "scope": 1, "quantity": 5, "unit": "t", "published_on": "2024-04-01"}
CHECK = {"from": "2020-01-01", "to": "2024-06-01", "checked_on": "2024-06-01", "source": "register"}

CASES = {
    "revenue of the year that is due": (
        {"annual": {"year": 2023, "revenue": 5, "published_on": "2024-04-01"}},
        {"annual.revenue"},
    ),
    "revenue of the year before": (
        {"annual": {"year": 2022, "revenue": 5, "published_on": "2023-04-01"}},
        set(),
    ),
    "revenue that was published later": (
        {"annual": {"year": 2023, "revenue": 5, "published_on": "2024-07-01"}},
        set(),
    ),
    "electricity of the whole year": ({"energy": ENERGY | {"period": 2023}}, {"energy.electricity"}),
    "electricity of one month": ({"energy": ENERGY | {"period": "2023-05"}}, set()),
    "coal": (
        {"energy": ENERGY | {"period": 2023, "carrier": "raw_coal", "unit": "t"}},
        {"energy.any_fuel"},
    ),
    "methane": ({"emissions": EMISSION | {"substance": "CH4"}}, {"emissions.scope1", "emissions.CH4"}),
    "scope 3": (
        {"emissions": EMISSION | {"scope": 3, "category": 1, "substance": "CO2e", "unit": "tCO2e"}},
        {"emissions.scope3"},
    ),
    "a machine": (
        {"equipment": {"equipment_id": "E", "kind": "motor", "rated_power": 5, "commissioned_on": "2015-01-01"}},
        {"equipment.any"},
    ),
    "all certificates asked for": ({"checks": CHECK | {"table": "certifications"}}, {"checks.certifications"}),
    "certificates asked for too long ago": (
        {"checks": CHECK | {"table": "certifications", "to": "2023-01-01", "checked_on": "2023-01-01"}},
        set(),
    ),
    "one kind of incident asked for": (
        {"checks": CHECK | {"table": "incidents", "kind": "tax"}},
        {"checks.tax"},
    ),
    "all kinds asked for": (
        {"checks": CHECK | {"table": "incidents"}},
        {f"checks.{kind}" for kind in ("environmental", "safety", "labour", "product", "tax", "dishonesty")},
    ),
    "incidents of one month only": (
        {"checks": CHECK | {"table": "incidents", "from": "2024-05-01"}},
        set(),
    ),
    "a design": (
        {"applications": {"project_kind": "new_line", "project_product": "cement_clinker",
                          "design_energy": 100, "design_energy_unit": "kgce/t"}},
        {"applications.design_energy"},
    ),
    "nothing": ({}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_what_is_in_hand(case):
    given, expected = CASES[case]
    found, exists = in_hand(one_firm(**given))
    assert found - {"firms.founded_on"} == expected
    assert exists == set(documents().facts)


def test_of_a_firm_younger_than_the_due_year_no_year_can_be_asked_for():
    found, exists = in_hand(one_firm(founded="2024-02-01"))
    assert found == {"firms.founded_on"}
    assert exists == {
        name
        for name in documents().facts
        if name.startswith(("firms.", "applications.", "checks.", "equipment."))
    }
    found, exists = in_hand(one_firm(founded=""))
    assert found == set()
    assert exists == set(documents().facts)
