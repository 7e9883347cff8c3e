from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from scoring.cli import app

OPTIONS = "[model]\nn_estimators = 20\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One store for all: making it takes longer than the training."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(1)
    signal = rng.normal(size=900)
    frame = pl.DataFrame(
        {
            "loan": np.arange(900),
            "firm": rng.integers(0, 500, 900),
            "year": rng.integers(2018, 2026, 900),
            "signal": signal,
            "bad": (rng.random(900) < 1 / (1 + np.exp(1.5 - signal))).astype(int),
        }
    )
    frame.write_csv(folder / "table.csv")
    (folder / "options.toml").write_text(OPTIONS)
    return folder


@pytest.fixture
def table(folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    monkeypatch.chdir(folder)
    return folder / "table.csv"


def run(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def test_a_plain_table_is_trained_on_and_judged_out_of_fold(table):
    done = run(
        "--table", table, "--target", "bad", "--id", "loan", "--group", "firm", "--options", "options.toml"
    )
    assert done.exit_code == 0, done.output
    assert "Trained on 900 rows of 2 features, judged out of fold on 900 rows" in done.output
    for figure in ("AUC by fold", "Brier score", "calibration slope", "MLflow run", "not registered"):
        assert figure in done.output


def test_with_a_time_it_is_judged_out_of_time(table):
    done = run(
        "--table", table, "--target", "bad", "--id", "loan", "--time", "year", "--options", "options.toml"
    )
    assert done.exit_code == 0, done.output
    assert "judged out of time" in done.output
    assert "AUC by fold" not in done.output


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "hand in a DATASET or --table"),
        (["somewhere", "--table", "table.csv"], 2, "hand in a DATASET or --table"),
        (["--table", "table.csv", "--target", "bad"], 2, "needs --target COLUMN and --id COLUMN"),
        (["somewhere", "--target", "bad"], 2, "columns are named for a --table only"),
        (["--table", "table.csv", "--target", "bed", "--id", "loan"], 1, "did you mean bad?"),
        (["--table", "absent.csv", "--target", "bad", "--id", "loan"], 1, "absent.csv"),
    ],
)
def test_what_is_asked_wrongly_is_told(table, arguments, status, message):
    done = run(*arguments)
    assert done.exit_code == status
    assert message in " ".join(done.output.replace("│", " ").split())
