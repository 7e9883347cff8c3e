"""Injuries, social insurance, tax credit and certified management against a twin; incidents stand in their own test."""

from __future__ import annotations

import datetime as dt

import pytest

from features import business_conduct, labour, safety
from features.asof import facts as facts_as_of
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
LEVELS = {"A": 4.0, "B": 3.0, "M": 2.0, "C": 1.0, "D": 0.0}


def certificate(scheme, coverage=None, expires="2025-01-01"):
    return {
        "scheme": scheme,
        "certificate_no": scheme,
        "issued_on": dt.date(2022, 1, 1),
        "expires_on": dt.date.fromisoformat(expires),
        "site_coverage": coverage,
    }


FIRMS = {
    "plain": {
        "annual": [{"injuries": 3.0, "hours_worked": 2e6, "employees": 100.0, "insured_employees": 80.0, "tax_credit_rating": "A"}],
        "certifications": [certificate("iso45001", 0.6), certificate("iso37301")],
    },
    "nobody hurt": {"annual": [{"injuries": 0.0, "hours_worked": 5e5, "employees": 9.0, "insured_employees": 0.0, "tax_credit_rating": "D"}]},
    "no hours worked": {"annual": [{"injuries": 0.0, "hours_worked": 0.0, "employees": 0.0, "tax_credit_rating": "M"}]},
    "hurt without hours": {"annual": [{"injuries": 2.0, "hours_worked": 0.0, "employees": 0.0, "insured_employees": 3.0}]},
    "more insured than employed": {"annual": [{"injuries": 1.0, "employees": 50.0, "insured_employees": 60.0}]},
    "ratings change": {
        "annual": [{"year": "2021", "tax_credit_rating": "A"}, {"year": "2022", "tax_credit_rating": "C", "employees": 4.0, "insured_employees": 1.0},
                   {"hours_worked": 1e6, "employees": 5.0}],
    },
    "rated later": {"annual": [{"tax_credit_rating": "B", "published_on": dt.date(2024, 7, 1)}, {"year": "2022", "tax_credit_rating": "B"}]},
    "coverage not stated": {"certifications": [certificate("iso45001"), certificate("iso37001")]},
    "expired": {"certifications": [certificate("iso45001", 1.0, "2024-06-29"), certificate("iso37001", None, "2024-06-29")]},
    "asked": {"checks": [None]},
    "asked for one of two": {"checks": ["iso37001", "iso45001"]},
    "nothing handed in": {},
}  # fmt: skip


def latest(firm, figure):
    found = None
    for row in sorted(firm.get("annual", []), key=lambda r: r.get("year", "2023")):
        if row.get("published_on", AS_OF) <= AS_OF:
            value = figure(row)
            found = value if value is not None else found
    return found


def injuries(row):
    hurt, hours = row.get("injuries"), row.get("hours_worked")
    if hours == 0 and not hurt:
        return 1.0
    return hurt * 1e6 / hours if hours and hurt is not None else None


def insured(row):
    part, whole = row.get("insured_employees"), row.get("employees")
    if whole == 0 and not part:
        return 0.9
    return min(1.0, part / whole) if whole and part is not None else None


def twin(firm):
    held = {r["scheme"]: r for r in firm.get("certifications", [])}
    valid = {s: r for s, r in held.items() if r["expires_on"] >= AS_OF}
    asked = firm.get("checks", [])

    def settled(schemes):
        return None in asked or all(s in asked or (s in held and s not in valid) for s in schemes)

    compliance = ("iso37001", "iso37301")
    if "iso45001" in valid:
        managed = valid["iso45001"]["site_coverage"]
    else:
        managed = 0.0 if settled(["iso45001"]) else None
    return {
        "injury_rate": latest(firm, injuries),
        "safety_management": managed,
        "social_insurance_coverage": latest(firm, insured),
        "tax_credit_rating": latest(firm, lambda row: LEVELS.get(row.get("tax_credit_rating"))),
        "compliance_management": 1.0 if set(compliance) & set(valid) else 0.0 if settled(compliance) else None,
    }  # fmt: skip


@pytest.fixture(scope="module")
def results(make_dataset):
    tables = {name: [] for name in ("annual", "certifications", "checks")}
    for firm_id, firm in FIRMS.items():
        for name in ("annual", "certifications"):
            tables[name] += [{"firm_id": firm_id, **row} for row in firm.get(name, [])]
        tables["checks"] += [
            {"firm_id": firm_id, "table": "certifications", "kind": k, "checked_on": dt.date(2024, 5, 1)}
            for k in firm.get("checks", [])
        ]
    dataset = make_dataset(
        firms=[{"firm_id": f} for f in FIRMS],
        applications=[{"application_id": f, "firm_id": f, "as_of": AS_OF} for f in FIRMS],
        **tables,
    )
    facts = facts_as_of(dataset, Settings())
    return [family.indicators(facts) for family in (safety, labour, business_conduct)]


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(results, firm_id):
    found = {}
    for result in results:
        found |= result.values.filter(application_id=firm_id).row(0, named=True)
    for name, figure in twin(FIRMS[firm_id]).items():
        assert found[name] == (figure if figure is None else pytest.approx(figure, rel=1e-12)), name


def test_figures_worked_by_hand():
    assert twin(FIRMS["plain"]) == {
        "injury_rate": 1.5,
        "safety_management": 0.6,
        "social_insurance_coverage": 0.8,
        "tax_credit_rating": 4.0,
        "compliance_management": 1.0,
    }
    assert twin(FIRMS["ratings change"])["tax_credit_rating"] == 1.0
    assert twin(FIRMS["more insured than employed"])["social_insurance_coverage"] == 1.0
    assert twin(FIRMS["expired"])["compliance_management"] is None  # nobody asked for the other scheme
    assert twin(FIRMS["expired"])["safety_management"] == 0.0
