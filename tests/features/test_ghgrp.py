"""US facilities: every one kept, every gas column summed, and workbooks that are not as published."""

from __future__ import annotations

import fastexcel
import openpyxl
import polars as pl
import pytest

from features.errors import RegisterError
from features.industries import map_industries
from features.registers import ghgrp, read_register

TOTAL = "Total reported direct emissions"
BIOGENIC = "Biogenic CO2 emissions (metric tons)"


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "ghgrp_us"


@pytest.fixture(scope="module")
def dataset(folder):
    return ghgrp.read(folder)


@pytest.fixture(scope="module")
def published(folder):
    """The sheets' own rows as dictionaries, by year, read without the code under test."""
    rows = {}
    for year in (2019, 2020):
        sheet = fastexcel.read_excel(folder / f"ghgp_data_{year}.xlsx").load_sheet(
            "Direct Emitters", header_row=3
        )
        frame = sheet.to_polars()
        rows[year] = frame.rename({c: c.strip() for c in frame.columns}).to_dicts()
    return rows


def test_every_facility_of_2020_is_an_application_or_refused_by_name(dataset, published):
    assert len(published[2020]) == 6515
    refused = dataset.quarantine.filter(pl.col("table") == "applications")["row"].n_unique()
    assert dataset.tables["applications"].height + refused == 6515
    counts = dataset.counts.filter(pl.col("table") == "applications").row(0, named=True)
    assert counts["rows_in"] == 6515
    expected = {f"ghgrp-2020-{row['Facility Id']:.0f}" for row in published[2020]}
    assert set(dataset.tables["applications"]["application_id"]) <= expected


def test_every_industry_code_is_mapped(dataset):
    rows = map_industries(dataset.tables["firms"])
    assert rows["division"].null_count() == 0
    prefixes = rows["mapping_note"].str.extract(r"prefix (\d+)")
    assert not set(prefixes) & {"21", "22", "31", "32", "33"}, "placeholders that must never be used alone"


def test_gas_columns_add_up_to_the_published_total_of_every_facility(dataset, published):
    sums = {}
    for row in dataset.tables["emissions"].iter_rows(named=True):
        if row["substance"] not in {"CO2e", "CO2_biogenic"}:
            key = row["firm_id"], row["period"]
            sums[key] = sums.get(key, 0.0) + row["quantity"]
    for year, rows in published.items():
        for row in rows:
            total = sums[f"GHGRP:{row['Facility Id']:.0f}", str(year)]
            assert total == pytest.approx(row[TOTAL], rel=1e-9, abs=1e-6)
    assert dataset.findings.height == 0


def test_an_empty_gas_cell_is_not_reported(dataset, published):
    cells = sum(
        row[column] is not None
        for rows in published.values()
        for row in rows
        for column in (TOTAL, BIOGENIC, *ghgrp.GASES)
    )
    assert dataset.tables["emissions"].height == cells
    assert dataset.tables["emissions"].filter(pl.col("quantity") == 0.0).height < cells / 10


def test_totals_of_2020_are_those_of_the_yearly_overview(dataset, folder):
    overview = fastexcel.read_excel(folder / "ghgp_data_by_year.xlsx").load_sheet(
        "Direct Emitters", header_row=3
    )
    rows = (
        overview.to_polars().select("Facility Id", total="2020 Total reported direct emissions").drop_nulls()
    )
    expected = {f"GHGRP:{facility:.0f}": total for facility, total in rows.iter_rows()}
    totals = dataset.tables["emissions"].filter(
        (pl.col("substance") == "CO2e") & (pl.col("period") == "2020")
    )
    found = dict(totals.select("firm_id", "quantity").iter_rows())
    assert found.keys() <= expected.keys()
    assert all(found[k] == pytest.approx(expected[k]) for k in found)


