"""SQLite: cells of any type under any declared type, views, strange names, other encodings, damage, and what never ends."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DatasetError
from features.intake import connections, read_dataset

DECLARED = (
    "",
    "",
    "TEXT",
    "INTEGER",
    "REAL",
    "NUMERIC",
    "BLOB",
    "DATE",
    "DECIMAL(20, 6)",
    "BOOLEAN",
    "NO SUCH TYPE",
)
ENCODINGS = ("UTF-8", "UTF-8", "UTF-16le", "UTF-16be")
TYPED = [
    *(None, 0, -1, 2**63 - 1, -(2**63), 0.1 + 0.2, 1e308, float("inf"), float("-inf"), 5e-324),
    *(b"", b"\xff\x00", b"2023", "", "1 444.83", "text where a number is due"),
]
"""Cells of SQLite's own types; each cell may have another."""
NAMES = (
    "energy",
    "能耗",
    "Energy_",
    "weather",
    'a "quoted" name',
    "a;b",
    "truth",
    "sqlite",
    "%s",
    "数据 1",
    "rowid",
)
OTHERS = (
    'CREATE VIEW "{0}" AS SELECT * FROM firms',
    'CREATE VIEW "{0}" AS SELECT * FROM nowhere',
    'CREATE VIEW "{0}" AS SELECT firm_id, firm_id FROM firms',
    'CREATE VIEW "{0}" AS SELECT count(*), max(name) OVER () FROM firms',
    "CREATE VIEW \"{0}\" AS SELECT load_extension('x') AS firm_id",
    "CREATE TABLE \"{0}\" AS SELECT CAST(x'ff41' AS TEXT) AS firm_id",
    "CREATE TABLE \"{0}\" AS SELECT CAST(x'4100' AS TEXT) AS firm_id",
    'CREATE TABLE "{0}" (firm_id PRIMARY KEY, period) WITHOUT ROWID',
    'CREATE TABLE "{0}" (firm_id, again AS (firm_id || 1))',
    'CREATE TABLE "{0}" ("" TEXT, " " TEXT)',
)
"""Further tables and views; an odd name takes the place of the braces."""


@st.composite
def databases(draw, fuzz):
    """The tables of a database, what else is in it, its encoding and the damage to its bytes."""
    names = draw(st.lists(st.sampled_from(sorted(fuzz.tables)), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 9)):
        names = ["firms", *(name for name in names if name != "firms")]
    tables = {}
    for name in names:
        headers = list(fuzz.tables[name].columns)
        rows = [list(row) for row in fuzz.tables[name].rows()]
        declared = [draw(st.sampled_from(DECLARED)) if draw(st.booleans()) else "" for _ in headers]
        for _ in range(draw(st.integers(0, 3))):
            column = draw(st.integers(0, len(headers) - 1))
            for row in rows[:1] if draw(st.booleans()) else rows:
                row[column] = draw(st.sampled_from(TYPED) | fuzz.cells)
        if draw(st.integers(0, 4)) == 0:
            lost = draw(st.integers(0, len(headers) - 1))
            headers[lost] = draw(
                st.sampled_from(["renamed", "电话", 'a "b"', "x:y", "100%", "统一社会信用代码"])
            )
        tables[name] = (headers, declared, rows)
    others = draw(st.lists(st.tuples(st.sampled_from(OTHERS), st.sampled_from(NAMES)), max_size=2))
    encoding = draw(st.sampled_from(ENCODINGS))
    damage = draw(st.none() | st.none() | st.none() | fuzz.damages)
    return tables, others, encoding, damage


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def write(path, example, fuzz):
    """Write the database; return the rows of each table that hold anything, None where that is not known."""
    tables, others, encoding, damage = example
    connection = sqlite3.connect(path)
    known = {}
    with connection:
        connection.execute(f"PRAGMA encoding = '{encoding}'")
        for name, (headers, declared, rows) in tables.items():
            if len({header.lower() for header in headers}) < len(headers):
                continue
            columns = ", ".join(f"{quoted(h)} {d}" for h, d in zip(headers, declared, strict=True))
            connection.execute(f"CREATE TABLE {name} ({columns})")
            kept = [[encoded(cell) for cell in row] for row in rows]
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(headers))})", kept)  # noqa: S608
            if not {"电话"} & set(headers):
                known[name] = fuzz.filled_rows(rows)
        for statement, name in others:
            try:
                connection.execute(statement.format(name.replace('"', '""')))
            except sqlite3.OperationalError:  # no such name, or no firms to look at
                continue
    connection.close()
    if damage is not None:
        path.write_bytes(fuzz.damaged(path.read_bytes(), damage))
        return None
    return known


def encoded(cell):
    """Return a text without what SQLite's own text cannot hold."""
    return cell.encode(errors="replace").decode() if isinstance(cell, str) else cell


@settings(settings.get_profile("fuzz sqlite"))
@given(data=st.data())
def test_a_mutated_database_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    example = data.draw(databases(fuzz))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "bank.db"
        known = write(path, example, fuzz)
        before = path.read_bytes()
        fuzz.read_or_refused(lambda: read_dataset(f"sqlite:///{path}", purpose="check"), expected=known)
        assert path.read_bytes() == before
        assert [file.name for file in Path(place).iterdir()] == ["bank.db"]


@pytest.mark.parametrize(
    "endless", ["SELECT 'F-1' AS firm_id, x AS period FROM c", "SELECT max(x) AS firm_id FROM c"]
)
def test_a_view_that_never_ends_is_refused(tmp_path, monkeypatch, endless):
    monkeypatch.setattr(connections, "_ALWAYS_FINE", 2_000_000)
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE firms (firm_id, id_scheme)")
    view = "CREATE VIEW energy AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    connection.execute(view + endless)
    connection.close()
    with pytest.raises(DatasetError, match=r"energy cannot be read.*more steps than") as refused:
        read_dataset(f"sqlite:///{path}", purpose="check")
    assert "view" in refused.value.mend


def test_a_large_table_takes_fewer_steps_than_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "_ALWAYS_FINE", 0)
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE firms (firm_id, id_scheme)")
        connection.executemany("INSERT INTO firms VALUES (?, 'bank')", ((f"F{n}",) for n in range(60_000)))
        connection.execute("CREATE VIEW 企业关系 AS SELECT * FROM firms")
    connection.close()
    counts = read_dataset(f"sqlite:///{path}", purpose="check").counts.filter(pl.col("table") == "firms")
    assert counts["accepted"].item() == 60_000
