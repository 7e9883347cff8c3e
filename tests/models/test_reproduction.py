from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import polars as pl
import pytest

from features.errors import ModelError
from models import registry
from models.reproduction import booster_sha256, check_booster, check_data, recorded
from models.training import train

OPTIONS = {"n_estimators": 12, "learning_rate": 0.0712345678901234, "min_child_samples": 20, "n_jobs": 1}
CONTEXT = {"window_months": 12, "indicator_settings": {"carbon_price": 97.49}}


@pytest.fixture(scope="module")
def tables(portfolio):
    portfolio = portfolio[np.arange(1_500)]
    ids = [f"a{k:05}" for k in range(len(portfolio.y))]
    values = pl.from_pandas(portfolio.X).with_columns(
        application_id=pl.Series(ids),
        firm_id=pl.Series(portfolio.firm_id.astype(str)),
        as_of=pl.Series(portfolio.as_of).cast(pl.Date),
    )
    labels = pl.DataFrame(
        {"application_id": ids, "bad": portfolio.y.astype(int), "reason": ["observed"] * len(ids)}
    )
    return values, labels


@pytest.fixture(scope="module")
def first(tables, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        yield run(tables, seed=17, holdout_share=0.25, options=OPTIONS)


def run(tables, **how):
    return train(
        *tables,
        **(
            {
                "label_origin": "observed",
                "dataset_hash": "0123",
                "sections": {"06": "B"},
                "stability": False,
                "refits": False,
                "context": CONTEXT,
            }
            | how
        ),
    )


def run_again(tables, record, **how):
    recipe = {"seed": record.seed, "holdout_share": record.holdout_share, "options": record.options}
    return run(tables, again=record, **(recipe | how))


def test_training_again_from_the_record_gives_the_identical_booster(tables, first):
    record = recorded(first.run_id)
    assert (record.dataset_hash, record.seed, record.holdout_share) == ("0123", 17, 0.25)
    assert record.options["learning_rate"] == OPTIONS["learning_rate"]
    assert record.context == CONTEXT
    values, labels = tables
    second = run_again((values.sample(fraction=1.0, shuffle=True, seed=3), labels.reverse()), record)
    assert second.run_id != first.run_id
    loaded = registry.load(f"models:/green-credit/{second.version}").model
    for model in (first.model, second.model, loaded):
        text = model.booster_.model_to_string()
        assert hashlib.sha256(text.encode()).hexdigest() == record.booster_sha256
    assert recorded(second.run_id) == dataclasses.replace(record, run_id=second.run_id)


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"dataset_hash": "9999"}, r"dataset_hash was 0123 and is 9999"),
        ({"context": CONTEXT | {"window_months": 24}}, r"window_months was 12 and is 24"),
        ({"context": {"window_months": 12}}, r"indicator_settings was {'carbon_price': 97.49} and is None"),
        ({"sections": {"06": "C"}}, r"sections_sha256 was \w{64} and is \w{64}"),
    ],
)
def test_other_data_are_refused_by_name(tables, first, how, match):
    with pytest.raises(ModelError, match=match) as refused:
        run_again(tables, recorded(first.run_id), **how)
    assert first.run_id in str(refused.value)


def test_another_booster_is_refused_and_not_registered(tables, first):
    record = recorded(first.run_id)
    with pytest.raises(ModelError, match=rf"another booster: sha256 was {record.booster_sha256}"):
        run_again(tables, record, seed=18)
    older = dataclasses.replace(record, booster_sha256="0" * 64, versions={"lightgbm": "3.0"})
    with pytest.raises(ModelError, match=r"lightgbm was 3\.0 and is 4"):
        check_booster(older, first.model)
    check_booster(record, first.model)
    check_data(record, dataset_hash="0123")
    assert booster_sha256(first.model) == record.booster_sha256
    versions = [recorded(registry.load(f"models:/green-credit/{k}").run_id) for k in (1, 2)]
    assert {found.booster_sha256 for found in versions} == {record.booster_sha256}
    with pytest.raises(ModelError, match="No such model is registered"):
        registry.load("models:/green-credit/3")


def test_a_run_without_a_record_is_refused(first):
    with pytest.raises(ModelError, match=r"The run 0{32} has no record to train again from"):
        recorded("0" * 32)
