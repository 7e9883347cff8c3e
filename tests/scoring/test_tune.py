"""Tuning and training again by the command line, on a small simulated portfolio."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from features.simulate import simulate, write
from models.options_file import read_options
from models.search_space import SPACE
from scoring.cli import app

QUICK = ("--no-stability", "--no-refits")
LEAKS = """
highest_auc = 0.95
[[waivers]]
guard = "same_firm"
indicator = "firm_id"
reason = "two branches"
by = "Li Wei"
"""


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    write(simulate(firms=1500, seed=3), folder, form="parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        yield folder


@pytest.fixture(scope="module")
def steps(folder):
    data, options = folder / "dataset", folder / "new" / "options.toml"
    leaks = folder / "leaks.toml"
    leaks.write_text(LEAKS, encoding="utf-8")
    tune = ("tune", data, "--seed", 1, "--folds", 2, "--out", options)
    return {
        "tune": run(*tune, "--trials", 1),
        "twice": run(*tune, "--trials", 3),
        "resume": run(*tune, "--trials", 3, "--resume"),
        "train": run("train", data, *QUICK, "--options", options, "--leaks", leaks),
    }


def test_a_study_is_begun_refused_gone_on_with_and_trained_with(folder, steps):
    assert {name: step.exit_code for name, step in steps.items()} == {
        "tune": 0,
        "twice": 1,
        "resume": 0,
        "train": 0,
    }, [step.stderr for step in steps.values()]
    assert "--resume" in steps["twice"].stderr
    assert "1 trials, 1 complete" in steps["tune"].stdout
    assert ": 3 trials, " in steps["resume"].stdout
    assert re.search(r"defaults +0\.\d{5} +0\.\d{4}", steps["resume"].stdout)
    options = read_options(folder / "new" / "options.toml")
    assert set(options) == {*SPACE, "interactions"}
    stored = json.loads(next(folder.rglob("model.json")).read_text())["options"]
    assert {name: stored[name] for name in options} == options


def test_training_tells_unused_waivers_and_how_the_declined_score(steps):
    told = steps["train"].stdout
    assert "Leak guards: nothing found." in told
    assert "the waiver of firm_id (same_firm) was not needed; take it out." in told
    assert "No outcome of a declined or withdrawn application is inferred" in told
    assert re.search(r"declined +\d+ +\d+ +\d+ +\d+ +\d+ %", told)


def test_a_run_is_trained_again_from_its_id_and_only_on_its_dataset(folder, steps):
    run_id = re.search(r"; run (\w+)\.", steps["train"].stdout).group(1)
    again = run("train", folder / "dataset", *QUICK, "--from-run", run_id)
    assert again.exit_code == 0, again.stderr
    boosters = [path.read_bytes() for path in folder.rglob("booster.txt")]
    assert len(boosters) == 2
    assert boosters[0] == boosters[1]
    write(simulate(firms=50, seed=9), folder / "other", form="parquet")
    refused = run("train", folder / "other" / "dataset", *QUICK, "--from-run", run_id)
    assert refused.exit_code == 1
    assert f"The run {run_id} was trained on something else: dataset_hash was" in refused.stderr


@pytest.mark.parametrize(
    ("how", "match"),
    [
        (("--from-run", "x", "--window-months", "9"), "brings its own options and window"),
        (("--from-run", "x"), "has no record to train again from"),
        (("--options", "none.toml"), "file of options cannot be read"),
    ],
)
def test_what_contradicts_is_refused(folder, how, match):
    refused = run("train", folder / "dataset", *how)
    assert refused.exit_code in {1, 2}
    assert match in " ".join(refused.stderr.replace("│", " ").split())
