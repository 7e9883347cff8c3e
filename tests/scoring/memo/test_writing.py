from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from features.errors import GreenCreditError
from scoring import outputs
from scoring.cli import app
from scoring.memo import MemoForm, file_name, one_memo, write_memos
from scoring.results import one_application, read_results


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(memo_results, tmp_path_factory):
    """The batch on disk, as score writes it."""
    out = tmp_path_factory.mktemp("batch")
    tables = {
        outputs.DECISIONS: memo_results.decisions,
        outputs.CONTRIBUTIONS: memo_results.contributions,
        outputs.SECTORS: memo_results.sectors,
        outputs.INDICATORS: memo_results.indicators,
        outputs.DATA_QUALITY: memo_results.data_quality,
        outputs.CROSS_CHECKS: memo_results.cross_checks,
        outputs.QUARANTINE: memo_results.quarantine,
        outputs.REASONS: memo_results.reasons,
        outputs.ASKS: memo_results.asks,
        outputs.IMPROVEMENTS: memo_results.improvements,
        outputs.CERTIFICATES: memo_results.certificates,
    }
    for name, table in tables.items():
        outputs.write_parquet(table, out / name)
    outputs.write_json(memo_results.manifest, out / outputs.MANIFEST)
    for name in (outputs.RUN, outputs.REPORT):
        (out / name).write_text("{}", encoding="utf-8")
    return out


def test_any_number_of_processes_gives_the_same_bytes(folder, tmp_path):
    results = read_results(folder)
    few = results.decisions["application_id"].head(150)
    results = replace(
        results, decisions=results.decisions.filter(pl.col("application_id").is_in(few.to_list()))
    )
    told = []
    for workers in (1, 2):
        written = write_memos(results, tmp_path / str(workers), form=MemoForm(), workers=workers,
                              progress=lambda done, total: told.append((done, total)))  # fmt: skip
        assert written == 150
    one, two = files(tmp_path / "1"), files(tmp_path / "2")
    assert one == two
    assert set(one) == {file_name(name, suffix=".html") for name in few}
    assert told[-1] == (150, 150)
    alone = one_memo(one_application(read_results(folder), few[7]), form=MemoForm())
    assert alone == one[file_name(few[7], suffix=".html")]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_with_files_is_refused_and_a_failure_leaves_nothing(folder, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter.txt").write_text("mine", encoding="utf-8")
    results = read_results(folder)
    with pytest.raises(GreenCreditError, match="empty folder"):
        write_memos(results, tmp_path / "own", form=MemoForm())
    with pytest.raises(GreenCreditError, match="no adverse reason"):
        write_memos(results, tmp_path / "letters", form=MemoForm(letter=True), workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
    (tmp_path / "empty").mkdir()
    only = replace(results, decisions=results.decisions.head(2))
    assert write_memos(only, tmp_path / "empty", form=MemoForm(languages=("zh",))) == 2
    assert (
        write_memos(replace(only, decisions=only.decisions.clear()), tmp_path / "none", form=MemoForm()) == 0
    )


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=300), min_size=2, max_size=6, unique=True
    )
)
def test_no_two_applications_share_a_file_and_every_name_is_plain(names):
    made = [file_name(name, suffix=".html") for name in names]
    assert len(set(made)) == len(names)
    for name in made:
        assert len(name) < 200
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%_-~.")
        assert name.strip(".") == name


def test_the_command_line_writes_memo_letter_and_batch(folder, tmp_path, monkeypatch, memo_frame):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    lowered = next(r for r in memo_frame if r["grade"] != r["grade_before_caps"])["application_id"]
    done = runner.invoke(app, ["memo", str(folder), lowered, "--lang", "zh"])
    assert done.exit_code == 0, done.output
    page = (tmp_path / f"memo_{lowered}.html").read_text(encoding="utf-8")
    assert "绿色信贷评分说明" in page
    assert "explanation memo" not in page
    done = runner.invoke(app, ["memo", str(folder), lowered, "--letter", "--out", "a.html"])
    assert done.exit_code == 0, done.output
    assert "Notice of an adverse decision" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert runner.invoke(app, ["memo", str(folder), lowered, "--pdf", "--out", "a.html"]).exit_code == 2
    missed = runner.invoke(app, ["memo", str(folder), "APP00000Z"])
    assert missed.exit_code == 1
    done = runner.invoke(app, ["memos", str(folder), "--out", "all", "--lang", "en", "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "400 memos" in done.output
    assert len(files(tmp_path / "all")) == 400


def test_pdfs_of_a_batch(folder, tmp_path):
    pytest.importorskip("typst")
    results = read_results(folder)
    only = replace(results, decisions=results.decisions.head(2))
    try:
        assert write_memos(only, tmp_path / "pdf", form=MemoForm(pdf=True, languages=("en",))) == 2
    except GreenCreditError as error:
        pytest.skip(str(error))
    assert all(made.startswith(b"%PDF") for made in files(tmp_path / "pdf").values())
