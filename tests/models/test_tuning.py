from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.errors import ModelError
from models.options_file import plain_defaults
from models.search_space import Bounds
from models.splits import days, out_of_time_folds
from models.study import FILE, STARTUP_TRIALS
from models.training import split_labelled
from models.tuning import FOLD_SHARE, tune

SPACE = {
    "max_depth": Bounds(low=2, high=4),
    "learning_rate": Bounds(low=0.01, high=0.3, log=True),
    "colsample": Bounds(low=0.2, high=1.0),
}
FIXED = {"n_estimators": 40, "min_child_samples": 20, "n_jobs": 1}
TRIALS = 11


@pytest.fixture(scope="module")
def tables(draw_portfolio):
    portfolio = draw_portfolio(2_500, seed=21, bad_share=0.2)
    ids = [f"a{k:05}" for k in range(len(portfolio.y))]
    kept = ["coal_share", "leverage", "interest_cover", "industry_division", "energy_intensity"]
    values = pl.from_pandas(portfolio.X[kept]).with_columns(
        application_id=pl.Series(ids),
        firm_id=pl.Series(portfolio.firm_id.astype(str)),
        as_of=pl.Series(portfolio.as_of).cast(pl.Date),
    )
    labels = pl.DataFrame(
        {"application_id": ids, "bad": portfolio.y.astype(int), "reason": ["observed"] * len(ids)}
    )
    return values, labels


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        yield folder


def searched(tables, **how):
    return tune(*tables, **({"dataset_hash": "0123", "space": SPACE, "fixed": FIXED, "seed": 5} | how))


@pytest.fixture(scope="module")
def whole(tables, store):
    return searched(tables, trials=TRIALS, study="whole")


def test_the_same_seed_gives_the_same_study(tables, store, whole):
    again = searched(tables, trials=3, study="again")
    assert again.trials.equals(whole.trials.head(3))
    other = searched(tables, trials=3, study="other", seed=6)
    assert not other.trials["learning_rate"][1:].equals(whole.trials["learning_rate"][1:3])


def test_the_best_is_the_least_log_loss_and_not_worse_than_the_defaults(whole):
    complete = whole.trials.filter(pl.col("state") == "complete")
    assert whole.log_loss == complete["log_loss"].min() <= whole.default_log_loss
    default = whole.trials.row(0, named=True)
    assert {name: default[name] for name in SPACE} == {name: plain_defaults()[name] for name in SPACE}
    assert default["log_loss"] == whole.default_log_loss
    best = complete.sort("log_loss").row(0, named=True)
    assert whole.options == {**FIXED, **{name: best[name] for name in SPACE}}


def test_a_trial_is_the_mean_over_the_folds_before_the_holdout(tables, new_model, whole):
    labelled, split = split_labelled(*tables)
    rows = labelled.filter(pl.Series(split.early))
    table = rows.drop("application_id", "firm_id", "as_of", "bad").to_pandas()
    bad, day, firm = (rows[name].to_numpy() for name in ("bad", "as_of", "firm_id"))
    losses = []
    for fold in out_of_time_folds(days(day), firm, folds=3, share=FOLD_SHARE):
        model = new_model(**whole.options, random_state=5, sections=None)
        model.fit(table[fold.early], bad[fold.early], as_of=day[fold.early], firm_id=firm[fold.early])
        p = model.predict_proba(table[fold.late])[:, 1]
        losses.append(-np.mean(np.log(np.where(bad[fold.late] == 1, p, 1 - p))))
    assert whole.log_loss == pytest.approx(np.mean(losses), rel=1e-9)


def test_an_interrupted_and_resumed_study_is_the_one_that_was_not(tables, store, whole):
    seen = []

    def interrupt(done, total):
        seen.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(tables, trials=TRIALS, study="stopped", progress=interrupt)
    assert seen == [(k, TRIALS) for k in range(5)]
    seen.clear()
    gone_on = searched(
        tables, trials=TRIALS, study="stopped", resume=True, progress=lambda *told: seen.append(told)
    )
    assert seen == [(k, TRIALS) for k in range(4, TRIALS + 1)]
    assert gone_on.trials.equals(whole.trials)
    assert gone_on.options == whole.options


