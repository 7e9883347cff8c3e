"""The Indian CO2 database: stations against their published answers, and files that are not as published."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from features.errors import RegisterError
from features.registers import REGISTERS, cea, read_register

YEARS = {"2013-14": "2013", "2014-15": "2014", "2015-16": "2015", "2016-17": "2016", "2017-18": "2017"}
MEASURES = ("Net Generation GWh", "Absolute Emissions t CO2", "Specific Emissions t CO2/MWh")

# Sheet Results of the same workbook: net generation (GWh) and emissions (t) of all India.
PUBLISHED_TOTALS = {
    "2013": (886771.18448984, 727364166.24505),
    "2014": (972041.5414647743, 805384471.3209515),
    "2015": (1027027.8544949144, 846261119.0127317),
    "2016": (1072839.3675475507, 888341293.6666293),
    "2017": (1121567.2247844897, 922182365.9522322),
}


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "india_cea_co2_v14"


@pytest.fixture(scope="module")
def dataset(folder):
    return cea.read(folder)


@pytest.fixture(scope="module")
def stations(folder):
    with (folder / "cea_data.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["UNIT_NO"] == "0"]


def number(text):
    return None if text in {"", "-"} else float(text)


def test_every_station_ends_as_an_application_or_refused_by_name(dataset, stations):
    assert len(stations) == 538
    expected = {f"cea-v14-{row['S_NO']}" for row in stations}
    assert set(dataset.tables["applications"]["application_id"]) == expected
    assert dataset.quarantine.height == 0


def test_national_totals_are_the_published_ones_so_no_unit_is_counted_beside_its_station(dataset):
    for period, (generation, emissions) in PUBLISHED_TOTALS.items():
        made = dataset.tables["production"].filter(pl.col("period") == period)["quantity"].sum()
        emitted = dataset.tables["emissions"].filter(pl.col("period") == period)["quantity"].sum()
        assert made / 1000.0 == pytest.approx(generation, rel=1e-12)
        assert emitted == pytest.approx(emissions, rel=1e-12)


def test_intensities_are_the_published_ones_but_for_the_listed_contradictions(dataset, stations):
    made = {
        (r["firm_id"], r["period"]): r["quantity"] for r in dataset.tables["production"].iter_rows(named=True)
    }
    emitted = {
        (r["firm_id"], r["period"]): r["quantity"] for r in dataset.tables["emissions"].iter_rows(named=True)
    }
    differing = set()
    for row in stations:
        for fiscal, period in YEARS.items():
            generation, _, published = (number(row[f"{fiscal} {m}"]) for m in MEASURES)
            key = (f"CEA:{row['S_NO']}", period)
            if not generation:
                assert made.get(key, 0.0) == 0.0, "a station without generation has none"
                continue
            assert made[key] == pytest.approx(1000.0 * generation)
            derived = emitted[key] / made[key] if key in emitted else None
            if derived is None or abs(derived - published) > 0.001:
                differing.add((row["NAME"].split(" ")[0], period))
    assert differing == {
        ("RAJIV", "2013"),
        ("RAJIV", "2014"),
        ("RAJIV", "2015"),
        ("PRYAGRAJ", "2015"),
        ("U.B.D.C.", "2015"),
    }
    listed = dataset.findings.filter(pl.col("check") == "published_intensity")
    assert {(t.split(" ")[0], p) for t, p in listed.select("text_en", "period").iter_rows()} == differing


def test_emissions_without_generation_and_units_beyond_their_station_are_found(dataset):
    found = dataset.findings.filter(pl.col("check") != "published_intensity").sort("check", "period")
    assert [
        (c, t.split(",")[0], p) for c, t, p in found.select("check", "text_en", "period").iter_rows()
    ] == [
        ("emissions_without_generation", "P.NALLUR CCGT", "2017"),
        ("units_exceed_station", "MIHAN TPP", "2013"),
        ("units_exceed_station", "DAMODARAM SANJEEVAIAH", "2016"),
    ]
    assert all("GWh" not in t and t.endswith("。") for t in found["text_zh"])


def test_attributes_follow_from_the_file(dataset, stations):
    firms = {row["firm_id"]: row for row in dataset.tables["firms"].iter_rows(named=True)}
    classes = {"THERMAL": "4411", "HYDRO": "4413", "NUCLEAR": "4414"}
    for row in stations:
        firm = firms[f"CEA:{row['S_NO']}"]
        assert firm["industry"] == classes[row["TYPE"].strip()]
        assert firm["region"].startswith("IN-")
        assert firm["founded_on"] is not None
    owners = dataset.tables["ownership"]
    assert owners.height == 538
    assert owners["share"].null_count() == 538


def test_what_was_left_out_is_told(dataset):
    texts = " ".join(dataset.notices["text_en"])
    assert "1950 rows of units" in texts
    assert "202 station-years with zero and 526 with a dash or an empty cell" in texts
    assert list(dataset.files) == ["cea_data.csv"]


def test_a_file_of_the_folder_gives_the_same(folder, dataset):
    again = read_register("cea", folder / "cea_results.csv")
    assert again.content_hashes == dataset.content_hashes
    assert again.findings.equals(dataset.findings)


# ---- a small file, so the rest runs without the data -----------------------------------------------------------------

HEADER = ["S_NO", "NAME", "UNIT_NO", "DT_ COMM", "STATE", "SYSTEM", "TYPE"]
HEADER += [f"{year} {measure}" for year in YEARS for measure in MEASURES]


def write(folder, rows, *, header=HEADER, name="cea_data.csv"):
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return folder


def station(number_, name, last, *, unit="0", began="", kind="THERMAL", state="GUJARAT"):
    return [number_, name, unit, began, state, "OWNER", kind, *[""] * 12, *last]


def test_units_are_left_out_and_idle_stations_generate_nothing(tmp_path):
    rows = [
        station("1", "ONE", ["10", "9000", "0.9"]),
        station("1", "ONE", ["10", "9000", "0.9"], unit="1", began="1999-05-01 00:00:00"),
        station("2", "TWO", ["-", "0", "0"], kind="HYDRO"),
        station("3", "THREE", ["0", "0", "0"], kind="TIDAL", state="ATLANTIS"),
    ]
    found = cea.read(write(tmp_path, rows))
    assert found.tables["production"].select("firm_id", "period", "quantity").rows() == [
        ("CEA:1", "2017", 10_000.0),
        ("CEA:2", "2017", 0.0),
        ("CEA:3", "2017", 0.0),
    ]
    assert found.tables["emissions"]["quantity"].to_list() == [9000.0, 0.0, 0.0]
    firms = found.tables["firms"].sort("firm_id")
    assert firms["founded_on"].cast(pl.String).to_list() == ["1999-05-01", None, None]
    assert firms["industry"].to_list() == ["4411", "4413", "44"]
    assert firms["region"].to_list() == ["IN-GJ", "IN-GJ", "IN"]
    assert found.findings.height == 0


def test_negative_generation_and_unreadable_cells_are_refused_by_name(tmp_path):
    rows = [
        station("1", "ONE", ["-3", "100", "0.9"]),
        station("2", "TWO", ["ten", "9000", "0.9"]),
        station("3", "THREE", ["5", "many", "0.9"]),
    ]
    found = cea.read(write(tmp_path, rows))
    refused = {(r["table"], r["value"]) for r in found.quarantine.iter_rows(named=True)}
    assert {("production", "-3"), ("production", "ten"), ("emissions", "many")} <= refused
    assert found.tables["production"]["firm_id"].to_list() == ["CEA:3"]
    checks = found.findings.select("firm_id", "check").rows()
    assert ("CEA:1", "negative_quantity") in checks
    assert ("CEA:1", "emissions_without_generation") in checks
    assert ("CEA:3", "published_intensity") in checks
    assert found.tables["applications"].height == 3


def test_a_station_named_twice_is_refused_not_lost(tmp_path):
    rows = [station("1", "ONE", ["10", "9000", "0.9"]), station("1", "OTHER", ["20", "100", "0.005"])]
    found = cea.read(write(tmp_path, rows))
    counts = found.counts.filter(pl.col("table") == "applications").row(0, named=True)
    assert counts["rows_in"] == counts["accepted"] + counts["quarantined"] + counts["duplicates"] == 2
    assert found.quarantine.filter(pl.col("table") == "firms").height > 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f / "nowhere", "There is no file or folder 'nowhere'"),
        (lambda f: f, "lacks cea_data.csv"),
        (lambda f: write(f, [], name="other.csv") / "other.csv", "is no file of the register cea"),
        (lambda f: write(f, [["1"]], header=["S_NO"]), "lacks 'NAME', 'UNIT_NO'"),
        (lambda f: write(f, [station("1", "ONE", ["", "", ""], unit="1")]), "units have no station row"),
        (lambda f: write(f, [station("1", "ONE", ["", "", ""], unit="main")]), "cannot be told apart"),
        (lambda f: write(f, [["a"] * 40]), "cannot be read"),
    ],
)
def test_what_is_not_as_published_is_refused(tmp_path, spoil, said):
    with pytest.raises(RegisterError) as error:
        cea.read(spoil(tmp_path))
    assert said in error.value.what
    assert error.value.where
    assert error.value.mend


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "cea_data.csv").write_bytes(b"\xff\xfe\x00\x01PK\x03\x04,\n")
    with pytest.raises(RegisterError):
        cea.read(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "cea_data.csv").write_bytes(b"")
    with pytest.raises(RegisterError):
        cea.read(tmp_path)


def test_registers_are_named():
    assert sorted(REGISTERS) == ["cea", "ghgrp"]
    with pytest.raises(RegisterError, match="Did you mean ghgrp"):
        read_register("ghgpr", "anywhere")
