"""Incidents of every kind under their own indicators, against a naive twin; zeros only where somebody asked."""

from __future__ import annotations

import datetime as dt

import pytest

from features import business_conduct, labour, safety
from features.asof import facts as facts_as_of
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
WINDOW_START = dt.date(2021, 6, 30)
WEIGHTED = {
    "safety_incidents": ("safety", safety),
    "labour_incidents": ("labour", labour),
    "product_incidents": ("product", labour),
    "tax_incidents": ("tax", business_conduct),
}
KINDS = ("environmental", "safety", "labour", "product", "tax", "dishonesty")


def event(firm, kind, occurred, severity, *, rectified=None, recorded=None):
    return {
        "firm_id": firm,
        "incident_id": f"{kind}-{occurred}-{severity}",
        "kind": kind,
        "severity": severity,
        "occurred_on": dt.date.fromisoformat(occurred),
        "rectified_on": rectified and dt.date.fromisoformat(rectified),
        "recorded_on": dt.date.fromisoformat(recorded or occurred),
    }


def asked(firm, kind, start="2021-01-01", end="2024-06-01"):
    return {
        "firm_id": firm,
        "table": "incidents",
        "kind": kind,
        "from": dt.date.fromisoformat(start),
        "to": dt.date.fromisoformat(end),
        "checked_on": dt.date.fromisoformat(end),
    }


INCIDENTS = [
    # one of each kind, of its own severity and age
    *(event("each", kind, f"202{n % 3 + 1}-09-0{n + 1}", n % 4 + 1) for n, kind in enumerate(KINDS)),
    # too old, on the edge, of the future, known later
    *(event("edges", kind, day, 4) for kind in KINDS for day in ("2021-06-30", "2021-07-01", "2024-07-01")),
    *(event("edges", kind, "2024-05-01", 3, recorded="2024-07-02") for kind in KINDS),
    # remedied, remedied after the decision, open and old
    *(event("remedied", kind, "2023-05-01", 2, rectified="2023-06-01") for kind in KINDS),
    *(event("half remedied", kind, "2023-05-01", 2, rectified="2024-07-01") for kind in KINDS),
    *(event("half remedied", kind, "2015-05-01", 1) for kind in KINDS),
    event("asked, and there is one", "tax", "2024-01-01", 1),
    event("asked, and it is closed", "dishonesty", "2023-01-01", 1, rectified="2023-02-01"),
]
CHECKS = [
    asked("asked for all", None),
    *(asked("asked for each", kind) for kind in KINDS),
    asked("asked for tax only", "tax"),
    asked("asked too late", None, start="2021-07-02"),
    asked("asked, and there is one", None),
    asked("asked, and it is closed", None),
]
FIRMS = sorted({r["firm_id"] for r in (*INCIDENTS, *CHECKS)} | {"nothing handed in"})


def answered(firm, kind):
    return any(
        r["firm_id"] == firm and r["kind"] in (None, kind) and r["from"] <= dt.date(2021, 7, 1)
        for r in CHECKS
    )


def known(firm, kind):
    return [
        r
        for r in INCIDENTS
        if r["firm_id"] == firm
        and r["kind"] == kind
        and r["recorded_on"] <= AS_OF
        and r["occurred_on"] <= AS_OF
    ]


def weighted(firm, kind):
    recent = [r for r in known(firm, kind) if r["occurred_on"] > WINDOW_START]
    if not recent:
        return 0.0 if answered(firm, kind) else None
    return sum(r["severity"] / 2 ** ((AS_OF - r["occurred_on"]).days / 365.25) for r in recent)


def still_open(firm, kind):
    records = [r for r in known(firm, kind) if r["rectified_on"] is None or r["rectified_on"] > AS_OF]
    return float(len(records)) if records or answered(firm, kind) else None


@pytest.fixture(scope="module")
def facts(make_dataset):
    dataset = make_dataset(
        firms=[{"firm_id": f} for f in FIRMS],
        applications=[{"application_id": f, "firm_id": f, "as_of": AS_OF} for f in FIRMS],
        incidents=INCIDENTS,
        checks=CHECKS,
    )
    return facts_as_of(dataset, Settings())


@pytest.mark.parametrize("indicator", WEIGHTED)
def test_weighted_incidents_equal_their_twin(facts, indicator):
    kind, family = WEIGHTED[indicator]
    values = dict(family.indicators(facts).values.select("application_id", indicator).rows())
    expected = {firm: weighted(firm, kind) for firm in FIRMS}
    assert values == {f: v if v is None else pytest.approx(v, rel=1e-12) for f, v in expected.items()}
    assert {None, 0.0} < set(expected.values())


def test_dishonesty_records_are_the_open_ones(facts):
    values = dict(
        business_conduct.indicators(facts).values.select("application_id", "dishonesty_records").rows()
    )
    assert values == {firm: still_open(firm, "dishonesty") for firm in FIRMS}
    assert values["half remedied"] == 2.0
    assert values["remedied"] is None
    assert values["asked, and it is closed"] == 0.0


def test_notes_tell_zeros_and_lower_bounds(facts):
    notes = safety.indicators(facts).notes.filter(indicator="safety_incidents")
    told = dict(notes.select("application_id", "status").rows())
    assert told["asked for all"] == told["asked for each"] == "zero"
    assert told["each"] == told["edges"] == "estimated"
    assert "asked too late" not in told
