"""Plausibility: each check at its bound, from figures worked out by hand, and quiet on clean data."""

from __future__ import annotations

import datetime as dt

import pytest

from features import plausibility
from features.asof import facts as asof_facts
from features.intake import validate_tables
from features.settings import Settings
from features.simulate import simulate

COAL = 0.7143  # tce per tonne of raw coal, GB/T 2589-2020


def raised(make_dataset, **tables):
    found = plausibility.cross_checks(asof_facts(make_dataset(**tables), Settings()))
    return dict(found.select("check", "text_en").rows())


def year(number, revenue=100.0):
    return {"year": str(number), "revenue": revenue}


@pytest.mark.parametrize(("allocated", "told"), [(1.09, False), (1.11, True)])
def test_products_cannot_take_more_than_came_in(make_dataset, allocated, told):
    found = raised(
        make_dataset,
        energy=[
            {"carrier": "raw_coal", "quantity": 1000.0},
            {"carrier": "raw_coal", "flow": "feedstock", "quantity": 500.0},
            # what is sold was taken in all the same
            {"carrier": "heat", "flow": "sold", "quantity": 5.0},
        ],
        production=[
            {"product": "a", "quantity": 1.0, "energy": 1500.0 * COAL * allocated - 10.0},
            {"product": "b", "quantity": 1.0, "energy": 10.0},
        ],
    )
    assert ("product_energy_beyond_intake" in found) is told


@pytest.mark.parametrize(("tonnes", "told"), [(1.02, False), (0.98, True)])
def test_output_takes_at_least_half_of_the_advanced_level(make_dataset, tonnes, told):
    # clinker: advanced 100 kgce/t, so that 10,000 t take at least 500 tce
    found = raised(
        make_dataset,
        energy=[{"carrier": "raw_coal", "quantity": 500.0 / COAL * tonnes}],
        production=[{"product": "cement_clinker", "quantity": 10_000.0}],
    )
    assert set(found) == ({"energy_below_production"} if told else set())
    if told:
        assert "takes 1000.0 tce" in found["energy_below_production"]


@pytest.mark.parametrize(
    ("machines", "mwh", "told"),
    [
        ([{"rated_power": 1000.0}], 2620.0, False),
        ([{"rated_power": 1000.0}], 2640.0, True),
        ([{"rated_power": 600.0}, {"rated_power": 400.0}], 2620.0, False),
        ([{"rated_power": 1000.0}, {"rated_power": None}], 9999.0, False),
        ([{"rated_power": 1000.0, "commissioned_on": dt.date(2023, 12, 1)}], 2640.0, True),
        (
            [{"rated_power": 1000.0}, {"rated_power": 1e6, "commissioned_on": dt.date(2024, 1, 2)}],
            2640.0,
            True,
        ),
        ([{"rated_power": 1000.0}, {"rated_power": 1e6, "retired_on": dt.date(2022, 12, 31)}], 2640.0, True),
        ([{"rated_power": 1e6, "kind": "generator"}], 9999.0, False),
        ([], 9999.0, False),
    ],
)
def test_solar_power_stays_below_what_its_panels_can_make(make_dataset, machines, mwh, told):
    rows = [
        {"firm_id": "F1", "kind": "photovoltaic", "equipment_id": str(n), **m} for n, m in enumerate(machines)
    ]
    energy = [{"carrier": "solar_power", "flow": "self_generated", "quantity": mwh}]
    found = raised(make_dataset, energy=energy, equipment=rows)
    assert set(found) == ({"self_generated_beyond_capacity"} if told else set())


@pytest.mark.parametrize(
    ("revenue", "times", "told"),
    [(100.0, 3.9, False), (100.0, 4.1, True), (100.0, 0.24, True), (100.0, 0.26, False), (400.0, 4.1, False)],
)
def test_a_jump_is_told_over_revenue(make_dataset, revenue, times, told):
    found = raised(
        make_dataset,
        annual=[year(2022), year(2023, revenue)],
        energy=[
            {"carrier": "raw_coal", "period": "2022", "quantity": 100.0},
            {"carrier": "raw_coal", "period": "2023", "quantity": 100.0 * times},
        ],
        emissions=[
            {"period": period, "scope": scope, "quantity": quantity}
            for period, quantity in (("2022", 50.0), ("2023", 50.0 * times))
            for scope in ("1", "2-location")
        ],
    )
    assert set(found) == ({"energy_jump", "emissions_jump"} if told else set())


def test_years_that_do_not_follow_one_another_are_not_compared(make_dataset):
    energy = [
        {"carrier": "raw_coal", "period": p, "quantity": q} for p, q in (("2021", 1.0), ("2023", 100.0))
    ]
    assert raised(make_dataset, annual=[year(2021), year(2023)], energy=energy) == {}


def test_clean_data_are_quiet():
    dataset = validate_tables(simulate(firms=800, seed=4).tables, source="a test")
    facts = asof_facts(dataset, Settings())
    found = plausibility.cross_checks(facts)
    shares = {
        check: found.filter(check=check)["application_id"].n_unique() / facts.applications.height
        for check in found["check"].unique()
    }
    assert max(shares.values(), default=0.0) < 0.02, shares
