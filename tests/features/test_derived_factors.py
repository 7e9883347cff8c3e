"""Sets of reference tables that no file holds: scaled, at one edition, put together."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features import reference
from features.editions import edition_of_year
from features.errors import ReferenceDataError
from features.reference import REFERENCE_TABLES, TABLES_BY_YEAR, at_edition, joined, overlaid, scaled, table


def overlay(folder, name, rows):
    folder.mkdir(exist_ok=True)
    rows.write_csv(folder / f"{name}.csv")
    return folder


def test_a_scale_multiplies_one_column_of_one_table_and_is_a_version_of_its_own():
    with overlaid(scaled("grid_factors", "factor", 0.7)):
        seen = table("grid_factors")
        versions = reference.version()
    shipped = table("grid_factors")
    assert seen["factor"].to_list() == [factor * 0.7 for factor in shipped["factor"]]
    assert seen.drop("factor").equals(shipped.drop("factor"))
    own = reference.version()
    assert [name for name in own if own[name] != versions[name]] == ["grid_factors"]
    with overlaid(scaled("grid_factors", "factor", 0.6)):
        assert reference.version()["grid_factors"] != versions["grid_factors"]


def test_what_changes_nothing_is_the_set_in_force():
    assert scaled("grid_factors", "factor", 1.0) is None
    with overlaid(scaled("grid_factors", "factor", 0.7)) as found:
        assert scaled("grid_factors", "factor", 1.0) is found


@pytest.mark.parametrize("name", TABLES_BY_YEAR)
@pytest.mark.parametrize("day", [dt.date(2009, 6, 30), dt.date(2022, 12, 31), dt.date(2040, 1, 1)])
def test_an_edition_is_the_one_of_its_year_for_every_year(name, day):
    series = list(REFERENCE_TABLES[name].series)
    known = table(name).filter(pl.all_horizontal(pl.col(series).is_not_null()))
    chosen = edition_of_year(known, key=series, years=[day.year])
    with overlaid(at_edition(name, day)):
        held = table(name).filter(pl.all_horizontal(pl.col(series).is_not_null()))
        for year in (2005, 2023, 2050):
            found = edition_of_year(held, key=series, years=[year])
            dated = ["year", "valid_from", "valid_to", "other_edition"]
            assert found.drop(dated).equals(chosen.drop(dated))
            assert not found["other_edition"].any()


def test_only_tables_whose_year_chooses_have_an_edition_to_hold():
    assert all(REFERENCE_TABLES[name].dated for name in TABLES_BY_YEAR)
    with pytest.raises(ReferenceDataError, match="regions"):
        at_edition("regions", dt.date(2024, 1, 1))


def test_further_tables_lie_over_the_set_in_force(tmp_path):
    coal = table("energy_carriers").filter(pl.col("id") == "raw_coal")
    base = overlay(tmp_path / "base", "energy_carriers", coal.with_columns(tce_per_unit=pl.lit(0.5)))
    nation = table("grid_factors").filter(pl.col("id") == "grid_cn_average_2023")
    overlay(base, "grid_factors", nation.with_columns(factor=pl.lit(0.1)))
    further = overlay(tmp_path / "own", "grid_factors", nation.with_columns(factor=pl.lit(0.2)))

    def seen():
        return (
            table("energy_carriers").filter(pl.col("id") == "raw_coal")["tce_per_unit"].item(),
            table("grid_factors").filter(pl.col("id") == "grid_cn_average_2023")["factor"].item(),
        )

    own = reference.read_overlay(further)
    assert joined(own) is own
    with overlaid(base):
        assert seen() == (0.5, 0.1)
        with overlaid(joined(own)) as found:
            assert seen() == (0.5, 0.2)
            assert found.changes["table"].to_list() == ["energy_carriers", "grid_factors"]
        assert seen() == (0.5, 0.1)


def test_a_kept_set_can_be_scaled_and_laid_over(tmp_path):
    reference.keep_set(tmp_path / "kept")
    nation = table("grid_factors").filter(pl.col("id") == "grid_cn_average_2023")
    own = reference.read_overlay(
        overlay(tmp_path / "own", "grid_factors", nation.with_columns(factor=pl.lit(0.2)))
    )
    shipped = reference.version()
    assert reference.is_kept_set(tmp_path / "kept")
    assert not reference.is_kept_set(tmp_path / "own")
    with overlaid(reference.kept_set(tmp_path / "kept")):
        for derived in (scaled("grid_factors", "factor", 0.5), joined(own)):
            with overlaid(derived):
                changed = reference.version()
                assert [name for name in shipped if changed[name] != shipped[name]] == ["grid_factors"]
                assert not table("grid_factors").equals(reference.shipped("grid_factors"))
