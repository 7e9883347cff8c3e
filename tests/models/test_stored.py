from __future__ import annotations

import json
import pickletools

import numpy as np
import pytest

from features.errors import ModelError
from models import registry, stored
from models.estimator import GreenCreditModel
from models.scorecard import DeclaredScorecard
from models.scorecard_file import read_scorecard
from models.scorecard_run import register_scorecard
from models.tracking import connect


@pytest.fixture
def folder(tmp_path):
    stored.save(read_scorecard(), tmp_path / "card")
    return tmp_path / "card"


def test_a_scorecard_is_read_back_as_it_was(folder, applicants):
    back = stored.load(folder)
    assert isinstance(back, DeclaredScorecard)
    assert back == read_scorecard()
    np.testing.assert_array_equal(
        back.predict_points(applicants.X), read_scorecard().predict_points(applicants.X)
    )
    assert sorted(path.name for path in folder.iterdir()) == [stored.SCORECARD_PARAMETERS, stored.SCORECARD]


def test_a_trained_model_goes_through_the_same_door(model, applicants, tmp_path):
    stored.save(model, tmp_path)
    back = stored.load(tmp_path)
    assert isinstance(back, GreenCreditModel)
    np.testing.assert_array_equal(back.predict_points(applicants.X), model.predict_points(applicants.X))


def test_a_scorecard_that_was_changed_is_refused(folder):
    text = (folder / stored.SCORECARD).read_text(encoding="utf-8")
    (folder / stored.SCORECARD).write_text(text.replace("weight = 16", "weight = 26"), encoding="utf-8")
    with pytest.raises(ModelError, match="changed after it was stored"):
        stored.load(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema_version": 99}, "schema version 99"),
        ({"directions": {"coal_share": 1}}, "catalogue has changed"),
    ],
)
def test_a_scorecard_of_another_release_or_catalogue_is_refused(folder, change, says):
    file = folder / stored.SCORECARD_PARAMETERS
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ModelError, match=says):
        stored.load(folder)


def test_a_folder_that_lacks_a_file_or_holds_rubbish_is_refused(folder, tmp_path):
    with pytest.raises(ModelError, match="No model is stored here"):
        stored.load(tmp_path / "none")
    (folder / stored.SCORECARD).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        stored.load(folder)
    (folder / stored.SCORECARD_PARAMETERS).write_text("[1]")
    (folder / stored.SCORECARD).write_text("")
    with pytest.raises(ModelError, match="schema version None"):
        stored.load(folder)


def test_a_scorecard_is_registered_found_and_run_like_any_version(applicants, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    card = read_scorecard()
    first, second = register_scorecard(card), register_scorecard(card)
    assert (first.version, first.alias) == ("1", "champion")
    assert (second.version, second.alias) == ("2", None)
    found = registry.load()
    assert (found.version, found.label_origin, found.demonstration) == ("1", "declared", False)
    assert found.run_id == first.run_id
    points = card.predict_points(applicants.X)
    np.testing.assert_array_equal(found.model.predict_points(applicants.X), points)
    with connect() as mlflow:
        served = mlflow.pyfunc.load_model("models:/green-credit/2")
        answer = served.predict(applicants.X[list(card.preparation_.inputs)])
        tags = mlflow.MlflowClient().get_model_version("green-credit", "1").tags
    np.testing.assert_array_equal(answer["points"], points)
    parts = answer["base"] + answer.filter(like="points_").sum(axis=1)
    np.testing.assert_allclose(parts, points, rtol=0, atol=1e-9)
    assert tags["label_origin"] == "declared"
    for path in (tmp_path / "mlartifacts").rglob("*"):
        if path.is_file():
            with pytest.raises(ValueError, match=r".*"):  # no file of a version is a pickle
                list(pickletools.genops(path.read_bytes()))
