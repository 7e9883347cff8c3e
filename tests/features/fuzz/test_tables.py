"""CSV, Parquet and Excel: mutated tables in every form, and every odd cell in every column."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import CONTRACT, PROVENANCE
from features.intake import read_dataset

FORMS = ("csv", "parquet", "xlsx")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be", "latin-1", "utf-7")
CHANGES = ("cell", "cell", "cell", "type", "drop", "twice", "rename", "swap", "table", "rows", "ragged")
TYPED = [
    pl.Series([True]),
    pl.Series([1], dtype=pl.Int8),
    pl.Series([2**63], dtype=pl.UInt64),
    pl.Series([float("nan")]),
    pl.Series([float("inf")]),
    pl.Series([1e-320]),
    pl.Series([dt.date(1, 1, 1)]),
    pl.Series([dt.datetime(2023, 5, 1, 12, tzinfo=dt.UTC)]),
    pl.Series([dt.datetime(9999, 12, 31)]),  # noqa: DTZ001 - without a zone is meant
    pl.Series([dt.time(12)]),
    pl.Series([dt.timedelta(days=1)]),
    pl.Series([decimal.Decimal("1.10")]),
    pl.Series([b"\xff\x00"]),
    pl.Series([[1, 2]]),
    pl.Series([{"a": 1}]),
    pl.Series(["coal"], dtype=pl.Categorical),
    pl.Series([None], dtype=pl.Null),
]
"""One value each of what a Parquet file may hold instead of text; it fills a whole column."""


@st.composite
def mutated(draw, fuzz):
    """A form, a table as rows, with a few things done to it, and what is done to the bytes."""
    form = draw(st.sampled_from(FORMS))
    name = draw(st.sampled_from(sorted(fuzz.tables)))
    headers = list(fuzz.tables[name].columns)
    rows = [list(row) for row in fuzz.tables[name].rows()]
    written_as, typed = name, {}
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        column = draw(st.integers(0, len(headers) - 1)) if headers else None
        if column is None:
            break
        if change == "cell":
            for row in rows[:1] if draw(st.booleans()) else rows:
                row[column] = draw(fuzz.cells)
        elif change == "type":
            typed[headers[column]] = draw(st.integers(0, len(TYPED) - 1))
        elif change == "drop":
            del headers[column]
            for row in rows:
                del row[column]
        elif change == "twice":
            other = draw(st.integers(0, len(headers) - 1))
            headers[column] = draw(st.sampled_from([headers[other], headers[other].upper()]))
        elif change == "rename":
            headers[column] = draw(fuzz.cells)
        elif change == "swap":
            other = draw(st.integers(0, len(headers) - 1))
            headers[column], headers[other] = headers[other], headers[column]
        elif change == "table":
            written_as = draw(st.sampled_from(sorted(fuzz.tables)))
        elif change == "rows":
            rows = [list(row) for row in rows * draw(st.integers(0, 3))]
        elif change == "ragged" and rows:
            rows[0] = rows[0] + [draw(fuzz.cells)]
    encoding = draw(st.sampled_from(ENCODINGS)) if draw(st.booleans()) else "utf-8"
    damage = draw(st.none() | st.none() | fuzz.damages)
    return form, written_as, headers, rows, typed, encoding, damage


def as_csv(headers, rows, encoding="utf-8"):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().encode(encoding, errors="replace")


def as_parquet(headers, rows, typed):
    names = [f"{h}{i}" if h in headers[:i] else h for i, h in enumerate(headers)]
    columns = []
    for index, (header, name) in enumerate(zip(headers, names, strict=True)):
        if header in typed:
            columns.append(TYPED[typed[header]].new_from_index(0, len(rows)).alias(name))
        else:
            columns.append(pl.Series(name, [row[index] for row in rows], dtype=pl.String))
    content = io.BytesIO()
    pl.DataFrame(columns).write_parquet(content)
    return content.getvalue()


def write(folder, example, fuzz):
    """Write the mutated table beside sound firms; return what is to be read."""
    form, name, headers, rows, typed, encoding, damage = example
    firms = fuzz.tables["firms"]
    if form == "xlsx":
        sheets = {"firms": (firms.columns, firms.rows()), name: (headers, rows)}
        path = folder / "dataset.xlsx"
        path.write_bytes(fuzz.damaged(fuzz.as_workbook(sheets), damage))
        return path
    if name != "firms":
        firms.write_csv(folder / "firms.csv")
    content = as_csv(headers, rows, encoding) if form == "csv" else as_parquet(headers, rows, typed)
    (folder / f"{name}.{form}").write_bytes(fuzz.damaged(content, damage))
    return folder


def known_rows(example, fuzz):
    """Rows of the mutated table that hold anything, where that can be told without reading the file as intake does."""
    form, name, headers, rows, typed, encoding, damage = example
    simple = form == "csv" and damage is None and not typed and encoding == "utf-8" and headers
    cells = [c for row in (headers, *rows) for c in row if c is not None]
    if not simple or any(re.search(r"[\x00\r\n\ufeff\t\";|]", c) or not c.isprintable() for c in cells):
        return None
    if any(len(row) != len(headers) for row in rows) or not all(h.strip() for h in headers):
        return None
    return {name: fuzz.filled_rows(rows)}


@settings(settings.get_profile("fuzz tables"))
@given(data=st.data())
def test_a_mutated_table_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    example = data.draw(mutated(fuzz))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "dataset"
        folder.mkdir()
        path = write(folder, example, fuzz)
        fuzz.read_or_refused(lambda: read_dataset(path, purpose="check"), expected=known_rows(example, fuzz))


@pytest.mark.parametrize("name", CONTRACT)
def test_every_column_takes_every_odd_cell(tmp_path, fuzz, name):
    """One dataset per column: the table's first row again and again, with another odd cell each time."""
    firms = fuzz.tables["firms"]
    firms.write_csv(tmp_path / "firms.csv")
    # What a CSV file cannot hold as a cell of its own is for the other forms.
    odd = [cell for cell in fuzz.odd if "\x00" not in cell]
    for column in (*CONTRACT[name].columns, *PROVENANCE):
        table = fuzz.tables[name].head(1)
        if column.name not in table.columns:
            table = table.with_columns(pl.lit(None, dtype=pl.String).alias(column.name))
        headers = table.columns
        rows = [list(table.row(0)) for _ in odd]
        for row, cell in zip(rows, odd, strict=True):
            row[headers.index(column.name)] = cell
        (tmp_path / f"{name}.csv").write_bytes(as_csv(headers, rows))
        dataset = fuzz.read_or_refused(
            lambda: read_dataset(tmp_path, purpose="check"), expected={name: len(odd)}
        )
        assert dataset is not None, column.name


def test_the_long_mode_tries_ten_thousand_datasets(examples):
    assert sum(long for _, long in examples.values()) >= 10_000
    assert sum(short for short, _ in examples.values()) >= 300


def test_the_tables_that_are_mutated_are_sound_and_whole(tmp_path, fuzz):
    for name, table in fuzz.tables.items():
        table.write_csv(tmp_path / f"{name}.csv")
    dataset = read_dataset(tmp_path, purpose="train")
    assert dataset.quarantine.select("table", "column", "value", "what_en").rows() == []
    for name, table in fuzz.tables.items():
        wanted = {c.name for c in (*CONTRACT[name].columns, *PROVENANCE)}
        assert wanted - set(table.columns) <= {c for c in wanted if c.startswith(("project_", "design_"))}, (
            name
        )
        assert table.height
