"""Writing a simulation: the dataset and, apart from it, the truth; nobody's own data are ever overwritten."""

from __future__ import annotations

import json

import polars as pl
import pytest

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake import read_dataset
from features.simulate import simulate, write


@pytest.fixture(scope="module")
def portfolio():
    return simulate(firms=60, seed=9, messy=True)


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_dataset_holds_contract_tables_only(portfolio, tmp_path, form):
    write(portfolio, tmp_path, form=form)
    names = {p.name for p in (tmp_path / "dataset").iterdir()}
    assert names == {f"{name}.{form}" for name in portfolio.tables}
    assert {p.stem for p in (tmp_path / "dataset").iterdir()} <= set(CONTRACT)
    beside = {p.name for p in (tmp_path / "truth").iterdir()}
    assert beside == {"truth.parquet", "spoiled.parquet", "assumptions.json", "README.txt"}


def test_the_truth_says_that_it_is_simulated(portfolio, tmp_path):
    write(portfolio, tmp_path)
    text = (tmp_path / "truth" / "README.txt").read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert "Nothing here is a real borrower" in text
    record = json.loads((tmp_path / "truth" / "assumptions.json").read_text(encoding="utf-8"))
    assert record["simulated"] is True
    assert record["settings"] == {"firms": 60, "seed": 9, "messy": True, "new_applicants": False}
    assert pl.read_parquet(tmp_path / "truth" / "truth.parquet").equals(portfolio.truth)


def test_every_form_reads_the_same(portfolio, tmp_path):
    read = {}
    for form in ("parquet", "csv", "xlsx"):
        write(portfolio, tmp_path / form, form=form)
        source = tmp_path / form / "dataset"
        read[form] = read_dataset(source / "dataset.xlsx" if form == "xlsx" else source)
        assert read[form].label_origin == "simulated"
        assert read[form].quarantine.height > 20
    for name in portfolio.tables:
        for form in ("csv", "xlsx"):
            assert read[form].tables[name].equals(read["parquet"].tables[name], null_equal=True), (form, name)


@pytest.mark.parametrize("form", ["parquet", "csv", "xlsx"])
def test_equal_simulations_are_equal_byte_by_byte(portfolio, tmp_path, form):
    for name in ("one", "two"):
        write(simulate(firms=60, seed=9, messy=True), tmp_path / name, form=form)
    assert contents(tmp_path / "one" / "dataset") == contents(tmp_path / "two" / "dataset")
    assert contents(tmp_path / "one" / "truth") == contents(tmp_path / "two" / "truth")


def test_an_earlier_simulation_is_replaced_whole(portfolio, tmp_path):
    write(portfolio, tmp_path, form="csv")
    write(simulate(firms=30, seed=1, new_applicants=True), tmp_path, form="parquet")
    names = {p.name for p in (tmp_path / "dataset").iterdir()}
    assert names == {f"{name}.parquet" for name in portfolio.tables if name != "outcomes"}


def test_somebody_elses_files_are_never_touched(portfolio, tmp_path):
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    (dataset / "firms.csv").write_text("firm_id\nreal\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"firms\.csv"):
        write(portfolio, tmp_path)
    assert (dataset / "firms.csv").read_text(encoding="utf-8") == "firm_id\nreal\n"
    assert not (tmp_path / "truth").exists()


def test_a_foreign_file_among_simulated_ones_stops_the_writing(portfolio, tmp_path):
    write(portfolio, tmp_path)
    before = contents(tmp_path / "dataset")
    (tmp_path / "dataset" / "notes.docx").write_bytes(b"mine")
    with pytest.raises(DatasetError, match=r"notes\.docx"):
        write(portfolio, tmp_path, form="csv")
    assert contents(tmp_path / "dataset") == before | {"notes.docx": b"mine"}


def test_an_unknown_form_is_refused(portfolio, tmp_path):
    with pytest.raises(DatasetError, match="form"):
        write(portfolio, tmp_path, form="pickle")
    assert not (tmp_path / "dataset").exists()


def test_a_file_in_the_way_is_refused(portfolio, tmp_path):
    (tmp_path / "dataset").write_text("x", encoding="utf-8")
    with pytest.raises(DatasetError, match="is a file"):
        write(portfolio, tmp_path)
