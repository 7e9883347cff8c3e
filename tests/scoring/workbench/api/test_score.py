"""Scoring over HTTP: what a batch would say, every refused cell named, repeated safely, neighbours unharmed."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from features.intake import validate_tables
from scoring.evaluate import evaluate
from scoring.workbench.web.api import examples
from scoring.workbench.web.api.body import read_score_request
from scoring.workbench.web.api.collector import Collector, Defect
from scoring.workbench.web.api.together import score_together

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from scoring.workbench.scorer import Scorer
    from scoring.workbench.web import Workbench


def own(number: int) -> dict[str, Any]:
    """The example under ids of its own."""
    text = json.dumps(examples.ALONE["tables"]).replace("EXAMPLE-1", f"F{number}")
    return json.loads(text.replace("EXAMPLE-2024-1", f"A{number}"))


def test_an_application_alone_is_scored_as_in_a_batch(client, scorer: Scorer) -> None:
    tables = examples.ALONE["tables"]
    answer = client.score(tables, explain=True)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    frames = {
        name: pl.DataFrame([{k: str(v) for k, v in row.items()} for row in rows])
        for name, rows in tables.items()
    }
    expected = evaluate(validate_tables(frames, source="twin"), model=scorer.model, policy=scorer.policy)
    decision, wanted = found["results"][0]["decision"], expected.decisions.row(0, named=True)
    for name in ("points", "points_shown", "grade", "risk_class", "review", "review_reasons", "rules_fired"):
        assert decision[name] == wanted[name], name
    told = found["results"][0]["explanation"]
    total = told["base"] + math.fsum(part["points"] for part in told["contributions"])
    assert total == pytest.approx(decision["points"], abs=1e-9)
    # Wherever a grade stands, so does what it rests on.
    assert (found["demonstration"], found["label_origin"]) == (
        decision["demonstration"],
        decision["label_origin"],
    )
    assert found["applications"] == {"in": 1, "scored": 1}


@pytest.mark.parametrize("example", ["ALONE", "SEVERAL", "WITH_ERRORS"])
def test_every_example_of_the_description_runs(client, example: str) -> None:
    body = getattr(examples, example)
    answer = client.post("/api/v1/score", json=body)
    assert answer.status_code == 200, answer.text
    described = json.dumps(client.get("/api/v1/openapi.json").json(), ensure_ascii=False, sort_keys=True)
    assert json.dumps(body, ensure_ascii=False, sort_keys=True) in described
    assert len(answer.json()["errors"]) == (example == "WITH_ERRORS")


def test_a_refused_cell_is_named_by_its_own_table_and_row(client) -> None:
    error = client.post("/api/v1/score", json=examples.WITH_ERRORS).json()["errors"][0]
    assert (error["table"], error["row"], error["column"], error["value"]) == (
        "energy",
        1,
        "quantity",
        "about 80",
    )
    assert error["mend_en"]
    assert error["mend_zh"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "bad-request", 400),
        (b"[]", "bad-request", 400),
        (b'{"tables": {}, "x": 1}', "bad-request", 400),
        (b'{"tables": {}, "explain": 1}', "bad-request", 400),
        (b'{"tables": {"firms": [{"firm_id": NaN}]}}', "bad-request", 400),
        (b'{"tables": {"firms": "\\ud800"}}', "bad-request", 400),
        (b"[" * 100_000, "bad-request", 400),
        (b"\xff\xfe", "bad-request", 400),
        (b'{"tables": {}}', "refused", 422),
        (b'{"tables": {"firms": 7}}', "refused", 422),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_a_hint(client, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/score", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["type"].endswith(kind)
    assert answer.json()["hint"]


def test_another_type_of_body_is_refused(client) -> None:
    answer = client.post("/api/v1/score", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


def test_more_than_a_thousand_are_a_batch(client) -> None:
    firm = examples.ALONE["tables"]["firms"]
    many = [{"application_id": f"A{n}", "firm_id": "EXAMPLE-1", "as_of": "2024-06-30"} for n in range(1001)]
    answer = client.score({"firms": firm, "applications": many})
    assert answer.status_code == 413


def test_a_repeated_request_is_answered_as_the_first_time(client, clock) -> None:
    first = client.score(examples.ALONE["tables"], key="k1")
    assert client.score(examples.ALONE["tables"], key="k1").text == first.text
    other = client.score(own(2), key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:greencredit:problem:key-used")
    # A refusal is kept as well.
    assert client.score({}, key="k2").text == client.score({}, key="k2").text
    # A key of one token says nothing to another; a day later it is free.
    clock.now += dt.timedelta(days=1, seconds=1)
    assert client.score(own(2), key="k1").status_code == 200


def test_requests_at_the_same_time_each_get_their_own_answer(client_of: Callable, issued: Callable) -> None:
    secret = issued()

    def ask(number: int):
        return client_of(secret).score(own(number)).json()

    alone = [ask(number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, range(4)))
    assert together == alone
    assert [answer["results"][0]["decision"]["application_id"] for answer in together] == [
        "A0",
        "A1",
        "A2",
        "A3",
    ]


def test_a_request_that_breaks_scoring_fails_alone(scorer: Scorer) -> None:
    def poisoned(requests: list) -> list:
        if any("A2" in json.dumps(sorted(request.records.ids or ())) for request in requests):
            raise ZeroDivisionError
        return score_together(requests, scorer=scorer)

    collector = Collector(poisoned, in_force=scorer.in_force)
    asked = [read_score_request(json.dumps({"tables": own(number)}).encode()) for number in range(4)]
    futures = [collector.submit(request) for request in asked]
    answers = [future.exception(timeout=60) or future.result() for future in futures]
    assert isinstance(answers[2], Defect)
    right = partial(score_together, scorer=scorer)
    assert [answers[n] for n in (0, 1, 3)] == [right([asked[n]])[0] for n in (0, 1, 3)]


def test_without_a_model_it_says_how_to_start_one(app: FastAPI, client) -> None:
    app.state.api = type(app.state.api)(collector=None)
    answer = client.score(examples.ALONE["tables"])
    assert answer.status_code == 503
    assert "--model" in answer.json()["hint"]


def test_nothing_hostile_leaves_the_json(client, workbench: Workbench) -> None:
    tables = copy.deepcopy(examples.ALONE["tables"])
    tables["firms"][0]["name"] = "<script>alert(1)</script>\u202e=1+1" + "长" * 10_000
    answer = client.score(tables)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert workbench.scorer is not None
