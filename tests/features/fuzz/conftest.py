"""What the fuzzing of every reader shares: odd cells, sound tables with every column, damage to bytes, and the books.

A test module takes one of the profiles below, so how many datasets are tried stands in one place: about five hundred,
the same ones every time, in ``make test``; more than ten thousand new ones in ``make test-long``.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import warnings
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from features.contract import CONTRACT, PROVENANCE
from features.errors import GreenCreditError
from features.template.texts import example

LONG = bool(os.environ.get("GREENCREDIT_LONG"))
HANGS = dt.timedelta(seconds=30)
EXAMPLES = {
    "tables": (120, 3500),
    "sqlite": (50, 2500),
    "postgres": (12, 300),
    "partitions": (60, 2200),
    "vsme": (50, 1500),
    "template": (12, 300),
    "declaration": (50, 1500),
    "cea": (30, 1200),
    "ghgrp": (25, 800),
    "overlay": (60, 2500),
    "footprints": (40, 1500),
}
"""Reader to how many mutated datasets are tried, in short and in long mode; each column of each table comes on top."""

for _name, (_short, _long) in EXAMPLES.items():
    settings.register_profile(
        f"fuzz {_name}",
        max_examples=_long if LONG else _short,
        derandomize=not LONG,
        deadline=HANGS,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

ODD = [
    *("", " ", "\t", "-", "—", "NULL", "nan", "-inf", "1e400", "-1e308", "0", "-0", "00", "1,2,3", "1.2.3", "１２３"),
    *("12e", "0x1F", "1_000", "٣", "½", "35%", "999999999999999999999999", "2023", "2023Q5", "2023-13", "2023-02-30"),
    *("0001-01-01", "9999-12-31", "99999999", "45000", "45000.5", "29.02.2023", "2023年2月29日", "P1D", "24:00"),
    *("t", "kWh", "MT", "吨吨", "kg/kg", "tCO2e", "万", "CNY", "€", "万亿元", "raw_coal", "CO2", "A1", "firm_id"),
    *("=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "'", '"', '"""', "{}", "{0}", "%s", "$1", "\\", "^.*$", "(["),
    *("\x00", "\x1b[31m", "\ufeff", "\u202e", "\u200b", "a\nb", "a\r\nb", ",;\t|", "𠮷" * 40, "é", "e\u0301", "x" * 40_000),
    *("914403001922038216", "91440300192203821O", "../../etc/passwd", "<script>", "🏭"),
]  # fmt: skip
"""Cells that real files hold by accident, and cells that somebody may put in on purpose."""

CELLS = st.sampled_from(ODD) | st.text(max_size=6) | st.floats().map(str) | st.integers().map(str)


def every_column() -> dict[str, pl.DataFrame]:
    """Return the sound dataset with every column of the contract, as text; what it lacks is an example of the template."""
    folder = Path(__file__).parent.parent / "sound_dataset"
    tables = {}
    for table in CONTRACT.values():
        sound = pl.read_csv(folder / f"{table.name}.csv", infer_schema=False)
        absent = [
            pl.lit(example(table, column, language="en") or None, dtype=pl.String).alias(column.name)
            for column in (*table.columns, *PROVENANCE)
            if column.name not in sound.columns
            # An empty project is sound; half of one is not.
            and not column.name.startswith(("project_", "design_"))
        ]
        tables[table.name] = sound.with_columns(absent)
    return tables


DAMAGES = st.tuples(st.sampled_from(("cut", "flip", "add")), st.floats(0, 1))
"""What is done to the bytes of a file, and where."""


def damaged(content: bytes, damage: tuple[str, float] | None) -> bytes:
    """Return the bytes with a part cut off, flipped or added."""
    if damage is None:
        return content
    kind, where = damage
    at = int(where * len(content))
    if kind == "cut":
        return content[:at]
    middle = bytes(255 - b for b in content[at : at + 3]) if kind == "flip" else b'\x00\xff\xfe,\n"'
    return content[:at] + middle + content[at + (3 if kind == "flip" else 0) :]


def as_workbook(sheets) -> bytes:
    """Return a workbook of sheets: name to headers and rows of text."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (headers, rows) in sheets.items():
        sheet = book.create_sheet(name)
        for row in (headers, *rows):
            sheet.append([None if c is None else ILLEGAL_CHARACTERS_RE.sub("", c)[:32_000] for c in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def filled_rows(rows) -> int:
    """Return how many rows hold anything."""
    return sum(any(cell is not None and str(cell).strip() for cell in row) for row in rows)


def read_or_refused(read, *, expected=None):
    """Read: an answer whose books balance, or a refusal that says what and how to mend it; anything else is a defect.

    Parameters
    ----------
    read
        Called without arguments; returns a dataset.
    expected
        Table to the number of its rows that hold anything, where that is known.
    """
    refusal = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            dataset = read()
    except GreenCreditError as error:
        refusal = error
    if refusal is not None:
        assert refusal.what
        assert refusal.mend
        str(refusal).encode()  # a message that no terminal can print is none
        return None
    for table, rows_in, accepted, quarantined, duplicates in dataset.counts.rows():
        assert rows_in == accepted + quarantined + duplicates, table
        assert accepted == dataset.tables[table].height
        refused = dataset.quarantine.filter(pl.col("table") == table)
        assert quarantined == refused["row"].n_unique()
        assert not set(refused["row"]) & set(dataset.tables[table]["row"])
        assert dict(dataset.tables[table].schema) == dict(CONTRACT[table].clean_schema)
        if expected is not None and table in expected:
            assert rows_in == expected[table], table
    return dataset


@pytest.fixture(scope="session")
def fuzz():
    """The shared parts, as attributes."""
    return SimpleNamespace(
        odd=ODD,
        cells=CELLS,
        tables=every_column(),
        damages=DAMAGES,
        damaged=damaged,
        as_workbook=as_workbook,
        filled_rows=filled_rows,
        read_or_refused=read_or_refused,
    )


@pytest.fixture(scope="session")
def examples():
    """How many mutated datasets are tried: reader to short and long mode."""
    return EXAMPLES