def test_gases_stand_under_their_own_warming_potentials(dataset):
    kinds = dataset.tables["emissions"].select("substance", "unit").unique()
    units = dict(kinds.iter_rows())
    assert kinds.height == len(units) == 13
    assert {s for s, u in units.items() if u == "t"} == {"CO2", "CO2_biogenic"}
    assert dataset.tables["emissions"]["scope"].unique().to_list() == ["1"]


def test_nothing_is_known_before_it_was_taken_and_all_before_the_decision(dataset):
    known = dataset.tables["emissions"].group_by("period").agg(pl.col("known_on").unique())
    days = {period: on for period, [on] in known.iter_rows()}
    assert str(days["2019"]) > "2020-09-26"
    assert str(days["2020"]) > "2021-08-07"
    assert dataset.tables["applications"]["as_of"].min() > max(days.values())


def test_parents_are_those_of_the_file_and_incomplete(dataset):
    owners = dataset.tables["ownership"]
    assert owners["valid_from"].cast(pl.String).unique().to_list() == ["2023-12-31"]
    assert owners["share"].max() <= 1.0
    assert "joint owners beyond it are missing" in " ".join(dataset.notices["text_en"])


def test_a_file_of_the_folder_gives_the_same(folder, dataset):
    again = read_register("ghgrp", folder / "ghgp_data_2019.xlsx")
    assert again.content_hashes == dataset.content_hashes
    assert sorted(again.files) == [
        "ghgp_data_2019.xlsx",
        "ghgp_data_2020.xlsx",
        "ghgrp_2023_facilities_parents.csv",
    ]


# ---- a small workbook, so the rest runs without the data -------------------------------------------------------------

HEADER = ["Facility Id", "Facility Name", "State", "Primary NAICS Code", TOTAL, *ghgrp.GASES, BIOGENIC]
TITLE = "Summary data collected by the Greenhouse Gas Reporting Program for {}"
POTENTIALS = "All emissions data is presented using GWP's from IPCC's AR4"


def facility(
    number, *, name="Plant", state="TX", naics="221112", total=30.0, co2=20.0, ch4=10.0, biogenic=None
):
    return [number, name, state, naics, total, co2, ch4, *[None] * 9, biogenic]


def write(
    folder, rows, *, year=2020, said=None, header=HEADER, sheet="Direct Emitters", potentials=POTENTIALS
):
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in ([TITLE.format(said or year)], ["as of some day"], [potentials], header, *rows):
        page.append(row)
    book.save(folder / f"ghgp_data_{year}.xlsx")
    return folder


def test_a_workbook_alone_is_read_and_what_is_absent_is_told(tmp_path):
    found = ghgrp.read(write(tmp_path, [facility("1"), facility("2", biogenic=5.0)]))
    rows = found.tables["emissions"].sort("firm_id", "substance")
    assert rows.select("firm_id", "substance", "quantity", "unit").rows() == [
        ("GHGRP:1", "CH4", 10.0, "tCO2e"),
        ("GHGRP:1", "CO2", 20.0, "t"),
        ("GHGRP:1", "CO2e", 30.0, "tCO2e"),
        ("GHGRP:2", "CH4", 10.0, "tCO2e"),
        ("GHGRP:2", "CO2", 20.0, "t"),
        ("GHGRP:2", "CO2_biogenic", 5.0, "t"),
        ("GHGRP:2", "CO2e", 30.0, "tCO2e"),
    ]
    assert rows["page"][0] == "Direct Emitters row 5"
    texts = " ".join(found.notices["text_en"])
    assert "ghgp_data_2019.xlsx was not found" in texts
    assert "ghgrp_2023_facilities_parents.csv was not found" in texts


def test_a_facility_of_the_earlier_year_alone_is_a_firm_without_application(tmp_path):
    write(tmp_path, [facility("1", name="New name")])
    write(tmp_path, [facility("1", name="Old name"), facility("2")], year=2019)
    found = ghgrp.read(tmp_path)
    assert found.tables["firms"].select("firm_id", "name").rows() == [
        ("GHGRP:1", "New name"),
        ("GHGRP:2", "Plant"),
    ]
    assert found.tables["applications"]["application_id"].to_list() == ["ghgrp-2020-1"]


