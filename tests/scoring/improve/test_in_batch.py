"""The way to the next grade within a batch and on the command line."""

from __future__ import annotations

import polars as pl
import pytest
from typer.testing import CliRunner

from features.simulate import simulate
from features.simulate.write import write
from models import stored
from scoring import batch, outputs
from scoring.cli import app
from scoring.improve.dataset import of_applications
from scoring.improve.in_batch import named_applicants
from scoring.improve.offer import IMPROVEMENTS_SCHEMA
from scoring.results import read_results

DECISIONS = pl.DataFrame(
    {
        "application_id": ["A", "B", "C", "D"],
        "grade": ["AAA", "BBB", "BB", "C"],
        "review": [True, False, True, False],
    }
)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"applicants": "none"}, []),
        ({"applicants": "all"}, ["A", "B", "C", "D"]),
        ({"applicants": "review"}, ["A", "C"]),
        ({"applicants": "below_grade", "grade": "BBB"}, ["C", "D"]),
    ],
)
def test_whom_the_policy_names(policy, section, expected):
    rule = policy.improvement.model_copy(update=section)
    assert named_applicants(DECISIONS, policy.model_copy(update={"improvement": rule})).to_list() == expected


def test_a_batch_writes_them_for_those_and_nothing_where_nobody_is_named(
    applicants, declared, policy, tmp_path
):
    few = of_applications(applicants, applicants.tables["applications"]["application_id"].head(6).to_list())
    quiet = policy.model_copy(
        update={"improvement": policy.improvement.model_copy(update={"applicants": "none", "grade": None})}
    )
    batch.score(few, model=declared, policy=quiet, out=tmp_path / "scores")
    assert not (tmp_path / "scores" / outputs.IMPROVEMENTS).exists()
    assert read_results(tmp_path / "scores").improvements.columns == []
    rule = policy.improvement.model_copy(
        update={"applicants": "all", "grade": None, "eligible": 4, "most_actions": 2}
    )
    seen = []
    done = batch.score(
        few,
        model=declared,
        policy=policy.model_copy(update={"improvement": rule}),
        out=tmp_path / "scores",
        progress=lambda phase, *_: seen.append(phase),
    )
    found = read_results(tmp_path / "scores").improvements
    assert found.schema == pl.Schema(dict(IMPROVEMENTS_SCHEMA))
    assert found.equals(done.results.improvements)
    decisions = done.results.decisions
    wanted = decisions.filter(pl.col("grade") != policy.grade_names[0])["application_id"]
    assert set(found["application_id"]) == set(wanted)
    before = found.filter(pl.col("rank") == 1).join(decisions, on="application_id")
    assert before["grade_before"].equals(before["grade"])
    assert before["points_before"].equals(before["points_shown"])
    assert "improve" in seen
    record = done.results.manifest["improvements"]
    assert record["searched"]
    assert record["with_a_better_grade"] + record["without"] == before.height


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def bank(tmp_path_factory, card):
    folder = tmp_path_factory.mktemp("improve")
    write(simulate(firms=5, seed=7, new_applicants=True), folder / "new", form="parquet")
    stored.save(card, folder / "model")
    return folder


def test_the_command_tells_the_way_in_both_languages_and_writes_it(bank, tmp_path):
    data, model = bank / "new" / "dataset", bank / "model"
    application = pl.read_parquet(data / "applications.parquet")["application_id"][0]
    (tmp_path / "costs.toml").write_text(
        'version = "1"\n[[quotes]]\naction = "green_power"\nunit = "10k CNY"\nlow = 3\nsource = "s"\n',
        encoding="utf-8",
    )
    done = run(
        *("improve", data, application, "--model", model),
        *("--costs", tmp_path / "costs.toml", "--out", tmp_path / "way.parquet"),
    )
    assert done.exit_code == 0, done.output
    assert "Not offered to anybody:" in done.stdout
    assert "不提供的措施：" in done.stdout
    found = pl.read_parquet(tmp_path / "way.parquet")
    assert found["application_id"].unique().to_list() == [application]
    english = run("improve", data, application, "--model", model, "--lang", "en")
    assert "不提供" not in english.stdout


def test_what_is_wrong_is_one_message(bank, tmp_path):
    data, model = bank / "new" / "dataset", bank / "model"
    missing = run("improve", data, "NOBODY", "--model", model)
    assert missing.exit_code == 1
    assert "No application 'NOBODY' is in the dataset." in missing.output
    (tmp_path / "costs.toml").write_text('version = "1"\n[[quotes]]\naction = "x"\n', encoding="utf-8")
    wrong = run("improve", data, "NOBODY", "--model", model, "--costs", tmp_path / "costs.toml")
    assert wrong.exit_code == 1
    assert "costs.toml, line" in wrong.output
