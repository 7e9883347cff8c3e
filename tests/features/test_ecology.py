"""The table ecology: totals beside their parts are never summed, and what they contradict is told."""

from __future__ import annotations

import pytest

from features.asof import facts as facts_as_of
from features.ecology import ECOLOGY_KINDS, ecology_by_year, ecology_differences
from features.settings import Settings


def due(amount, period="2023", **more):
    return {"kind": "compensation_due", "amount": amount, "period": period, "unit": "10k CNY", **more}


CASES = {
    "a year": ([due(5.0)], 5.0),
    "stated zero": ([due(0.0)], 0.0),
    "elements without a total": ([due(5.0, element="river"), due(2.0, element="air")], 7.0),
    "elements make the total": ([due(7.0), due(5.0, element="river"), due(2.0, element="air")], 7.0),
    "elements below the total": ([due(9.0), due(5.0, element="river")], 9.0),
    "elements above the total": ([due(4.0), due(5.0, element="river")], 5.0),
    "quarters beside a year": ([due(9.0), *(due(2.0, f"2023Q{q}") for q in range(1, 5))], 8.0),
    "three quarters": ([due(2.0, f"2023Q{q}") for q in range(1, 4)], None),
    "a region of two is not complete": (
        [
            *(due(2.0, f"2023Q{q}", counterparty_region="340000") for q in range(1, 4)),
            due(3.0, counterparty_region="330000"),
        ],
        None,
    ),
    "regions with elements": (
        [
            due(2.0, counterparty_region="340000", element="river"),
            due(1.0, counterparty_region="340000", element="air"),
            due(3.0, counterparty_region="330000"),
        ],
        6.0,
    ),
    "another kind": ([{"kind": "sink_credits", "amount": 4.0}], None),
}


@pytest.fixture
def facts_of(make_dataset):
    return lambda rows: facts_as_of(make_dataset(ecology=rows), Settings())


@pytest.mark.parametrize("case", CASES)
def test_the_complete_finer_set_wins(facts_of, case):
    rows, expected = CASES[case]
    years = ecology_by_year(facts_of(rows))
    assert years.columns == ["application_id", "year", *ECOLOGY_KINDS]
    assert years.select("year", "compensation_due").rows() == [(2023, expected)]


def test_a_difference_is_told_with_its_figures(facts_of):
    above = ecology_differences(facts_of(CASES["elements above the total"][0]))
    assert above.rows() == [("A1", 2023, "compensation_due over the elements", 4.0, 5.0)]
    quarters = ecology_differences(facts_of(CASES["quarters beside a year"][0]))
    assert quarters.rows() == [("A1", 2023, "compensation_due", 9.0, 8.0)]
    assert ecology_differences(facts_of(CASES["elements make the total"][0])).is_empty()
