from __future__ import annotations

import json
import pickletools
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.errors import ModelError
from models import registry, store
from models.training import TrainingResult, _stability, fit_out_of_time, train

OPTIONS = {"n_estimators": 30, "learning_rate": 0.1, "min_child_samples": 20, "n_jobs": 1}


@pytest.fixture(scope="module")
def dataset(portfolio):
    """Indicators and labels of the synthetic portfolio, every twentieth application indeterminate."""
    ids = [f"a{k:05}" for k in range(len(portfolio.y))]
    values = pl.from_pandas(portfolio.X).with_columns(
        application_id=pl.Series(ids),
        firm_id=pl.Series(portfolio.firm_id.astype(str)),
        as_of=pl.Series(portfolio.as_of),
    )
    labels = pl.DataFrame(
        {
            "application_id": ids,
            "bad": [None if k % 20 == 0 else int(y) for k, y in enumerate(portfolio.y)],
            "reason": [
                "not_observed_to_the_end" if k % 20 == 0 else "default" if y else "observed"
                for k, y in enumerate(portfolio.y)
            ],
        },
        schema_overrides={"bad": pl.Int8},
    )
    return values, labels


def test_the_holdout_is_later_and_of_other_firms(dataset, portfolio):
    values, labels = dataset
    fitted = fit_out_of_time(values, labels, options=OPTIONS)
    cut = fitted.holdout["as_of"].min()
    assert fitted.holdout.height == fitted.counts["holdout"]
    labelled = values.join(labels.drop_nulls("bad"), on="application_id")
    assert set(fitted.holdout["application_id"]) == set(
        labelled.filter(pl.col("as_of") >= cut)["application_id"]
    )
    trained = labelled.filter(
        (pl.col("as_of") < cut) & ~pl.col("firm_id").is_in(fitted.holdout["firm_id"].to_list())
    )
    assert fitted.counts["training"] == trained.height == sum(fitted.model.split_counts_.values())
    assert fitted.counts["left_out"] == labelled.height - trained.height - fitted.holdout.height
    assert fitted.counts["default"] + fitted.counts["observed"] == labelled.height
    assert fitted.counts["not_observed_to_the_end"] == 150


def test_shifting_the_holdout_leaves_medians_and_calibration_bit_equal(dataset):
    values, labels = dataset
    one = fit_out_of_time(values, labels, options=OPTIONS)
    numbers = [name for name in one.model.preparation_.inputs if values.schema[name] == pl.Float64]
    in_holdout = pl.col("application_id").is_in(one.holdout["application_id"].to_list())
    shifted = values.with_columns(
        pl.when(in_holdout).then(pl.col(name) * 10 + 3).otherwise(name).alias(name) for name in numbers
    )
    two = fit_out_of_time(shifted, labels, options=OPTIONS)
    assert not two.holdout.equals(one.holdout)
    assert two.model.preparation_ == one.model.preparation_
    assert two.model.calibration_ == one.model.calibration_
    assert two.model.booster_.model_to_string() == one.model.booster_.model_to_string()


def test_row_order_changes_nothing(dataset):
    values, labels = dataset
    one = fit_out_of_time(values, labels, options=OPTIONS)
    two = fit_out_of_time(
        values.sample(fraction=1.0, shuffle=True, seed=1), labels.reverse(), options=OPTIONS
    )
    assert two.model.booster_.model_to_string() == one.model.booster_.model_to_string()
    assert two.model.calibration_ == one.model.calibration_
    assert two.holdout.equals(one.holdout.select(two.holdout.columns))


def test_nothing_to_train_on_is_refused(dataset):
    values, labels = dataset
    with pytest.raises(ModelError, match="No application has a label"):
        fit_out_of_time(values, labels.with_columns(bad=pl.lit(None, dtype=pl.Int8)))
    with pytest.raises(ModelError, match="lack firm_id, as_of"):
        fit_out_of_time(values.drop("firm_id", "as_of"), labels)
    with pytest.raises(ModelError, match="label origin must be one of observed, simulated"):
        train(values, labels, label_origin="hearsay", dataset_hash="ab")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A working directory of its own: without further settings MLflow writes there."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("workplace")
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield folder


@pytest.fixture(scope="module")
def results(dataset, workplace) -> list[TrainingResult]:
    """Three versions: simulated, simulated for demonstration, observed."""
    values, labels = dataset
    with pytest.raises(ModelError, match=r"No such model is registered.*greencredit train DATASET"):
        registry.load()

    def trained(**how):
        return train(values, labels, dataset_hash="0123", options=OPTIONS, **how)

    first = trained(label_origin="simulated", ceilings={"visible": 0.9, "true_probability": 0.95})
    with pytest.raises(ModelError, match=r"No such model is registered.*only with --demonstration"):
        registry.load()
    second = trained(label_origin="simulated", demonstration=True, stability=False, refits=False)
    return [first, second, trained(label_origin="observed", stability=False, refits=False)]


