"""A bank without outcomes: the declared scorecard through the command line, from its file to explained decisions."""

from __future__ import annotations

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from models.scorecard_file import read_scorecard
from scoring import outputs
from scoring.cli import app
from scoring.scorecard_text import scorecard_text


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_every_band_is_told_with_its_points():
    card = read_scorecard()
    told = scorecard_text(card)
    assert "no outcome stands behind it" in told
    assert f"{card.base_points:.1f} points" in told
    coal = told[told.index("(coal_share)") : told.index("(green_power_share)")].splitlines()
    assert [line.split()[-1] for line in coal[1:6]] == ["-4.8", "-2.4", "+0.0", "+2.4", "+3.2"]
    assert "not handed in" in coal[1]
    assert "at most 80.0 %" in coal[2]
    for item in card.indicators:
        assert f"({item.id})" in told


def test_a_wrong_file_ends_in_one_message_with_its_line(tmp_path):
    (tmp_path / "card.toml").write_text('version = "1"\ntitle = 3\n')
    done = run("scorecard", tmp_path / "card.toml")
    assert done.exit_code == 1
    assert "line 2: title must be a text" in done.output


def test_applicants_are_scored_explained_and_told_apart_from_a_demonstration(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    made = run("simulate", "--firms", 60, "--seed", 3, "--new-applicants", "--out", tmp_path / "new")
    assert made.exit_code == 0
    registered = run("scorecard", "--register")
    assert registered.exit_code == 0
    assert "version 1 and is now champion" in registered.stdout
    done = run("score", tmp_path / "new" / "dataset", "--out", tmp_path / "scores")
    assert done.exit_code == 0, done.output
    assert "DEMONSTRATION" not in done.stdout
    decisions = pl.read_parquet(tmp_path / "scores" / outputs.DECISIONS)
    contributions = pl.read_parquet(tmp_path / "scores" / outputs.CONTRIBUTIONS)
    assert decisions["label_origin"].unique().to_list() == ["declared"]
    assert not decisions["demonstration"].any()
    names = list(read_scorecard().preparation_.inputs)
    total = contributions.select("application_id", total=pl.col("base") + pl.sum_horizontal(names))
    gap = decisions.join(total, on="application_id").select((pl.col("points") - pl.col("total")).abs().max())
    assert gap.item() <= 1e-9
    manifest = json.loads((tmp_path / "scores" / outputs.MANIFEST).read_text(encoding="utf-8"))
    assert len(manifest["model"]["scorecard_sha256"]) == 64
    assert manifest["kernel"] == "scorecard"
    page = (tmp_path / "scores" / outputs.REPORT).read_text(encoding="utf-8")
    assert "declared scorecard, no outcome behind it" in page
    told = run("explain", tmp_path / "scores", decisions["application_id"][0])
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize("text", ["", "version = 1"])
def test_nothing_is_registered_from_a_wrong_file(tmp_path, monkeypatch, text):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    (tmp_path / "card.toml").write_text(text)
    assert run("scorecard", tmp_path / "card.toml", "--register").exit_code == 1
