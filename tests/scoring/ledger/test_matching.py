from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from features.errors import GreenCreditError
from scoring.ledger.matching import match


def results(synthetic_results, rows, *, refused=()):
    """Results whose decisions and quarantine hold the given applications only."""
    day = dt.date(2024, 1, 1)
    decisions = pl.DataFrame(
        [(application, firm, day + dt.timedelta(days=days)) for application, firm, days in rows],
        schema={"application_id": pl.String, "firm_id": pl.String, "as_of": pl.Date},
        orient="row",
    )
    quarantine = pl.DataFrame(
        {
            "table": ["applications"] * len(refused),
            "record": [f'{{"申请编号":"{application}","金额":"1"}}' for application in refused],
        },
        schema={"table": pl.String, "record": pl.String},
    )
    return replace(synthetic_results, decisions=decisions, quarantine=quarantine)


def rows(matched):
    names = ("key", "status", "application_id_old", "application_id_new")
    return matched.table.select(names).rows()


def test_a_firm_is_compared_by_its_latest_application_of_each_batch(synthetic_results):
    old = results(synthetic_results, [("A1", "F1", 5), ("A2", "F1", 9), ("A3", "F2", 1), ("A4", "F3", 1)])
    new = results(synthetic_results, [("A9", "F1", 3), ("A5", "F1", 3), ("A3", "F2", 1), ("A7", "F4", 1)])
    found = match(old, new)
    assert rows(found) == [
        ("F1", "both", "A2", "A9"),
        ("F2", "both", "A3", "A3"),
        ("F3", "gone", "A4", None),
        ("F4", "new", None, "A7"),
    ]
    assert found.applications == (4, 4)
    assert found.earlier == (1, 1)


def test_applications_are_compared_by_id_where_asked(synthetic_results):
    old = results(synthetic_results, [("A1", "F1", 5), ("A2", "F1", 9)])
    new = results(synthetic_results, [("A2", "F1", 9), ("A3", "F1", 12)])
    found = match(old, new, by="application")
    assert rows(found) == [("A1", "gone", "A1", None), ("A2", "both", "A2", "A2"), ("A3", "new", None, "A3")]
    assert found.earlier == (0, 0)
    other = results(synthetic_results, [("A2", "F8", 9)])
    with pytest.raises(GreenCreditError, match="A2 belongs to F1 in the old batch and to F8"):
        match(old, other, by="application")


def test_who_was_refused_by_the_other_batch_is_told(synthetic_results):
    old = results(synthetic_results, [("A1", "F1", 1), ("A2", "F2", 1)], refused=["A3"])
    new = results(synthetic_results, [("A3", "F3", 1), ("A4", "F4", 1)], refused=["A1"])
    told = dict(match(old, new).table.select("key", "refused").iter_rows())
    assert told == {"F1": True, "F2": False, "F3": True, "F4": False}


def test_empty_batches(synthetic_results):
    empty = results(synthetic_results, [])
    assert match(empty, empty).table.is_empty()