def test_a_trial_that_was_interrupted_halfway_is_drawn_again(tables, store, whole, monkeypatch):
    from models import tuning  # noqa: PLC0415

    calls = []

    def area(bad, log_odds):
        calls.append(len(bad))
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(bad, log_odds)

    original = tuning.area_under_curve
    monkeypatch.setattr(tuning, "area_under_curve", area)
    with pytest.raises(KeyboardInterrupt):
        searched(tables, trials=3, study="halfway")
    monkeypatch.setattr(tuning, "area_under_curve", original)
    found = searched(tables, trials=3, study="halfway", resume=True)
    assert found.trials.select("number", *SPACE, "log_loss").equals(
        whole.trials.select("number", *SPACE, "log_loss").head(3)
    )


def test_bad_trials_are_pruned_after_the_start_and_options_that_cannot_be_fitted_are_told(tables, store):
    space = SPACE | {"min_child_samples": Bounds(low=20, high=1_500, log=True)}
    found = searched(
        tables,
        trials=STARTUP_TRIALS + 12,
        study="pruned",
        space=space,
        fixed={"n_estimators": 40, "n_jobs": 1},
    ).trials
    pruned = found.filter(pl.col("state") == "pruned")
    assert pruned.height > 0
    assert pruned["folds"].max() < 3
    assert pruned["number"].min() >= STARTUP_TRIALS
    assert found["state"].n_unique() == 3
    failed = found.filter(pl.col("state") == "failed")
    assert failed["min_child_samples"].min() > 100
    assert failed["reason"].str.contains("calibration").all()
    assert (failed["log_loss"].is_null() | (failed["folds"] > 0)).all()


def test_the_runs_are_nested_in_mlflow_and_the_study_lies_beside_the_store(whole, store):
    import mlflow  # noqa: PLC0415  (takes seconds)

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{store / 'mlflow.db'}")
    parent = client.get_run(whole.run_id)
    assert parent.data.params["dataset_hash"] == "0123"
    assert parent.data.metrics["best_log_loss"] == whole.log_loss
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{whole.run_id}'"
    )
    assert len(children) == TRIALS
    means = sorted(child.data.metrics["mean_log_loss"] for child in children)
    assert means == pytest.approx(sorted(whole.trials["log_loss"]))
    files = {item.path for item in client.list_artifacts(whole.run_id, "tuning")}
    assert files == {"tuning/options.toml", "tuning/trials.csv", "tuning/study.json"}
    assert (store / FILE).is_file()


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({}, r"study whole already.*--resume"),
        ({"study": "none", "resume": True}, r"no study none to go on with"),
        ({"resume": True, "dataset_hash": "9999"}, r"another one: dataset_hash was '0123' and is '9999'"),
        ({"resume": True, "seed": 8}, r"seed was 5 and is 8"),
        ({"resume": True, "folds": 2}, r"folds was 3 and is 2"),
        ({"resume": True, "context": {"window_months": 24}}, r"window_months was None and is 24"),
        ({"trials": 0}, r"1 trial at least"),
    ],
)
def test_what_is_not_the_same_study_is_refused(tables, whole, how, match):
    with pytest.raises(ModelError, match=match):
        searched(tables, **({"trials": TRIALS, "study": "whole"} | how))


def test_a_search_without_one_fit_is_refused_with_the_reason(tables, store):
    with pytest.raises(ModelError, match=r"None of 2 trials can be fitted on every fold.*same raw score"):
        searched(tables, trials=2, study="hopeless", fixed={"min_child_samples": 5_000, "n_jobs": 1})


def test_a_leak_stops_the_search(tables, store):
    values, labels = tables
    noise = pl.Series(np.random.default_rng(0).normal(size=values.height) * 0.1)
    with pytest.raises(ModelError, match=r"leverage \(alone\)"):
        searched((values.with_columns(leverage=noise + labels["bad"]), labels), trials=1, study="leaky")
