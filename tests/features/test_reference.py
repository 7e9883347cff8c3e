"""The reference tables are read strictly, agree with each other, and every spelling leads to one id."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import reference
from features.errors import ReferenceDataError

FOLDER = Path(reference.__file__).parent
NAMES = sorted(reference.REFERENCE_TABLES)


def _ids(text):
    return [] if text is None else text.split(";")


def test_every_csv_of_the_folder_is_declared():
    assert sorted(p.stem for p in FOLDER.glob("*.csv")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_table_keeps_every_cell(name):
    # The naive twin: cells counted with plain splitting where no quotes are in the way.
    table = reference.table(name)
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    assert table.height == len(lines) - 1
    plain = [(i, line.split(",")) for i, line in enumerate(lines[1:]) if '"' not in line]
    for i, cells in plain:
        row = table.row(i)
        assert len(row) == len(cells)
        assert [value is None for value in row] == [cell == "" for cell in cells]
    assert table["source"].null_count() == 0


def test_types_are_numbers_dates_and_flags():
    carriers = reference.table("energy_carriers")
    assert carriers.schema["tce_per_unit"] == pl.Float64
    assert carriers.schema["renewable"] == pl.Int8
    assert carriers.schema["valid_from"] == pl.Date
    assert reference.table("grid_factors").schema["year"] == pl.Int32


def test_an_empty_factor_is_missing_not_zero():
    gangue = reference.table("energy_carriers").filter(pl.col("id") == "coal_gangue")
    assert gangue["co2_t_per_unit"].to_list() == [None]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.replace(",carbon dioxide", ",carbon dioxide,oops", 1), "12 cells, the header 11"),
        (lambda t: t.replace("substance,family", "substance,families", 1), "missing ['family']"),
        (lambda t: t.replace(",22800,", ",22 800,", 1), "'22 800' is not a finite number"),
        (lambda t: t.replace(",22800,", ",inf,", 1), "'inf' is not a finite number"),
        (
            lambda t: t.replace(",recalled,", ",believed,", 1),
            "'believed' is not one of own rule, recalled, seen",
        ),
        (lambda t: t.replace("CH4_fossil,", "CH4,", 1), "the key repeats"),
        (lambda t: t.replace("CH4_fossil,", ",", 1), "a key (it must not be empty)"),
        (lambda t: t + '"unfinished', "cannot be read"),
        (lambda _: "", "missing"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, spoil, said):
    text = (FOLDER / "global_warming_potentials.csv").read_text(encoding="utf-8")
    spoiled = spoil(text)
    assert spoiled != text
    (tmp_path / "mine.csv").write_text(spoiled, encoding="utf-8")
    with pytest.raises(ReferenceDataError) as error:
        reference.read_table(tmp_path / "mine.csv", "global_warming_potentials")
    assert said in str(error.value)
    assert "mine.csv" in error.value.where
    assert error.value.mend


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("energy_carriers", ",2021-01-01,", ",01/02/2021,", "'01/02/2021' is not a date"),
        ("energy_carriers", ",0.0015,0,0,", ",0.0015,2,0,", "'2' is not a flag 0 or 1"),
        (
            "energy_carriers",
            '"public text read 2026-11, 56085038115"',
            "unquoted, comma",
            "23 cells, the header 22",
        ),
        ("exchange_rates", ",2018,", ",2018.5,", "'2018.5' is not a whole number"),
        ("exchange_rates", ",yearly mean of the central parity (SAFE/CFETS),", ",,", "is not a source"),
    ],
)
def test_a_wrong_cell_is_refused(tmp_path, name, old, new, said):
    text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    (tmp_path / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=said.replace("(", r"\(")):
        reference.read_table(tmp_path / f"{name}.csv", name)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00id")
    for name in ("absent.csv", "binary.csv"):
        with pytest.raises(ReferenceDataError, match="cannot be read"):
            reference.read_table(tmp_path / name, "regions")


def test_version_is_the_hash_of_the_file():
    assert list(reference.version()) == NAMES
    assert reference.version()["regions"] == hashlib.sha256((FOLDER / "regions.csv").read_bytes()).hexdigest()
    assert reference.set_version() == reference.set_version()


def test_carrier_values_follow_from_their_own_columns():
    for row in reference.table("energy_carriers").iter_rows(named=True):
        assert row["tce_per_unit"] == pytest.approx(row["heat_gj_per_unit"] / 29.3076, rel=2e-3), row["id"]
        if row["carbon_t_per_gj"] is not None:
            carbon = row["emission_heat_gj_per_unit"] * row["carbon_t_per_gj"] * row["oxidation"]
            assert row["co2_t_per_unit"] == pytest.approx(carbon * 44 / 12, rel=1e-3), row["id"]


def test_tables_name_only_ids_of_each_other():
    benchmarks = set(reference.table("sector_benchmarks")["id"])
    industries = set(reference.table("industries")["code"])
    carriers = reference.table("energy_carriers")
    actions = reference.table("actions")
    targets = {*carriers["id"], *carriers["kind"], "all fuels", "water", "process CO2", "waste_fuel", "none"}
    for name in ("taxonomy_thresholds", "process_emission_factors"):
        for cell in reference.table(name)["benchmark_id"]:
            assert set(_ids(cell)) <= benchmarks
    for row in reference.table("industry_map").iter_rows(named=True):
        assert {row["division"], *_ids(row["alt_divisions"])} <= industries
        assert len(row["code"].replace(".", "")) == row["digits"]
    assert set(reference.table("industry_statistics")["industry_division"]) <= industries
    for cell in actions["affected_carrier"]:
        assert set(_ids(cell)) <= targets
    for cell in reference.table("support_measures")["applies_to_actions"]:
        assert set(_ids(cell)) <= set(actions["id"])


def test_advanced_levels_are_better_than_baselines():
    assert reference.table("sector_benchmarks").filter(pl.col("advanced") >= pl.col("baseline")).height == 0


@pytest.mark.parametrize(
    ("kind", "spelling", "identifier"),
    [
        ("carrier", "原煤", "raw_coal"),
        ("carrier", " Ｐｏｗｅｒ ", "electricity"),
        ("carrier", "管道天然气", "natural_gas"),
        ("scheme", "GB/T　24001", "iso14001"),
        ("scheme", "Science Based Targets", "sbti_target"),
        ("product", "Cement  Clinker", "cement_clinker"),
        ("product", "电力", "electricity"),
        ("substance", "CO₂", "CO2"),
        ("substance", "二氧化碳当量", "CO2e"),
        ("substance", "化学需氧量", "COD"),
        ("substance", "perfluorocarbons", "PFCs"),
    ],
)
def test_spellings_resolve(kind, spelling, identifier):
    frame = pl.DataFrame({"s": [spelling, None, "moonlight"]})
    assert frame.select(reference.resolve(kind, pl.col("s")))["s"].to_list() == [identifier, None, None]


def test_every_id_and_name_leads_back_to_its_row():
    for index, name, columns in (
        (reference.carrier_ids(), "energy_carriers", ("id", "name_en", "name_zh")),
        (reference.scheme_ids(), "certifications", ("id", "name_en", "name_zh")),
        (reference.product_ids(), "sector_benchmarks", ("id", "product_en", "product_zh")),
    ):
        for row in reference.table(name).iter_rows(named=True):
            for spelling in (*(row[c] for c in columns), *_ids(row.get("aliases"))):
                assert index[reference.normalise(spelling)] == row["id"]


def test_the_contracts_substances_all_have_a_kind():
    expected = (
        "CO2 CO2_biogenic CH4 N2O SF6 NF3 HFCs PFCs HFEs other_fluorinated very_short_lived other_ghg CO2e "
    )
    expected += "SO2 NOx PM COD NH3-N"
    assert set(expected.split()) <= set(reference.substance_kinds())
    assert set(reference.substance_ids().values()) == set(reference.substance_kinds())


@settings(deadline=None)
@given(st.text(max_size=40))
def test_normalise_is_the_same_scalar_and_vectorised(text):
    assert pl.select(reference.normalise_expr(pl.lit(text, dtype=pl.String))).item() == reference.normalise(
        text
    )


@settings(deadline=None)
@given(
    st.sampled_from(["ISO 14001", "天然气", "CO2e"]), st.lists(st.sampled_from(" \t\u3000\u200b"), max_size=3)
)
def test_normalise_ignores_blanks_and_width(text, blanks):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert reference.normalise("".join(blanks) + wide + "".join(blanks)) == reference.normalise(text)


def test_an_unknown_table_is_refused_by_name():
    with pytest.raises(ReferenceDataError, match="no reference table 'carriers'"):
        reference.table("carriers")
