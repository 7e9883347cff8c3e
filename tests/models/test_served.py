"""A registered version where MLflow serves it: loaded, over HTTP, with its signature and its example."""

from __future__ import annotations

import asyncio
import json
import math
import pickletools

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from models.registry import log_version
from models.scorecard_file import read_scorecard
from models.served import answer, input_example
from models.tracking import connect, experiment_id

URI = "models:/green-credit/1"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, model):
    """A store with a trained version and a declared scorecard."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        with connect() as mlflow:
            for served in (model, read_scorecard()):
                with mlflow.start_run(experiment_id=experiment_id(mlflow, "served")):
                    log_version(mlflow, served, tags={}, champion=False)
        yield folder


@pytest.fixture(scope="module")
def loaded(workplace):
    with connect() as mlflow:
        return mlflow.pyfunc.load_model(URI)


@pytest.fixture(scope="module")
def rows(model, applicants):
    return applicants.X[list(model.preparation_.inputs)].iloc[:40].reset_index(drop=True)


def test_a_loaded_version_answers_score_grade_inputs_and_contributions(loaded, model, rows):
    found, expected = loaded.predict(rows), model.explain(rows)
    assert found["points"].to_numpy() == pytest.approx(expected.points, abs=1e-9)
    assert found["probability"].to_numpy() == pytest.approx(model.predict_proba(rows)[:, 1], abs=1e-12)
    contributions = found[[f"points_{name}" for name in model.preparation_.features]]
    total = found["base"].to_numpy() + contributions.to_numpy().sum(axis=1)
    assert np.abs(total - found["points"].to_numpy()).max() < 1e-9
    esg = [f"points_{name}" for name in model.preparation_.features if not context(name)]
    assert found["esg_points"].to_numpy() == pytest.approx(found[esg].to_numpy().sum(axis=1), abs=1e-9)
    for points, shown in zip(found["points"], found["shown_points"], strict=True):
        assert shown == math.floor(abs(points) + 0.5) * math.copysign(1, points)


def context(name):
    return FAMILIES[CATALOGUE[name].family].pillar == "context"


def test_the_answer_keeps_the_index_of_the_question(loaded, rows):
    turned = rows.iloc[::-1]
    assert list(loaded.predict(turned).index) == list(turned.index)
    assert loaded.predict(turned).sort_index().equals(loaded.predict(rows))


def test_the_signature_is_what_comes_in_and_goes_out(loaded, model, rows):
    signature = loaded.metadata.signature
    assert signature.inputs.input_names() == list(model.preparation_.inputs)
    kinds = dict(zip(signature.inputs.input_names(), signature.inputs.input_types(), strict=True))
    assert {name for name, kind in kinds.items() if kind.name == "string"} == {
        name for name in model.preparation_.inputs if CATALOGUE[name].is_category
    }
    answered = loaded.predict(rows)
    assert list(answered.columns) == signature.outputs.input_names()
    kinds = [kind.to_numpy() for kind in signature.outputs.input_types()]
    assert list(answered.dtypes) == kinds


def test_the_example_is_logged_scores_and_is_nobody(loaded, model, portfolio):
    with connect() as mlflow:
        example = mlflow.models.Model.load(URI).load_input_example()
    assert list(example.columns) == list(model.preparation_.inputs)
    assert len(loaded.predict(example)) == len(example) == 2
    numbers = [name for name in example if not CATALOGUE[name].is_category]
    assert example[numbers].iloc[1].isna().all()
    made_up = example[numbers].iloc[0].to_numpy(dtype=float)
    assert not (portfolio.X[numbers].to_numpy(dtype=float) == made_up).all(axis=1).any()
    # One that hands in nothing never does better than one with figures in the middle.
    points = answer(model, input_example(model))["points"]
    assert points[1] < points[0]


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_scoring_server_answers_over_http(workplace, version, rows):
    """``mlflow models serve`` runs this application; it is called here as its web server calls it."""
    with connect() as mlflow:
        from mlflow.pyfunc import scoring_server  # noqa: PLC0415  (takes seconds)

        served = mlflow.pyfunc.load_model(f"models:/green-credit/{version}")
        asked = rows[served.metadata.get_input_schema().input_names()].copy()
        asked.loc[[0, 1], asked.columns] = None  # two that handed in nothing at all
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
            app = scoring_server.init(served)
            assert call(app, "GET", "/ping", b"")[0] == 200
            content = {"dataframe_split": json.loads(asked.to_json(orient="split"))}
            status, body = call(app, "POST", "/invocations", json.dumps(content).encode())
            alone = {"dataframe_split": json.loads(asked.head(1).to_json(orient="split"))}
            silent, one = call(app, "POST", "/invocations", json.dumps(alone).encode())
            refused, why = call(
                app, "POST", "/invocations", json.dumps({"dataframe_records": [{"coal_share": 0.1}]}).encode()
            )
    assert status == silent == 200, body
    found = pd.DataFrame(json.loads(body)["predictions"])
    expected = served.predict(asked)
    assert list(found.columns) == list(expected.columns)
    assert found.to_numpy(dtype=float) == pytest.approx(expected.to_numpy(dtype=float), abs=1e-9)
    assert json.loads(one)["predictions"][0]["points"] == pytest.approx(expected["points"].iloc[0])
    assert refused == 400
    assert "missing" in why.decode()


def call(app, method, path, body):
    """Send one request to an ASGI application and return status and body."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answered = {"status": 0, "body": b""}
    asked = False

    async def receive():
        nonlocal asked
        if asked:
            await asyncio.sleep(3600)
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answered["status"] = message.get("status", answered["status"])
        answered["body"] += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return answered["status"], answered["body"]


def test_every_artifact_is_text_and_none_is_a_pickle(workplace):
    files = [path for path in (workplace / "mlartifacts").rglob("*") if path.is_file()]
    assert {"booster.txt", "model.json", "scorecard.toml", "pyfunc_code.py", "input_example.json"} <= {
        path.name for path in files
    }
    for path in files:
        assert path.suffix not in {".pkl", ".pickle", ".cloudpickle", ".joblib", ".npy", ".pt", ".bin"}, (
            path.name
        )
        assert "\x00" not in path.read_bytes().decode()
        with pytest.raises(ValueError, match=r".+"):
            list(pickletools.genops(path.read_bytes()))
        if path.name == "MLmodel":
            assert "loader_module: mlflow.pyfunc.loaders.code_model" in path.read_text()
            assert "python_model:" not in path.read_text()
