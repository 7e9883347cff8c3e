"""Declared footprints over the references of a bank's footprint database, against a twin in plain Python."""

from __future__ import annotations

import datetime as dt

import pytest

from features import emissions, reference
from features.asof import facts as facts_as_of
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
STORE = """product,kgco2e_per_unit,unit,valid_from,valid_to,source,verified,seen_in,note
cement_clinker,860,t,2022-01-01,2022-12-31,the bank's database,seen,,
cement_clinker,800,t,2023-01-01,,the bank's database,seen,,
solar module,450,kW,2023-01-01,,the bank's database,recalled,,
"""
REFERENCES = {
    ("cement_clinker", 2022): 860.0,
    ("cement_clinker", 2023): 800.0,
    ("cement_clinker", 2021): 860.0,  # the earliest later one
    ("solar module", 2023): 450.0,
}
PER = {"t": 1.0, "kg": 0.001, "kW": 1.0}


def declared(
    product, quantity, unit="kgCO2e/t", issued="2023-01-01", expires="2026-01-01", number="1", **more
):
    return {
        "scheme": "iso14067",
        "certificate_no": number,
        "product": product,
        "quantity": quantity,
        "unit": unit,
        "issued_on": dt.date.fromisoformat(issued),
        "expires_on": dt.date.fromisoformat(expires),
        **more,
    }


FIRMS = {
    "plain": [declared("cement_clinker", 720.0)],
    "per kilogram": [declared("cement_clinker", 0.96, "kgCO2e/kg")],
    "an earlier year": [declared("cement_clinker", 860.0, issued="2022-05-01")],
    "before all references": [declared("cement_clinker", 860.0, issued="2021-05-01")],
    "expired": [declared("cement_clinker", 720.0, expires="2024-06-29")],
    "issued later": [declared("cement_clinker", 720.0, issued="2024-07-01")],
    "withdrawn": [
        declared("cement_clinker", 720.0),
        declared("cement_clinker", 720.0, status="withdrawn", status_on=dt.date(2024, 1, 1)),
    ],
    "two products": [declared("cement_clinker", 720.0), declared("solar module", 540.0, "kgCO2e/kW", number="2")],
    "one of two without a reference": [declared("cement_clinker", 720.0), declared("chairs", 5.0, number="2")],
    "the latest declaration counts": [
        declared("cement_clinker", 720.0, issued="2023-01-01"),
        declared("cement_clinker", 640.0, issued="2023-09-01", number="2"),
    ],
    "another dimension": [declared("solar module", 540.0)],
    "no figure": [declared("cement_clinker", None)],
    "an EPD": [declared("cement_clinker", 400.0, scheme="epd")],
    "another scheme": [declared("cement_clinker", 400.0, scheme="cn_green_product")],
    "nothing handed in": [],
}  # fmt: skip


def twin(rows):
    ended = {r["certificate_no"] for r in rows if r.get("status") == "withdrawn"}
    best = {}
    for r in sorted(rows, key=lambda r: r["issued_on"]):
        valid = r["issued_on"] <= AS_OF <= r["expires_on"] and r["certificate_no"] not in ended
        if valid and r["scheme"] in ("iso14067", "epd") and r["quantity"] is not None:
            best[r["product"]] = r
    ratios = []
    for product, r in best.items():
        known, per = REFERENCES.get((product, r["issued_on"].year)), r["unit"].split("/")[1]
        if known and (per == "kW") == (product == "solar module"):
            ratios.append(r["quantity"] / (known * PER[per]))
    return sum(ratios) / len(ratios) if ratios else None


@pytest.fixture(scope="module")
def facts(make_dataset):
    dataset = make_dataset(
        firms=[{"firm_id": f} for f in FIRMS],
        applications=[{"application_id": f, "firm_id": f, "as_of": AS_OF} for f in FIRMS],
        certifications=[{"firm_id": f, **row} for f, rows in FIRMS.items() for row in rows],
    )
    return lambda: facts_as_of(dataset, Settings())


@pytest.fixture(scope="module")
def result(facts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    (folder / "product_footprints.csv").write_text(STORE, encoding="utf-8")
    with reference.overlaid(folder):
        return emissions.indicators(facts())


@pytest.mark.parametrize("firm_id", FIRMS)
def test_the_ratio_equals_its_twin(result, firm_id):
    figure = twin(FIRMS[firm_id])
    found = result.values.filter(application_id=firm_id)["footprint_ratio"].item()
    assert found == (figure if figure is None else pytest.approx(figure, rel=1e-12))


def test_figures_worked_by_hand(result):
    values = dict(result.values.select("application_id", "footprint_ratio").rows())
    assert values["plain"] == 0.9
    assert values["per kilogram"] == pytest.approx(1.2)
    assert values["two products"] == pytest.approx((0.9 + 1.2) / 2)
    assert values["the latest declaration counts"] == 0.8
    assert values["expired"] is values["withdrawn"] is values["nothing handed in"] is None


def test_notes_tell_what_stands_in_and_what_is_left_out(result):
    told = {(r["application_id"], r["indicator"], r["status"]) for r in result.notes.iter_rows(named=True)}
    assert ("one of two without a reference", "footprint_ratio", "estimated") in told
    assert ("before all references", "footprint_ratio", "defaulted") in told
    assert ("two products", None, "recalled") in told
    assert ("plain", None, "recalled") not in told


def test_without_a_database_the_ratio_is_missing(facts):
    assert emissions.indicators(facts()).values["footprint_ratio"].null_count() == len(FIRMS)
