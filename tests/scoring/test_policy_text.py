"""What is told of a policy: ``policy-check``, the proposals of one decision, and the page of the documentation."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from typer.testing import CliRunner

from features import reference
from scoring.cli import app
from scoring.explain_text import explain_results
from scoring.policy import FACTS, load_policy, parse_policy
from scoring.policy.handed_out import handed_out, row_on_day
from scoring.policy.references import OWN_ROWS
from scoring.policy.rules import NEEDED, Effect, Operator, Policy
from scoring.policy_text import EFFECTS, policy_text, remarks
from scoring.proposals_text import proposals_text

SHIPPED = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
POLICY = load_policy()
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
LABELS = reference.table("finance_labels")


def test_a_good_file_is_told_rule_by_rule(tmp_path):
    file = tmp_path / "bank.toml"
    file.write_text(SHIPPED, encoding="utf-8")
    done = CliRunner().invoke(app, ["policy-check", str(file)])
    assert done.exit_code == 0
    assert f"{file}: nothing is wrong" in done.stdout
    for rule in POLICY.rules:
        assert f"  {rule.id}" in done.stdout
        assert f"{rule.en} {rule.zh}" in done.stdout
        assert f"source 来源: {rule.source}" in done.stdout
    waiting = re.search(
        r"  new_line_below_advanced .*\n.*\n.*\n    sends to review until confirmed .*", done.stdout
    )
    assert "sector_benchmarks@financed" in waiting.group()
    for effect, (en, zh) in EFFECTS.items():
        assert f"{en} {zh} ({sum(rule.effect == effect for rule in POLICY.rules)})" in done.stdout


def test_a_wrong_file_ends_with_line_key_and_hint(tmp_path):
    file = tmp_path / "bank.toml"
    file.write_text(SHIPPED.replace("dishonesty_records", "dishonest_records", 1), encoding="utf-8")
    line = next(n for n, text in enumerate(SHIPPED.splitlines(), start=1) if "dishonesty_records" in text)
    done = CliRunner().invoke(app, ["policy-check", str(file)])
    assert done.exit_code == 1
    said = " ".join(done.stderr.split())
    assert f"line {line}, rules.dishonesty_record.when[0]" in said
    assert "Did you mean dishonesty_records?" in said


def test_what_may_not_be_meant_is_told():
    assert remarks(POLICY) == ["No price for CC, C. 以上等级无定价。"]
    odd = SHIPPED.replace('grade = "CCC"\nen', 'grade = "AAA"\nen', 1)
    odd = odd.replace("valid_from = 2025-01-01", "valid_from = 2025-01-01\nvalid_to = 2025-06-30", 1)
    odd = re.sub(r"by_grade = .*", "by_grade = {}", odd)
    told = remarks(parse_policy(odd, file="odd.toml"))
    assert any("critical_open_incident: a cap at AAA lowers no grade" in remark for remark in told)
    assert any("green_clean_energy: green_energy_transition holds on no day" in remark for remark in told)
    assert any("Rules step the price" in remark for remark in told)
    assert "Worth a look" in policy_text(POLICY, file="p.toml")


DECISION = {
    "as_of": "2025-11-01", "watch_list": True, "benchmark_status": "below", "labels": ["green_energy_transition"],
    "label_candidates": ["transition_steel"], "price_basis_points": -5, "conditions_precedent": ["label_evidence"],
    "covenants": ["report_incidents"], "support": ["cerf"], "policy_in_force": False,
}  # fmt: skip
MANIFEST = {"policy": POLICY.content(), "policy_rows": handed_out(POLICY)}


def test_the_proposals_of_a_decision_are_told_in_both_languages_with_dates_and_sources():
    text = proposals_text(DECISION, MANIFEST)
    assert "Watch-list 观察名单: yes 是" in text
    assert "below the baseline 低于基准水平" in text
    chapter = LABELS.row(by_predicate=pl.col("id") == "green_energy_transition", named=True)
    assert f"Label 标签: green: {chapter['scheme_en']}, {chapter['chapter_en']}" in text
    assert "in force since 自 2025-10-01" in text
    assert re.search(r"复核后可认定标签: transition: .* \[unconfirmed 未经确认\]", text)
    assert "-5 basis points 基点" in text
    for rule_id in ("label_evidence", "report_incidents"):
        rule = POLICY.rule(rule_id)
        assert f"{rule.en} {rule.zh}" in text
        assert f"{rule.id}, source: {rule.source}" in text
    measure = next(row for row in MANIFEST["policy_rows"]["support_measures"] if row["id"] == "cerf")
    assert f"if 条件: {measure['conditions']} {measure['conditions_zh']}" in text
    assert "outside the policy's dates" in text


def test_a_decision_without_proposals_and_one_of_an_earlier_version():
    nothing = dict.fromkeys(DECISION, None) | {
        "as_of": "2025-11-01", "watch_list": False, "labels": [], "label_candidates": [], "conditions_precedent": [],
        "covenants": [], "support": [], "policy_in_force": True,
    }  # fmt: skip
    text = proposals_text(nothing, MANIFEST)
    assert "Labels 标签: none 无" in text
    assert "none by this policy 无定价" in text
    assert "outside" not in text
    assert proposals_text({"grade": "A"}, {}) == ""


def test_explain_tells_the_rules_that_decide_apart_from_the_proposals(synthetic_results):
    decisions = synthetic_results.decisions
    row = decisions.filter(pl.col("covenants").list.len() > 0).row(0, named=True)
    text = explain_results(synthetic_results, row["application_id"])
    assert text.count(row["covenants"][0]) == 1
    assert "What the policy proposes 政策建议" in text
    for rule_id in row["review_reasons"]:
        assert f"  {rule_id} (review 复核)" in text


def test_every_row_that_a_policy_hands_out_is_kept_with_its_days_and_confirmation():
    rows = handed_out(POLICY)
    named = {rule.label for rule in POLICY.rules if rule.label} | {
        rule.measure for rule in POLICY.rules if rule.measure
    }
    assert {row["id"] for table in rows.values() for row in table} == named
    confirmed = {row["id"]: row["confirmed"] for row in rows["finance_labels"]}
    assert confirmed["green_energy_transition"]
    assert not confirmed["transition_steel"]
    assert row_on_day(rows["finance_labels"], "green_energy_transition", "2025-09-30") is None


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


TABLE = [cells(line) for line in PAGE.splitlines() if line.startswith("|")]


def test_the_page_tells_every_effect_and_the_key_it_needs():
    told = {
        row[0].strip("`"): row[1].strip("`")
        for row in TABLE
        if len(row) == 4 and row[0].strip("`") in EFFECTS
    }
    assert told == {effect: NEEDED.get(effect, "") for effect in get_args(Effect)}
    assert set(EFFECTS) == set(get_args(Effect))


def test_the_page_tells_every_fact_as_the_code_does():
    told = {row[0].strip("`"): row[2] for row in TABLE if len(row) == 3 and row[0].strip("`") in FACTS}
    assert told == {name: fact.meaning for name, fact in FACTS.items()}


def test_the_page_tells_operators_keys_own_rows_and_labels():
    first = " ".join(row[0] for row in TABLE)
    for operator in get_args(Operator):
        assert f"`{operator}`" in first
    for key in Policy.model_fields:
        assert f"`{key}`" in first or f"`[{key}]`" in first or f"`[[{key}]]`" in first
    for entry in OWN_ROWS:
        assert f"`{entry}`" in first
    told = {re.match(r"`(\w+)`", row[2]).group(1): (row[0], row[1], row[3]) for row in TABLE
            if row[0] in ("green", "transition")}  # fmt: skip
    assert told == {
        row["id"]: (row["kind"], str(row["valid_from"]), row["verified"])
        for row in LABELS.iter_rows(named=True)
    }


@pytest.mark.parametrize("command", ["policy-check", "what-if-policy"])
def test_the_page_names_the_commands(command):
    assert f"greencredit {command} " in PAGE
