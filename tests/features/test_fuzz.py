"""Whatever is handed in, in every form and every column: an answer or a refusal by name, and no row lost.

A few hundred mutated datasets, the same ones every time, are read by ``make test``; ten thousand new ones by
``make test-long``.
"""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import re
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from features.contract import CONTRACT
from features.errors import DatasetError, GreenCreditError
from features.intake import read_dataset

SOUND = Path(__file__).parent / "sound_dataset"
TABLES = {
    file.stem: pl.read_csv(file, infer_schema=False)
    for file in sorted(SOUND.glob("*.csv"))
    if file.stem in CONTRACT
}
FORMS = ("csv", "parquet", "xlsx")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be", "latin-1", "utf-7")
DAMAGES = {"csv": ("cut", "flip", "add"), "parquet": ("cut", "flip", "add"), "xlsx": ("cut", "flip", "add")}
"""What is done to the bytes."""
HANGS = dt.timedelta(seconds=30)

ODD = [
    *(
        "",
        " ",
        "\t",
        "-",
        "—",
        "NULL",
        "nan",
        "-inf",
        "1e400",
        "-1e308",
        "0",
        "-0",
        "00",
        "1,2,3",
        "1.2.3",
        "１２３",
    ),
    *(
        "12e",
        "0x1F",
        "1_000",
        "٣",
        "½",
        "35%",
        "999999999999999999999999",
        "2023",
        "2023Q5",
        "2023-13",
        "2023-02-30",
    ),
    *(
        "0001-01-01",
        "9999-12-31",
        "99999999",
        "45000",
        "45000.5",
        "29.02.2023",
        "2023年2月29日",
        "P1D",
        "24:00",
    ),
    *(
        "t",
        "kWh",
        "MT",
        "吨吨",
        "kg/kg",
        "tCO2e",
        "万",
        "CNY",
        "€",
        "万亿元",
        "raw_coal",
        "CO2",
        "A1",
        "firm_id",
    ),
    *(
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1",
        "'",
        '"',
        '"""',
        "{}",
        "{0}",
        "%s",
        "$1",
        "\\",
        "^.*$",
        "([",
    ),
    *(
        "\x00",
        "\x1b[31m",
        "\ufeff",
        "\u202e",
        "\u200b",
        "a\nb",
        "a\r\nb",
        ",;\t|",
        "𠮷" * 40,
        "é",
        "e\u0301",
        "x" * 40_000,
    ),
    *("914403001922038216", "91440300192203821O", "../../etc/passwd", "<script>", "🏭"),
]
CELLS = st.sampled_from(ODD) | st.text(max_size=6) | st.floats().map(str) | st.integers().map(str)
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
"""One value each of what a Parquet file may hold instead of text; it fills a whole column. A length of time has a test of
its own below."""


@st.composite
def mutated(draw):
    """A form, a table of the sound dataset as rows, with a few things done to it, and what is done to the bytes."""
    form = draw(st.sampled_from(FORMS))
    name = draw(st.sampled_from(sorted(TABLES)))
    headers = list(TABLES[name].columns)
    rows = [list(row) for row in TABLES[name].rows()]
    written_as, typed = name, {}
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        column = draw(st.integers(0, len(headers) - 1)) if headers else None
        if column is None:
            break
        if change == "cell":
            for row in rows[:1] if draw(st.booleans()) else rows:
                row[column] = draw(CELLS)
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
            headers[column] = draw(CELLS)
        elif change == "swap":
            other = draw(st.integers(0, len(headers) - 1))
            headers[column], headers[other] = headers[other], headers[column]
        elif change == "table":
            written_as = draw(st.sampled_from(sorted(TABLES)))
        elif change == "rows":
            rows = [list(row) for row in rows * draw(st.integers(0, 3))]
        elif change == "ragged" and rows:
            rows[0] = rows[0] + [draw(CELLS)]
    encoding = draw(st.sampled_from(ENCODINGS)) if draw(st.booleans()) else "utf-8"
    damage = draw(st.none() | st.none() | st.tuples(st.sampled_from(DAMAGES[form]), st.floats(0, 1)))
    return form, written_as, headers, rows, typed, encoding, damage


CHANGES = ("cell", "cell", "cell", "type", "drop", "twice", "rename", "swap", "table", "rows", "ragged")


def as_csv(headers, rows, encoding):
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


