"""Whatever stands in the cells: no traceback, nothing lost, nothing that depends on the order of rows."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.contract import CONTRACT
from features.intake import validate_tables
from features.intake.cells import day, number, text_cells

SOUND = Path(__file__).parent / "sound_dataset"
TABLES = {file.stem: pl.read_csv(file, infer_schema=False) for file in sorted(SOUND.glob("*.csv"))}
QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NASTY = [
    *(
        "",
        " ",
        "-",
        "—",
        "0",
        "-1",
        "1,444.83",
        "1 444.83",
        "１２３",
        "35%",
        "1e400",
        "nan",
        "-inf",
        "1,2,3",
        "{}",
        "{value}",
    ),
    *(
        "2023",
        "2023Q2",
        "2023-05-01",
        "99999999",
        "2023年13月",
        "9999-12-31",
        "0000-00-00",
        "t",
        "kWh",
        "tCO2e",
        "MT",
        "万",
    ),
    *(
        "electricity",
        "原煤",
        "K-77",
        "914403001922038216",
        "91440300192203821O",
        "\x00",
        "\ufeff",
        "'\"\\",
        "\n",
        "𠮷" * 30,
    ),
]
CELLS = st.sampled_from(NASTY) | st.text(max_size=8) | st.none()


@st.composite
def spoiled(draw):
    """Three to four tables of the sound dataset, some rows repeated, any cell replaced."""
    others = [name for name in TABLES if name not in {"firms", "applications"}]
    names = [
        "firms",
        "applications",
        *draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True)),
    ]
    tables = {}
    for name in names:
        rows = [list(row) for row in TABLES[name].rows()]
        rows += [list(row) for row in draw(st.lists(st.sampled_from(rows), max_size=2))]
        for _ in range(draw(st.integers(0, 4))):
            row = draw(st.integers(0, len(rows) - 1))
            column = draw(st.integers(0, TABLES[name].width - 1))
            rows[row][column] = draw(CELLS)
        tables[name] = pl.DataFrame(rows, schema=TABLES[name].schema, orient="row")
    return tables


def blank(row):
    return all(cell is None or not cell.strip() for cell in row)


@QUICK
@given(spoiled())
def test_every_row_is_accepted_quarantined_or_a_repeat_of_one_that_is(tables):
    dataset = validate_tables(tables, source="a test")
    for name, frame in tables.items():
        counts = dataset.counts.filter(pl.col("table") == name).row(0, named=True)
        quarantine = dataset.quarantine.filter(pl.col("table") == name)
        accepted, refused_rows = set(dataset.tables[name]["row"]), set(quarantine["row"])
        assert counts["rows_in"] == sum(not blank(row) for row in frame.rows())
        assert counts["rows_in"] == counts["accepted"] + counts["quarantined"] + counts["duplicates"]
        assert (counts["accepted"], counts["quarantined"]) == (len(accepted), len(refused_rows))
        assert not accepted & refused_rows
        for row, record in quarantine.select("row", "record").rows():
            assert json.loads(record) == frame.row(row - 1, named=True)
        clean = dataset.tables[name]
        for column in CONTRACT[name].columns:
            if column.required:
                assert clean[column.name].null_count() == 0
            if column.dtype is pl.Float64:
                assert all(math.isfinite(value) for value in clean[column.name].drop_nulls())
        key = list(CONTRACT[name].key)
        assert clean.select(key).is_unique().all()
        if "firm_id" in clean.columns:
            assert set(clean["firm_id"]) <= set(dataset.tables["firms"]["firm_id"])
    for column in ("what_en", "what_zh", "mend_en", "mend_zh", "rule", "column"):
        assert dataset.quarantine[column].null_count() == 0


@QUICK
@given(spoiled(), st.randoms(use_true_random=False))
def test_the_order_of_rows_shows_only_in_their_numbers(tables, random):
    shuffled = {}
    for name, frame in tables.items():
        order = list(range(frame.height))
        random.shuffle(order)
        shuffled[name] = frame[order]
    one = validate_tables(tables, source="a test")
    other = validate_tables(shuffled, source="a test")
    assert one.content_hashes == other.content_hashes
    assert one.counts.equals(other.counts)
    for name in tables:
        assert one.tables[name].drop("row").equals(other.tables[name].drop("row"))
    for part in ("quarantine", "defaults"):
        assert getattr(one, part).drop("row").equals(getattr(other, part).drop("row"))


def test_the_hash_changes_with_any_fact():
    before = validate_tables(TABLES, source="a test").content_hashes
    energy = TABLES["energy"].with_columns(
        quantity=pl.col("quantity").str.replace("1,444.83", "1,444.84", literal=True)
    )
    after = validate_tables({**TABLES, "energy": energy}, source="a test").content_hashes
    assert {name for name in before if before[name] != after[name]} == {"energy"}
    quarantined = TABLES["energy"].with_columns(carrier=pl.lit("moonlight"))
    again = validate_tables({**TABLES, "energy": quarantined}, source="a test").content_hashes
    assert again["energy"] not in {before["energy"], after["energy"]}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_a_number_in_a_typed_cell_is_kept_to_the_last_bit(values):
    text = text_cells(pl.DataFrame({"c": values}))
    read = text.select(number(pl.col("c")))["c"].to_list()
    assert read == values


@settings(max_examples=30, deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=40))
def test_thousands_separators_change_nothing(values):
    for separator in (",", " ", "\u00a0", ""):
        spelled = [f"{value:,}".replace(",", separator) for value in values]
        read = pl.DataFrame({"c": spelled}).select(number(pl.col("c")))["c"].to_list()
        assert read == [float(value) for value in values]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dates(date(1900, 1, 1), date(2100, 12, 31)), min_size=1, max_size=40))
def test_a_day_in_any_usual_spelling_is_that_day(days):
    spellings = (
        "{0:%Y-%m-%d}",
        "{0.year}/{0.month}/{0.day}",
        "{0.year}年{0.month}月{0.day}日",
        "{0:%Y%m%d}",
        "{0:%Y-%m-%d} 00:00:00",
    )
    for spelling in spellings:
        read = pl.DataFrame({"c": [spelling.format(d) for d in days]}).select(day(pl.col("c")))["c"].to_list()
        assert read == days


def test_a_hundred_thousand_rows_are_read_without_row_loops():
    height = 100_000
    rows = pl.int_range(height, eager=True)
    energy = pl.DataFrame(
        {
            "firm_id": ["K-77"] * height,
            "period": ["2023-05"] * height,
            "carrier": ["electricity"] * height,
            "flow": ["purchased"] * height,
            "site": rows.cast(pl.String),
            "quantity": (rows / 7).cast(pl.String),
            "unit": ["kWh"] * height,
        }
    )
    dataset = validate_tables({**TABLES, "energy": energy}, source="a test")
    assert dataset.counts.filter(pl.col("table") == "energy").row(0) == ("energy", height, height, 0, 0)
    total = dataset.tables["energy"]["quantity"].sum()
    assert math.isclose(total, sum(range(height)) / 7 / 1000, rel_tol=1e-9)
