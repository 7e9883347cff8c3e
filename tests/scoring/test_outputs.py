from __future__ import annotations

import polars as pl
import pytest

from features.errors import GreenCreditError
from scoring import outputs


def write(folder, text):
    (folder / outputs.MANIFEST).write_text(text, encoding="utf-8")


def test_results_stand_in_place_only_at_the_end(tmp_path):
    out = tmp_path / "deep" / "out"
    with outputs.staged(out) as stage:
        write(stage, "new")
        assert not out.exists()
    assert (out / outputs.MANIFEST).read_text() == "new"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_a_run_that_fails_leaves_the_earlier_results_and_no_rest(tmp_path):
    out = tmp_path / "out"
    with outputs.staged(out) as stage:
        write(stage, "old")

    def stopped_half_way():
        with outputs.staged(out) as stage:
            write(stage, "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()
    assert (out / outputs.MANIFEST).read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_earlier_results_are_replaced_as_a_whole(tmp_path):
    out = tmp_path / "out"
    with outputs.staged(out) as stage:
        write(stage, "old")
        (stage / outputs.REPORT).write_text("old")
    with outputs.staged(out) as stage:
        write(stage, "new")
    assert [p.name for p in out.iterdir()] == [outputs.MANIFEST]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with outputs.staged(out) as stage:
        write(stage, "new")
    assert (out / outputs.MANIFEST).read_text() == "new"


def test_a_folder_with_files_of_others_is_refused_and_untouched(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("precious")
    with pytest.raises(GreenCreditError, match=r"thesis\.docx"), outputs.staged(out):
        pytest.fail("the folder was given")
    assert (out / "thesis.docx").read_text() == "precious"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(GreenCreditError, match="file of that name"):
        outputs.check_target(tmp_path / "out")


def test_a_folder_under_a_file_is_refused_with_a_message(tmp_path):
    (tmp_path / "file").write_text("a file")
    with (
        pytest.raises(GreenCreditError, match="cannot be written"),
        outputs.staged(tmp_path / "file" / "out"),
    ):
        pytest.fail("the folder was given")


def test_the_bytes_of_a_table_do_not_depend_on_its_chunks(tmp_path):
    whole = pl.DataFrame({"a": list(range(1000)), "b": [["x", "y"]] * 1000})
    pieces = pl.concat([whole.slice(start, 7) for start in range(0, 1000, 7)], rechunk=False)
    outputs.write_parquet(whole, tmp_path / "whole.parquet")
    outputs.write_parquet(pieces, tmp_path / "pieces.parquet")
    assert outputs.file_sha256(tmp_path / "whole.parquet") == outputs.file_sha256(tmp_path / "pieces.parquet")


def test_json_is_sorted_and_refuses_what_is_no_number(tmp_path):
    outputs.write_json({"b": 1, "a": "等级"}, tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text(encoding="utf-8") == '{\n  "a": "等级",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        outputs.write_json({"a": float("nan")}, tmp_path / "n.json")
