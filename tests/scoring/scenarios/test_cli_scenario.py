from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from features.simulate import simulate, write
from models import stored
from models.scorecard_file import read_scorecard
from scoring.cli import app


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("scenario")
    write(simulate(firms=8, seed=3, new_applicants=True), root)
    stored.save(read_scorecard(), root / "card")
    (root / "dear.toml").write_text(
        'name = "dear"\nsettings.cbam_certificate_price = 200\n', encoding="utf-8"
    )
    return root


def test_files_and_options_share_the_base(folder, tmp_path):
    done = run(
        "scenario", folder / "dataset", "--model", folder / "card", "--scenario", folder / "dear.toml",
        "--grid", "0.5", "--allowances", "0.9", "--edition", "sector_benchmarks=2030-01-01", "--out", tmp_path / "o",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "== dear\n   cbam_certificate_price = 200.0" in done.output
    assert (
        "== options\n   grid_factors x 0.5; allowances x 0.9; sector_benchmarks: edition of 2030-01-01"
        in done.output
    )
    figures = json.loads((tmp_path / "o" / "scenarios.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in figures["scenarios"]] == ["dear", "options"]
    assert figures["base"]["applications"] == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a scenario"),
        (["--edition", "regions=2024-01-01"], "no editions by year"),
        (["--edition", "grid_factors=soon"], "is no day"),
        (["--scenario", "nowhere.toml"], "was not found"),
        (["--grid", "-1"], "--grid"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(arguments, said):
    done = run("scenario", "nowhere", *arguments)
    assert done.exit_code in {1, 2}
    assert said in done.output
    assert "nowhere'" not in done.output or said == "was not found"
