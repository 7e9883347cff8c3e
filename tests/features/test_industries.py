"""Codes of every accepted classification find their division by the longest prefix."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import reference
from features.industries import map_industries

ADDED = ["division", "section", "class4", "borderline", "mapping_note"]


def mapped(code, scheme):
    schema = {"industry": pl.String, "industry_scheme": pl.String}
    return map_industries(pl.DataFrame({"industry": [code], "industry_scheme": [scheme]}, schema=schema)).row(
        0, named=True
    )


def concordance():
    with (Path(reference.__file__).parent / "industry_map.csv").open(encoding="utf-8", newline="") as stream:
        return {(r["scheme"], r["code"].replace(".", "")): r for r in csv.DictReader(stream)}


CONCORDANCE = concordance()


def naive_division(code, scheme):
    for length in range(6, 1, -1):
        if len(code) >= length and (scheme, code[:length]) in CONCORDANCE:
            return CONCORDANCE[scheme, code[:length]]["division"]
    return None


@pytest.mark.parametrize(
    ("code", "division", "section", "class4"),
    [
        ("31", "31", "C", None),
        ("311", "31", "C", None),
        ("3011", "30", "C", "3011"),
        ("C3011", "30", "C", "3011"),
        (" ３０１１ ", "30", "C", "3011"),
        ("4411", "44", "D", "4411"),
        ("6450", "6450", "I", "6450"),
        ("6440", "64", "I", "6440"),
        ("0610", "06", "B", "0610"),
        ("0111", "A", "A", "0111"),
        ("5199", "F", "F", "5199"),
        ("7010", "K", "K", "7010"),
        ("77", "77", "N", None),
        ("76", "N", "N", None),
        ("9700", None, None, None),
        ("99", None, None, None),
        ("3", None, None, None),
        ("steel", None, None, None),
        ("K", "K", "K", None),
        (None, None, None, None),
    ],
)
def test_own_classification(code, division, section, class4):
    row = mapped(code, "GBT4754")
    assert (row["division"], row["section"], row["class4"]) == (division, section, class4)
    assert row["borderline"] is False
    assert (row["mapping_note"] is not None) == (division is None and code is not None)


@pytest.mark.parametrize(
    ("scheme", "code", "division", "borderline"),
    [
        ("NAICS2017", "221112", "44", False),
        ("NAICS2017", "562212", "78", True),
        ("NAICS2017", "327310", "30", False),
        ("NAICS2022", "331110", "31", False),
        ("NAICS2022", "331313", "32", False),
        ("NACE2", "24.42", "32", True),
        ("NACE2", "C24.42", "32", True),
        ("NACE2.1", "25.3", "37", True),
        ("NACE2", "25.3", "34", True),
        ("ISIC4", "2394", "30", False),
        ("ISIC4", "C2394", "30", False),
        ("NAICS2022", "611310", "P", True),
        ("NAICS2017", "99", None, False),
    ],
)
def test_other_classifications(scheme, code, division, borderline):
    row = mapped(code, scheme)
    assert (row["division"], row["borderline"], row["class4"]) == (division, borderline, None)
    assert code in row["mapping_note"]


def test_a_borderline_code_names_the_other_divisions():
    assert "it straddles 77" in mapped("562212", "NAICS2017")["mapping_note"]


@settings(deadline=None)
@given(
    st.sampled_from(["NAICS2017", "NAICS2022", "ISIC4", "NACE2", "NACE2.1"]),
    st.text("0123456789", min_size=1, max_size=6),
)
def test_longest_prefix_as_the_twin_finds_it(scheme, code):
    assert mapped(code, scheme)["division"] == naive_division(code, scheme)


def test_every_section_of_a_mapped_division_is_known():
    codes = [(code, scheme) for scheme, code in CONCORDANCE]
    frame = pl.DataFrame(codes, schema=["industry", "industry_scheme"], orient="row")
    rows = map_industries(frame)
    assert rows["division"].null_count() == 0
    assert rows["section"].null_count() == 0
    assert rows.height == len(codes)


def test_rows_keep_their_order_and_other_columns():
    frame = pl.DataFrame(
        {
            "firm_id": ["a", "b", "c", "d"],
            "industry": ["3011", None, "3011", "2394"],
            "industry_scheme": ["GBT4754", "GBT4754", None, "ISIC4"],
        }
    )
    rows = map_industries(frame)
    assert rows.columns == [*frame.columns, *ADDED]
    assert rows["firm_id"].to_list() == ["a", "b", "c", "d"]
    assert rows["division"].to_list() == ["30", None, "30", "30"]
    assert map_industries(rows).equals(rows)


def test_no_rows_give_no_rows():
    frame = pl.DataFrame(schema={"industry": pl.String, "industry_scheme": pl.String})
    assert map_industries(frame).columns == ["industry", "industry_scheme", *ADDED]
