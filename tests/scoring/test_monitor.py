"""Monitoring from result folders to the page, the exit code and MLflow; the batches are synthetic."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from features.catalogue import CATALOGUE
from features.errors import DatasetError, GreenCreditError, ModelError
from models.drift import MATERIAL
from models.reference_profile import PROFILE, booster_hash, reference_profile
from models.run_files import as_json
from models.tracking import connect, experiment_id
from scoring import outputs
from scoring.cli import app
from scoring.cli_monitor import DRIFT
from scoring.monitor import JSON, PAGE, compare_batches
from scoring.monitor_outcomes import read_outcomes
from scoring.monitor_page import monitor_page

HOLDOUT = {"auc": 0.7, "auc_low": 0.65, "auc_high": 0.75}
TABLES = {
    outputs.DECISIONS: "decisions",
    outputs.CONTRIBUTIONS: "contributions",
    outputs.SECTORS: "sectors",
    outputs.INDICATORS: "indicators",
    outputs.DATA_QUALITY: "data_quality",
    outputs.CROSS_CHECKS: "cross_checks",
    outputs.QUARANTINE: "quarantine",
}


def write_batch(results, folder):
    folder.mkdir()
    for file, name in TABLES.items():
        outputs.write_parquet(getattr(results, name), folder / file)
    outputs.write_json(results.manifest, folder / outputs.MANIFEST)
    for file in (outputs.RUN, outputs.REPORT):
        (folder / file).write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def profile(small_model, training_values):
    return reference_profile(small_model, training_values, metrics=HOLDOUT)


@pytest.fixture(scope="module")
def batch(synthetic_results, small_model):
    model = {**synthetic_results.manifest["model"], "booster_sha256": booster_hash(small_model)}
    return replace(synthetic_results, manifest={**synthetic_results.manifest, "model": model})


@pytest.fixture(scope="module")
def shifted(batch):
    return replace(
        batch,
        indicators=batch.indicators.with_columns(pl.col("coal_share") * 3, leverage=pl.lit(None, pl.Float64)),
    )


@pytest.fixture(scope="module")
def outcomes(batch):
    """Outcomes that follow the probabilities, but for some that are not known."""
    random = np.random.default_rng(4).random(batch.decisions.height)
    known = batch.decisions.select("application_id", bad=pl.Series(random) < pl.col("probability"))
    return known.with_columns(pl.col("bad").cast(pl.Int8)).head(350)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, profile, batch, shifted):
    """A tracking store with the run of the profile, and two batches of its model beside it."""
    folder = tmp_path_factory.mktemp("monitoring")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        with (
            connect() as mlflow,
            mlflow.start_run(experiment_id=experiment_id(mlflow, "green-credit")) as run,
        ):
            mlflow.log_text(as_json(profile.as_dict()), f"monitoring/{PROFILE}")
        for name, results in (("quiet", batch), ("shifted", shifted)):
            model = {**results.manifest["model"], "run_id": run.info.run_id}
            write_batch(replace(results, manifest={**results.manifest, "model": model}), folder / name)
        yield folder


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_second_draw_is_quiet_and_ends_with_zero(workplace):
    done = run("monitor", workplace / "quiet", "--out", workplace / "page1")
    assert done.exit_code == 0, done.output
    assert "Quiet" in done.stdout
    page = (workplace / "page1" / PAGE).read_text(encoding="utf-8")
    assert "Quiet." in page
    assert "Demonstration: outcomes are simulated." in page
    assert json.loads((workplace / "page1" / JSON).read_text(encoding="utf-8"))["quiet"] is True


def test_planted_drift_is_named_and_ends_with_three(workplace, outcomes):
    outcomes.write_csv(workplace / "outcomes.csv")
    done = run(
        *("monitor", workplace / "quiet", workplace / "shifted", "--out", workplace / "page2"),
        *("--outcomes", workplace / "outcomes.csv"),
    )
    assert done.exit_code == DRIFT == 3
    coal, leverage = CATALOGUE["coal_share"].en, CATALOGUE["leverage"].en
    for told in (f"{coal}: its values moved", f"{leverage}: not handed in by 100.0 %"):
        assert told in done.stdout
    content = json.loads((workplace / "page2" / JSON).read_text(encoding="utf-8"))
    assert [one["quiet"] for one in content["batches"]] == [True, False]
    named = {(one["kind"], one["name"]) for one in content["advice"]}
    assert {("indicator", "coal_share"), ("missing", "leverage")} <= named
    assert {one["batch"] for one in content["advice"]} == {"shifted"}
    for shift in content["batches"][1]["shifts"]:
        drifted = shift["verdict"] in ("drift", "large")
        assert drifted == (shift["psi"] > shift["noise_limit"] and shift["psi"] >= MATERIAL)
        assert sum(shift["recent"]) <= 400
    assert content["batches"][0]["outcomes"]["labelled"] == 350
    assert content["batches"][0]["outcomes"]["unlabelled"] == 50


def test_the_figures_are_logged_with_a_step_per_batch(workplace):
    run("monitor", workplace / "quiet", workplace / "shifted", "--out", workplace / "page3")
    content = json.loads((workplace / "page3" / JSON).read_text(encoding="utf-8"))
    with connect() as mlflow:
        experiment = mlflow.get_experiment_by_name("green-credit-monitoring")
        found = mlflow.MlflowClient().search_runs([experiment.experiment_id], order_by=["start_time DESC"])[0]
        assert found.data.tags["quiet"] == "false"
        history = mlflow.MlflowClient().get_metric_history(found.info.run_id, "psi_coal_share")
        files = {item.path for item in mlflow.MlflowClient().list_artifacts(found.info.run_id)}
    values = [
        shift["psi"]
        for one in content["batches"]
        for shift in one["shifts"]
        if (shift["kind"], shift["name"]) == ("indicator", "coal_share")
    ]
    assert [entry.step for entry in history] == [0, 1]
    assert [entry.value for entry in history] == pytest.approx(values)
    assert files == {PAGE, JSON}


def test_the_help_tells_the_exit_codes():
    told = run("monitor", "--help").stdout
    assert "0 quiet, 3" in told


def test_outcomes_that_contradict_the_probabilities_ask_for_validation(batch, profile):
    every = batch.decisions.select("application_id", bad=pl.lit(1, pl.Int8))
    found = compare_batches({"b": batch}, profile, outcomes=every)
    assert [one["name"] for one in found.advice] == ["calibration_level"]
    assert not found.quiet
    upside_down = batch.decisions.select(
        "application_id", bad=(pl.col("probability").rank("ordinal") <= 60).cast(pl.Int8)
    )
    named = {one["name"] for one in compare_batches({"b": batch}, profile, outcomes=upside_down).advice}
    assert "discrimination" in named


def test_the_order_of_the_rows_changes_nothing(batch, profile, outcomes):
    turned = replace(
        batch, indicators=batch.indicators.reverse(), contributions=batch.contributions.reverse()
    )
    one = compare_batches({"b": batch}, profile, outcomes=outcomes)
    two = compare_batches({"b": turned}, profile, outcomes=outcomes.reverse())
    assert one.as_dict() == two.as_dict()
    assert monitor_page(one) == monitor_page(two)


class Balance(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_balanced_escaped_and_asks_nothing_of_the_outside(batch, shifted, profile, outcomes):
    found = compare_batches({"<i>one</i>": batch, "two": shifted}, profile, outcomes=outcomes)
    page = monitor_page(found)
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not [tag for tag, attrs in parser.seen if tag in {"script", "link", "img", "i"} and not attrs]
    assert not [attrs for _, attrs in parser.seen if "src" in attrs or "href" in attrs]
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "<i>one" not in page
    for heading in (
        "What to re-validate <small>需重新验证",
        "How it is measured <small>方法说明",
        "Yurdakul",
    ):
        assert heading in page
    drawn = [one for one in found.batches[1].drift.drifted if one.kind != "score"]
    assert page.count("<figure>") == 2 + 2 + min(len(drawn), 12)  # a score and a calibration per batch


def test_batches_of_another_model_or_without_a_row_are_refused(batch, profile, workplace):
    other = {**batch.manifest, "model": {**batch.manifest["model"], "booster_sha256": "00"}}
    with pytest.raises(GreenCreditError, match="one and the same model"):
        compare_batches({"b": replace(batch, manifest=other)}, profile)
    with pytest.raises(GreenCreditError, match="no scored application"):
        compare_batches({"b": replace(batch, decisions=batch.decisions.clear())}, profile)
    twice = run("monitor", workplace / "quiet", workplace / "shifted" / ".." / "quiet")
    assert twice.exit_code == 1
    assert "named twice" in twice.stderr


def test_a_run_without_a_profile_ends_in_one_message(batch, workplace, tmp_path):
    for run_id, told in (("0123", "cannot be fetched"), ("", "plain folder")):
        model = {**batch.manifest["model"], "run_id": run_id}
        folder = write_batch(
            replace(batch, manifest={**batch.manifest, "model": model}), tmp_path / f"b{run_id}"
        )
        done = run("monitor", folder, "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_outcomes_are_read_strictly(tmp_path, batch, profile):
    path = tmp_path / "outcomes.csv"
    path.write_text("application_id,bad\n007,1\n008,0\n009,\n")
    assert read_outcomes(path).rows() == [("007", 1), ("008", 0)]
    path.with_suffix(".parquet").write_bytes(b"no parquet")
    for text, told in (
        ("application_id,default\n1,1\n", "lack bad"),
        ("application_id,bad\n1,yes\n", "must be 1 or 0. Got 'yes'"),
        ("application_id,bad\n1,1\n1,0\n", "more than one outcome"),
    ):
        path.write_text(text)
        with pytest.raises(DatasetError, match=told):
            read_outcomes(path)
    for name in ("outcomes.parquet", "none.csv"):
        with pytest.raises(DatasetError, match="cannot be read"):
            read_outcomes(tmp_path / name)
    foreign = pl.DataFrame({"application_id": ["x"], "bad": [1]}, schema_overrides={"bad": pl.Int8})
    with pytest.raises(DatasetError, match="No outcome belongs"):
        compare_batches({"b": batch}, profile, outcomes=foreign)
    with pytest.raises(ModelError, match="cannot be read"):
        type(profile).from_json("{}", where="here")
