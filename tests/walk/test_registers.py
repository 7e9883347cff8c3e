"""Public registers scored as published: nothing lost, and the indicators are the register's own figures."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl
import pytest

import features
from features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

EMISSION_INDICATORS = [n for n, i in CATALOGUE.items() if i.family == "emissions" and i.base is None]


@pytest.fixture(scope="module")
def ghgrp(walk, shared_data: Path) -> Path:
    """Scores of all facilities of the GHGRP of 2020."""
    walk.succeed("score", "--register", "ghgrp", shared_data / "ghgrp_us", "--out", "ghgrp")
    return walk.folder / "ghgrp"


def test_every_facility_of_ghgrp_2020_is_scored_or_refused_by_name(ghgrp: Path) -> None:
    manifest = json.loads((ghgrp / "manifest.json").read_text(encoding="utf-8"))
    counts = manifest["applications"]
    assert counts["in"] == 6515 == counts["scored"] + counts["refused"]
    decisions = pl.read_parquet(ghgrp / "decisions.parquet")
    assert decisions.height == counts["scored"]
    assert decisions["industry_division"].null_count() == 0
    assert decisions["grade_label"].str.contains("demonstration").all()


def test_two_emission_indicators_stand_for_those_that_reported_twice(ghgrp: Path, shared_data: Path) -> None:
    indicators = pl.read_parquet(ghgrp / "indicators.parquet")
    dataset = features.read_register("ghgrp", shared_data / "ghgrp_us")
    years = dataset.tables["emissions"].group_by("firm_id").agg(years=pl.col("period").n_unique())
    twice = indicators.join(years.filter(pl.col("years") == 2), on="firm_id", how="semi")
    assert twice.height > 6000
    given = twice.select(
        pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in EMISSION_INDICATORS).alias("n")
    )["n"]
    # An indicator that does not apply stands with its neutral value and is no evidence; count reported ones only.
    quality = pl.read_parquet(ghgrp / "data_quality.parquet").filter(
        pl.col("indicator").is_in(EMISSION_INDICATORS)
        & pl.col("status").is_in(["reported", "estimated", "zero"])
    )
    reported = quality.join(twice, on="application_id", how="semi").group_by("application_id").len()
    assert (given >= 2).mean() >= 0.9
    assert reported.filter(pl.col("len") >= 2).height / twice.height >= 0.9


def test_what_a_register_does_not_know_is_missing(ghgrp: Path) -> None:
    indicators = pl.read_parquet(ghgrp / "indicators.parquet")
    for name in (
        "energy_intensity",
        "carbon_intensity",
        "leverage",
        "log_revenue",
        "environmental_management",
    ):
        assert indicators[name].null_count() == indicators.height, name


@pytest.mark.parametrize(("fiscal_year", "year"), [("2016-17", 2016), ("2017-18", 2017)])
def test_power_carbon_is_the_published_intensity_of_every_station(
    shared_data: Path, fiscal_year: str, year: int
) -> None:
    folder = shared_data / "india_cea_co2_v14"
    dataset = features.read_register("cea", folder)
    past = {
        name: table.filter(pl.col("period").cast(pl.Int32) <= year) if "period" in table.columns else table
        for name, table in dataset.tables.items()
    }
    values = features.compute(replace(dataset, tables=MappingProxyType(past))).values
    found = dict(values.select("firm_id", "power_carbon").iter_rows())
    compared = 0
    with (folder / "cea_data.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["UNIT_NO"] != "0":
                continue
            generation = row[f"{fiscal_year} Net Generation GWh"]
            value = found[f"CEA:{row['S_NO']}"]
            if generation in {"", "-"} or float(generation) == 0.0:
                assert value is None, f"{row['NAME']} generated nothing"
                continue
            published = float(row[f"{fiscal_year} Specific Emissions t CO2/MWh"])
            assert value == pytest.approx(published, abs=0.001), row["NAME"]
            compared += 1
    assert compared > 400


def test_contradictions_of_earlier_years_are_listed(walk, shared_data: Path) -> None:
    walk.succeed("score", "--register", "cea", shared_data / "india_cea_co2_v14", "--out", "cea")
    checks = pl.read_parquet(walk.folder / "cea" / "cross_checks.parquet")
    text = " ".join(checks.filter(pl.col("check") == "published_intensity")["text_en"])
    for station in ("RAJIV GANDHI", "PRYAGRAJ", "U.B.D.C."):
        assert station in text
    decisions = pl.read_parquet(walk.folder / "cea" / "decisions.parquet")
    assert decisions.height == 538
