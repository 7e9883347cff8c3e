"""The whole walk by the command line on a small simulated portfolio."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from features.catalogue import CATALOGUE
from features.errors import ReferenceDataError
from features.simulate import ceilings
from scoring import outputs
from scoring.cli import app
from scoring.results import read_results
from scoring.sectors import against_sector


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        steps = {
            "portfolio": run("simulate", "--firms", 600, "--seed", 1, "--out", folder / "portfolio"),
            "undecided": run(
                *("train", folder / "portfolio" / "dataset", "--no-stability", "--no-refits"),
                *("--interactions", "additive"),
            ),
            "no champion": run("score", folder / "portfolio" / "dataset", "--out", folder / "none"),
            "train": run("train", folder / "portfolio" / "dataset", "--demonstration"),
            "applicants": run(
                *("simulate", "--firms", 60, "--seed", 2, "--out", folder / "applicants"),
                *("--messy", "--new-applicants", "--format", "csv"),
            ),
            "score": run("score", folder / "applicants" / "dataset", "--out", folder / "scores"),
        }
    return folder, steps


def test_every_step_ends_as_it_should(walk):
    _, steps = walk
    assert {name: step.exit_code for name, step in steps.items()} == {
        name: 1 if name == "no champion" else 0 for name in steps
    }
    assert "--demonstration" in steps["no champion"].stderr


def test_train_tells_the_holdout_beside_its_ceilings_and_who_is_champion(walk):
    _, steps = walk
    assert "It did not become champion" in steps["undecided"].stdout
    assert "version 2 and is now champion" in steps["train"].stdout
    assert "holdout AUC" in steps["train"].stdout
    assert "95 % interval" in steps["train"].stdout
    try:
        measured = ceilings()
    except ReferenceDataError:
        assert "No ceilings" in steps["train"].stdout
    else:
        for name in ("visible_auc", "true_auc"):
            assert f"{measured[name]['value']:.3f}" in steps["train"].stdout


def test_train_tells_how_stable_the_reasons_are(walk):
    _, steps = walk
    assert "Stability of the reasons: not measured. It was not asked for." in steps["undecided"].stdout
    told = steps["train"].stdout
    assert "Applicants whose 4 strongest reasons change between two resamples" in told
    shares = [int(re.search(rf"by {level} +(\d+) %", told).group(1)) for level in ("indicator", "family")]
    assert 0 < shares[1] <= shares[0] <= 100


def test_the_interactions_option_reaches_the_model(walk):
    folder, _ = walk
    # A batch keeps a copy of its model.
    stored = [path for path in folder.rglob("model.json") if outputs.BASIS not in path.parts]
    found = [json.loads(path.read_text()) for path in stored]
    assert sorted(model["options"]["interactions"] for model in found) == ["additive", "none"]


def test_the_sector_reference_stands_beside_the_contributions(walk):
    folder, _ = walk
    results = read_results(folder / "scores")
    found = against_sector(results)
    names = [name for name in found.columns if name in CATALOGUE]
    total = found["sector_base"].to_numpy() + found.select(names).to_numpy().sum(axis=1)
    assert np.abs(total - results.decisions["points"].to_numpy()).max() <= 1e-9
    assert set(results.sectors["division"]) == set(results.decisions["industry_division"])


def test_every_output_says_that_it_is_simulated(walk):
    folder, steps = walk
    assert "SIMULATED" in steps["portfolio"].stdout
    assert steps["train"].stdout.startswith("DEMONSTRATION")
    assert steps["score"].stdout.startswith("DEMONSTRATION")
    assert "Demonstration: outcomes are simulated." in (folder / "scores" / outputs.REPORT).read_text("utf-8")
    assert (
        pl.read_parquet(folder / "scores" / outputs.DECISIONS)["grade_label"]
        .str.ends_with("(demonstration)")
        .all()
    )


def test_the_manifest_names_the_version_that_scored(walk):
    folder, _ = walk
    manifest = json.loads((folder / "scores" / outputs.MANIFEST).read_text("utf-8"))
    assert manifest["model"]["version"] == "2"
    assert manifest["exactness"]["additivity_gap_points"] < 1e-9
    applications = manifest["applications"]
    assert applications["in"] == applications["scored"] + applications["refused"] + applications["duplicates"]


def test_one_applicant_is_explained(walk):
    folder, _ = walk
    application = pl.read_parquet(folder / "scores" / outputs.DECISIONS)["application_id"][0]
    result = run("explain", folder / "scores", application)
    assert result.exit_code == 0
    assert application in result.stdout
    assert "Base: the average training application 基础分" in result.stdout
    assert "Against its own sector 与本行业相比" in result.stdout


def test_the_champion_has_a_card_of_its_own_run(walk, monkeypatch):
    folder, steps = walk
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    done = run("card", "--out", folder / "card")
    assert done.exit_code == 0, done.output
    assert "THE LABELS ARE SIMULATED" in done.stdout
    card = json.loads((folder / "card" / "model_card.json").read_text("utf-8"))
    page = (folder / "card" / "model_card.html").read_text("utf-8")
    assert card["model"]["version"] == "2"
    assert card["model"]["run_id"] in steps["train"].stdout
    auc = next(one for one in card["figures"] if one["metric"] == "auc")
    assert f"{auc['value']:.3f}" in steps["train"].stdout
    assert f"{auc['low']:.3f} to {auc['high']:.3f}" in page
    assert card["data"]["dataset_hash"] in page
    assert page.count("<svg") == 2
    assert run("card", "models:/green-credit/99").exit_code == 1
    model = next(folder.rglob("model.json")).parent
    assert "plain folder" in run("card", model).stderr


def test_a_batch_is_monitored_against_the_training_of_its_version(walk, monkeypatch):
    folder, _ = walk
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    assert run("score", folder / "portfolio" / "dataset", "--out", folder / "own").exit_code == 0
    done = run(
        "monitor", folder / "own", "--out", folder / "monitor", "--outcomes", folder / "portfolio" / "dataset"
    )
    content = json.loads((folder / "monitor" / "monitor.json").read_text("utf-8"))
    # The portfolio it was trained on, with the applications of the holdout besides: its values cannot have drifted.
    assert [one for one in content["advice"] if one["kind"] != "outcome"] == []
    assert done.exit_code == (0 if content["quiet"] else 3)
    applications = content["batches"][0]["applications"]
    known = content["batches"][0]["outcomes"]
    assert known["labelled"] + known["unlabelled"] == applications
    assert 0 < content["training"]["applications"] < applications
    assert "Demonstration: outcomes are simulated." in (folder / "monitor" / "monitor.html").read_text(
        "utf-8"
    )
