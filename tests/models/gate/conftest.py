"""A bank with a champion, a dataset with outcomes, and one challenger for every rule of the gate."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TC003  (a dataclass field)
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from features import reference
from features.catalogue import CATALOGUE
from features.intake import Dataset, read_dataset
from features.pipeline import Indicators, compute
from features.settings import Settings
from features.simulate import simulate, write
from models import boosting, stored
from models.calibration import Calibration
from models.estimator import GreenCreditModel, Provenance
from models.labels import label
from models.registry import CHAMPION, NAME
from models.tracking import connect, experiment_id
from models.training import HOLDOUT_SHARE, fit_out_of_time, train
from scoring import cli_models, comparison
from scoring.cli import app
from scoring.training_tables import dataset_hash

BASE = {"n_estimators": 120, "learning_rate": 0.05, "min_child_samples": 20, "n_jobs": 1}
DRIVERS = ("leverage", "interest_cover", "coal_share", "energy_intensity")


def planted_outcomes(values: pl.DataFrame) -> pl.DataFrame:
    """Defaults that follow from four indicators; whoever keeps one back is as risky as the average firm."""
    log_odds = np.full(values.height, -2.2)
    for name in DRIVERS:
        risk = -CATALOGUE[name].direction * values[name].to_numpy().astype(float)
        known = ~np.isnan(risk)
        rank = np.full(len(risk), 0.5)
        rank[known] = (np.argsort(np.argsort(risk[known])) + 0.5) / known.sum()
        log_odds += 4.0 * (rank - 0.5)
    bad = np.random.default_rng(5).random(values.height) < 1 / (1 + np.exp(-log_odds))
    return values.filter(pl.Series(bad)).select(
        "application_id",
        event=pl.lit("default"),
        occurred_on=pl.col("as_of").dt.offset_by("60d"),
        label_origin=pl.lit("observed"),
    )


@dataclass(frozen=True)
class Bank:
    """A folder with a dataset, a tracking store, and what challengers are trained on."""

    folder: Path
    dataset: Dataset
    indicators: Indicators
    labels: pl.DataFrame
    versions: dict[str, str] = field(default_factory=dict)
    store: str = ""

    def fit(self, *, seed: int = 0, **options: Any) -> GreenCreditModel:
        """Fit as a training run does."""
        return fit_out_of_time(
            self.indicators.values,
            self.labels,
            sections=dict(reference.table("industries").select("code", "section").iter_rows()),
            seed=seed,
            options=BASE | options,
        ).model

    def register(self, model: GreenCreditModel, *, origin: str = "observed", champion: bool = False) -> str:
        """Register a model as it is stored, without a training run: quick, and reasons were not measured."""
        model.provenance_ = Provenance(
            label_origin=origin,
            training={"dataset_hash": dataset_hash(self.dataset), "holdout_share": HOLDOUT_SHARE},
        )
        with (
            connect() as mlflow,
            mlflow.start_run(experiment_id=experiment_id(mlflow, "green-credit")) as run,
        ):
            with tempfile.TemporaryDirectory() as scratch:
                stored.save(model, scratch)
                mlflow.log_artifacts(scratch, "stored")
            client = mlflow.MlflowClient()
            if not client.search_registered_models(f"name='{NAME}'"):
                client.create_registered_model(NAME)
            version = str(
                client.create_model_version(
                    NAME,
                    source=f"{run.info.artifact_uri}/stored",
                    run_id=run.info.run_id,
                    tags={"label_origin": origin},
                ).version
            )
            if champion and CHAMPION not in client.get_registered_model(NAME).aliases:
                client.set_registered_model_alias(NAME, CHAMPION, version)
        return version

    def train(self, **options: Any) -> str:
        """Train as the command does, stability of the reasons included."""
        return train(
            self.indicators.values,
            self.labels,
            label_origin="observed",
            dataset_hash=dataset_hash(self.dataset),
            sections=dict(reference.table("industries").select("code", "section").iter_rows()),
            options=BASE | options,
        ).version

    def run(self, *arguments: object) -> Result:
        """Run a command; whatever it raises but an exit is a defect."""
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def compare(self, version: str, *more: object) -> Result:
        """Hold a version against the champion."""
        return self.run(
            "compare", self.folder / "dataset", "--challenger", f"models:/green-credit/{version}", *more
        )


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """The dataset alone, without a tracking store."""
    folder = tmp_path_factory.mktemp("bank")
    write(simulate(firms=3_000, seed=21), folder)
    sources = read_dataset(str(folder / "dataset"), purpose="train")
    indicators = compute(sources, settings=Settings())
    window = label(sources.tables["applications"], sources.tables["outcomes"]).drop_nulls("bad")
    labelled = indicators.values.join(window, on="application_id", how="semi").sort("application_id")
    planted_outcomes(labelled).write_parquet(folder / "dataset" / "outcomes.parquet")
    again = read_dataset(str(folder / "dataset"), purpose="train")
    return Bank(
        folder=folder,
        dataset=again,
        indicators=indicators,
        labels=label(again.tables["applications"], again.tables["outcomes"]),
    )


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking store of SQLite with its tables and nothing in them: making the tables takes seconds."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        with connect() as mlflow:
            mlflow.search_experiments()
    return path


@pytest.fixture(scope="session")
def registered(planted: Bank, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """Champion and challengers, each made to break one rule; the other rules may find it wanting, too."""
    store = shutil.copy(empty_store, tmp_path_factory.mktemp("store"))
    bank = replace(planted, store=f"sqlite:///{store}")
    made = bank.versions
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", bank.store)
        made["champion"] = bank.register(bank.fit(seed=3), champion=True)
        made["sound"] = bank.train()
        made["worse"] = bank.register(bank.fit(n_estimators=3, max_depth=1))
        made["silence"] = bank.register(bank.fit(missing="learned"))
        made["simulated"] = bank.register(bank.fit(seed=1), origin="simulated")
        made["unstable"] = bank.train(
            n_estimators=25,
            learning_rate=0.9,
            max_depth=12,
            min_child_samples=1,
            reg_lambda=0.0,
            colsample=0.1,
        )
        stronger = bank.fit(n_estimators=300)
        sound = stronger.calibration_
        stronger.calibration_ = Calibration(a=2.0 * sound.a, b=2.0 * sound.b)
        made["miscalibrated"] = bank.register(stronger)
        patch.setattr(boosting, "_constraints", lambda *_: {})
        made["non_monotone"] = bank.register(bank.fit())
    return bank


@pytest.fixture
def bank(registered: Bank, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The bank, with its tracking store in reach."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registered.store)
    return registered


@pytest.fixture
def ready(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The bank with its dataset read and its indicators computed once for all."""
    monkeypatch.setattr(cli_models, "read", lambda *_, **__: bank.dataset)
    monkeypatch.setattr(comparison, "compute", lambda *_, **__: bank.indicators)
    return bank


@pytest.fixture(scope="session")
def no_stability(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped gate, with the stability of the reasons waived: most challengers here were not measured."""
    from importlib import resources  # noqa: PLC0415

    text = resources.files("models").joinpath("gate.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("gate") / "gate.toml"
    path.write_text(
        text.replace("[stability]", '[stability]\nwaived = "not measured here"'), encoding="utf-8"
    )
    return path
