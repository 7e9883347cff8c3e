"""The guard over the pipeline: it passes the clean simulation and finds a planted look into the future."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from features import asof
from features.catalogue import CATALOGUE
from features.errors import ModelError
from features.intake import read_dataset
from features.pipeline import compute
from features.settings import Settings
from features.simulate import simulate, write
from scoring.cli import app
from scoring.leaks import changed_by_later_rows
from scoring.training import train_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("portfolio")
    write(simulate(firms=600, seed=1), folder, form="parquet")
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return read_dataset(folder / "dataset", purpose="train")


def test_the_clean_simulation_passes(dataset):
    values = compute(dataset, settings=Settings()).values
    assert changed_by_later_rows(dataset, values, settings=Settings()) == []


def test_a_look_into_the_future_is_found_and_stops_the_training(dataset, monkeypatch):
    monkeypatch.setattr(asof, "_visible", lambda table, asked: table.join(asked, on="firm_id", how="inner"))
    values = compute(dataset, settings=Settings()).values
    found = changed_by_later_rows(dataset, values, settings=Settings())
    assert {finding.guard for finding in found} == {"known_later"}
    assert len(found) > 10
    for finding in found:
        assert finding.indicator in CATALOGUE
        assert 0 < finding.figures["changed"] <= finding.figures["applications"] <= 600
    with pytest.raises(ModelError, match=r"\(known_later\): Of \d+ applications \d+ have another value"):
        train_dataset(dataset, stability=False, refits=False)


def test_one_tampered_value_is_found(dataset):
    values = compute(dataset, settings=Settings()).values
    tampered = values.with_columns(firm_age=values["firm_age"] + 1.0)
    (found,) = changed_by_later_rows(dataset, tampered, settings=Settings(), sample=25)
    assert found.indicator == "firm_age"
    assert found.figures["applications"] == 25.0


def test_a_bound_of_the_file_reaches_the_command(folder):
    file = folder / "leaks.toml"
    file.write_text("highest_auc = 0.55\n", encoding="utf-8")
    stopped = CliRunner().invoke(app, ["train", str(folder / "dataset"), "--leaks", str(file)])
    assert stopped.exit_code == 1
    assert "(alone): Alone it has an AUC of 0." in stopped.stderr
    assert "the bound is 0.550" in stopped.stderr
