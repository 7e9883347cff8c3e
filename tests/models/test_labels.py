from __future__ import annotations

import calendar
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.labels import REASONS, count_reasons, label

DAYS = st.integers(0, 1500).map(lambda k: date(2019, 12, 1) + timedelta(days=k))
APPLICATIONS = st.lists(
    st.tuples(DAYS, st.none() | DAYS, st.sampled_from(["approved", "declined", "withdrawn", None])),
    min_size=1,
    max_size=12,
)
OUTCOMES = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["default", "environmental"]), DAYS), max_size=20
)


def naive_label(as_of, observed_until, decision, events, months):
    year, month = divmod(as_of.year * 12 + as_of.month - 1 + months, 12)
    month += 1
    end = date(year, month, min(as_of.day, calendar.monthrange(year, month)[1]))
    if decision in {"declined", "withdrawn"}:
        return None, decision
    for event, day in events:
        if event == "default" and as_of < day <= end:
            return 1, "default"
    if observed_until is not None and observed_until >= end:
        return 0, "observed"
    return None, "not_observed_to_the_end"


@given(applications=APPLICATIONS, outcomes=OUTCOMES, months=st.sampled_from([6, 12, 24]))
def test_label_is_the_rule_of_the_contract(applications, outcomes, months):
    table = pl.DataFrame(
        {
            "application_id": [f"a{k:02}" for k in range(len(applications))],
            "as_of": [row[0] for row in applications],
            "observed_until": [row[1] for row in applications],
            "decision": [row[2] for row in applications],
        },
        schema={
            "application_id": pl.String,
            "as_of": pl.Date,
            "observed_until": pl.Date,
            "decision": pl.String,
        },
    )
    events = pl.DataFrame(
        [(f"a{k:02}", event, day) for k, event, day in outcomes],
        schema={"application_id": pl.String, "event": pl.String, "occurred_on": pl.Date},
        orient="row",
    )
    found = label(table.reverse(), events, window_months=months)
    expected = [
        (f"a{k:02}", *naive_label(*row, [(e, d) for j, e, d in outcomes if j == k], months))
        for k, row in enumerate(applications)
    ]
    assert found.rows() == expected
    counts = count_reasons(found)
    assert tuple(counts) == REASONS
    assert sum(counts.values()) == len(applications)


@pytest.mark.parametrize("day", [0, 1, 365, 366])
def test_the_window_is_open_at_as_of_and_closed_at_its_end(day):
    as_of = date(2021, 3, 1)
    table = pl.DataFrame(
        {
            "application_id": ["a"],
            "as_of": [as_of],
            "observed_until": [date(2024, 1, 1)],
            "decision": ["approved"],
        }
    )
    events = pl.DataFrame(
        {"application_id": ["a"], "event": ["default"], "occurred_on": [as_of + timedelta(days=day)]}
    )
    assert label(table, events)["bad"].to_list() == [1 if day in {1, 365} else 0]


def test_absent_columns_are_named():
    with pytest.raises(ModelError, match="decision, observed_until"):
        label(pl.DataFrame({"application_id": ["a"], "as_of": [date(2021, 1, 1)]}), pl.DataFrame())


def test_a_window_without_length_is_refused():
    table = pl.DataFrame(
        {"application_id": ["a"], "as_of": [date(2021, 1, 1)], "observed_until": [None], "decision": [None]}
    )
    events = pl.DataFrame({"application_id": [], "event": [], "occurred_on": []})
    with pytest.raises(ModelError, match="at least 1 month"):
        label(table, events, window_months=0)
