"""The release gate: its sums, its bounds, a policy that lets moves by, and the command."""

from __future__ import annotations

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from features.errors import GreenCreditError, ModelError
from features.intake import validate_tables
from features.simulate import simulate, write
from scoring.cli import app
from scoring.gaming import gaming_gate, gaming_text, moves_named, verdict
from scoring.gaming.gate import check_gaming
from scoring.gaming.library import MOVES
from scoring.policy import load_policy


def without(*rules):
    policy = load_policy()
    return policy.model_copy(update={"rules": tuple(r for r in policy.rules if r.id not in rules)})


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_library_as_it_stands_passes_and_is_told(tried, honest, tell):
    report = verdict(tried, MOVES, applications=honest.tables["applications"].height)
    tell(gaming_text(report))
    assert report.passed, report.refused_by
    for row in report.table.iter_rows(named=True):
        mine = tried.filter(pl.col("move") == row["move"])
        gains = mine["gain"].to_list()
        assert row["applications"] == len(gains)
        if gains:
            assert row["points_rise"] == pytest.approx(sum(g > 1e-9 for g in gains) / len(gains))
            assert row["largest_gain"] == max(*gains, 0.0)
            assert row["unstopped"] == pytest.approx(sum(mine["unstopped"]) / len(gains))
    json.dumps(report.as_dict())


def test_a_policy_that_asks_nobody_is_refused(honest, card):
    moves = moves_named(["interest_claimed_zero", "firm_split", "sinks_bought"])
    assert gaming_gate(honest, model=card, policy=load_policy(), moves=moves).passed
    lax = gaming_gate(honest, model=card, policy=without("group_changed_lately"), moves=moves)
    assert lax.refused_by == ("firm_split",)
    assert "REFUSED" in gaming_text(lax)
    deaf = gaming_gate(honest, model=card, policy=without("contradictions"), moves=moves)
    assert deaf.refused_by == ("interest_claimed_zero",)


def test_some_firms_of_many_are_tried(honest, card):
    report = gaming_gate(
        honest, model=card, policy=load_policy(), moves=moves_named(["withhold_annual"]), most_firms=7
    )
    assert report.applications == 7
    assert report.table["applications"].to_list() == [7]


def test_an_unknown_move_is_told():
    with pytest.raises(GreenCreditError, match="no gaming move 'fuel_left_in'"):
        moves_named(["fuel_left_in"])


def test_the_command_refuses_records_and_keeps_a_refused_version_from_promotion(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    write(simulate(firms=25, seed=78, new_applicants=True), tmp_path / "new")
    assert run("scorecard", "--register").exit_code == 0
    dataset = tmp_path / "new" / "dataset"
    done = run("gaming", dataset, "--move", "certificates_stacked", "--out", tmp_path / "moves.json")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "moves.json").read_text())["passed"]
    assert not check_gaming("1")

    shipped = (load_policy.__globals__["resources"].files("scoring") / "policy.toml").read_text(
        encoding="utf-8"
    )
    lax = shipped.replace('{ fact = "cross_check_warnings", operator = ">=", value = 1 }',
                          '{ fact = "cross_check_warnings", operator = ">=", value = 99 }')  # fmt: skip
    assert lax != shipped
    (tmp_path / "lax.toml").write_text(lax, encoding="utf-8")
    refused = run("gaming", dataset, "--policy", tmp_path / "lax.toml", "--record")
    assert refused.exit_code == 1
    assert "REFUSED" in refused.output
    with pytest.raises(ModelError, match="Gaming moves raise decisions of version 1"):
        check_gaming("1")
    told = run("promote", 1, "--approver", "A", "--reason", "B", "--from", "2026-01-01")
    assert told.exit_code == 1
    assert "Gaming moves raise decisions" in told.output
    assert "whole library" in run("gaming", dataset, "--move", "firm_split", "--record").output


@pytest.mark.long
def test_a_thousand_messy_firms_get_by_no_more_than_declared(card, tell):
    dataset = validate_tables(
        simulate(firms=1000, seed=79, new_applicants=True, messy=True).tables, source="a test"
    )
    report = gaming_gate(dataset, model=card, policy=load_policy())
    tell(gaming_text(report))
    assert report.passed, report.refused_by
