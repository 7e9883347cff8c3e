"""Promotion needs the gate, a name, a reason and a day; what was before is kept and can be put back."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil

import pytest

from features.errors import ModelError
from models import registry
from models.gate.record import log_result
from models.gate.result import Finding, GateResult
from models.promotion import promote, rollback
from models.tracking import connect

NO_SERVER = "no PostgreSQL server: run .ci/run, or let GREENCREDIT_TEST_POSTGRES be the URL of one whose user may create databases"
SIGNED = {"approver": "Chief risk officer", "reason": "Outcomes of 2025"}
DAY = dt.date(2026, 3, 1)


def judged(challenger, champion, *, passed=True, demonstration=False):
    """Log a verdict as compare does."""
    finding = Finding(
        rule="calibration", problems=() if passed else ("its slope is 3",), figures={}, thresholds={}
    )
    result = GateResult(
        challenger=challenger,
        champion=champion,
        champion_uri="",
        gate={},
        gate_sha256="ab" * 32,
        dataset_hash="cd",
        applications=10,
        bads=2,
        demonstration=demonstration,
        findings=(finding,),
    )
    with connect() as mlflow:
        log_result(mlflow, result, moved_csv="application_id\n")


def registered_model():
    with connect() as mlflow:
        return mlflow.MlflowClient().get_registered_model("green-credit")


def aliases():
    return {name: str(version) for name, version in registered_model().aliases.items()}


def events():
    tags = registered_model().tags
    return [json.loads(tags[name]) for name in sorted(tags) if name.startswith("event_")]


@pytest.fixture(scope="module")
def model(planted):
    return planted.fit(n_estimators=5)


@pytest.fixture
def store(empty_store, tmp_path, monkeypatch):
    """A store of its own for every test."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{shutil.copy(empty_store, tmp_path)}")


@pytest.fixture
def versions(planted, model, store):
    """Three versions of one model; the first is champion."""
    return [planted.register(model, champion=True) for _ in range(3)]


def test_without_the_gate_nothing_is_promoted(versions):
    with pytest.raises(
        ModelError, match=r"The gate has not judged version 2.*greencredit compare DATASET --challenger"
    ):
        promote("2", **SIGNED, holds_from=DAY)
    judged("2", "1", passed=False)
    with pytest.raises(ModelError, match="The gate refused version 2: calibration"):
        promote("2", **SIGNED, holds_from=DAY)
    judged("2", "3")
    with pytest.raises(
        ModelError, match=r"held version 2 against version 3, and version 1 is champion now.*Run again"
    ):
        promote("2", **SIGNED, holds_from=DAY)
    with pytest.raises(ModelError, match="No version '9' of green-credit"):
        promote("9", **SIGNED, holds_from=DAY)
    with pytest.raises(ModelError, match="Version 1 is champion already"):
        promote("1", **SIGNED, holds_from=DAY)
    assert aliases() == {"champion": "1", "challenger": "2"}
    assert events() == []


@pytest.mark.parametrize("name", ["approver", "reason"])
@pytest.mark.parametrize("text", ["", "  ", "x" * 1_001])
def test_without_a_name_or_a_reason_nothing_is_promoted(name, text):
    with pytest.raises(ModelError, match=f"The {name} is (missing|longer).*--{name}"):
        promote("2", **SIGNED | {name: text}, holds_from=DAY)
    with pytest.raises(ModelError, match=f"The {name} is (missing|longer).*--{name}"):
        rollback(**SIGNED | {name: text})


def test_the_command_asks_for_a_name_a_reason_and_a_day(planted, versions):
    whole = ["promote", "2", "--approver", "A", "--reason", "B", "--from", "2026-03-01"]
    for at in (2, 4, 6):
        done = planted.run(*whole[:at], *whole[at + 2 :])
        assert done.exit_code == 2
        assert "Missing option" in done.output
    assert planted.run(*whole).exit_code == 1
    assert "The gate has not judged version 2" in planted.run(*whole).output
    judged("2", "1")
    done = planted.run(*whole)
    assert done.exit_code == 0
    assert "version 2 is champion from 2026-03-01" in done.output
    back = planted.run("rollback", "--approver", "A", "--reason", "worse in Shandong")
    assert back.exit_code == 0
    assert "version 1 is champion" in back.output


