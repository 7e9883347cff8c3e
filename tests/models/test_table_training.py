from __future__ import annotations

import json

import lightgbm
import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from models import registry
from models.arff import read_arff
from models.evaluation import area_under_curve
from models.plain_table import read_plain_table
from models.table_training import grouped_folds, judge_table, train_table
from models.tracking import import_mlflow

QUICK = {"n_estimators": 25, "n_jobs": 1}


def make_table(tmp_path, *, rows=1_500, time=None):
    rng = np.random.default_rng(5)
    firm = rng.integers(0, rows // 2, rows)
    signal = rng.normal(size=rows)
    bad = rng.random(rows) < 1 / (1 + np.exp(2.0 - 1.5 * signal))
    frame = pl.DataFrame(
        {
            "loan": np.arange(rows),
            "firm": firm,
            "year": rng.integers(2015, 2025, rows),
            "signal": signal,
            "noise": rng.normal(size=rows),
            "sector": rng.choice(["a", "b", "c"], rows),
            "bad": bad.astype(int),
        }
    )
    path = tmp_path / "table.csv"
    frame.sample(fraction=1.0, shuffle=True, seed=1).write_csv(path)
    return read_plain_table(path, target="bad", id_column="loan", group="firm", time=time)


def test_every_row_is_judged_once_and_no_firm_judges_itself(tmp_path):
    table = make_table(tmp_path)
    judged = judge_table(table, options=QUICK)
    assert judged.design == "out of fold"
    assert judged.predictions["id"].to_list() == table.ids.to_list()
    folds = judged.predictions.with_columns(firm=table.groups).group_by("firm").agg(pl.col("fold").n_unique())
    assert folds["fold"].max() == 1
    assert len(judged.fold_auc) == 5
    assert 0.75 < judged.metrics["auc"] < 0.95
    for number, auc in enumerate(judged.fold_auc):
        rows = judged.predictions.filter(fold=number)
        assert auc == pytest.approx(area_under_curve(rows["bad"].to_numpy(), rows["log_odds"].to_numpy()))
    assert judged.model.split_counts_["boosting"] + judged.model.split_counts_["calibration"] == 1_500


def test_with_a_time_the_latest_judge(tmp_path):
    table = make_table(tmp_path, time="year")
    judged = judge_table(table, options=QUICK)
    assert judged.design == "out of time"
    assert set(judged.predictions["fold"]) == {0}
    year = dict(zip(table.ids, table.times, strict=True))
    late = [year[i] for i in judged.predictions["id"]]
    early = [year[i] for i in table.ids if i not in set(judged.predictions["id"])]
    assert min(late) > max(early)
    assert "auc_fold_mean" not in judged.metrics


def test_folds_are_dealt_evenly_in_any_row_order():
    rng = np.random.default_rng(2)
    groups = np.array([f"g{k}" for k in rng.integers(0, 300, 900)])
    bad = (rng.random(900) < 0.1).astype(float)
    fold = grouped_folds(groups, bad, folds=5, seed=0)
    order = rng.permutation(900)
    assert (grouped_folds(groups[order], bad[order], folds=5, seed=0) == fold[order]).all()
    assert all(len(set(fold[groups == name])) == 1 for name in set(groups))
    counts = [len({*groups[(fold == k) & np.isin(groups, groups[bad == 1])]}) for k in range(5)]
    assert max(counts) - min(counts) <= 1
    assert (grouped_folds(groups, bad, folds=5, seed=1) != fold).any()
    with pytest.raises(InputError, match="5 folds need 5 bad groups at least"):
        grouped_folds(groups, np.zeros(900), folds=5, seed=0)


def test_a_run_keeps_figures_predictions_and_a_model_that_loads(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    table = make_table(tmp_path)
    steps = []
    done = train_table(table, options=QUICK, progress=steps.append)
    assert steps == ["fit", "log"]
    mlflow = import_mlflow()
    run = mlflow.MlflowClient().get_run(done.run_id)
    assert run.data.metrics == pytest.approx(done.judgement.metrics)
    assert run.data.params["n_estimators"] == "25"
    assert run.data.params["dataset_hash"] == table.content_hash
    again = registry.load(f"runs:/{done.run_id}/model").model
    expected = done.judgement.model.predict_points(table.features)
    assert (again.predict_points(table.features) == expected).all()
    local = mlflow.artifacts.download_artifacts(run_id=done.run_id, artifact_path="table.json")
    with open(local, encoding="utf-8") as file:  # noqa: PTH123
        assert json.load(file)["columns"] == ["year", "signal", "noise", "sector"]
    assert not mlflow.MlflowClient().search_registered_models()


def test_a_target_of_three_values_is_refused(tmp_path):
    table = make_table(tmp_path)
    broken = table.__class__(**(vars(table) | {"bad": pl.Series("bad", np.arange(1_500) % 3)}))
    with pytest.raises(InputError, match="The target must have two values"):
        judge_table(broken, options=QUICK)


def test_polish_bankruptcies_are_told_as_well_as_by_lightgbm_and_in_calibrated_odds(shared_data, tmp_path):
    source = read_arff(shared_data / "polish_bankruptcy_5year" / "5year.arff")
    source.with_row_index("row").write_parquet(tmp_path / "polish.parquet")
    table = read_plain_table(tmp_path / "polish.parquet", target="class", id_column="row")
    judged = judge_table(table, options={"n_jobs": 1})
    metrics = judged.metrics
    features, bad = table.features.to_numpy(), judged.predictions["bad"].to_numpy()
    fold, theirs = judged.predictions["fold"].to_numpy(), []
    for number in range(5):
        training, judges = fold != number, fold == number
        data = lightgbm.Dataset(features[training], bad[training], params={"verbosity": -1})
        default = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 100)
        theirs.append(area_under_curve(bad[judges], np.asarray(default.predict(features[judges]))))
    assert metrics["auc_fold_mean"] >= np.mean(theirs) - np.std(theirs, ddof=1)
    assert metrics["brier"] <= 0.5 * metrics["brier_constant"]
    assert 0.9 <= metrics["calibration_slope"] <= 1.1
