"""Public registers: any cell, any header, rows lost and repeated, and damage to the files."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from features.registers import cea, ghgrp

MEASURES = ("Net Generation GWh", "Absolute Emissions t CO2", "Specific Emissions t CO2/MWh")
YEARS = ("2013-14", "2014-15", "2015-16", "2016-17", "2017-18")
CEA_HEADER = [
    *("S_NO", "NAME", "UNIT_NO", "DT_ COMM", "STATE", "SYSTEM", "TYPE"),
    *(f"{year} {measure}" for year in YEARS for measure in MEASURES),
]
CEA_ROWS = [
    ["1", "KUTTIADI", "0", "", "KERALA", "KSEB", "HYDRO", *("700", "0", "0") * 5],
    ["1", "KUTTIADI", "1", "1972-09-01", "KERALA", "KSEB", "HYDRO", *("700", "0", "0") * 5],
    ["2", "VINDHYACHAL", "0", "", "MADHYA PRADESH", "NTPC", "THERMAL", *("900", "810000", "0.9") * 5],
    ["2", "VINDHYACHAL", "1", "1987-10-10", "MADHYA PRADESH", "NTPC", "THERMAL", *("900", "810000", "0.9") * 5],
]  # fmt: skip
ABOUT = ("Facility Id", "Facility Name", "State", "Primary NAICS Code")
TOTAL, BIOGENIC = "Total reported direct emissions", "Biogenic CO2 emissions (metric tons)"
GHGRP_HEADER = [*ABOUT, TOTAL, BIOGENIC, *ghgrp.GASES]
GHGRP_ROWS = [
    ["1001", "Mill", "TX", "327310", "120", "5", "100", "20", *[""] * (len(ghgrp.GASES) - 2)],
    ["1002", "Power plant", "OH", "221112", "90", "", "90", *[""] * (len(ghgrp.GASES) - 1)],
]
TITLE = ["Emissions as reported for 2020, AR4"]
PARENTS_HEADER = ["GHGRP FACILITY ID", "PARENT COMPANY NAME", "PARENT CO. PERCENT OWNERSHIP"]
PARENTS_ROWS = [["1001", "Cement Co", "60"], ["1002", "Power Co", "100"], ["9999", "Nobody", ""]]


@st.composite
def sheets(draw, fuzz, header, rows):
    """A header and rows with some of their cells, columns and rows changed."""
    header, rows = list(header), [list(row) for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(header) - 1))
        rows[row][column] = draw(fuzz.cells)
    match draw(st.integers(0, 11)):
        case 0:
            header[draw(st.integers(0, len(header) - 1))] = draw(fuzz.cells)
        case 1:
            del rows[draw(st.integers(0, len(rows) - 1))]
        case 2:
            rows.append(list(draw(st.sampled_from(rows))))
        case 3:
            rows[draw(st.integers(0, len(rows) - 1))] = [""] * len(header)
        case 4:
            rows = []
        case _:
            pass
    return header, rows


def as_csv(header, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode("utf-8", "replace")


@settings(settings.get_profile("fuzz cea"))
@given(data=st.data())
def test_a_mutated_co2_database_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    header, rows = data.draw(sheets(fuzz, CEA_HEADER, CEA_ROWS))
    damage = data.draw(st.none() | st.none() | st.none() | fuzz.damages)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "cea_data.csv"
        path.write_bytes(fuzz.damaged(as_csv(header, rows), damage))
        dataset = fuzz.read_or_refused(lambda: cea.read(place))
        if dataset is not None:
            counts = dict(dataset.counts.select("table", "rows_in").iter_rows())
            assert counts["applications"] == counts["firms"]


@settings(settings.get_profile("fuzz ghgrp"))
@given(data=st.data())
def test_a_mutated_reporting_program_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    header, rows = data.draw(sheets(fuzz, GHGRP_HEADER, GHGRP_ROWS))
    parents = data.draw(st.none() | sheets(fuzz, PARENTS_HEADER, PARENTS_ROWS))
    title = data.draw(
        st.sampled_from([TITLE, TITLE, TITLE, ["for 2019, AR4"], [], ["=1+1", "for 2020", "AR4"]])
    )
    sheet = data.draw(st.sampled_from(["Direct Emitters"] * 9 + ["Suppliers"]))
    damage = data.draw(st.none() | st.none() | st.none() | fuzz.damages)
    above = [[""], [""]]
    with tempfile.TemporaryDirectory() as place:
        content = fuzz.as_workbook({sheet: (title, [*above, header, *rows])})
        (Path(place) / "ghgp_data_2020.xlsx").write_bytes(fuzz.damaged(content, damage))
        if parents is not None:
            (Path(place) / "ghgrp_2023_facilities_parents.csv").write_bytes(as_csv(*parents))
        dataset = fuzz.read_or_refused(lambda: ghgrp.read(place))
        if dataset is not None:
            counts = dict(dataset.counts.select("table", "rows_in").iter_rows())
            assert counts["applications"] == counts["firms"]


def test_what_the_registers_begin_with_is_read_whole(fuzz):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "cea_data.csv").write_bytes(as_csv(CEA_HEADER, CEA_ROWS))
        (Path(place) / "ghgp_data_2020.xlsx").write_bytes(
            fuzz.as_workbook({"Direct Emitters": (TITLE, [[""], [""], GHGRP_HEADER, *GHGRP_ROWS])})
        )
        (Path(place) / "ghgrp_2023_facilities_parents.csv").write_bytes(as_csv(PARENTS_HEADER, PARENTS_ROWS))
        for read, firms in ((cea.read, {"CEA:1", "CEA:2"}), (ghgrp.read, {"GHGRP:1001", "GHGRP:1002"})):
            dataset = fuzz.read_or_refused(lambda read=read: read(place))
            assert dataset.quarantine.is_empty()
            assert set(dataset.tables["firms"]["firm_id"]) == firms
            assert dataset.tables["emissions"].height > 0
            assert dataset.tables["ownership"].height == 2
