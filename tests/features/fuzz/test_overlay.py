"""A bank's own reference tables and its footprint database: any cell of any table, headers, encodings, damaged files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
import warnings
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from features import reference
from features.errors import GreenCreditError
from features.footprints import FOOTPRINT_SCHEMA, reference_footprint

FOLDER = Path(reference.__file__).parent
FOOTPRINTS = [
    ["product", "kgco2e_per_unit", "unit", "valid_from", "valid_to", "source", "verified", "seen_in", "note"],
    [
        "cement_clinker",
        "850",
        "t",
        "2022-01-01",
        "2023-12-31",
        "the bank's database",
        "seen",
        "edition 1",
        "",
    ],
    ["cement_clinker", "820", "t", "2024-01-01", "", "the bank's database", "seen", "edition 2", ""],
    ["Solar  Module", "450", "kW", "2023-07-01", "", "the bank's database", "recalled", "", ""],
]
ODD_HERE = [
    "seen",
    "recalled",
    "own rule",
    "confirmed",
    "2023-01-01",
    "9999-12-31",
    "t",
    "kgCO2e/t",
    "raw_coal",
    "-1",
    "0",
]
"""Cells that a reference table takes somewhere."""


def shipped_text(name):
    """The header and rows of a shipped table as text, read without the code under test."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [list(row) for row in csv.reader(stream)]


SHIPPED = {name: shipped_text(name) for name in sorted(reference.REFERENCE_TABLES)}
SHIPPED = {name: rows for name, rows in SHIPPED.items() if len(rows) > 1}


@st.composite
def own_tables(draw, fuzz, header, rows):
    """The bytes of a bank's file: some rows of a table, with cells, columns, confirmation and encoding changed."""
    header, rows = list(header), [list(row) for row in rows]
    cells = st.sampled_from(ODD_HERE) | fuzz.cells
    for _ in range(draw(st.integers(0, 3))):
        row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(header) - 1))
        rows[row][column] = draw(cells)
    match draw(st.integers(0, 13)):
        case 0:
            header[draw(st.integers(0, len(header) - 1))] = draw(cells)
        case 1:
            rows.append(list(draw(st.sampled_from(rows))))
        case 2:
            rows[-1] = rows[-1][: draw(st.integers(0, len(header)))]
        case 3:
            rows[-1] = [*rows[-1], draw(cells)]
        case 4:
            rows = []
        case 5 | 6 | 7:
            header += ["confirmed_by", "confirmed_on"]
            signed = draw(
                st.sampled_from([("Li Wei", "2026-03-01"), ("Li Wei", ""), ("", "2026-03-01")])
                | st.tuples(cells, cells)
            )
            rows = [[*row, *signed] for row in rows]
        case _:
            pass
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, *rows])
    content = stream.getvalue().encode(
        draw(st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "gb18030", "utf-16"])), "replace"
    )
    return fuzz.damaged(content, draw(st.none() | st.none() | st.none() | fuzz.damages))


def laid_or_refused(folder, look):
    """Lay the tables over the shipped ones and look at them: whole, or a refusal that says what and how to mend it."""
    refusal = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with reference.overlaid(folder) as found:
                look(found)
    except GreenCreditError as error:
        refusal = error
    if refusal is not None:
        assert refusal.what
        assert refusal.mend
        str(refusal).encode()
    return refusal


@settings(settings.get_profile("fuzz overlay"))
@given(data=st.data())
def test_a_mutated_table_of_the_bank_is_laid_over_or_refused_and_the_shipped_ones_stay(data, fuzz):
    name = data.draw(st.sampled_from(sorted(SHIPPED)))
    header, *rows = SHIPPED[name]
    chosen = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=3))
    content = data.draw(own_tables(fuzz, header, chosen))
    before = reference.table(name)

    def look(found):
        laid = reference.table(name)
        assert set(before.columns) <= set(laid.columns)
        assert laid.height >= before.height
        assert set(found.overlay) == {name}
        added = found.changes.filter(pl.col("change") == "added").height
        assert laid.height == before.height + added

    with tempfile.TemporaryDirectory() as place:
        (Path(place) / f"{name}.csv").write_bytes(content)
        laid_or_refused(place, look)
    assert reference.table(name) is before


@settings(settings.get_profile("fuzz footprints"))
@given(data=st.data())
def test_a_mutated_footprint_database_is_imported_or_refused(data, fuzz):
    content = data.draw(own_tables(fuzz, FOOTPRINTS[0], FOOTPRINTS[1:]))
    asked = pl.DataFrame(
        {
            "product": ["cement_clinker", "solar module", data.draw(fuzz.cells)],
            "year": [2023, 2024, 2024],
            "unit": ["kg", "kW", "t"],
        }
    )

    def look(_found):
        found = reference_footprint(asked, unit="unit")
        assert found.height == asked.height
        assert found.select("product", "year", "unit").equals(asked)
        assert {c: found.schema[c] for c in FOOTPRINT_SCHEMA} == FOOTPRINT_SCHEMA
        figures = found["reference_kgco2e_per_unit"].drop_nulls()
        assert figures.is_finite().all()

    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "product_footprints.csv").write_bytes(content)
        laid_or_refused(place, look)


def test_what_the_tables_begin_with_is_laid_over_whole(tmp_path):
    for name, (header, *rows) in {**SHIPPED, "product_footprints": FOOTPRINTS}.items():
        folder = tmp_path / name
        folder.mkdir()
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows[:3]])
        heights = []
        assert (
            laid_or_refused(folder, lambda _, n=name, h=heights: h.append(reference.table(n).height)) is None
        ), name
        assert heights == [max(len(SHIPPED.get(name, [0])) - 1, 0) or len(FOOTPRINTS) - 1], name


def test_the_dates_of_the_first_footprint_are_looked_up(tmp_path):
    (tmp_path / "product_footprints.csv").write_text(
        "\n".join(",".join(r) for r in FOOTPRINTS), encoding="utf-8"
    )
    asked = pl.DataFrame({"product": ["cement_clinker"] * 2, "year": [2023, dt.date(2024, 1, 1).year]})
    found = []
    assert laid_or_refused(tmp_path, lambda _: found.append(reference_footprint(asked))) is None
    assert found[0]["reference_kgco2e_per_unit"].to_list() == [850.0, 820.0]
