"""``greencredit indicators``: parts on disk against the pipeline in memory, and what the command says."""

from __future__ import annotations

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from features import simulate
from features.intake import read_dataset
from features.pipeline import compute
from scoring.cli import app
from scoring.indicator_files import PARTS, write_indicators


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indicators")
    simulate.write(simulate.simulate(firms=40, seed=5, messy=True), folder)
    return folder / "dataset"


@pytest.fixture(scope="module")
def written(dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("written") / "out"
    result = CliRunner().invoke(
        app, ["indicators", str(dataset), "--out", str(out), "--firms-per-shard", "15"]
    )
    assert result.exit_code == 0, result.output
    return out, result.output


def test_the_parts_together_are_what_the_pipeline_computes_at_once(dataset, written):
    out, said = written
    clean = read_dataset(str(dataset))
    whole = compute(clean)
    for name, expected in zip(PARTS, (whole.values, whole.data_quality, whole.cross_checks), strict=True):
        parts = [pl.read_parquet(file) for file in sorted((out / name).iterdir())]
        assert len(parts) == 3
        together = pl.concat(parts)
        assert together.schema == expected.schema
        assert together.sort("application_id", maintain_order=True).equals(
            expected.sort("application_id", maintain_order=True)
        ), name
    assert pl.read_parquet(out / "quarantine.parquet").equals(clean.quarantine)
    assert clean.quarantine.height > 0
    firms = [set(pl.read_parquet(file)["firm_id"]) for file in sorted((out / "indicators").iterdir())]
    assert not firms[0] & firms[1]
    record = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    counts = record["applications"]
    assert counts["computed"] == whole.values.height
    assert counts["in"] == counts["computed"] + counts["refused"] + counts["duplicates"]
    assert record["parts"] == 3
    assert {entry.name for entry in out.iterdir()} == {*PARTS, "quarantine.parquet", "manifest.json"}
    assert f"{whole.values.height} applications in 3 part(s)" in said


def test_equal_runs_give_equal_bytes_and_progress_rises_to_all(dataset, written, tmp_path):
    calls = []
    again = tmp_path / "again"
    write_indicators(
        lambda: read_dataset(str(dataset)),
        again,
        firms_per_shard=15,
        progress=lambda *call: calls.append(call),
    )
    for file in sorted(path for path in again.rglob("*") if path.is_file()):
        assert file.read_bytes() == (written[0] / file.relative_to(again)).read_bytes(), file.name
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] == calls[-1][1]
    assert len(calls) == 3


def test_a_folder_that_holds_something_is_refused_and_kept(dataset, written):
    out, _ = written
    before = sorted(path.name for path in out.iterdir())
    result = CliRunner().invoke(app, ["indicators", str(dataset), "--out", str(out)])
    assert result.exit_code == 1
    assert "that are not results of a batch" in result.output or "is not empty" in result.output
    assert sorted(path.name for path in out.iterdir()) == before


def test_a_failure_leaves_nothing(tmp_path):
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["indicators", str(tmp_path / "no dataset"), "--out", str(out)])
    assert result.exit_code == 1
    assert "Error:" in result.output
    assert not list(tmp_path.iterdir())
