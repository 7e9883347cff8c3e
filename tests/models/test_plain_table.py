from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from models.arff import read_arff
from models.plain_table import read_plain_table

ARFF = """% a comment
@relation toy
@attribute 'the ratio' numeric
@ATTRIBUTE kind {steel, 'cement, white'}
@attribute class {0,1}

@data
1.5, steel, 0
?, 'cement, white', 1
% another
-2e3, ?, 0
"""


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "loan": ["c", "a", "b", "d"],
            "firm": [1, 2, 1, 3],
            "day": [dt.date(2024, 1, k) for k in (1, 2, 3, 4)],
            "ratio": [0.5, None, float("inf"), 2.0],
            "listed": [True, False, None, True],
            "sector": ["x", "y", None, "x"],
            "coal_share": [0.1, 0.2, 0.3, 0.4],
            "bad": [0, 1, 0, 1],
        }
    )


def read(path, **columns):
    return read_plain_table(path, **({"target": "bad", "id_column": "loan"} | columns))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_columns_find_their_roles_and_rows_the_order_of_their_ids(frame, tmp_path, ending):
    path = tmp_path / f"table.{ending}"
    getattr(frame, f"write_{ending}")(path)
    table = read(path, group="firm", time="day")
    assert table.ids.to_list() == ["a", "b", "c", "d"]
    assert table.features.to_dict(as_series=False) == {
        "ratio": [None, None, 0.5, 2.0],
        "listed": [0.0, None, 1.0, 1.0],
        "sector": ["y", None, "x", "x"],
        "coal_share": [0.2, 0.3, 0.1, 0.4],
    }
    assert table.bad.to_list() == [1, 0, 0, 1]
    assert table.group_names().tolist() == ["2", "1", "1", "3"]
    assert table.times.to_list() == [dt.date(2024, 1, k) for k in (2, 3, 1, 4)]
    assert table.categories == ["sector"]
    assert table.directions == {"ratio": 0, "listed": 0}  # coal_share is the catalogue's


def test_the_hash_knows_neither_row_order_nor_form_but_every_cell(frame, tmp_path):
    frame.write_parquet(tmp_path / "one.parquet")
    frame[::-1].write_csv(tmp_path / "two.csv")
    frame.with_columns(pl.col("coal_share") + 1e-12).write_parquet(tmp_path / "three.parquet")
    one, two, three = (
        read(tmp_path / name, time="day").content_hash for name in ("one.parquet", "two.csv", "three.parquet")
    )
    assert one == two != three


def test_years_may_stand_for_days(frame, tmp_path):
    frame.drop("day").with_columns(year=pl.Series([2021, 2020, 2023, 2022])).write_csv(tmp_path / "t.csv")
    times = read(tmp_path / "t.csv", time="year").times.to_list()
    assert np.argsort(times).tolist() == [0, 2, 3, 1]  # a 2020, b 2023, c 2021, d 2022


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"target": "bads"}, r"no column bads \(did you mean bad\?\)\. Where: .*, --target"),
        ({"group": "frim"}, r"no column frim \(did you mean firm\?\)"),
        ({"id_column": "firm"}, "The column firm names 1 rows more than once"),
        ({"group": "loan"}, "given two roles"),
        ({"group": "sector"}, "Columns have gaps: sector"),
        ({"time": "ratio"}, "Columns have gaps: ratio"),
        ({"time": "coal_share", "group": "day"}, "The time is Float64"),
        ({}, r"neither numbers nor texts: day \(Date\)"),
    ],
)
def test_what_cannot_be_used_is_named(frame, tmp_path, columns, message):
    frame.write_parquet(tmp_path / "t.parquet")
    if columns:
        columns = {"time": "day"} | columns
    with pytest.raises(InputError, match=message):
        read(tmp_path / "t.parquet", **columns)


def test_arff_is_read(tmp_path):
    (tmp_path / "toy.arff").write_text(ARFF)
    assert read_arff(tmp_path / "toy.arff").to_dict(as_series=False) == {
        "the ratio": [1.5, None, -2000.0],
        "kind": ["steel", "cement, white", None],
        "class": ["0", "1", "0"],
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("@data", "@date"), "is no ARFF"),
        (lambda text: text.replace("numeric", "date"), "An attribute of the ARFF cannot be read"),
        (lambda text: text.replace("1.5, steel, 0", "1.5, steel"), "Row 1 of the data has 2 cells for 3"),
        (lambda text: text.replace("1.5", "much"), "column of numbers holds something else"),
        (lambda text: text.replace("1.5, steel, 0", "{0 1.5}"), "sparse rows"),
    ],
)
def test_arff_that_is_not_read_is_refused(tmp_path, change, message):
    (tmp_path / "toy.arff").write_text(change(ARFF))
    with pytest.raises(InputError, match=message):
        read_arff(tmp_path / "toy.arff")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xlsx", b"", "says no form that is read"),
        ("t.parquet", b"nothing", "cannot be read"),
        ("t.csv", b"", "cannot be read"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)
