"""The data-quality record against a naive twin, intake's defaults, and the cross-checks of certificates."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.asof import facts as facts_as_of
from features.catalogue import CATALOGUE, FAMILIES
from features.certification import certificate_checks
from features.facts import CROSS_CHECK_SCHEMA, NOTE_SCHEMA
from features.quality import QUALITY_SCHEMA, data_quality, handed_in_defaults
from features.settings import Settings

NAMES = [i.id for i in CATALOGUE.values() if i.relative_to is None]
AS_OF = dt.date(2024, 6, 30)


def d(text):
    return dt.date.fromisoformat(text)


def record_of(cells, notes):
    """Values and notes as the pipeline hands them over."""
    schema = {n: pl.String if CATALOGUE[n].is_category else pl.Float64 for n in NAMES}
    values = pl.DataFrame(
        [{"application_id": a, **{n: row.get(n) for n in NAMES}} for a, row in cells.items()],
        schema={"application_id": pl.String, **schema},
    )
    return data_quality(values, pl.DataFrame(notes, schema=dict(NOTE_SCHEMA), orient="row"))


def twin(row, notes):
    """Status of every indicator and grade of every family of one application."""
    strength = ["zero", "defaulted", "estimated", "not_applicable"]
    statuses = {}
    for name in NAMES:
        own = [status for indicator, status in notes if indicator == name]
        if row.get(name) is None:
            statuses[name] = "missing"
        else:
            statuses[name] = max(own, key=strength.index) if own else "reported"
    grades = {}
    for family in FAMILIES:
        verified = 0.0
        if (
            family == "emissions"
            and row.get("assured_share") is not None
            and statuses["assured_share"] != "not_applicable"
        ):
            verified = row["assured_share"]
        confirmed = row.get("unverified_certificates")
        if (
            family == "certification"
            and confirmed is not None
            and statuses["unverified_certificates"] != "not_applicable"
        ):
            verified = 1 - confirmed
        points = []
        for name in NAMES:
            if CATALOGUE[name].family == family and statuses[name] != "not_applicable":
                grade = {"reported": 2 - verified, "zero": 1, "defaulted": 3, "estimated": 4, "missing": 5}
                points.append(grade[statuses[name]])
        grades[family] = sum(points) / len(points) if points else None
    return statuses, grades


CELLS = {
    "a1": {},
    "a2": {n: "x" if CATALOGUE[n].is_category else 0.5 for n in NAMES},
    "a3": {"coal_share": 0.0, "assured_share": 1.0, "carbon_intensity": 3.0, "industry_division": "30"},
    "a4": {
        "assured_share": 0.5,
        "carbon_intensity": 3.0,
        "unverified_certificates": 0.25,
        "energy_management": 1.0,
    },
    "a5": {
        "assured_share": 0.5,
        "carbon_intensity": 3.0,
        "unverified_certificates": 0.3,
        "energy_management": 1.0,
    },
    "a6": {n: 0.0 for n in NAMES if CATALOGUE[n].family == "environmental_conduct"},
    "a7": {n: 0.3 for n in NAMES if CATALOGUE[n].family == "energy"},
    "a8": {"energy_intensity": 1.0},
    "a9": {"firm_age": 3.0, "region_group": "North", "leverage": 0.0},
}
NOTES = [
    ("a5", "assured_share", "not_applicable", "no emissions", "无排放"),
    ("a5", "unverified_certificates", "not_applicable", "none", "无"),
    *(("a6", n, "zero", "asked", "已查询") for n in CELLS["a6"]),
    *(("a7", n, "not_applicable", "no energy", "无能源") for n in CELLS["a7"]),
    ("a8", "energy_intensity", "defaulted", "Revenue stands in.", "收入代替。"),
    ("a8", "energy_intensity", "estimated", "A part is estimated.", "部分估算。"),
    ("a8", "coal_share", "estimated", "A part is missing.", "部分缺失。"),
    ("a9", "region_group", "defaulted", "West.", "西部。"),
]


def test_the_record_is_its_naive_twin():
    record = record_of(CELLS, NOTES)
    assert record.schema == dict(QUALITY_SCHEMA)
    for application, row in CELLS.items():
        own = record.filter(pl.col("application_id") == application)
        statuses, grades = twin(row, [(n[1], n[2]) for n in NOTES if n[0] == application])
        indicators = own.filter(pl.col("indicator").is_not_null())
        assert dict(indicators.select("indicator", "status").iter_rows()) == statuses
        assert indicators["grade"].null_count() == len(NAMES)
        families = own.filter(pl.col("indicator").is_null())
        assert families["status"].unique().to_list() == ["pcaf"]
        got = dict(families.select("family", "grade").iter_rows())
        assert list(got) == list(FAMILIES)
        for family, grade in grades.items():
            assert got[family] == (grade if grade is None else pytest.approx(grade)), (application, family)


def test_what_the_cells_above_are_there_for():
    record = record_of(CELLS, NOTES)
    grade = {
        (r["application_id"], r["family"]): r["grade"]
        for r in record.iter_rows(named=True)
        if r["status"] == "pcaf"
    }
    assert set(v for (a, _), v in grade.items() if a == "a1") == {5.0}  # noqa: C401  (reads as what it is)
    assert grade["a6", "environmental_conduct"] == 1.0
    assert grade["a7", "energy"] is None
    told = {(r["application_id"], r["indicator"]): r for r in record.iter_rows(named=True)}
    assert told["a8", "energy_intensity"]["detail_en"] == "A part is estimated. Revenue stands in."
    assert told["a8", "coal_share"]["status"] == "missing"
    assert told["a8", "coal_share"]["detail_en"] == "A part is missing."
    assert told["a1", "coal_share"]["detail_zh"] == "未报送。"


def test_the_record_is_in_the_order_of_the_catalogue():
    record = record_of(CELLS, NOTES).filter(pl.col("indicator").is_not_null())
    assert record["indicator"].to_list() == NAMES * len(CELLS)
    assert record["application_id"].unique(maintain_order=True).to_list() == sorted(CELLS)


def test_the_order_of_rows_changes_nothing():
    result = record_of(CELLS, NOTES)
    for seed in range(3):
        shuffled = random.Random(seed)  # noqa: S311  (an order, not a secret)
        cells = dict(shuffled.sample(list(CELLS.items()), len(CELLS)))
        assert record_of(cells, shuffled.sample(NOTES, len(NOTES))).equals(result)


def test_other_rows_of_a_family_stand_behind_its_grade_by_status_and_detail():
    told = [
        ("a9", "context", "recalled", "b"),
        ("a2", "energy", "recalled", "b"),
        ("a2", "energy", "defaulted", "c"),
        ("a2", "energy", "recalled", "a"),
    ]
    others = pl.DataFrame(
        [(a, family, None, status, en, en + "。", None) for a, family, status, en in told],
        schema=dict(QUALITY_SCHEMA),
        orient="row",
    )
    alone = record_of(CELLS, NOTES)
    values = alone.select("application_id").unique().with_columns(coal_share=0.5, firm_age=1.0)
    notes = pl.DataFrame(NOTES, schema=dict(NOTE_SCHEMA), orient="row")
    rows = [
        row[:5] for row in data_quality(values, notes, others=others).iter_rows() if row[0] in {"a2", "a9"}
    ]
    assert rows == [
        ("a2", "energy", "coal_share", "reported", None),
        ("a2", "energy", None, "pcaf", None),
        ("a2", "energy", None, "defaulted", "c"),
        ("a2", "energy", None, "recalled", "a"),
        ("a2", "energy", None, "recalled", "b"),
        ("a2", "context", "firm_age", "reported", None),
        ("a2", "context", None, "pcaf", None),
        ("a9", "energy", "coal_share", "reported", None),
        ("a9", "energy", None, "pcaf", None),
        ("a9", "context", "firm_age", "reported", None),
        ("a9", "context", None, "pcaf", None),
        ("a9", "context", None, "recalled", "b"),
    ]


def test_a_verified_grade_is_to_the_last_bit_the_compensated_mean_in_the_order_of_names():
    shares = [i / 97 for i in range(98)]
    cells = {f"v{i:02d}": {**CELLS["a2"], "assured_share": share} for i, share in enumerate(shares)}
    record = record_of(cells, []).filter(pl.col("status") == "pcaf", pl.col("family") == "emissions")
    emissions = [n for n in NAMES if CATALOGUE[n].family == "emissions"]
    for share, grade in zip(shares, record["grade"], strict=True):
        total = lost = 0.0
        for _ in emissions:
            exact = 2.0 - share - lost
            total, lost = total + exact, ((total + exact) - total) - exact
        assert grade == total / len(emissions)


@given(given_in=st.sets(st.sampled_from(NAMES)), more=st.sampled_from(NAMES))
def test_handing_in_a_value_never_worsens_a_grade(given_in, more):
    def grades(names):
        # Full assurance and confirmation do not hang on what else is handed in.
        fixed = {"assured_share": 1.0, "unverified_certificates": 0.0}
        cells = {"a": {n: "x" if CATALOGUE[n].is_category else 0.5 for n in names} | fixed}
        record = record_of(cells, [])
        return record.filter(pl.col("status") == "pcaf")["grade"].to_list()

    pairs = zip(grades(given_in), grades(given_in | {more}), strict=True)
    assert all(after <= before for before, after in pairs)


def test_defaults_of_intake_reach_the_applications_that_see_the_row(make_dataset):
    dataset = make_dataset(
        firms=[{}, {"firm_id": "F2"}],
        applications=[
            {"application_id": "A1", "as_of": d("2023-06-30")},
            {"application_id": "A2", "as_of": d("2024-06-30")},
            {"application_id": "A3", "firm_id": "F2"},
        ],
        annual=[
            {"year": "2022", "revenue": 1.0, "published_on": d("2023-04-01")},
            {"year": "2023", "revenue": 1.0, "published_on": d("2024-04-01")},
        ],
        energy=[
            {"period": "2022", "carrier": "raw_coal", "quantity": 1.0},
            {"period": "2023", "carrier": "raw_coal", "quantity": 1.0},
        ],
    )
    defaults = pl.DataFrame(
        [
            {"table": "annual", "firm_id": "F1", "row": 1, "column": "currency", "value": "CNY", "reason": "contract_default"},
            {"table": "annual", "firm_id": "F1", "row": 2, "column": "currency", "value": "CNY", "reason": "contract_default"},
            {"table": "applications", "firm_id": "F2", "row": 3, "column": "currency", "value": "CNY", "reason": "contract_default"},
        ],
        schema=dataset.defaults.schema,
    )  # fmt: skip
    got = handed_in_defaults(facts_as_of(dataset, Settings()), defaults)
    assert got.schema == dict(QUALITY_SCHEMA)
    told = {(r["application_id"], r["family"]): r["detail_en"] for r in got.iter_rows(named=True)}
    assert told == {
        (
            "A1",
            "context",
        ): "annual.currency in 1 row(s): The cell was empty; the contract's default was taken.",
        (
            "A1",
            "energy",
        ): "energy.published_on in 1 row(s): The day of publication was not handed in; the usual reporting delay was taken.",
        (
            "A2",
            "context",
        ): "annual.currency in 2 row(s): The cell was empty; the contract's default was taken.",
        (
            "A2",
            "energy",
        ): "energy.published_on in 2 row(s): The day of publication was not handed in; the usual reporting delay was taken.",
        (
            "A3",
            "context",
        ): "applications.currency in 1 row(s): The cell was empty; the contract's default was taken.",
    }


CERTIFICATES = {
    "sound": [{"issued_on": d("2022-01-01"), "expires_on": d("2024-12-31"), "verified_on": d("2023-01-01")}],
    "certificate_dates_reversed": [{"issued_on": d("2023-01-01"), "expires_on": d("2022-12-31")}],
    "certificate_ended_before_issue": [
        {
            "issued_on": d("2023-01-01"),
            "expires_on": d("2025-12-31"),
            "status": "withdrawn",
            "status_on": d("2022-12-31"),
        }
    ],
    "certificate_valid_after_expiry": [
        {"issued_on": d("2020-01-01"), "expires_on": d("2022-12-31"), "verified_on": d("2023-01-01")}
    ],
    "certificate_revived": [
        {"issued_on": d("2022-01-01"), "expires_on": d("2024-12-31")},
        {"issued_on": d("2022-01-01"), "status": "withdrawn", "status_on": d("2023-01-01")},
        {"issued_on": d("2022-01-01"), "status_on": d("2023-06-01")},
    ],
    "certificate_before_founding": [{"issued_on": d("2009-12-31"), "expires_on": d("2012-12-30")}],
    "certificate_confirmed_before_issue": [
        {"issued_on": d("2023-01-01"), "expires_on": d("2025-12-31"), "verified_on": d("2022-12-31")}
    ],
    "certificate_unusually_long": [{"issued_on": d("2022-01-01"), "expires_on": d("2025-02-02")}],
    "just within": [{"issued_on": d("2022-01-01"), "expires_on": d("2025-02-01")}],
    "renewed": [
        {"issued_on": d("2020-01-01"), "expires_on": d("2022-12-31")},
        {"issued_on": d("2023-01-01"), "expires_on": d("2025-12-31"), "verified_on": d("2023-06-01")},
    ],
    "withdrawn": [
        {"issued_on": d("2022-01-01"), "expires_on": d("2024-12-31")},
        {"issued_on": d("2022-01-01"), "status": "withdrawn", "status_on": d("2023-01-01")},
    ],
    "known later": [
        {"issued_on": d("2023-01-01"), "expires_on": d("2022-12-31"), "published_on": d("2024-07-01")}
    ],
}


def test_certificates_are_held_against_their_dates(make_dataset):
    rows = [
        {"firm_id": name, "scheme": "iso14001", "certificate_no": "7", **event}
        for name, events in CERTIFICATES.items()
        for event in events
    ]
    dataset = make_dataset(
        firms=[{"firm_id": name, "founded_on": d("2010-01-01")} for name in CERTIFICATES],
        applications=[{"application_id": name, "firm_id": name, "as_of": AS_OF} for name in CERTIFICATES],
        certifications=rows,
    )
    raised = certificate_checks(facts_as_of(dataset, Settings()))
    assert raised.schema == dict(CROSS_CHECK_SCHEMA)
    expected = [(name, name) for name in sorted(CERTIFICATES) if name.startswith("certificate_")]
    assert raised.select("application_id", "check").rows() == expected
    texts = dict(raised.select("check", "text_en").iter_rows())
    assert (
        texts["certificate_dates_reversed"]
        == "Certificate iso14001 7 issued on 2023-01-01, expires on 2022-12-31."
    )
    assert "2022-12-31" in texts["certificate_valid_after_expiry"]
    assert "2023-01-01" in texts["certificate_valid_after_expiry"]
    assert set(raised["severity"]) == {"notice", "warning"}
    assert raised["text_zh"].str.contains("证书").all()
