"""Totals and parts: never summed twice, never summed half."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.asof import facts
from features.editions import edition_of_year
from features.emissions.totals import emission_differences, emissions_by_year, pollutants_by_year
from features.energy.balance import energy_balance, energy_selections
from features.settings import Settings
from features.totals import production_by_year

MONTHS = [f"2023-{m:02d}" for m in range(1, 13)]
QUARTERS = [f"2023Q{q}" for q in range(1, 5)]


def energy(make_dataset, rows):
    seen = facts(make_dataset(energy=[{"carrier": "coke", **row} for row in rows]), Settings())
    found = energy_balance(seen)
    differences = [d for s in energy_selections(seen) for d in s.differences.select("total", "parts").rows()]
    return found["quantity"].to_list(), differences


def periods(names, quantity, **more):
    return [{"period": p, "quantity": quantity, **more} for p in names]


@pytest.mark.parametrize(
    ("rows", "expected", "differences"),
    [
        (periods(["2023"], 7.0), [7.0], []),
        (periods(QUARTERS, 2.0), [8.0], []),
        (periods(MONTHS, 1.0), [12.0], []),
        (periods(MONTHS, 1.0) + periods(["2023"], 12.1), [12.0], []),
        (periods(MONTHS, 1.0) + periods(["2023"], 13.0), [12.0], [(13.0, 12.0)]),
        (
            periods(MONTHS, 1.0) + periods(QUARTERS, 2.0) + periods(["2023"], 7.0),
            [12.0],
            [(7.0, 12.0), (8.0, 12.0)],
        ),
        (periods(MONTHS[:11], 1.0) + periods(QUARTERS, 2.0), [8.0], []),
        (periods(MONTHS[:11], 1.0) + periods(["2023"], 7.0), [7.0], []),
        # A year that is not over, or a month that was left out, is missing, not smaller.
        (periods(MONTHS[:11], 1.0), [None], []),
        (periods(QUARTERS[:3], 2.0) + periods(MONTHS[9:], 1.0), [None], []),
        # Sites and the firm's row.
        (
            [
                {"period": "2023", "quantity": 4.0, "site": "N"},
                {"period": "2023", "quantity": 6.0, "site": "S"},
            ],
            [10.0],
            [],
        ),
        (periods(["2023"], 10.05) + periods(["2023"], 10.0, site="N"), [10.0], []),
        (periods(["2023"], 20.0) + periods(["2023"], 10.0, site="N"), [20.0], [(20.0, 10.0)]),
        (periods(["2023"], 5.0) + periods(["2023"], 10.0, site="N"), [10.0], [(5.0, 10.0)]),
        (periods(["2023"], 5.0) + periods(MONTHS[:3], 10.0, site="N"), [5.0], []),
        (periods(["2023"], 5.0, site="S") + periods(MONTHS[:3], 10.0, site="N"), [None], []),
        (periods(MONTHS, 1.0, site="S") + periods(["2023"], 12.0, site="N"), [24.0], []),
        (periods(["2023"], 0.0), [0.0], []),
    ],
)
def test_the_finest_complete_set_counts(make_dataset, rows, expected, differences):
    for order in (rows, rows[::-1]):
        found, told = energy(make_dataset, order)
        assert found == expected
        assert sorted(told) == sorted(differences)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(MONTHS), min_size=9),
    st.sets(st.sampled_from(QUARTERS)),
    st.booleans(),
)
def test_a_year_is_complete_or_missing(make_dataset, months, quarters, year):
    rows = periods(sorted(months), 1.0) + periods(sorted(quarters), 2.5) + periods(["2023"] * year, 9.0)
    twin = 12.0 if len(months) == 12 else 10.0 if len(quarters) == 4 else 9.0 if year else None
    assert energy(make_dataset, rows)[0] == [twin]


def ghg(make_dataset, rows, **options):
    seen = facts(make_dataset(emissions=rows), Settings(**options))
    return emissions_by_year(seen), emission_differences(seen).select("total", "parts").rows()


def gas(substance, quantity, unit="t", **more):
    return {"substance": substance, "quantity": quantity, "unit": unit, **more}


@pytest.mark.parametrize(
    ("rows", "scope1", "differences"),
    [
        ([gas("CO2", 5.0)], 5.0, 0),
        ([gas("CO2", 5.0), gas("CH4", 1.0)], 33.0, 0),
        ([gas("CO2", 5.0), gas("CH4", 25.0, "tCO2e")], 30.0, 0),
        # A total and its own gases are never summed; the gases win unless they are not all there.
        ([gas("CO2", 5.0), gas("CH4", 1.0), gas("CO2e", 33.1, "tCO2e")], 33.0, 0),
        ([gas("CO2", 5.0), gas("CH4", 1.0), gas("CO2e", 40.0, "tCO2e")], 40.0, 1),
        ([gas("CO2", 5.0), gas("CH4", 1.0), gas("CO2e", 30.0, "tCO2e")], 33.0, 1),
        ([gas("CH4", 1.0), gas("CO2e", 40.0, "tCO2e")], 40.0, 0),
        ([gas("CH4", 1.0), gas("CO2e", 28.0, "tCO2e")], 28.0, 0),
        # Other gases alone are no total.
        ([gas("CH4", 1.0)], None, 0),
        # Species of a basket, and the basket.
        ([gas("CO2", 1.0), gas("HFC-32", 1.0), gas("HFCs", 677.0, "tCO2e")], 678.0, 0),
        ([gas("CO2", 1.0), gas("HFC-32", 1.0), gas("HFCs", 900.0, "tCO2e")], 901.0, 1),
        ([gas("CO2", 1.0), gas("CH4_fossil", 1.0), gas("CH4_biogenic", 1.0), gas("CH4", 2.0)], 59.0, 1),
        # Biogenic CO2 and HCFC-22 stay outside.
        ([gas("CO2", 1.0), gas("CO2_biogenic", 9.0), gas("HCFC-22", 1.0)], 1.0, 0),
        ([gas("CO2_biogenic", 9.0)], None, 0),
        # Sites, each with its own gases.
        ([gas("CO2", 1.0, site="N"), gas("CO2e", 2.0, "tCO2e", site="S")], 3.0, 0),
        ([gas("CO2", 1.0, site="N"), gas("CO2e", 9.0, "tCO2e")], 9.0, 1),
        ([gas("CO2", 1.0, site="N"), gas("CH4", 2.0, site="S")], None, 0),
        # A gas whose months are not complete makes the sum missing.
        ([gas("CO2", 1.0), gas("CH4", 2.0, period="2023-01")], None, 0),
        ([gas("CO2", 0.0)], 0.0, 0),
    ],
)
def test_gases_and_totals(make_dataset, rows, scope1, differences):
    for order in (rows, rows[::-1]):
        found, told = ghg(make_dataset, order)
        assert found["scope1"].to_list() == [scope1]
        assert len(told) == differences


@pytest.mark.parametrize(("edition", "methane"), [("ar4", 25.0), ("ar5", 28.0), ("ar6", 27.9)])
def test_warming_potentials_come_from_the_settings(make_dataset, edition, methane):
    found, _ = ghg(make_dataset, [gas("CO2", 1.0), gas("CH4", 2.0)], warming_potentials=edition)
    assert found.select("scope1", "co2", "ch4_co2e").row(0) == (1.0 + 2 * methane, 1.0, 2 * methane)


def test_scopes_and_categories_stay_apart(make_dataset):
    rows = [
        gas("CO2e", 1.0, "tCO2e", scope="1"),
        gas("CO2e", 2.0, "tCO2e", scope="2-location"),
        gas("CO2", 3.0, scope="2-market"),
        gas("CO2e", 4.0, "tCO2e", scope="3", category=4),
        gas("CO2e", 0.0, "tCO2e", scope="3", category=7),
        gas("CO2e", 9.0, "tCO2e", scope="none"),
        gas("CO2_biogenic", 6.0),
    ]
    found, _ = ghg(make_dataset, rows)
    row = found.row(0, named=True)
    assert (row["scope1"], row["scope2_location"], row["scope2_market"]) == (1.0, 2.0, 3.0)
    assert (row["scope3_4"], row["scope3_7"], row["scope3_1"], row["biogenic"]) == (4.0, 0.0, None, 6.0)


def test_pollutants_by_site_and_year(make_dataset):
    rows = [
        gas("SO2", 1.0, scope="none", site="N"),
        gas("SO2", 2.0, scope="none", site="S"),
        gas("SO2", 3.01, scope="none"),
        gas("COD", 1.0, scope="none", period="2023-02"),
    ]
    found = pollutants_by_year(facts(make_dataset(emissions=rows), Settings()))
    assert found.select("substance", "tonnes").rows() == [("COD", None), ("SO2", 3.0)]


def test_production_takes_each_figure_from_its_own_finest_periods(make_dataset):
    rows = [{"product": "cement_clinker", "period": p, "quantity": 2.0} for p in QUARTERS]
    rows += [
        {
            "product": "cement_clinker",
            "quantity": 8.0,
            "energy": 0.9,
            "taxonomy_id": "tax_grey_clinker",
        },
        {"product": "lime", "period": "2023Q1", "quantity": 1.0, "emissions": 5.0},
        {"product": "bricks", "period": "2023", "quantity": 1.0, "unit": "t", "emissions": 5.0},
    ]
    found = production_by_year(facts(make_dataset(production=rows), Settings()))
    assert found.select("product", "quantity", "energy", "emissions").rows() == [
        ("bricks", 1.0, None, 5.0),
        ("cement_clinker", 8.0, 0.9, None),
        ("lime", None, None, None),
    ]


def test_output_in_two_units_is_not_summed(make_dataset):
    rows = [
        {"product": "bricks", "period": p, "quantity": 1.0, "unit": "t" if p < "2023Q3" else "m3"}
        for p in QUARTERS
    ]
    found = production_by_year(facts(make_dataset(production=rows), Settings()))
    assert found["quantity"].to_list() == [None]


def test_a_reference_value_of_the_year_or_the_nearest_earlier():
    table = pl.DataFrame(
        {
            "id": ["a", "a", "a"],
            "x": [1.0, 2.0, 3.0],
            "valid_from": [dt.date(2018, 1, 1), dt.date(2020, 7, 1), dt.date(2023, 1, 1)],
            "valid_to": [dt.date(2020, 6, 30), dt.date(2021, 12, 31), None],
        }
    )
    found = edition_of_year(table, key=["id"], years=[2016, 2018, 2020, 2021, 2022, 2030, None])
    assert found.select("year", "x", "other_edition").rows() == [
        (2016, 1.0, True),
        (2018, 1.0, False),
        (2020, 2.0, False),
        (2021, 2.0, False),
        (2022, 2.0, True),
        (2030, 3.0, False),
    ]


def test_assured_tonnes_follow_the_rows_that_count(make_dataset):
    rows = [
        gas("CO2", 60.0, assurance="reasonable"),
        gas("CH4", 1.0, assurance="limited"),
        gas("CO2e", 88.0, "tCO2e", assurance="none"),
        gas("CO2e", 12.0, "tCO2e", scope="2-location"),
    ]
    found, _ = ghg(make_dataset, rows)
    row = found.row(0, named=True)
    assert math.isclose(row["assured"], 60.0 + 0.5 * 28.0)
    assert row["assured_of"] == 100.0
