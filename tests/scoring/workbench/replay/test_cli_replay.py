"""``greencredit replay`` by record and by folder: its answer, and its status for scripts."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from scoring.basis import BASIS
from scoring.cli import app


def run(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def test_by_record_and_by_folder(decided, key, monkeypatch, tmp_path):
    monkeypatch.setenv("GREENCREDIT_AUDIT_KEY", key.secret.hex())
    by_record = run(decided.record, "--store", decided.url)
    assert by_record.exit_code == 0, by_record.output
    assert f"Record {decided.record} (agree)" in by_record.output
    assert "Identical" in by_record.output
    # The folder moved to another disk: the record still finds it.
    moved = tmp_path / "moved"
    shutil.move(decided.folder, moved)
    assert "0 moved" in run(decided.record, "--store", decided.url, "--batch", moved).output
    by_folder = run("--batch", moved, "--application", decided.application)
    assert by_folder.exit_code == 0
    assert "sealed no facts" not in by_folder.output
    (moved / BASIS / "settings.json").write_text("{}", encoding="utf-8")
    altered = run("--batch", moved, "--application", decided.application)
    assert altered.exit_code == 1
    assert "altered (settings): basis/settings.json" in altered.output


@pytest.mark.parametrize("wrong", [[], ["1", "--application", "A"], ["--application", "A"], ["--batch", "x"]])
def test_what_is_not_named_is_asked_for(wrong):
    found = run(*wrong)
    assert found.exit_code == 2
    assert "RECORD" in found.output
