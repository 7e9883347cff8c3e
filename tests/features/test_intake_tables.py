"""Equipment, ecology, loans and design energy through intake: choices, units, money and what is refused."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features.intake import validate_tables


def check(**tables):
    frames = {"firms": [{"firm_id": "F1", "id_scheme": "bank"}], **tables}
    raw = {
        name: pl.DataFrame([{"firm_id": "F1", **row} for row in rows], infer_schema_length=None).cast(
            pl.String
        )
        for name, rows in frames.items()
    }
    return validate_tables(raw, source="a test", purpose="check")


def broken(dataset):
    return dataset.quarantine.select("table", "column", "rule").rows()


@pytest.mark.parametrize(
    ("kind", "amount", "unit", "expected"),
    [
        ("应付补偿", "1.2", "亿元", ("compensation_due", 12_000.0, "10k CNY")),
        ("compensation_paid", "3,500", "元", ("compensation_paid", 0.35, "10k CNY")),
        ("已收补偿", "2", "kEUR", ("compensation_received", 1.5285, "10k CNY")),
        ("碳汇量", "1.5", "万吨", ("sink_credits", 15_000.0, "tCO2e")),
        ("verified_emissions", "7", "ktCO2e", ("verified_emissions", 7_000.0, "tCO2e")),
        ("封存量", "3", "tCO2", ("co2_stored", 3.0, "tCO2e")),
        ("allowances_allocated", "0", "tCO2e", ("allowances_allocated", 0.0, "tCO2e")),
    ],
)
def test_amounts_of_ecology_are_money_or_carbon_by_their_kind(kind, amount, unit, expected):
    dataset = check(ecology=[{"period": "2023", "kind": kind, "amount": amount, "unit": unit}])
    (found,) = dataset.tables["ecology"].select("kind", "amount", "unit").rows()
    assert found == (expected[0], pytest.approx(expected[1]), expected[2])
    assert dataset.quarantine.is_empty()


@pytest.mark.parametrize(
    ("kind", "amount", "unit", "column", "rule"),
    [
        ("compensation_due", "1", "t", "unit", "unknown_currency"),
        ("sink_credits", "1", "万元", "unit", "unknown_unit"),
        ("sink_credits", "1", "MWh", "unit", "wrong_dimension"),
        ("co2_stored", "1", "tCH4", "unit", "wrong_dimension"),
        ("co2_stored", "-1", "t", "amount", "out_of_range"),
        ("vertical_transfer", "1", "元", "kind", "not_a_choice"),
        ("compensation_due", "1", "", "unit", "missing_required"),
    ],
)
def test_an_amount_of_the_wrong_kind_is_refused(kind, amount, unit, column, rule):
    dataset = check(ecology=[{"period": "2023", "kind": kind, "amount": amount, "unit": unit}])
    assert broken(dataset) == [("ecology", column, rule)]


def test_the_rate_of_another_year_is_a_default():
    row = {"period": "2021", "kind": "compensation_due", "amount": "1", "unit": "INR"}
    dataset = check(ecology=[row])
    assert dataset.defaults.filter(table="ecology").select("column", "reason").rows() == [
        ("unit", "exchange_rate")
    ]


def test_equipment_is_known_from_its_first_day():
    rows = [
        {"equipment_id": "1", "kind": "空压机", "rated_power": "1,000", "commissioned_on": "2015-06-01"},
        {"equipment_id": "2", "kind": "motor", "published_on": "2023-01-01", "commissioned_on": "2015-06-01"},
    ]
    table = check(equipment=rows).tables["equipment"]
    assert table.select("kind", "rated_power", "known_on").rows() == [
        ("compressor", 1000.0, dt.date(2015, 6, 1)),
        ("motor", None, dt.date(2023, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        ({"efficiency_grade": "4"}, "efficiency_grade", "out_of_range"),
        ({"efficiency_grade": "1.5"}, "efficiency_grade", "not_a_number"),
        ({"kind": "toaster"}, "kind", "not_a_choice"),
        ({"commissioned_on": ""}, "published_on", "missing_required"),
        ({"retired_on": "2014-01-01"}, "retired_on", "out_of_range"),
        ({"rated_power": "-5"}, "rated_power", "out_of_range"),
    ],
)
def test_impossible_equipment_is_refused(cells, column, rule):
    row = {"equipment_id": "1", "kind": "fan", "commissioned_on": "2015-06-01", **cells}
    assert broken(check(equipment=[row])) == [("equipment", column, rule)]


def test_loans_are_money_of_their_day():
    rows = [
        {"loan_id": "L1", "as_of": "2023-06-30", "outstanding": "2", "currency": "kEUR", "asset_class": "项目融资"},
        {"loan_id": "L2", "as_of": "2023-06-30", "outstanding": "1.5", "currency": "亿元", "matures_on": "9999-12-31"},
        {"loan_id": "L3", "as_of": "2023-06-30", "originated_on": "2024-01-01", "matures_on": "2023-01-01"},
    ]  # fmt: skip
    dataset = check(loans=rows)
    assert dataset.tables["loans"].select("loan_id", "outstanding", "currency", "asset_class").rows() == [
        ("L1", pytest.approx(1.5285), "EUR", "project_finance"),
        ("L2", 15_000.0, "CNY", "business_loan"),
    ]
    assert broken(dataset) == [("loans", "matures_on", "out_of_range")]


def applied(product, energy, unit):
    row = {
        "application_id": "A1",
        "as_of": "2024-06-30",
        "project_product": product,
        "design_energy": energy,
        "design_energy_unit": unit,
    }
    return check(applications=[row])


@pytest.mark.parametrize(
    ("product", "energy", "unit", "expected"),
    [
        ("水泥熟料", "100", "kgce/t", ("cement_clinker", 0.1, "tce/t")),
        ("cement_clinker", "1,000", "kgce/万吨", ("cement_clinker", 0.0001, "tce/t")),
        ("electrolytic_aluminium", "13000", "kWh/t", ("electrolytic_aluminium", 1.5977, "tce/t")),
        ("data_centre", "1.2", "kWh/kWh", ("data_centre", 0.14748, "tce/MWh")),
        ("wonder cement", "5", "spoons", ("wonder cement", 5.0, "spoons")),
        ("cement_clinker", "", "", ("cement_clinker", None, None)),
    ],
)
def test_design_energy_is_tce_per_unit_of_the_product(product, energy, unit, expected):
    (found,) = (
        applied(product, energy, unit)
        .tables["applications"]
        .select("project_product", "design_energy", "design_energy_unit")
        .rows()
    )
    figure = expected[1] if expected[1] is None else pytest.approx(expected[1], rel=1e-9)
    assert found == (expected[0], figure, expected[2])


@pytest.mark.parametrize(
    ("unit", "rule"),
    [
        ("kWh", "unknown_unit"),
        ("spoons/t", "unknown_unit"),
        ("kg/t", "wrong_dimension"),
        ("kWh/m2", "wrong_dimension"),
        ("", "missing_required"),
    ],
)
def test_a_design_energy_without_a_sound_unit_is_refused(unit, rule):
    assert broken(applied("cement_clinker", "100", unit)) == [("applications", "design_energy_unit", rule)]


def declared(quantity, unit, scheme="ISO 14067"):
    row = {
        "scheme": scheme,
        "issued_on": "2023-01-01",
        "product": "水泥熟料",
        "quantity": quantity,
        "unit": unit,
    }
    return check(certifications=[row])


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("850", "kgCO2e/t", (850.0, "kgCO2e/t")),
        ("0.85", "tCO2e / t", (850.0, "kgCO2e/t")),
        ("850", "t", (850.0, "kgCO2e/t")),
        ("3", "件", (3.0, "kgCO2e/件")),
    ],
)
def test_a_footprint_is_in_kilograms_per_unit_of_product(quantity, unit, expected):
    found = declared(quantity, unit).tables["certifications"]
    assert found.select("quantity", "unit").rows() == [(pytest.approx(expected[0]), expected[1])]
    assert found["product"].item() == "cement_clinker"


@pytest.mark.parametrize(
    ("unit", "rule"),
    [("kWh/t", "wrong_dimension"), ("spoons/t", "unknown_unit"), ("kgCO2e", "wrong_dimension"), ("", "missing_required")],
)  # fmt: skip
def test_a_footprint_of_something_else_is_refused(unit, rule):
    assert broken(declared("850", unit)) == [("certifications", "unit", rule)]
    assert declared("850", unit, scheme="ISO 14001").quarantine.is_empty()
