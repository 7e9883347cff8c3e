"""Two policies on one result folder: rows in are rows out, moves add up, and the command tells and writes them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from importlib import resources

import polars as pl
import pytest
from typer.testing import CliRunner

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring import outputs
from scoring.cli import app
from scoring.policy import decide, load_policy, parse_policy
from scoring.policy.facts import facts_table
from scoring.what_if import COMPARED, judged_again, migration, what_if
from scoring.what_if_text import movers_table, what_if_text

SHIPPED = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
STRICTER = SHIPPED.replace("minimum_points = 620 #", "minimum_points = 625 #").replace(
    "basis_points = 20\n", "basis_points = 35\n"
)
OLD, NEW = load_policy(), parse_policy(STRICTER, file="new.toml")


@pytest.fixture(scope="module")
def results(synthetic_results):
    """Results with the facts beside them, as ``score`` writes them."""
    decisions = synthetic_results.decisions
    judged = synthetic_results.indicators.join(
        decisions.select("application_id", "cross_check_warnings", *SEVERITIES), on="application_id"
    )
    return replace(synthetic_results, policy_facts=facts_table(judged))


SEVERITIES = ("open_environmental_severity", "recent_environmental_severity")


@pytest.fixture(scope="module")
def found(results):
    return what_if(results, old=OLD, new=NEW)


def test_deciding_again_under_the_same_policy_gives_the_decisions_of_the_batch(results):
    again = decide(judged_again(results), policy=OLD)
    told = results.decisions.sort("application_id")
    for column in ("points_shown", *COMPARED, "rules_fired", "risk_class_basis", "policy_in_force"):
        assert again[column].to_list() == told[column].to_list(), column
    assert what_if(results, old=OLD, new=OLD).movers.is_empty()


def test_rows_in_are_rows_out_and_moves_reconcile(results, found):
    assert found.decisions.height == results.decisions.height
    assert found.decisions["application_id"].is_sorted()
    for column, old, new in (
        ("grade", OLD.grade_names, NEW.grade_names),
        ("risk_class", ("A", "B", "C"), ("A", "B", "C")),
    ):
        counts = migration(found.decisions, column, old=old, new=new)
        assert sum(map(sum, counts)) == results.decisions.height
        for place, name in enumerate(old):
            assert sum(counts[place]) == results.decisions.filter(pl.col(column) == name).height
    still = found.decisions.filter(~pl.col("moved"))
    assert found.movers.height + still.height == results.decisions.height
    assert 0 < found.movers.height < results.decisions.height


def test_each_move_equals_its_twin(results, found):
    judged = judged_again(results)
    before, after = (
        {row["application_id"]: row for row in decide(judged, policy=policy).iter_rows(named=True)}
        for policy in (OLD, NEW)
    )
    place = {name: position for position, name in enumerate(OLD.grade_names)}
    for row in found.decisions.iter_rows(named=True):
        one, other = before[row["application_id"]], after[row["application_id"]]
        assert row["moved"] == any(one[column] != other[column] for column in COMPARED)
        assert row["grade_steps"] == place[other["grade"]] - place[one["grade"]]
        assert row["rules_gained"] == sorted(set(other["rules_fired"]) - set(one["rules_fired"]))
        assert row["rules_lost"] == sorted(set(one["rules_fired"]) - set(other["rules_fired"]))


def test_policies_with_other_grades_have_a_matrix_and_no_steps(results):
    few = OLD.model_copy(update={"grades": OLD.grades[2:]})
    rules = tuple(r for r in few.rules if r.grade in (None, *few.grade_names))
    found = what_if(results, old=OLD, new=few.model_copy(update={"rules": rules}))
    assert found.decisions["grade_steps"].null_count() == found.decisions.height
    text = what_if_text(found, demonstration=False)
    assert re.search(r"AAA +", text)
    assert "DEMONSTRATION" not in text


def test_results_of_an_earlier_version_are_refused_with_the_mend(results):
    with pytest.raises(GreenCreditError, match="earlier version") as caught:
        what_if(replace(results, policy_facts=pl.DataFrame()), old=OLD, new=NEW)
    assert "Score the batch again" in caught.value.mend


def test_the_text_tells_matrix_counts_rules_and_movers(found):
    text = what_if_text(found, demonstration=True, out="movers.csv")
    assert text.startswith("DEMONSTRATION")
    head = f"{OLD.version_id} -> {NEW.version_id}: {found.movers.height:,} of {found.decisions.height:,}"
    assert head in text
    review = (found.decisions["review_old"].sum(), found.decisions["review_new"].sum())
    assert re.search(rf"to review 转人工复核 +{review[0]} +{review[1]} ", text)
    first = found.movers.sort(pl.col("grade_steps").abs(), "application_id", descending=[True, False])
    assert first["application_id"][0] in text
    assert "All of them 完整清单: movers.csv" in text
    assert "more; --out FILE" in what_if_text(found, demonstration=True)


def test_the_movers_are_a_flat_table_for_any_file(found):
    flat = movers_table(found)
    assert flat.height == found.movers.height
    assert not any(isinstance(dtype, pl.List) for dtype in flat.dtypes)


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("scores")
    for name, table in {
        outputs.DECISIONS: results.decisions.select(
            c for c in results.decisions.columns if c not in CATALOGUE or c == "industry_division"
        ),
        outputs.CONTRIBUTIONS: results.contributions, outputs.SECTORS: results.sectors,
        outputs.INDICATORS: results.indicators, outputs.DATA_QUALITY: results.data_quality,
        outputs.CROSS_CHECKS: results.cross_checks, outputs.QUARANTINE: results.quarantine,
        outputs.POLICY_FACTS: results.policy_facts,
    }.items():  # fmt: skip
        table.write_parquet(out / name)
    (out / outputs.MANIFEST).write_text(json.dumps(dict(results.manifest), default=str), encoding="utf-8")
    for name in (outputs.RUN, outputs.REPORT):
        (out / name).write_text("{}", encoding="utf-8")
    return out


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_command_tells_and_writes_who_moves(folder, found, tmp_path, kind):
    old, new, out = tmp_path / "old.toml", tmp_path / "new.toml", tmp_path / "deep" / f"movers.{kind}"
    old.write_text(SHIPPED, encoding="utf-8")
    new.write_text(STRICTER, encoding="utf-8")
    done = CliRunner().invoke(app, ["what-if-policy", str(old), str(new), str(folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{found.movers.height:,} of {found.decisions.height:,} applications move" in done.stdout
    written = pl.read_csv(out) if kind == "csv" else pl.read_parquet(out)
    assert written["application_id"].to_list() == found.movers["application_id"].to_list()


def test_the_command_refuses_another_kind_of_file_and_old_results(folder, tmp_path):
    policy = tmp_path / "p.toml"
    policy.write_text(SHIPPED, encoding="utf-8")
    run = CliRunner()
    refused = run.invoke(app, ["what-if-policy", str(policy), str(policy), str(folder), "--out", "m.xlsx"])
    assert refused.exit_code == 2
    assert ".csv or .parquet" in refused.output
    older = tmp_path / "older"
    shutil.copytree(folder, older)
    (older / outputs.POLICY_FACTS).unlink()
    refused = run.invoke(app, ["what-if-policy", str(policy), str(policy), str(older)])
    assert refused.exit_code == 1
    assert "Score the batch again" in refused.output
