"""The store of reference footprints: empty as shipped, imported by a bank, looked up by product and year."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features import reference
from features.errors import ReferenceDataError
from features.footprints import FOOTPRINT_SCHEMA, footprint_editions, reference_footprint

HEADER = "product,kgco2e_per_unit,unit,valid_from,valid_to,source,verified,seen_in,note"
STORE = (
    "cement_clinker,850,t,2022-01-01,2023-12-31,the bank's database,seen,edition 1,\n"
    "cement_clinker,820,t,2024-01-01,,the bank's database,seen,edition 2,\n"
    "Solar  Module,450,kW,2023-07-01,,the bank's database,recalled,,\n"
    "own brick,,t,2023-01-01,,the bank's database,seen,,figure withdrawn\n"
)


@pytest.fixture
def folder(tmp_path):
    return store(tmp_path, STORE)


def store(folder, rows, header=HEADER):
    (folder / "product_footprints.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    return folder


def test_the_product_ships_none():
    assert reference.table("product_footprints").height == 0
    found = reference_footprint(pl.DataFrame({"product": ["cement_clinker", None], "year": [2024, None]}))
    assert found.select(list(FOOTPRINT_SCHEMA)).null_count().row(0) == (2,) * len(FOOTPRINT_SCHEMA)
    assert {name: found.schema[name] for name in FOOTPRINT_SCHEMA} == FOOTPRINT_SCHEMA


def naive(product, year):
    """The reference of a product and year, by the definition: (kgCO2e, unit, recalled, of another time)."""
    rows = []
    for line in STORE.splitlines():
        name, value, unit, begins, ends, _, verified, *_ = line.split(",")
        if "".join(name.lower().split()) == product:
            span = dt.date.fromisoformat(begins), dt.date.fromisoformat(ends or "9999-12-31")
            rows.append((span, float(value) if value else None, unit, verified == "recalled"))
    if not rows or year is None:
        return (None, None, None, None)
    holding = [r for r in rows if r[0][0].year <= year <= r[0][1].year]
    earlier = [r for r in rows if r[0][1].year < year]
    row = max(holding) if holding else max(earlier) if earlier else min(rows)
    return (*row[1:], not holding)


# As handed in, and as the naive twin spells it.
PRODUCTS = {
    "cement_clinker": "cement_clinker",
    "水泥熟料": "cement_clinker",
    "solar module": "solarmodule",
    "ＳＯＬＡＲ module": "solarmodule",
    "own brick": "ownbrick",
    "unknown": "unknown",
    None: None,
}


def test_every_product_and_year_as_the_naive_twin_says(folder):
    asked = [(product, year) for product in PRODUCTS for year in (2020, 2022, 2023, 2024, 2030, None)]
    frame = pl.DataFrame(asked, schema={"product": pl.String, "year": pl.Int32}, orient="row")
    with reference.overlaid(folder):
        found = reference_footprint(frame)
    assert found.select("product", "year").rows() == asked
    columns = ("reference_kgco2e_per_unit", "reference_unit", "reference_recalled", "reference_other_edition")
    expected = [naive(PRODUCTS[product], year) for product, year in asked]
    assert found.select(columns).rows() == expected
    sources = [None if unit is None else "the bank's database" for _, unit, _, _ in expected]
    assert found["reference_source"].to_list() == sources
    assert reference_footprint(frame)["reference_unit"].null_count() == len(asked)


def test_the_reference_is_converted_to_the_unit_of_the_fact(folder):
    frame = pl.DataFrame(
        {
            "made": ["cement_clinker"] * 5 + ["solar module"],
            "of": [2024] * 6,
            "per": ["kg", "t", "万吨", "MWh", None, "MW"],
        }
    )
    with reference.overlaid(folder):
        found = reference_footprint(frame, product="made", year="of", unit="per")
    assert found["reference_kgco2e_per_unit"].to_list() == [
        pytest.approx(0.82),
        820.0,
        pytest.approx(8_200_000.0),
        None,
        None,
        pytest.approx(450_000.0),
    ]
    assert found["reference_unit"].to_list() == ["kg", "t", "万吨", "t", "t", "MW"]
    assert found.columns == [*frame.columns, *FOOTPRINT_SCHEMA]


def test_a_confirmed_reference_is_no_longer_recalled(tmp_path):
    rows = "solar module,450,kW,2023-01-01,,memory of the trade,recalled,,,Li Wei,2026-03-01\n"
    folder = store(tmp_path, rows, header=f"{HEADER},confirmed_by,confirmed_on")
    with reference.overlaid(folder):
        found = reference_footprint(pl.DataFrame({"product": ["solar module"], "year": [2024]}))
    assert found["reference_recalled"].to_list() == [False]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (STORE + "水泥熟料,900,t,2020-01-01,2021-12-31,x,seen,,\n", "are one product"),
        (STORE + "cement_clinker,900,t,2023-12-31,2023-12-31,x,seen,,\n", "hold on 2023-12-31"),
        (STORE + "cement_clinker,900,kg,2020-01-01,2021-12-31,x,seen,,\n", "its series has kg and t"),
        (STORE + "cement_clinker,900,t,,2021-12-31,x,seen,,\n", "is not a key"),
        (STORE + "paint,much,t,2020-01-01,,x,seen,,\n", "'much' is not a finite number"),
        (STORE + "paint,1,bucketful,2020-01-01,,x,seen,,\n", "'bucketful' cannot be used"),
        (STORE + "paint,1,,2020-01-01,,x,seen,,\n", "cannot be used"),
        (STORE + "paint,1,t,2020-01-01,,,seen,,\n", "is not a source"),
    ],
)
def test_a_wrong_store_is_refused(tmp_path, rows, said):
    with pytest.raises(ReferenceDataError) as error:
        reference.read_overlay(store(tmp_path, rows))
    assert said in error.value.what
    assert "product_footprints" in error.value.where
    assert error.value.mend


def test_a_store_may_be_given_directly():
    given = pl.DataFrame({"product": ["水泥熟料", "Red Paint"]})
    assert footprint_editions(given)["product_key"].to_list() == ["cement_clinker", "redpaint"]
