"""Folders of Parquet files: bad names of partitions, parts that do not go together, damage, links, pipes."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import os
import shutil
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DatasetError
from features.intake import read_dataset

FOLDERS = (
    "", "", "period=2023", "period=2022", "period=", "=x", "=", "a=b=c", "period=%2e%2e", "period=..", "firm_id=..%2F..",
    "unit=__HIVE_DEFAULT_PARTITION__", "UNIT=t", "数量=1", "电话=1", "site=%zz", "site=%ff%00", "row=1", "_temporary", ".hidden",
    "quantity=1,5", "site=" + "x" * 200, os.fsdecode(b"site=\xff\xfe"), "part.parquet", "site= ", "%20=1", "page=\U0001f3ed",
)  # fmt: skip
FILES = (
    "part-0.parquet",
    "part-1.PARQUET",
    "a b.parquet",
    os.fsdecode(b"\xff.parquet"),
    "_SUCCESS",
    "notes.txt",
    "x.crc",
)
COLUMNS = [
    pl.Series([1], dtype=pl.Int8),
    pl.Series([2**63], dtype=pl.UInt64),
    pl.Series([0.1]),
    pl.Series([float("nan")], dtype=pl.Float32),
    pl.Series([decimal.Decimal("1.10")]),
    pl.Series([dt.date(2023, 1, 1)]),
    pl.Series([dt.datetime(2023, 5, 1, 12, tzinfo=dt.UTC)]),
    pl.Series([dt.datetime(2023, 5, 1, 12)]),  # noqa: DTZ001 - without a zone is meant
    pl.Series(["2023"], dtype=pl.Categorical),
    pl.Series([None], dtype=pl.Null),
    pl.Series([True]),
    pl.Series([b"\xff"]),
    pl.Series([[1]]),
    pl.Series([{"a": 1}]),
    pl.Series([dt.timedelta(days=1)]),
]
"""One value each of what a column of a part may hold instead of text."""
LINKS = ("inside", "outside", "up", "nowhere", "itself")


@st.composite
def folders(draw, fuzz):
    """Name of the table; parts with their folders, names, rows, typed columns and damage; links beside them."""
    name = draw(st.sampled_from(sorted(set(fuzz.tables) - {"firms"})))
    height = fuzz.tables[name].height
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        rows = draw(st.lists(st.integers(0, height - 1), max_size=2))
        typed = draw(
            st.dictionaries(
                st.sampled_from(fuzz.tables[name].columns), st.integers(0, len(COLUMNS) - 1), max_size=2
            )
        )
        lost = draw(st.sampled_from([None, None, *fuzz.tables[name].columns]))
        where = draw(st.lists(st.sampled_from(FOLDERS), max_size=2))
        damage = draw(st.none() | st.none() | st.none() | fuzz.damages)
        parts.append((where, draw(st.sampled_from(FILES[:4] * 2 + FILES)), rows, typed, lost, damage))
    return name, parts, draw(st.lists(st.sampled_from(LINKS), max_size=1))


def write(folder, example, fuzz):
    """Write the folder; return how many rows it holds, None where that is not known."""
    name, parts, links = example
    fuzz.tables["firms"].write_csv(folder / "firms.csv")
    target = folder / name
    target.mkdir()
    known: dict[Path, int | None] = {}
    for where, file, rows, typed, lost, damage in parts:
        frame = fuzz.tables[name][rows]
        for column, number in typed.items():
            frame = frame.with_columns(COLUMNS[number].new_from_index(0, frame.height).alias(column))
        frame = frame.drop(lost) if lost is not None else frame
        path = target.joinpath(*where, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            continue
        content = io.BytesIO()
        frame.write_parquet(content)
        path.write_bytes(fuzz.damaged(content.getvalue(), damage))
        hidden = any(part.startswith((".", "_")) for part in (*where, file))
        is_read = not hidden and path.suffix.lower() == ".parquet"
        known[path] = None if damage is not None else fuzz.filled_rows(frame.rows()) if is_read else 0
    (folder.parent / "outside.parquet").write_bytes(b"PAR1")
    for link in links:
        leads = {
            "inside": target,
            "outside": folder.parent / "outside.parquet",
            "up": folder.parent,
            "nowhere": "gone",
        }
        (target / "link.parquet").symlink_to(leads.get(link, "link.parquet"))
    whole = None not in known.values() and not any("=" in part for where, *_ in parts for part in where)
    return {name: sum(known.values())} if whole else None


@settings(settings.get_profile("fuzz partitions"))
@given(data=st.data())
def test_a_mutated_folder_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    example = data.draw(folders(fuzz))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "dataset"
        folder.mkdir()
        known = write(folder, example, fuzz)
        dataset = fuzz.read_or_refused(lambda: read_dataset(folder, purpose="check"), expected=known)
        if dataset is not None:
            assert not example[2]
            for name in dataset.files:
                name.encode()


@pytest.mark.parametrize("name", ["energy/part.parquet", "energy.csv", "dataset.toml"])
def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path, fuzz, name):
    fuzz.tables["firms"].write_csv(tmp_path / "firms.csv")
    pipe = tmp_path / name
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    dataset = fuzz.read_or_refused(lambda: read_dataset(tmp_path, purpose="check"))
    assert dataset is None or "energy" not in dataset.handed_in


def test_a_pipe_is_no_workbook(tmp_path):
    os.mkfifo(tmp_path / "book.xlsx")
    with pytest.raises(DatasetError, match="no regular file"):
        read_dataset(tmp_path / "book.xlsx", purpose="check")


def test_names_that_are_no_text_are_told_in_signs_that_are(tmp_path, fuzz):
    odd = tmp_path / os.fsdecode(b"dataset \xff")
    odd.mkdir()
    (odd / "firms.csv").write_text(fuzz.tables["firms"].write_csv(), encoding="utf-8")
    shutil.copy(odd / "firms.csv", odd / os.fsdecode(b"caf\xe9.csv"))
    dataset = fuzz.read_or_refused(lambda: read_dataset(odd, purpose="check"))
    assert dataset is not None
    assert dataset.notices.filter(pl.col("kind") == "unknown_file")["text_en"].str.contains("caf").all()
    dataset.source.encode()
