"""The whole walk on a small messy simulation: what must hold of the files that a bank gets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from features.catalogue import CATALOGUE, FAMILIES, PILLARS
from models import registry, store

if TYPE_CHECKING:
    from conftest import Walk

SAME_BYTES = (
    "decisions.parquet",
    "contributions.parquet",
    "sectors.parquet",
    "indicators.parquet",
    "data_quality.parquet",
    "cross_checks.parquet",
    "quarantine.parquet",
    "manifest.json",
    "report.html",
)


def test_base_and_contributions_are_the_score_on_every_row(walk: Walk) -> None:
    decisions = pl.read_parquet(walk.scores / "decisions.parquet")
    contributions = pl.read_parquet(walk.scores / "contributions.parquet")
    assert decisions["application_id"].equals(contributions["application_id"])
    indicators = [name for name in contributions.columns if name in CATALOGUE]
    total = contributions["base"].to_numpy() + contributions.select(indicators).to_numpy().sum(axis=1)
    assert np.abs(total - decisions["points"].to_numpy()).max() <= 1e-9
    # The score also follows from the probability that stands beside it.
    probability = decisions["probability"].to_numpy()
    again = 600 + 20 / np.log(2) * (np.log((1 - probability) / probability) - np.log(30))
    assert np.abs(again - decisions["points"].to_numpy()).max() <= 1e-6


def test_families_and_pillars_add_up(walk: Walk) -> None:
    decisions = pl.read_parquet(walk.scores / "decisions.parquet")
    contributions = pl.read_parquet(walk.scores / "contributions.parquet")
    for family in FAMILIES:
        members = [n for n in contributions.columns if n in CATALOGUE and CATALOGUE[n].family == family]
        gap = contributions[f"family_{family}"].to_numpy() - contributions.select(members).to_numpy().sum(
            axis=1
        )
        assert np.abs(gap).max() <= 1e-9
    pillars = contributions.select(f"pillar_{p}" for p in PILLARS if p != "context").to_numpy().sum(axis=1)
    assert np.abs(pillars - decisions["esg_points"].to_numpy()).max() <= 1e-9


def test_no_figure_is_nan_or_infinite(walk: Walk) -> None:
    for name in ("decisions", "contributions", "indicators", "data_quality"):
        frame = pl.read_parquet(walk.scores / f"{name}.parquet").select(pl.selectors.float())
        for column in frame.columns:
            assert (frame[column].is_finite() | frame[column].is_null()).all(), f"{name}.{column}"


def test_counts_reconcile(walk: Walk) -> None:
    manifest = json.loads((walk.scores / "manifest.json").read_text(encoding="utf-8"))
    handed_in = pl.concat(
        [
            _raw(path)
            for path in (walk.applicants / "dataset").iterdir()
            if "申请" in path.stem or "applications" in path.stem
        ]
    ).height
    counts = manifest["applications"]
    assert counts["in"] == handed_in
    assert counts["in"] == counts["scored"] + counts["refused"] + counts["duplicates"]
    assert counts["refused"] > 0, "a messy batch refuses some applications by name"
    assert counts["scored"] == pl.read_parquet(walk.scores / "decisions.parquet").height
    for table in manifest["input"]["tables"].values():
        assert table["rows_in"] == table["accepted"] + table["quarantined"] + table["duplicates"]


def test_every_output_says_that_outcomes_are_simulated(walk: Walk) -> None:
    decisions = pl.read_parquet(walk.scores / "decisions.parquet")
    assert decisions["label_origin"].unique().to_list() == ["simulated"]
    assert decisions["grade_label"].str.contains("demonstration").all()
    assert "imulated" in (walk.scores / "report.html").read_text(encoding="utf-8")
    text = walk.succeed("explain", walk.scores, decisions["application_id"][0])
    assert "demonstration" in text
    assert "imulated" in text


def test_every_kind_of_spoiled_row_is_in_the_quarantine(walk: Walk) -> None:
    spoiled = pl.read_parquet(walk.applicants / "truth" / "spoiled.parquet").filter(
        pl.col("rule").is_not_null()
    )
    quarantine = pl.read_parquet(walk.scores / "quarantine.parquet")
    assert spoiled["kind"].n_unique() >= 8
    missed = spoiled.join(quarantine, on=["table", "row", "rule"], how="anti")
    assert missed.is_empty(), missed.head(20).rows(named=True)
    for column in ("table", "row", "column", "rule", "mend_en", "mend_zh", "record"):
        assert quarantine[column].null_count() == 0, column


def test_the_same_batch_twice_gives_the_same_bytes(walk: Walk) -> None:
    walk.succeed("score", "applicants/dataset", "--out", "scores_again", "--firms-per-shard", "97")
    for name in SAME_BYTES:
        assert (walk.scores / name).read_bytes() == (walk.folder / "scores_again" / name).read_bytes(), name


def test_shuffled_rows_give_the_same_bytes(walk: Walk) -> None:
    shuffled = walk.folder / "shuffled"
    shuffled.mkdir(exist_ok=True)
    for path in sorted((walk.applicants / "dataset").iterdir()):
        _raw(path).sample(fraction=1.0, shuffle=True, seed=5).write_parquet(shuffled / path.name)
    walk.succeed("score", "shuffled", "--out", "scores_shuffled")
    for name in SAME_BYTES:
        if name == "quarantine.parquet":
            continue
        assert (walk.scores / name).read_bytes() == (walk.folder / "scores_shuffled" / name).read_bytes(), (
            name
        )
    # The quarantine tells in which row of the file a value stands: that, and only that, is another one.
    before, after = (
        pl.read_parquet(folder / "quarantine.parquet").drop("row")
        for folder in (walk.scores, walk.folder / "scores_shuffled")
    )
    assert before.sort(before.columns).equals(after.sort(after.columns))


@pytest.fixture(scope="module")
def blind(walk: Walk) -> str:
    """What training prints where the truth was deleted and nobody asked for a demonstration."""
    folder = walk.folder / "blind"
    shutil.copytree(walk.portfolio / "dataset", folder / "dataset")
    assert not (folder / "truth").exists()
    return walk.succeed("train", "blind/dataset")


def test_training_never_looks_at_the_truth(walk: Walk, blind: str) -> None:
    version = re.search(r"version (\d+)", blind)
    assert version, blind
    champion = registry.load(None)
    assert champion.version != version[1]
    again = registry.load(f"models:/green-credit/{version[1]}")
    assert again.model.booster_.model_to_string() == champion.model.booster_.model_to_string()
    assert again.model.calibration_ == champion.model.calibration_


def test_a_simulated_model_is_no_champion_without_demonstration(walk: Walk, blind: str) -> None:
    assert registry.load(None).version == "1"
    assert "champion" in blind
    assert "simulated" in blind


def test_the_score_stands_beside_both_ceilings(walk: Walk, blind: str) -> None:
    lines = [line for line in blind.split("\n") if "interval" in line]
    # The first of the figures with an interval; what the validation adds stands below.
    assert [line.split("  ")[1] for line in lines[:3]] == [
        "holdout AUC",
        "visible ceiling",
        "ceiling of the true probability",
    ], blind


def test_the_truth_is_refused(walk: Walk) -> None:
    result = walk.run("score", "portfolio/truth", "--out", "nothing")
    assert result.exit_code == 1
    assert "truth" in result.output
    assert not (walk.folder / "nothing").exists()


def test_one_edited_leaf_stops_the_batch_with_the_gap(walk: Walk, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    store.save(registry.load(None).model, folder)
    booster = folder / "booster.txt"
    lines = booster.read_text(encoding="utf-8").split("\n")
    number = next(i for i, line in enumerate(lines) if line.startswith("leaf_value="))
    leaves = lines[number].removeprefix("leaf_value=").split(" ")
    leaves[0] = repr(float(leaves[0]) + 0.01)
    lines[number] = "leaf_value=" + " ".join(leaves)
    booster.write_text("\n".join(lines), encoding="utf-8")
    result = walk.run("score", "applicants/dataset", "--out", "edited", "--model", folder)
    assert result.exit_code == 1
    assert "gap" in result.output
    assert "points" in result.output
    assert not (walk.folder / "edited").exists()


def test_a_dataset_without_firm_ids_is_refused_in_one_message(walk: Walk, tmp_path: Path) -> None:
    for path in (walk.applicants / "dataset").iterdir():
        shutil.copy(path, tmp_path / path.name)
    firms = next(path for path in tmp_path.iterdir() if path.stem in {"firms", "企业", "企业信息"})
    frame = _raw(firms)
    frame.drop(next(c for c in frame.columns if c in {"firm_id", "统一社会信用代码"})).write_parquet(firms)
    result = walk.run("score", tmp_path, "--out", "refused")
    assert result.exit_code == 1
    assert "firm_id" in result.output
    assert "firms" in result.output


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_other_forms_give_the_same_decisions(walk: Walk, form: str) -> None:
    for name, extra in ((f"form_{form}", ("--format", form)), ("form_parquet", ())):
        walk.succeed(
            *(
                "simulate",
                "--firms",
                "60",
                "--seed",
                "3",
                "--new-applicants",
                "--messy",
                "--out",
                name,
                *extra,
            )
        )
        walk.succeed("score", f"{name}/dataset", "--out", f"scores_{name}")
    for name in ("decisions.parquet", "contributions.parquet", "indicators.parquet", "data_quality.parquet"):
        assert (walk.folder / f"scores_form_{form}" / name).read_bytes() == (
            walk.folder / "scores_form_parquet" / name
        ).read_bytes()


def _raw(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)


def _directed(walk: Walk) -> tuple[pl.DataFrame, list[str]]:
    """Some scored rows, and the indicators with a direction that the model reads from the table."""
    rows = pl.read_parquet(walk.scores / "indicators.parquet").sample(150, seed=7)
    names = [n for n, i in CATALOGUE.items() if i.direction and i.base is None and i.used_by_model]
    return rows, names


def test_no_indicator_raised_in_its_better_direction_lowers_a_score(walk: Walk) -> None:
    model = registry.load(None).model
    rows, names = _directed(walk)
    before = model.predict_points(rows.to_pandas())
    moved = 0
    for number, name in enumerate(names):
        spread = float(rows[name].drop_nulls().std() or 1.0) or 1.0
        step = np.abs(np.random.default_rng(number).standard_cauchy(rows.height)) * spread
        better = rows.with_columns(pl.col(name) + CATALOGUE[name].direction * pl.Series(step))
        after = model.predict_points(better.to_pandas())
        assert (after >= before - 1e-9).all(), name
        moved += int((after > before + 1e-6).sum())
    assert moved > 0, "a model that no indicator moves proves nothing"


def test_handing_in_a_missing_indicator_never_lowers_a_score(walk: Walk) -> None:
    model = registry.load(None).model
    rows, names = _directed(walk)
    everything = pl.read_parquet(walk.scores / "indicators.parquet")
    moved = 0
    for number, name in enumerate(names):
        silent = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name))
        known = everything[name].drop_nulls()
        if known.is_empty():
            continue
        draw = np.random.default_rng(number).choice(known.to_numpy(), rows.height)
        # Also values worse than any that was ever seen.
        draw[:10] = draw[:10] - CATALOGUE[name].direction * 1e6
        told = rows.with_columns(pl.Series(name, draw))
        before, after = model.predict_points(silent.to_pandas()), model.predict_points(told.to_pandas())
        assert (after >= before - 1e-9).all(), name
        moved += int((after > before + 1e-6).sum())
    assert moved > 0


def test_the_number_of_threads_changes_no_byte(walk: Walk) -> None:
    command = [
        str(Path(sys.executable).with_name("greencredit")),
        "score",
        "applicants/dataset",
        "--out",
        "single",
    ]
    subprocess.run(
        command,
        cwd=walk.folder,
        check=True,
        capture_output=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
    )
    for name in SAME_BYTES:
        assert (walk.scores / name).read_bytes() == (walk.folder / "single" / name).read_bytes(), name