def test_gases_that_do_not_make_the_total_are_a_finding(tmp_path):
    found = ghgrp.read(write(tmp_path, [facility("1", total=31.0), facility("2")]))
    assert found.findings.select("firm_id", "check", "period", "reported", "derived").rows() == [
        ("GHGRP:1", "gases_against_total", "2020", 31.0, 30.0)
    ]


def test_bad_cells_are_refused_and_no_facility_is_lost(tmp_path):
    rows = [
        facility("1", co2="n/a"),
        facility("2", ch4=-5.0),
        facility("3"),
        facility("3", name="The same number again"),
        facility("4"),
    ]
    found = ghgrp.read(write(tmp_path, rows))
    refused = {(r["table"], r["value"]) for r in found.quarantine.iter_rows(named=True)}
    assert {("emissions", "n/a"), ("emissions", "-5")} <= {(t, v.removesuffix(".0")) for t, v in refused if v}
    counts = found.counts.filter(pl.col("table") == "applications").row(0, named=True)
    assert counts["rows_in"] == 5 == counts["accepted"] + counts["quarantined"] + counts["duplicates"]
    assert "GHGRP:4" in found.tables["applications"]["firm_id"]


def test_parents_join_by_number_and_keep_their_share(tmp_path):
    write(tmp_path, [facility("1"), facility("2")])
    (tmp_path / "ghgrp_2023_facilities_parents.csv").write_text(
        "GHGRP FACILITY ID,PARENT COMPANY NAME,PARENT CO. PERCENT OWNERSHIP\n"
        "1.0,Acme Corp ,60.0\n2.0,US GOVERNMENT,\n9.0,Elsewhere,100.0\n",
        encoding="utf-8",
    )
    owners = ghgrp.read(tmp_path).tables["ownership"]
    assert owners.select("firm_id", "parent_name", "share").rows() == [
        ("GHGRP:1", "Acme Corp", 0.6),
        ("GHGRP:2", "US GOVERNMENT", None),
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f / "nowhere.xlsx", "There is no file or folder 'nowhere.xlsx'"),
        (lambda f: f, "lacks ghgp_data_2020.xlsx"),
        (lambda f: write(f, [], year=2018) / "ghgp_data_2018.xlsx", "is no file of the register ghgrp"),
        (lambda f: write(f, [facility("1")], sheet="Emitters"), "no sheet 'Direct Emitters'"),
        (lambda f: write(f, [facility("1")], said=2017), "do not state the year 2020"),
        (lambda f: write(f, [facility("1")], potentials="AR5"), "do not state the year 2020"),
        (
            lambda f: write(f, [["1"]], header=["Facility Id", "State"]),
            "lacks 'Facility Name', 'Primary NAICS Code'",
        ),
    ],
)
def test_what_is_not_as_published_is_refused(tmp_path, spoil, said):
    with pytest.raises(RegisterError) as error:
        ghgrp.read(spoil(tmp_path))
    assert said in error.value.what
    assert error.value.where
    assert error.value.mend


def test_a_file_that_is_no_workbook_is_refused(tmp_path):
    (tmp_path / "ghgp_data_2020.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(RegisterError, match="cannot be read"):
        ghgrp.read(tmp_path)


def test_an_empty_sheet_is_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "ghgp_data_2020.xlsx")
    book = openpyxl.load_workbook(tmp_path / "ghgp_data_2020.xlsx")
    book.active.title = "Direct Emitters"
    book.save(tmp_path / "ghgp_data_2020.xlsx")
    with pytest.raises(RegisterError):
        ghgrp.read(tmp_path)


def test_parents_without_their_columns_are_refused(tmp_path):
    write(tmp_path, [facility("1")])
    (tmp_path / "ghgrp_2023_facilities_parents.csv").write_text("id,name\n1,Acme\n", encoding="utf-8")
    with pytest.raises(RegisterError, match="PARENT COMPANY NAME"):
        ghgrp.read(tmp_path)
