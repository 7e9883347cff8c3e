"""The gate lets a sound challenger pass and refuses each other one by the name of the rule, with exit status 1."""

from __future__ import annotations

import json
from importlib import resources

import polars as pl
import pytest

from models import registry
from models.tracking import connect


def verdict(bank, name):
    """The evidence in the challenger's run, as a validator opens it."""
    with connect() as mlflow:
        version = registry.version_of(mlflow, bank.versions[name])
        content = json.loads(mlflow.artifacts.load_text(f"runs:/{version.run_id}/gate/result.json"))
        assert version.tags["gate"] == ("passed" if content["passed"] else "refused")
        assert version.tags["gate_refused_by"] == ", ".join(content["refused_by"])
        aliases = mlflow.MlflowClient().get_registered_model("green-credit").aliases
        assert str(aliases["challenger"]) == bank.versions[name]
    return content, {finding["rule"]: finding for finding in content["findings"]}


def test_a_sound_challenger_passes_and_the_movers_are_listed(bank, tmp_path):
    # The whole way, dataset read and indicators computed.
    done = bank.compare(bank.versions["sound"], "--out", tmp_path / "moved.csv")
    assert done.exit_code == 0, done.output
    content, findings = verdict(bank, "sound")
    assert content["passed"]
    assert list(content["refused_by"]) == []
    assert (content["challenger"], content["champion"]) == (bank.versions["sound"], bank.versions["champion"])
    assert findings["stability"]["figures"]["measured"]
    assert findings["withholding"]["figures"]["share"] == 0.0
    assert findings["exactness"]["figures"]["additivity_gap"] <= 1e-9
    assert f"greencredit promote {bank.versions['sound']} --approver" in done.output
    moved = pl.read_csv(tmp_path / "moved.csv")
    values = bank.indicators.values.sort("application_id")
    table = values.select(
        name for name in values.columns if name not in {"application_id", "firm_id", "as_of"}
    )
    shown = {}
    for name in ("champion", "sound"):
        model = registry.load(f"models:/green-credit/{bank.versions[name]}").model
        shown[name] = [int(points + 0.5) for points in model.predict_points(table.to_pandas())]

    def grade(points):
        cuts = {"AAA": 680, "AA": 660, "A": 640, "BBB": 620, "BB": 600, "B": 580, "CCC": 560, "CC": 540}
        return next((name for name, cut in cuts.items() if points >= cut), "C")

    wanted = [
        (key, old, new, grade(old), grade(new))
        for key, old, new in zip(values["application_id"], shown["champion"], shown["sound"], strict=True)
        if grade(old) != grade(new)
    ]
    columns = ("application_id", "points_old", "points_new", "grade_old", "grade_new")
    assert moved.select(columns).rows() == wanted
    assert findings["swap_set"]["figures"]["moved"] == len(wanted) / values.height
    assert f"{len(wanted):,} of {values.height:,} applications move" in done.output


def refused(bank, name, rule, gate):
    done = bank.compare(bank.versions[name], "--gate", gate)
    assert done.exit_code == 1, done.output
    assert "REFUSED by" in done.output
    content, findings = verdict(bank, name)
    assert not content["passed"]
    assert rule in content["refused_by"]
    assert rule in done.output.rsplit("REFUSED by", 1)[1]
    return content["refused_by"], findings


def test_a_worse_challenger_is_refused(ready, no_stability):
    _, findings = refused(ready, "worse", "discrimination", no_stability)
    figures = findings["discrimination"]["figures"]
    assert figures["difference_low"] < -0.02
    assert figures["challenger_auc"] < figures["champion_auc"]


def test_a_miscalibrated_challenger_is_refused_though_its_auc_is_higher(ready, no_stability):
    rules, findings = refused(ready, "miscalibrated", "calibration", no_stability)
    figures = findings["discrimination"]["figures"]
    assert figures["challenger_auc"] > figures["champion_auc"]
    assert "discrimination" not in rules
    assert findings["calibration"]["figures"]["slope"] < 0.8


def test_a_challenger_that_is_not_monotone_is_refused(ready, no_stability):
    rules, findings = refused(ready, "non_monotone", "monotonicity", no_stability)
    assert "discrimination" not in rules
    assert findings["monotonicity"]["figures"]["violations"] > 0


