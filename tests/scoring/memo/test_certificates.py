from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features import reference
from scoring.memo.certificates import CERTIFICATE_SCHEMA, certificate_table

AS_OF = dt.date(2025, 6, 15)
HELD = {
    "application_id": "A", "as_of": AS_OF, "scheme": "iso14001", "certificate_no": "1", "scheme_kind": "management_system",
    "group": "iso14001", "scheme_level": 0, "issued_on": dt.date(2023, 1, 1), "status_on": dt.date(2023, 2, 1),
    "expires_on": dt.date(2026, 1, 1), "expiry": "stated", "ended_on": None, "standing": "valid",
}  # fmt: skip


def table(*changes):
    schema = {"ended_on": pl.Date, "scheme_level": pl.Int64, "expires_on": pl.Date, "issued_on": pl.Date}
    return certificate_table(
        pl.DataFrame([{**HELD, **change} for change in changes], schema_overrides=schema)
    )


def ended(day, **changes):
    return {"standing": "expired", "ended_on": day, "expires_on": day - dt.timedelta(days=1), **changes}


def test_a_valid_certificate_with_its_months_to_expiry():
    row = table({}).row(0, named=True)
    assert row["months_to_expiry"] == pytest.approx((dt.date(2026, 1, 1) - AS_OF).days * 12 / 365.25)
    assert (row["valid_from"], row["valid_to"]) == (dt.date(2023, 1, 1), dt.date(2026, 1, 1))
    assert (row["name_en"], row["name_zh"]) == ("Environmental management system", "环境管理体系认证")
    assert row["replaced"] is None
    assert table({}).schema == pl.Schema(CERTIFICATE_SCHEMA)


def test_what_ended_longer_ago_than_a_lapse_counts_is_left_out():
    assert table(ended(dt.date(2023, 6, 15))).is_empty()
    assert table(ended(dt.date(2023, 6, 16))).height == 1


def test_an_ended_one_is_replaced_by_a_valid_one_of_its_scheme_or_of_a_better_level():
    day = dt.date(2025, 1, 1)
    cp = {"group": "cp", "scheme": "cp_2", "scheme_level": 2}

    def replaced(*others, **own):
        found = table(ended(day, certificate_no="old", **own), *others)
        return found.filter(pl.col("certificate_no") == "old")["replaced"].item()

    assert replaced({}) is True
    assert replaced() is False
    assert replaced({"scheme": "iso50001", "group": "iso50001"}) is False
    assert replaced({"standing": "suspended"}) is False
    assert replaced({**cp, "scheme": "cp_1", "scheme_level": 1}, **cp) is True
    assert replaced({**cp, "scheme": "cp_3", "scheme_level": 3}, **cp) is False
    assert replaced({"application_id": "B"}) is False


def test_withdrawn_before_its_expiry_it_was_valid_through_the_day_before():
    row = table({"standing": "withdrawn", "ended_on": dt.date(2025, 3, 10)}).row(0, named=True)
    assert row["valid_to"] == dt.date(2025, 3, 9)
    assert row["months_to_expiry"] is None


def test_a_scheme_that_nobody_knows_keeps_its_own_name_and_an_open_end_stays_open():
    row = table({"scheme": "house_label", "expires_on": None, "expiry": "open", "issued_on": None}).row(
        0, named=True
    )
    assert (row["name_en"], row["name_zh"]) == ("house_label", "house_label")
    assert (row["valid_from"], row["valid_to"], row["months_to_expiry"]) == (dt.date(2023, 2, 1), None, None)
    assert row["scheme"] not in reference.table("certifications")["id"]


def test_the_order_depends_on_no_order():
    rows = [{"certificate_no": str(n), "expires_on": dt.date(2026, 1, 1 + n % 3)} for n in range(9)]
    assert table(*rows).equals(table(*reversed(rows)))