def test_a_promotion_is_logged_and_a_rollback_restores(versions):
    judged("2", "1")
    change = promote("2", **SIGNED, holds_from=DAY)
    assert (change.champion, change.previous, change.former) == ("2", "1", "1")
    assert aliases() == {"champion": "2", "previous": "1"}
    with connect() as mlflow:
        tags = registry.version_of(mlflow, "2").tags
    assert (tags["approver"], tags["promotion_reason"], tags["holds_from"]) == (
        *SIGNED.values(),
        "2026-03-01",
    )
    judged("3", "2")
    promote("3", **SIGNED, holds_from=dt.date(2026, 4, 1))
    assert aliases() == {"champion": "3", "previous": "2"}
    rollback(approver="Validator", reason="drift")
    assert aliases() == {"champion": "2", "previous": "1"}
    assert registry.load().version == "2"
    rollback(approver="Validator", reason="drift")
    assert aliases() == {"champion": "1"}
    assert registry.load().version == "1"
    with pytest.raises(ModelError, match="no former champion"):
        rollback(approver="Validator", reason="drift")
    told = [(event["action"], event["version"], event["former"], event["approver"]) for event in events()]
    assert told == [
        ("promote", "2", "1", SIGNED["approver"]),
        ("promote", "3", "2", SIGNED["approver"]),
        ("rollback", "2", "3", "Validator"),
        ("rollback", "1", "2", "Validator"),
    ]


def test_a_champion_is_not_used_before_its_day(versions):
    judged("2", "1")
    promote("2", **SIGNED, holds_from=DAY)
    judged("3", "2")
    with pytest.raises(ModelError, match="Version 2 holds from 2026-03-01, after 2026-02-01"):
        promote("3", **SIGNED, holds_from=dt.date(2026, 2, 1))
    promote("3", **SIGNED, holds_from=dt.date(2026, 6, 1))
    used = {
        day: registry.load(on=dt.date.fromisoformat(day)).version
        for day in ("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01")
    }
    assert used == {"2026-02-28": "1", "2026-03-01": "2", "2026-05-31": "2", "2026-06-01": "3"}
    assert registry.load().version == "3"
    assert registry.load("models:/green-credit/3", on=dt.date(2020, 1, 1)).version == "3"


def test_no_champion_before_the_first_day_is_said(planted, model, store):
    assert planted.register(model) == "1"
    judged("1", "")
    promote("1", **SIGNED, holds_from=DAY)
    with pytest.raises(ModelError, match="No champion holds on 2026-02-28: version 1 holds from 2026-03-01"):
        registry.load(on=dt.date(2026, 2, 28))
    assert registry.load(on=DAY).version == "1"


def test_simulated_outcomes_are_promoted_with_the_word_only(planted, model, store):
    planted.register(model, champion=True)
    version = planted.register(model, origin="simulated")
    judged(version, "1", demonstration=True)
    with pytest.raises(ModelError, match="Promote it with --demonstration"):
        promote(version, **SIGNED, holds_from=DAY)
    assert promote(version, **SIGNED, holds_from=DAY, demonstration=True).demonstration
    assert events()[0]["demonstration"]


def test_a_postgresql_server_keeps_the_same_record(planted, model, tmp_path, monkeypatch):
    url = os.environ.get("GREENCREDIT_TEST_POSTGRES")
    if not url:
        pytest.skip(NO_SERVER)
    import psycopg  # noqa: PLC0415

    name = f"mlflow_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        store = f"{url.rsplit('/', 1)[0]}/{name}".replace("postgresql://", "postgresql+psycopg://", 1)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
        monkeypatch.chdir(tmp_path)
        assert [planted.register(model, champion=True) for _ in range(2)] == ["1", "2"]
        judged("2", "1")
        promote("2", **SIGNED, holds_from=DAY)
        assert aliases() == {"champion": "2", "previous": "1"}
        assert registry.load(on=dt.date(2026, 1, 1)).version == "1"
        rollback(**SIGNED)
        assert registry.load().version == "1"
        assert [event["action"] for event in events()] == ["promote", "rollback"]
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
