from __future__ import annotations

import polars as pl
import pytest
from typer.testing import CliRunner

from features import reference
from scoring.cli import app
from scoring.cli_ledger import _tables


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_two_result_folders_are_enough_where_one_cause_differs(world, tmp_path):
    folder = world.batch("only data", data=True)
    done = run("ledger", world.root / "old", folder, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert "Differing 不同之处: data 数据" in done.output
    table = pl.read_parquet(tmp_path / "o" / "ledger.parquet")
    both = table.filter(pl.col("status") == "both")
    assert both["data"].equals(both["change"].alias("data"))
    by_id = run("ledger", world.root / "old", folder, "--match", "application")
    assert "applications in both" in by_id.output


def test_what_is_no_result_folder_is_one_message(world, tmp_path):
    done = run("ledger", world.root / "old", tmp_path)
    assert done.exit_code == 1
    assert "no complete results" in done.output


@pytest.mark.parametrize("kept", [True, False])
def test_factors_are_a_banks_folder_or_a_set_that_was_kept(world, tmp_path, kept):
    folder = world.factors[True]
    with reference.overlaid(folder):
        version = reference.set_version()
        if kept:
            reference.keep_set(tmp_path / "kept")
    with reference.overlaid(_tables(tmp_path / "kept" if kept else folder)):
        assert reference.set_version() == version