def test_versions_and_the_champion(results):
    assert [result.version for result in results] == ["1", "2", "3"]
    assert [result.alias for result in results] == [None, "champion", None]
    loaded = [registry.load(uri) for uri in ("models:/green-credit/1", None, "models:/green-credit/3")]
    assert [found.version for found in loaded] == ["1", "2", "3"]
    assert [found.label_origin for found in loaded] == ["simulated", "simulated", "observed"]
    assert [found.demonstration for found in loaded] == [False, True, False]
    assert [found.run_id for found in loaded] == [result.run_id for result in results]
    assert loaded[1].uri == "models:/green-credit/2"


def test_a_registered_version_scores_as_the_trained_model(results, applicants):
    expected = results[0].model.predict_points(applicants.X)
    for uri in ("models:/green-credit/1", f"runs:/{results[0].run_id}/model"):
        assert (registry.load(uri).model.predict_points(applicants.X) == expected).all()


def test_a_plain_folder_can_be_loaded(results, applicants, tmp_path):
    store.save(results[0].model, tmp_path)
    found = registry.load(str(tmp_path))
    assert (found.name, found.version, found.run_id) == ("", "", "")
    assert (found.model.predict_points(applicants.X) == results[0].model.predict_points(applicants.X)).all()
    with pytest.raises(ModelError, match=r"model\.json is absent|booster\.txt is absent"):
        registry.load(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("uri", ["models:/green-credit/99", "models:/other@champion", "runs:/0123/model"])
def test_what_is_not_registered_is_refused(results, uri):
    with pytest.raises(ModelError):
        registry.load(uri)


def test_the_run_holds_parameters_metrics_plots_and_the_hash(results, workplace):
    import mlflow  # noqa: PLC0415  (takes seconds; imported by the fixtures before)

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{workplace / 'mlflow.db'}")
    run = client.get_run(results[0].run_id)
    assert run.data.params["dataset_hash"] == "0123"
    assert run.data.params["n_estimators"] == "30"
    assert run.data.params["applications_not_observed_to_the_end"] == "150"
    assert run.data.tags["label_origin"] == "simulated"
    assert run.data.metrics == pytest.approx(results[0].metrics)
    metrics = results[0].metrics
    assert metrics["simulated_ceiling_auc_visible"] == 0.9
    assert metrics["simulated_ceiling_share_visible"] == pytest.approx((metrics["auc"] - 0.5) / 0.4)
    assert 0.5 < metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["additivity_gap"] <= 1e-9
    assert 0 < metrics["reasons_changed_by_family"] < metrics["reasons_changed_by_indicator"] <= 1
    assert results[0].stability.metrics().items() <= metrics.items()
    assert results[0].stability.applicants == results[0].counts["holdout"]
    found = {
        name: json.loads(Path(next(workplace.rglob(f"{results[0].run_id}/**/{name}.json"))).read_text())
        for name in ("stability", "interactions", "evaluation")
    }
    assert found["evaluation"] == json.loads(json.dumps(results[0].report.content))
    assert found["evaluation"]["ceilings"]["visible"]["auc"] == 0.9
    assert results[0].report.metrics().items() <= metrics.items()
    assert found["stability"] == {"measured": True, **results[0].stability.as_dict()}
    assert found["interactions"] == {"interactions": "none", "groups": None, "tested": []}
    files = {Path(item.path).name for item in client.list_artifacts(results[0].run_id, "evaluation")}
    assert files == {
        "roc.svg",
        "calibration.svg",
        "points.svg",
        "importance.svg",
        "deciles.csv",
        "evaluation.json",
        "importance.csv",
        "stability.json",
        "interactions.json",
    }
    for path in workplace.rglob("*.svg"):
        assert path.read_text().startswith("<svg")
    version = client.get_model_version("green-credit", "2")
    assert (version.tags["label_origin"], version.tags["demonstration"]) == ("simulated", "true")


def test_refits_can_be_skipped(results):
    assert results[0].report.content["blocks"] is not None
    for skipped in ("blocks", "missing_rules", "challengers"):
        assert results[1].report.content[skipped] is None
    assert not [name for name in results[1].metrics if name.startswith("auc_gain_over")]


def test_stability_can_be_skipped(results):
    assert results[1].stability is None
    assert results[1].stability_note == "It was not asked for."
    assert not [name for name in results[1].metrics if name.startswith("reasons_")]


def test_a_resample_without_a_model_leaves_the_run_alone(dataset, monkeypatch):
    values, labels = dataset
    fitted = fit_out_of_time(values, labels, options=OPTIONS | {"n_estimators": 2})

    def refuse(*_, **__):
        raise ModelError("The calibration has no bad application.")

    monkeypatch.setattr("models.training.reason_stability", refuse)
    found, note = _stability(fitted)
    assert found is None
    assert note == "A resample of the training firms gave no model: The calibration has no bad application."


def test_the_stored_model_carries_no_clock_and_names_its_data(results, workplace):
    stored = sorted(workplace.rglob("model.json"))
    assert len(stored) == 3
    for path in stored:
        training = json.loads(path.read_text())["provenance"]["training"]
        assert training["dataset_hash"] == "0123"
        assert str(workplace) not in path.read_text()
    boosters = {path.read_bytes() for path in workplace.rglob("booster.txt")}
    assert len(boosters) == 1


def test_no_stored_file_is_a_pickle(results, workplace):
    files = [path for path in (workplace / "mlartifacts").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".npy", ".pt", ".bin"}, path.name
        content = path.read_bytes()
        content.decode()  # everything is text
        assert b"\x00" not in content
        with pytest.raises(
            ValueError, match=r"opcode|pickle|expected|at position|invalid|could not|no newline|not enough"
        ):
            list(pickletools.genops(content))


SERVE = """
import pickle, sys
import pandas as pd
import mlflow.pyfunc

def refuse(*args, **kwargs):
    raise SystemExit("something was unpickled")

model_uri, source, target = sys.argv[1:]
rows = pd.read_parquet(source)
pickle.load = pickle.loads = pickle.Unpickler = refuse
mlflow.pyfunc.load_model(model_uri).predict(rows).to_parquet(target)
"""


def test_mlflow_scores_it_elsewhere_without_unpickling(results, applicants, workplace, tmp_path):
    rows = applicants.X[list(results[0].model.preparation_.inputs)].iloc[:30]
    rows.to_parquet(tmp_path / "rows.parquet")
    command = [
        sys.executable,
        "-c",
        SERVE,
        "models:/green-credit/1",
        tmp_path / "rows.parquet",
        tmp_path / "out.parquet",
    ]
    done = subprocess.run(
        command,
        cwd=workplace,
        env={
            "MLFLOW_TRACKING_URI": f"sqlite:///{workplace / 'mlflow.db'}",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PATH": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = pl.read_parquet(tmp_path / "out.parquet")
    contributions = results[0].model.explain(rows)
    assert found["points"].to_list() == contributions.points.tolist()
    assert found["probability"].to_numpy() == pytest.approx(
        results[0].model.predict_proba(rows)[:, 1], rel=1e-12
    )
    parts = found.select(f"points_{name}" for name in contributions.values.columns).to_numpy()
    assert np.abs(found["base"].to_numpy() + parts.sum(axis=1) - found["points"].to_numpy()).max() <= 1e-9


def test_a_tampered_registered_version_is_refused_with_the_gap(results, workplace):
    import mlflow  # noqa: PLC0415

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{workplace / 'mlflow.db'}")
    model_id = client.get_model_version("green-credit", "3").source.rsplit("/", 1)[-1]
    path = next(path for path in workplace.rglob("booster.txt") if model_id in str(path))
    text = path.read_text()
    head, tail = text.split("\nleaf_value=", 1)
    first, rest = tail.split(" ", 1)
    path.write_text(f"{head}\nleaf_value={float(first) + 0.01!r} {rest}")
    try:
        with pytest.raises(ModelError, match=r"leaf 0 of tree 0 differs, a gap of \S+ points"):
            registry.load("models:/green-credit/3")
    finally:
        path.write_text(text)


def test_the_groups_that_were_found_are_logged(dataset, workplace, results):
    import mlflow  # noqa: PLC0415

    values, labels = dataset
    kept = ["application_id", "firm_id", "as_of", "coal_share", "leverage", "interest_cover", "firm_age"]
    trained = train(
        values.select(kept),
        labels,
        label_origin="observed",
        dataset_hash="0123",
        options=OPTIONS | {"interactions": "pairs"},
        stability=False,
        refits=False,
        experiment="constrained",
    )
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{workplace / 'mlflow.db'}")
    params = client.get_run(trained.run_id).data.params
    pairs = [group for group in trained.model.interaction_groups_ if len(group) == 2]
    assert (params["interactions"], params["interaction_groups"]) == ("pairs", str(len(pairs)))
    path = next(workplace.rglob(f"{trained.run_id}/**/interactions.json"))
    logged = json.loads(path.read_text())
    assert [tuple(group) for group in logged["groups"]] == list(trained.model.interaction_groups_)
    assert len(logged["tested"]) == 6
    assert {tuple(g["indicators"]) for g in logged["tested"] if g["found"]} == set(pairs)