def test_a_challenger_that_pays_for_silence_is_refused(ready, no_stability):
    rules, findings = refused(ready, "silence", "withholding", no_stability)
    assert rules == ["withholding"]
    assert findings["withholding"]["figures"]["largest_points"] > 1.0


def test_a_challenger_with_unstable_reasons_is_refused(ready, no_stability, tmp_path):
    shipped = resources.files("models").joinpath("gate.toml").read_text(encoding="utf-8")
    assert "most_replaced_by_indicator = 0.5" in shipped
    strict = tmp_path / "strict.toml"
    strict.write_text(shipped.replace("most_replaced_by_indicator = 0.5", "most_replaced_by_indicator = 0.3"))
    _, findings = refused(ready, "unstable", "stability", strict)
    assert findings["stability"]["figures"]["replaced_by_indicator"] > 0.3
    # The same gate lets the sound one pass; waived, the rule is still told, and refuses no longer.
    assert ready.compare(ready.versions["sound"], "--gate", strict).exit_code == 0
    lenient = tmp_path / "lenient.toml"
    lenient.write_text(strict.read_text().replace("[stability]", '[stability]\nwaived = "few firms"'))
    done = ready.compare(ready.versions["unstable"], "--gate", lenient)
    assert "stability" not in verdict(ready, "unstable")[0]["refused_by"]
    assert "Waived: few firms" in done.output


def test_reasons_that_were_not_measured_are_refused(ready):
    assert ready.compare(ready.versions["silence"]).exit_code == 1
    content, findings = verdict(ready, "silence")
    assert content["refused_by"] == ["withholding", "stability"]
    assert findings["stability"]["problems"] == ["its run did not measure it: train with --stability"]


def test_simulated_outcomes_pass_for_demonstration_only(ready, no_stability):
    rules, _ = refused(ready, "simulated", "label_origin", no_stability)
    assert rules == ["label_origin"]
    done = ready.compare(ready.versions["simulated"], "--gate", no_stability, "--demonstration")
    assert done.exit_code == 0, done.output
    assert verdict(ready, "simulated")[0]["demonstration"]
    promoted = ready.run(
        "promote", ready.versions["simulated"], "--approver", "A", "--reason", "B", "--from", "2026-01-01"
    )
    assert promoted.exit_code == 1
    assert "Simulated outcomes stand behind" in promoted.output


def test_the_declared_scorecard_is_a_challenger_as_any(ready, no_stability):
    from models.scorecard_file import read_scorecard  # noqa: PLC0415
    from models.scorecard_run import register_scorecard  # noqa: PLC0415

    ready.versions["declared"] = register_scorecard(read_scorecard()).version
    rules, findings = refused(ready, "declared", "discrimination", no_stability)
    assert {"withholding", "monotonicity", "exactness", "label_origin"}.isdisjoint(rules)
    assert findings["exactness"]["figures"]["kernel"] == "scorecard"


def test_what_cannot_be_judged_is_said(ready, tmp_path):
    fitted = ready.compare(ready.versions["sound"], "--share", "0.5")
    assert fitted.exit_code == 1
    assert "kept the latest 20% apart" in fitted.output
    assert "No version" not in fitted.output
    absent = ready.compare("99")
    assert absent.exit_code == 1
    assert "No such model is registered" in absent.output
    wrong = ready.compare(ready.versions["sound"], "--out", tmp_path / "moved.txt")
    assert wrong.exit_code == 2
    folder = ready.run("compare", ready.folder, "--challenger", tmp_path)
    assert folder.exit_code == 1


@pytest.mark.parametrize("text", ["margin = 3"])
def test_a_wrong_gate_is_refused_before_anything_is_read(bank, tmp_path, text):
    (tmp_path / "gate.toml").write_text(f'version = "1"\n[discrimination]\n{text}\n')
    done = bank.run(
        "compare", "nowhere", "--challenger", "models:/green-credit/1", "--gate", tmp_path / "gate.toml"
    )
    assert done.exit_code == 1
    assert "line 3: discrimination.margin must be" in done.output