def as_workbook(sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (headers, rows) in sheets.items():
        sheet = book.create_sheet(name)
        for row in (headers, *rows):
            sheet.append([None if c is None else ILLEGAL_CHARACTERS_RE.sub("", c)[:32_000] for c in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def damaged(content, damage):
    if damage is None:
        return content
    kind, where = damage
    at = int(where * len(content))
    if kind == "cut":
        return content[:at]
    middle = bytes(255 - b for b in content[at : at + 3]) if kind == "flip" else b'\x00\xff\xfe,\n"'
    return content[:at] + middle + content[at + (3 if kind == "flip" else 0) :]


def write(folder, example):
    """Write the mutated table beside sound firms; return what is to be read."""
    form, name, headers, rows, typed, encoding, damage = example
    firms = TABLES["firms"]
    if form == "xlsx":
        sheets = {"firms": (firms.columns, firms.rows()), name: (headers, rows)}
        path = folder / "dataset.xlsx"
        path.write_bytes(damaged(as_workbook(sheets), damage))
        return path
    if name != "firms":
        firms.write_csv(folder / "firms.csv")
    content = as_csv(headers, rows, encoding) if form == "csv" else as_parquet(headers, rows, typed)
    (folder / f"{name}.{form}").write_bytes(damaged(content, damage))
    return folder


def filled_rows(example):
    """Rows of the mutated table that hold anything, where that can be told without reading the file as intake does."""
    form, _, headers, rows, typed, encoding, damage = example
    simple = form == "csv" and damage is None and not typed and encoding == "utf-8" and headers
    cells = [c for row in (headers, *rows) for c in row if c is not None]
    if not simple or any(re.search(r"[\x00\r\n\ufeff\t\";|]", c) or not c.isprintable() for c in cells):
        return None
    if any(len(row) != len(headers) for row in rows) or not all(h.strip() for h in headers):
        return None
    return sum(any(c is not None and c.strip() for c in row) for row in rows)


def check_one(example):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "dataset"
        folder.mkdir()
        path = write(folder, example)
        try:
            dataset, refusal = read_dataset(path, purpose="check"), None
        except GreenCreditError as error:
            dataset, refusal = None, error
    if dataset is None:
        assert refusal.what
        assert refusal.mend
        return
    for table, rows_in, accepted, quarantined, duplicates in dataset.counts.rows():
        assert rows_in == accepted + quarantined + duplicates, table
        assert accepted == dataset.tables[table].height
        refused = dataset.quarantine.filter(pl.col("table") == table)
        assert quarantined == refused["row"].n_unique()
        assert not set(refused["row"]) & set(dataset.tables[table]["row"])
        assert dict(dataset.tables[table].schema) == dict(CONTRACT[table].clean_schema)
    expected = filled_rows(example)
    if expected is not None:
        counts = dict(dataset.counts.select("table", "rows_in").rows())
        assert counts[example[1]] == expected


@settings(max_examples=200, deadline=HANGS, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_dataset_is_read_or_refused_and_no_row_is_lost(example):
    check_one(example)


@pytest.mark.long
@settings(max_examples=10_000, deadline=HANGS, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_ten_thousand_mutated_datasets_are_read_or_refused(example):
    check_one(example)


# ---- what somebody may put in on purpose ----------------------------------------------------------------------------


def test_a_formula_in_text_is_text_and_in_a_number_is_refused(tmp_path):
    firms = TABLES["firms"].with_columns(name=pl.lit('=HYPERLINK("http://example.org")'))
    firms.write_csv(tmp_path / "firms.csv")
    TABLES["energy"].with_columns(quantity=pl.lit("=1+1")).write_csv(tmp_path / "energy.csv")
    dataset = read_dataset(tmp_path, purpose="check")
    assert set(dataset.tables["firms"]["name"]) == {'=HYPERLINK("http://example.org")'}
    assert dataset.tables["energy"].is_empty()
    assert set(dataset.quarantine["value"]) == {"=1+1"}


def test_a_formula_without_a_stored_value_is_empty_and_told(tmp_path):
    rows = TABLES["energy"].with_columns(quantity=pl.lit("=1+1")).rows()
    sheets = {name: (TABLES[name].columns, TABLES[name].rows()) for name in ("firms",)}
    path = tmp_path / "book.xlsx"
    path.write_bytes(as_workbook({**sheets, "energy": (TABLES["energy"].columns, rows)}))
    dataset = read_dataset(path, purpose="check")
    assert dataset.tables["energy"].is_empty()
    assert "formulas" in set(dataset.notices["kind"])


def test_external_links_of_a_workbook_are_not_followed(tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(as_workbook({"firms": (TABLES["firms"].columns, TABLES["firms"].rows())}))
    before = read_dataset(path, purpose="check")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(
            "xl/externalLinks/externalLink1.xml",
            '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></externalLink>',
        )
    assert read_dataset(path, purpose="check").content_hashes == before.content_hashes


def test_a_sheet_with_a_wrong_checksum_is_refused(tmp_path):
    content = bytearray(as_workbook({"firms": (TABLES["firms"].columns, TABLES["firms"].rows())}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        crc = archive.getinfo("xl/worksheets/sheet1.xml").CRC.to_bytes(4, "little")
    path = tmp_path / "book.xlsx"
    path.write_bytes(bytes(content).replace(crc, bytes(255 - byte for byte in crc)))
    with pytest.raises(DatasetError):
        read_dataset(path, purpose="check")


@pytest.mark.parametrize("column", ["name", "one column more"])
def test_a_length_of_time_in_a_parquet_file_is_read_or_refused(tmp_path, column):
    lasting = pl.lit(dt.timedelta(days=1)).alias(column)
    TABLES["firms"].with_columns(lasting).write_parquet(tmp_path / "firms.parquet")
    counts = read_dataset(tmp_path, purpose="check").counts.row(0, named=True)
    assert counts["rows_in"] == TABLES["firms"].height


def test_a_workbook_that_unpacks_to_far_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(as_workbook({"firms": (TABLES["firms"].columns, TABLES["firms"].rows())}))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * (80 * 2**20))
    with pytest.raises(DatasetError, match="unpacks to"):
        read_dataset(path, purpose="check")


@pytest.mark.parametrize("name", ["../firms.csv", "/etc/passwd", "nowhere/../../firms"])
def test_a_path_that_is_no_dataset_is_refused(tmp_path, name):
    with pytest.raises(DatasetError) as error:
        read_dataset(tmp_path / name if not name.startswith("/") else name)
    assert error.value.mend


def test_a_link_that_leads_nowhere_is_no_table(tmp_path):
    TABLES["firms"].write_csv(tmp_path / "firms.csv")
    (tmp_path / "energy.csv").symlink_to(tmp_path / "gone.csv")
    try:
        read = set(read_dataset(tmp_path, purpose="check").handed_in)
    except DatasetError:
        read = set()
    assert "energy" not in read
