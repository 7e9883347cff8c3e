"""A set of reference tables kept with a batch gives back what was in force, whatever a later release ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features import reference
from features.errors import ReferenceDataError

if TYPE_CHECKING:
    from pathlib import Path

RATE = "currency,year,cny_per_unit,source,verified,seen_in,note,confirmed_by,confirmed_on\n"


@pytest.fixture
def own_tables(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "exchange_rates.csv").write_text(
        RATE + "USD,2024,7.25,treasury,seen,,,Li Na,2026-01-05\n", encoding="utf-8"
    )
    return folder


def test_every_table_and_every_version_comes_back(tmp_path: Path, own_tables: Path) -> None:
    with reference.overlaid(own_tables):
        before = {name: reference.table(name) for name in reference.REFERENCE_TABLES}
        versions = (reference.version(), reference.overlay_version(), reference.set_version())
        reference.keep_set(tmp_path / "kept")
    assert reference.set_version() != versions[2]
    with reference.overlaid(reference.kept_set(tmp_path / "kept")):
        for name, table in before.items():
            assert_frame_equal(reference.table(name), table)
        assert (reference.version(), reference.overlay_version(), reference.set_version()) == versions
    assert reference.table("exchange_rates").height == reference.shipped("exchange_rates").height


def test_a_kept_set_wins_over_what_the_release_ships(tmp_path: Path) -> None:
    reference.keep_set(tmp_path / "kept")
    file = tmp_path / "kept" / "energy_carriers.parquet"
    pl.read_parquet(file).with_columns(tce_per_unit=pl.col("tce_per_unit") * 2).write_parquet(file)
    with reference.overlaid(reference.kept_set(tmp_path / "kept")):
        assert_frame_equal(
            reference.table("energy_carriers").select("tce_per_unit"),
            reference.shipped("energy_carriers").select(pl.col("tce_per_unit") * 2),
        )


def test_a_column_and_a_table_of_a_later_release_are_empty(tmp_path: Path) -> None:
    reference.keep_set(tmp_path / "kept")
    file = tmp_path / "kept" / "sector_benchmarks.parquet"
    pl.read_parquet(file).drop("note").write_parquet(file)
    (tmp_path / "kept" / "regions.parquet").unlink()
    kept = reference.kept_set(tmp_path / "kept")
    assert kept.tables["sector_benchmarks"]["note"].is_null().all()
    assert kept.tables["sector_benchmarks"].schema == reference.shipped("sector_benchmarks").schema
    assert kept.tables["regions"].is_empty()


def test_what_is_no_kept_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="no kept set"):
        reference.kept_set(tmp_path)
    reference.keep_set(tmp_path / "kept")
    (tmp_path / "kept" / "regions.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReferenceDataError, match="no kept set"):
        reference.kept_set(tmp_path / "kept")
