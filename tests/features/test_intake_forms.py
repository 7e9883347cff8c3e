"""The same facts in every form give the same dataset; what cannot be read is refused in one message."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake import read_dataset, validate_tables
from features.intake.headers import match_columns, match_tables

SOUND = Path(__file__).parent / "sound_dataset"


@pytest.fixture
def folder(tmp_path):
    """A copy of the sound dataset with only a few tables."""
    target = tmp_path / "dataset"
    target.mkdir()
    for table in ("firms", "applications", "energy"):
        shutil.copy(SOUND / f"{table}.csv", target)
    return target


def same(one, other):
    assert one.handed_in == other.handed_in
    for name, table in one.tables.items():
        assert table.equals(other.tables[name]), name
    for part in ("quarantine", "counts", "defaults", "notices"):
        assert getattr(one, part).equals(getattr(other, part)), part
    assert one.content_hashes == other.content_hashes


def typed(frame):
    """Return the frame with the types that a database export would have."""
    columns = []
    for column in frame.get_columns():
        number = column.str.replace_all(",", "").cast(pl.Float64, strict=False)
        day = column.str.to_date("%Y-%m-%d", strict=False)
        if column.name in {"quantity", "revenue", "amount"}:
            columns.append(number)
        elif column.name in {"year", "severity"}:
            columns.append(number.cast(pl.Int64))
        elif column.name.endswith(("_on", "_from", "_to", "as_of")):
            columns.append(day)
        else:
            columns.append(column)
    return pl.DataFrame(columns)


def write_workbook(tables, path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, frame in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(frame.columns)
        for row in frame.rows():
            sheet.append(row)
    book.save(path)


def sound():
    return {file.stem: pl.read_csv(file, infer_schema=False) for file in sorted(SOUND.glob("*.csv"))}


def test_csv_parquet_workbook_and_memory_give_the_same_dataset(tmp_path):
    from_csv = read_dataset(SOUND, purpose="train")
    assert from_csv.quarantine.is_empty()
    tables = {name: typed(frame) for name, frame in sound().items()}
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    for name, frame in tables.items():
        frame.write_parquet(parquet / f"{name}.parquet")
    same(from_csv, read_dataset(parquet, purpose="train"))
    write_workbook(tables, tmp_path / "book.xlsx")
    same(from_csv, read_dataset(tmp_path / "book.xlsx", purpose="train"))
    same(from_csv, validate_tables(tables, source="memory", purpose="train"))


def test_files_are_hashed_by_their_bytes():
    files = read_dataset(SOUND).files
    assert files == {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in SOUND.glob("*.csv")}


def in_chinese(name, frame):
    return frame.rename({column: CONTRACT[name].column(column).zh for column in frame.columns})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headers_names_and_encodings_equal_english_ones(tmp_path, encoding):
    for name, frame in sound().items():
        text = in_chinese(name, frame).write_csv()
        (tmp_path / f"{CONTRACT[name].zh}.csv").write_bytes(text.encode(encoding))
    same(read_dataset(tmp_path, purpose="train"), read_dataset(SOUND, purpose="train"))


def test_tabs_line_ends_and_capital_names_do_not_matter(folder):
    expected = read_dataset(folder)
    (folder / "firms.csv").unlink()
    frame = sound()["firms"]
    text = frame.write_csv(separator="\t").replace("\n", "\r\n")
    (folder / "FIRMS.CSV").write_bytes(text.replace("firm_id", "Firm ID").encode())
    same(read_dataset(folder), expected)


@pytest.mark.parametrize("name", list(CONTRACT))
def test_no_spelling_means_two_columns_or_tables(name):
    table = CONTRACT[name]
    for column in table.columns:
        for spelling in (column.name, column.zh, *column.aliases):
            assert match_columns(name, [spelling], source="").columns == {spelling: column.name}
    for spelling in (table.name, table.zh, *table.aliases):
        assert match_tables([spelling], source="") == {spelling: name}


def test_rows_are_counted_from_the_header_with_blank_lines(tmp_path):
    (tmp_path / "firms.csv").write_text("firm_id,id_scheme\nF1,bank\n\n,\nF2,own\n914403001922038217,\n")
    dataset = read_dataset(tmp_path, purpose="check")
    assert dataset.tables["firms"]["row"].to_list() == [1, 4]
    assert dataset.quarantine.select("row", "rule").rows() == [(5, "invalid_id")]
    assert dataset.counts.row(0) == ("firms", 3, 2, 1, 0)
    assert dataset.notices["kind"].to_list() == ["missing_table"]


def test_a_workbook_keeps_numbers_in_full_and_skips_blank_rows(tmp_path):
    book = openpyxl.Workbook()
    firms = book.active
    firms.title = "企业"
    for row in ([], ["firm_id", "id_scheme", None], [1001, "bank", None], [], [1002.0, "bank", None]):
        firms.append(row)
    energy = book.create_sheet("energy")
    energy.append(["firm_id", "period", "carrier", "flow", "quantity", "unit", "published_on"])
    energy.append([1001, 2023, "electricity", "purchased", 3.25e-11, "MWh", date(2024, 1, 31)])
    energy.append([1002, date(2023, 5, 1), "electricity", "purchased", 0.123456789012, "MWh", None])
    energy.append([1002, "2023-06", "electricity", "purchased", "=1+1", "MWh", None])
    book.create_sheet("notes").append(["for internal use"])
    book.create_sheet("emissions")
    book.save(tmp_path / "book.xlsx")
    dataset = read_dataset(tmp_path / "book.xlsx", purpose="check")
    assert dataset.tables["firms"].select("firm_id", "row").rows() == [("1001", 1), ("1002", 3)]
    clean = dataset.tables["energy"]
    assert clean.select("firm_id", "period", "quantity").rows() == [
        ("1001", "2023", 3.25e-11),
        ("1002", "2023-05", 0.123456789012),
    ]
    # openpyxl stores no value with a formula: the cell is empty, and that is said.
    assert dataset.quarantine.select("row", "column", "rule").rows() == [(3, "quantity", "missing_required")]
    assert dataset.notices["kind"].to_list() == ["formulas", "missing_table", "unknown_sheet"]
    assert "emissions" not in dataset.handed_in


def test_stored_values_of_formulas_count(tmp_path):
    pl.DataFrame({"firm_id": ["F1"], "id_scheme": ["bank"], "x": [1]}).write_excel(
        tmp_path / "book.xlsx",
        worksheet="firms",
        column_formats={},
        formulas={"name": '="Fir"&"m"'},
        autofilter=False,
    )
    dataset = read_dataset(tmp_path / "book.xlsx", purpose="check")
    assert dataset.tables["firms"]["name"].to_list() == ["0"]
    assert "formulas" not in dataset.notices["kind"].to_list()


def test_extra_unknown_and_personal_columns_are_left_out_with_a_notice(folder):
    firms = sound()["firms"].with_columns(
        pl.lit("王五").alias("联系人"), pl.lit("123").alias("Contact_Phone"), pl.lit("gold").alias("rating")
    )
    firms = firms.with_columns(
        firm_id=pl.when(pl.col("name") == "Fourth").then(pl.lit("")).otherwise("firm_id")
    )
    firms.write_csv(folder / "firms.csv")
    (folder / "weather.csv").write_text("a\n1\n")
    (folder / "README.md").write_text("x")
    dataset = read_dataset(folder)
    assert dataset.notices.select("kind", "table", "column").rows() == [
        ("extra_column", "firms", "rating"),
        ("personal_data", "firms", "Contact_Phone"),
        ("personal_data", "firms", "联系人"),
        ("unknown_file", "", ""),
        ("unknown_file", "", ""),
    ]
    record = dataset.quarantine["record"].item(0)
    assert "gold" in record
    assert "王五" not in record
    assert "123" not in record
    assert dataset.tables["firms"].columns == list(CONTRACT["firms"].clean_schema)


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "联系人",
        "联系电话",
        "手机号",
        "身份证号",
        "contact name",
        "Contact_Name",
        "contactName",
        "phone",
        "E-mail",
        "email",
        "ID number",
    ],
)
def test_headers_of_personal_data_are_known(header):
    assert match_columns("firms", [header], source="").personal == (header,)


def test_a_row_with_too_many_cells_is_quarantined_and_the_others_stay(folder):
    energy = folder / "energy.csv"
    energy.write_text(energy.read_text() + "K-77,2023,diesel,purchased,,1,444.83,t,metered,2024-02-01\n")
    dataset = read_dataset(folder)
    assert dataset.quarantine.select("table", "row", "rule").rows() == [("energy", 4, "malformed_row")]
    assert "444.83" in dataset.quarantine["record"].item()
    assert dataset.counts.filter(pl.col("table") == "energy").row(0) == ("energy", 4, 3, 1, 0)


def test_everything_that_is_missing_is_named_in_one_message(tmp_path):
    (tmp_path / "firms.csv").write_text("name\nA\n")
    (tmp_path / "energy.csv").write_text("firm_id,period,carrier\nA,2023,coal\n")
    with pytest.raises(DatasetError) as caught:
        read_dataset(tmp_path, purpose="train")
    for missing in (
        "firms.firm_id",
        "energy.quantity",
        "energy.unit",
        "table applications",
        "table outcomes",
    ):
        assert missing in caught.value.what
    with pytest.raises(DatasetError) as caught:
        read_dataset(tmp_path, purpose="check")
    assert "applications" not in caught.value.what


def write(path, content):
    path.write_bytes(content)
    return path


REFUSED = {
    "no such path": (lambda p: p / "nowhere", "no such dataset"),
    "an empty folder": (lambda p: p, "no CSV and no Parquet"),
    "a single CSV file": (lambda p: write(p / "firms.csv", b"firm_id\n1\n"), "folder of CSV"),
    "no workbook": (lambda p: write(p / "book.xlsx", b"PK not a workbook"), "no Excel workbook"),
    "an empty workbook file": (lambda p: write(p / "book.xlsx", b""), "no Excel workbook"),
    "an empty CSV file": (lambda p: write(p / "firms.csv", b"").parent, "empty"),
    "only blanks": (lambda p: write(p / "firms.csv", b"\n\n \n").parent, "empty"),
    "no headers": (lambda p: write(p / "firms.csv", b",,\n1,2,3\n").parent, "no column names"),
    "bytes": (lambda p: write(p / "firms.csv", b"firm_id\n\x81\xff\x00\x00").parent, "not text"),
    "a damaged Parquet file": (lambda p: write(p / "firms.parquet", b"PAR1....PAR1").parent, "no Parquet"),
    "semicolons": (lambda p: write(p / "firms.csv", b"firm_id;name\n1;2\n").parent, "semicolons"),
    "one header twice": (
        lambda p: write(p / "firms.csv", b"firm_id,name,name\n1,2,3\n").parent,
        "same header: name",
    ),
    "two headers for one column": (
        lambda p: write(p / "firms.csv", "firm_id,企业编号\n1,2\n".encode()).parent,
        "firm_id, 企业编号",
    ),
    "an open quote": (
        lambda p: write(p / "firms.csv", b'firm_id,name\n"1,2\n').parent,
        "lacks|cannot be read",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_dataset_is_refused_with_where_and_mend(tmp_path, make, message):
    with pytest.raises(DatasetError) as caught:
        read_dataset(make(tmp_path))
    assert re.search(message, caught.value.what)
    assert caught.value.where
    assert caught.value.mend


def test_two_files_of_one_table_are_refused_by_name(folder):
    (folder / "企业.csv").write_text("firm_id\n1\n")
    with pytest.raises(DatasetError, match="firms is handed in more than once: firms, 企业"):
        read_dataset(folder)
    (folder / "企业.csv").unlink()
    sound()["firms"].write_parquet(folder / "firms.parquet")
    with pytest.raises(DatasetError, match=r"firms.csv, firms.parquet"):
        read_dataset(folder)


def test_the_truth_of_a_simulation_is_refused_wherever_it_is(folder):
    (folder / "truth").mkdir()
    with pytest.raises(DatasetError, match="truth"):
        read_dataset(folder)
    (folder / "truth").rmdir()
    shutil.copy(folder / "firms.csv", folder / "truth.csv")
    with pytest.raises(DatasetError, match="truth"):
        read_dataset(folder)
    (folder / "truth.csv").unlink()
    as_truth = folder.rename(folder.parent / "truth")
    with pytest.raises(DatasetError, match="truth"):
        read_dataset(as_truth)
    with pytest.raises(DatasetError, match="truth"):
        validate_tables({**sound(), "Truth": sound()["firms"]}, source="memory")


def test_unknown_tables_in_memory_are_noticed():
    dataset = validate_tables({**sound(), "weather": pl.DataFrame({"a": [1]})}, source="memory")
    assert dataset.notices["kind"].to_list() == ["unknown_table"]
