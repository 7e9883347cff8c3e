"""Incidents and fines against a naive twin; zeros only where somebody asked."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.asof import facts as facts_as_of
from features.environmental_conduct import indicators
from features.incident_weights import incident_weight
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
WINDOW_START = dt.date(2021, 6, 30)  # three years before; the day itself is outside
GRACE = dt.date(2024, 3, 30)  # three months before


def d(text):
    return dt.date.fromisoformat(text)


def incident(
    firm,
    number,
    occurred,
    severity,
    fine=0.0,
    *,
    kind="environmental",
    rectified=None,
    recorded=None,
    published=None,
):
    return {
        "firm_id": firm, "incident_id": number, "occurred_on": d(occurred), "kind": kind, "severity": severity, "fine": fine,
        "rectified_on": rectified and d(rectified), "recorded_on": d(recorded or occurred), "published_on": published and d(published),
    }  # fmt: skip


def check(firm, start, end, *, kind=None, asked=None, table="incidents", source="r"):
    return {
        "firm_id": firm, "table": table, "kind": kind, "source": source,
        "from": start and d(start), "to": end and d(end), "checked_on": d(asked or end),
    }  # fmt: skip


INCIDENTS = [
    # f01: inside, on the first day outside, on the first day inside, other kinds
    incident("f01", "1", "2023-06-30", 2, 10.0, rectified="2023-12-01"),
    incident("f01", "2", "2021-06-30", 4, 99.0),
    incident("f01", "3", "2021-07-01", 3, 5.0, rectified="2022-01-01"),
    incident("f01", "4", "2024-01-01", 4, 50.0, kind="safety"),
    # f02: asked throughout, one incident whose fine is not stated
    incident("f02", "1", "2024-06-30", 1, None),
    # f03: the remedy lies in the future, and another was known only later
    incident("f03", "1", "2022-06-30", 2, 3.0, rectified="2024-07-01"),
    incident("f03", "2", "2024-01-01", 4, 8.0, recorded="2024-01-05", published="2024-07-01"),
    # f04: the same incident, updated; the later record raises it and reports the remedy
    incident("f04", "1", "2023-01-01", 1, 1.0, recorded="2023-02-01"),
    incident("f04", "1", "2023-01-01", 3, 7.0, rectified="2023-09-01", recorded="2023-10-01"),
    incident("f04", "1", "2023-01-01", 4, 9.0, rectified="2023-09-01", recorded="2024-08-01"),
    # f05: only an old incident, long remedied; asked throughout
    incident("f05", "1", "2018-01-01", 4, 100.0, rectified="2018-06-01"),
    # f13: no revenue
    incident("f13", "1", "2024-01-01", 1, 4.0, rectified="2024-02-01"),
]

CHECKS = [
    check("f02", "2021-01-01", "2024-06-30"),
    check("f05", "2021-06-30", "2024-06-30", kind="environmental"),
    check(
        "f06", "2021-07-01", "2024-03-30", kind="环保"
    ),  # from the first day of the window to the last of the grace
    check("f07", "2021-07-02", "2024-06-30"),  # one day short at the start
    check("f08", "2021-07-01", "2024-03-29"),  # one day short at the end
    check("f09", "2021-07-01", "2022-12-31", source="a"),  # two answers that meet
    check("f09", "2023-01-01", "2024-06-30", source="b"),
    check("f10", "2021-07-01", "2022-12-31", source="a"),  # two answers with a day between
    check("f10", "2023-01-02", "2024-06-30", source="b"),
    check("f11", "2021-01-01", "2024-06-30", kind="safety"),  # another kind
    check("f11", "2021-01-01", "2024-06-30", table="certifications"),
    check("f12", None, "2024-06-30"),  # which days it speaks for was not handed in
    check("f12", "2021-01-01", "2025-01-01", asked="2024-02-01"),  # cannot speak for days after it was asked
    check("f14", "2020-01-01", "2024-06-30", asked="2024-07-01"),  # asked after the decision
    check("f15", "2015-01-01", "2024-06-30"),
    check("f15", "2016-01-01", "2018-12-31", source="b"),  # wholly before the window
    check("f16", "2020-01-01", "2024-06-30", source="a"),
    check("f16", "2021-08-01", "2022-01-01", source="b"),  # inside the other
    check("f16", "2023-08-01", "2024-01-01", source="c"),
]

REVENUES = [("f01", 2023, 1000.0), ("f01", 2022, 10.0), ("f02", 2023, 500.0), ("f04", 2023, 70.0), ("f05", 2023, 0.0),
            ("f06", 2023, 10.0), ("f09", 2022, 10.0), ("f03", 2023, 30.0), ("f16", 2023, 5.0), ("f15", 2023, None), ("f15", 2022, 7.0)]  # fmt: skip
FIRMS = [f"f{i:02d}" for i in range(1, 17)]


@pytest.fixture
def facts_of(make_dataset):
    def build(incidents, checks, firms, as_of=AS_OF):
        return facts_as_of(
            make_dataset(
                firms=[{"firm_id": f} for f in firms],
                applications=[{"application_id": f"a-{f}", "firm_id": f, "as_of": as_of} for f in firms],
                annual=[
                    {"firm_id": f, "year": str(y), "revenue": r, "published_on": dt.date(y + 1, 4, 1)}
                    for f, y, r in REVENUES
                ],
                incidents=incidents,
                checks=checks,
            ),
            Settings(),
        )

    return build


def twin(firm):
    known = {}
    for row in INCIDENTS:
        day = row["published_on"] or row["recorded_on"]
        if (
            row["firm_id"] != firm
            or row["kind"] != "environmental"
            or day > AS_OF
            or row["occurred_on"] > AS_OF
        ):
            continue
        if row["incident_id"] not in known or known[row["incident_id"]]["recorded_on"] < row["recorded_on"]:
            known[row["incident_id"]] = row
    covered = set()
    for row in CHECKS:
        asks = row["kind"] in (None, "environmental", "环保") and row["table"] == "incidents"
        if row["firm_id"] == firm and asks and row["checked_on"] <= AS_OF:
            last = min(row["to"], row["checked_on"])
            first = row["from"] or last
            covered |= {first + dt.timedelta(days=i) for i in range((last - first).days + 1)}
    needed = {WINDOW_START + dt.timedelta(days=1 + i) for i in range((GRACE - WINDOW_START).days)}
    answered = needed <= covered

    recent = [r for r in known.values() if r["occurred_on"] > WINDOW_START]
    weighted = sum(r["severity"] * 0.5 ** ((AS_OF - r["occurred_on"]).days / 365.25) for r in recent)
    still_open = [
        r["severity"] for r in known.values() if r["rectified_on"] is None or r["rectified_on"] > AS_OF
    ]
    years = [(y, r) for f, y, r in REVENUES if f == firm]
    revenue = max(years)[1] if years else None
    fines = sum(r["fine"] for r in recent) if all(r["fine"] is not None for r in recent) else None
    if not recent and not answered:
        fines = None
    return {
        "environmental_incidents": weighted if recent or answered else None,
        "unrectified_incidents": float(sum(still_open)) if still_open or answered else None,
        "fines_ratio": fines / revenue if fines is not None and revenue else None,
    }


def test_every_indicator_is_its_naive_twin(facts_of):
    values = indicators(facts_of(INCIDENTS, CHECKS, FIRMS)).values
    assert values.columns == [
        "application_id",
        "environmental_incidents",
        "unrectified_incidents",
        "fines_ratio",
    ]
    for row, firm in zip(values.iter_rows(named=True), FIRMS, strict=True):
        for name, value in twin(firm).items():
            assert row[name] == (value if value is None else pytest.approx(value, rel=1e-12)), (firm, name)


def test_what_the_tables_above_are_there_for(facts_of):
    values = indicators(facts_of(INCIDENTS, CHECKS, FIRMS)).values
    got = {row["application_id"][2:]: tuple(row.values())[1:] for row in values.iter_rows(named=True)}
    assert got["f01"][0] == pytest.approx(2 * 0.5 ** (366 / 365.25) + 3 * 0.5 ** (1095 / 365.25))
    assert got["f01"][1:] == (4.0, 0.015)
    assert got["f02"] == (1.0, 1.0, None)
    assert got["f03"][1] == 2.0
    assert got["f04"] == (pytest.approx(3 * 0.5 ** (546 / 365.25)), None, 0.1)
    assert got["f05"] == (0.0, 0.0, None)
    assert got["f06"] == got["f09"] == got["f16"] == (0.0, 0.0, 0.0)
    for firm in ("f07", "f08", "f10", "f11", "f12", "f14"):
        assert got[firm] == (None, None, None), firm
    assert got["f15"] == (
        0.0,
        0.0,
        None,
    )  # the latest report leaves revenue out; an older one does not stand in


def test_notes_tell_zeros_and_lower_bounds(facts_of):
    notes = indicators(facts_of(INCIDENTS, CHECKS, FIRMS)).notes
    told = {(r["application_id"][2:], r["indicator"]): r["status"] for r in notes.iter_rows(named=True)}
    assert told["f06", "environmental_incidents"] == "zero"
    assert told["f06", "fines_ratio"] == "zero"
    assert told["f01", "environmental_incidents"] == "estimated"
    assert ("f02", "environmental_incidents") not in told
    assert ("f07", "environmental_incidents") not in told


def test_the_order_of_rows_changes_nothing(facts_of):
    result = indicators(facts_of(INCIDENTS, CHECKS, FIRMS))
    for seed in range(5):
        shuffled = random.Random(seed)  # noqa: S311  (an order, not a secret)
        rows, checks, firms = (shuffled.sample(x, len(x)) for x in (INCIDENTS, CHECKS, FIRMS))
        again = indicators(facts_of(rows, checks, firms))
        assert again.values.equals(result.values)
        assert again.notes.equals(result.notes)


def test_what_is_known_later_changes_nothing_until_then(facts_of):
    before = indicators(facts_of(INCIDENTS, CHECKS, FIRMS)).values
    later = [incident(f, "late", "2024-06-01", 4, 1.0, recorded="2024-07-01") for f in FIRMS]
    checks = [check(f, "2015-01-01", "2024-06-30", asked="2024-07-01", source="late") for f in FIRMS]
    assert indicators(facts_of(INCIDENTS + later, CHECKS + checks, FIRMS)).values.equals(before)
    moved = indicators(facts_of(INCIDENTS + later, CHECKS + checks, FIRMS, dt.date(2024, 7, 1))).values
    assert moved["environmental_incidents"].min() > 3.0


@given(severity=st.integers(1, 4), age=st.integers(0, 1095))
def test_weight_halves_every_year(severity, age):
    frame = pl.DataFrame({"severity": [severity], "day": [AS_OF - dt.timedelta(days=age)], "as_of": [AS_OF]})
    weight = frame.select(incident_weight(pl.col("severity"), pl.col("day"), pl.col("as_of"))).item()
    assert weight == pytest.approx(severity / 2 ** (age / 365.25))
    assert 0 < weight <= severity
