from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models import registry, store
from scoring import outputs
from scoring.cli import app

FIRMS = 12


def run(*arguments):
    """Run the command line; what ends in a traceback fails here."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "bank"
    folder.mkdir()
    ids = [f"B{number:03d}" for number in range(FIRMS)]
    pl.DataFrame(
        {
            "企业编号": ids,
            "id_scheme": "bank",
            "industry": "31",
            "region": "330000",
            "founded_on": "2001-01-01",
        }
    ).write_csv(folder / "firms.csv")
    pl.DataFrame(
        {
            "application_id": [f"A{number:03d}" for number in range(FIRMS)] + ["A900"],
            "firm_id": [*ids, "NOBODY"],
            "as_of": "2024-06-30",
        }
    ).write_csv(folder / "applications.csv")
    return folder


@pytest.fixture(scope="module")
def stored_model(small_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "model"
    store.save(small_model, folder)
    return folder


@pytest.fixture(scope="module")
def scores(dataset, stored_model, tmp_path_factory):
    out = tmp_path_factory.mktemp("scores") / "out"
    result = run("score", dataset, "--out", out, "--model", stored_model)
    assert result.exit_code == 0, result.output
    return out, result


def test_help_is_fast_and_loads_no_model_library():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, scoring.cli; print(sorted({'mlflow', 'shap', 'lightgbm', 'sklearn', 'polars'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
    assert run("--help").exit_code == 0


def test_score_prints_grades_with_the_word_and_counts(scores):
    _, result = scores
    assert "DEMONSTRATION" in result.stdout
    assert "BBB (demonstration)" in result.stdout
    assert (
        f"{FIRMS + 1} applications in = {FIRMS} scored + 1 refused (unknown_firm 1) + 0 duplicates"
        in result.stdout
    )


def test_explain_tells_the_decision(scores):
    out, _ = scores
    result = run("explain", out, "A003")
    assert result.exit_code == 0
    assert "How the points add up" in result.stdout
    assert "not handed in 未提供" in result.stdout


def test_check_tells_tables_and_quarantine_and_ends_well(dataset):
    result = run("check", dataset)
    assert result.exit_code == 0
    assert "firms 企业" in result.stdout
    assert "unknown_firm: 1 rows (applications.firm_id 1)" in result.stdout
    assert "to mend it" in result.stdout
    assert "Not handed in" in result.stdout


def test_catalogue_lists_every_indicator_and_one_family():
    everything = run("catalogue").stdout
    assert all(name in everything for name in CATALOGUE)
    assert "leverage" not in run("catalogue", "--family", "energy").stdout


def test_version():
    assert run("--version").stdout.startswith("greencredit ")


def refused(tmp_path, dataset, stored_model, scores):
    """Name to arguments, status and what is said, for everything a user may get wrong."""
    empty = tmp_path / "empty"
    empty.mkdir()
    no_ids = tmp_path / "no_ids"
    no_ids.mkdir()
    pl.DataFrame({"name": ["x"], "industry": ["31"]}).write_csv(no_ids / "firms.csv")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.docx").write_text("precious")
    policy = tmp_path / "policy.toml"
    policy.write_text('version = "1"\n', encoding="utf-8")
    out, new = scores[0], tmp_path / "new"
    score = ("score", dataset, "--model", stored_model)
    return {
        "no dataset": (("check", tmp_path / "none"), 1, "no such dataset"),
        "empty folder": (("check", empty), 1, "Error:"),
        "firms without ids": (("check", no_ids), 1, "firm_id"),
        "truth": (("check", tmp_path / "truth"), 1, "Error:"),
        "train without outcomes": (("train", dataset), 1, "outcomes"),
        "foreign out": ((*score, "--out", foreign), 1, "thesis.docx"),
        "out is a file": ((*score, "--out", policy), 1, "file of that name"),
        "policy missing": ((*score, "--out", new, "--policy", tmp_path / "p.toml"), 1, "not found"),
        "policy wrong": ((*score, "--out", new, "--policy", policy), 1, "grades"),
        "model missing": (("score", dataset, "--out", new, "--model", tmp_path / "no_model"), 1, "Error:"),
        "register of another kind": (("score", dataset, "--register", "ghgrp", "--out", new), 1, "Error:"),
        "register missing": (("score", tmp_path / "none", "--register", "cea", "--out", new), 1, "Error:"),
        "register unknown": (("score", dataset, "--register", "x", "--out", new), 2, "register"),
        "unknown application": (("explain", out, "A03"), 1, "A003"),
        "refused application": (("explain", out, "A900"), 1, "refused"),
        "no results": (("explain", empty, "A03"), 1, "no complete results"),
        "unknown family": (("catalogue", "--family", "enrgy"), 2, "Did you mean energy?"),
        "unknown option": (("catalogue", "--famly", "energy"), 2, "famly"),
        "unknown command": (("scor",), 2, "scor"),
        "no out": (("score", dataset), 2, "out"),
        "no firms": (("simulate", "--firms", "0", "--out", new), 2, "firms"),
        "words for numbers": (("simulate", "--firms", "many", "--out", new), 2, "integer"),
    }


CASES = [
    "no dataset", "empty folder", "firms without ids", "truth", "train without outcomes", "foreign out",
    "out is a file", "policy missing", "policy wrong", "model missing", "register of another kind",
    "register missing", "register unknown", "unknown application", "refused application", "no results",
    "unknown family", "unknown option", "unknown command", "no out", "no firms", "words for numbers",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_ends_in_one_message_and_not_in_a_traceback(
    case, tmp_path, dataset, stored_model, scores, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    cases = refused(tmp_path, dataset, stored_model, scores)
    assert set(cases) == set(CASES)
    arguments, status, said = cases[case]
    result = run(*arguments)
    assert result.exit_code == status, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "new").exists()


def test_a_model_that_is_not_trusted_is_told(dataset, tmp_path, monkeypatch):
    def refuse(_uri, **_options):
        raise ModelError("The model is broken.", where="[run]", mend="Train again.")

    monkeypatch.setattr(registry, "load", refuse)
    result = run("score", dataset, "--out", tmp_path / "o")
    assert result.exit_code == 1
    assert "The model is broken. Where: [run]. To mend it: Train again." in result.stderr


def test_an_interrupted_command_says_so_and_leaves_nothing(dataset, stored_model, tmp_path, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "write_parquet", stop)
    result = run("score", dataset, "--out", tmp_path / "o", "--model", stored_model)
    assert result.exit_code == 130
    assert "Stopped" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_register_is_scored(shared_data, stored_model, tmp_path):
    out = tmp_path / "cea"
    result = run(
        "score", shared_data / "india_cea_co2_v14", "--register", "cea", "--out", out, "--model", stored_model
    )
    assert result.exit_code == 0, result.output
    decisions = pl.read_parquet(out / outputs.DECISIONS)
    indicators = pl.read_parquet(out / outputs.INDICATORS)
    assert decisions.height == indicators.height > 0
    # What the register does not tell is missing, and sends the application to a person.
    assert indicators["log_revenue"].null_count() == indicators.height
    assert decisions["review"].all()


def test_the_installed_command_is_this_one():
    command = Path(sys.executable).with_name("greencredit")
    done = subprocess.run(
        [command, "catalogue", "--family", "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
