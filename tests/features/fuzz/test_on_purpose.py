"""What somebody may put in on purpose: formulas, external links, wrong checksums, zip bombs, paths that lead astray."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import polars as pl
import pytest

from features.errors import DatasetError
from features.forms import vsme
from features.intake import read_dataset


def test_a_formula_in_text_is_text_and_in_a_number_is_refused(tmp_path, fuzz):
    firms = fuzz.tables["firms"].with_columns(name=pl.lit('=HYPERLINK("http://example.org")'))
    firms.write_csv(tmp_path / "firms.csv")
    fuzz.tables["energy"].with_columns(quantity=pl.lit("=1+1")).write_csv(tmp_path / "energy.csv")
    dataset = read_dataset(tmp_path, purpose="check")
    assert set(dataset.tables["firms"]["name"]) == {'=HYPERLINK("http://example.org")'}
    assert dataset.tables["energy"].is_empty()
    assert set(dataset.quarantine["value"]) == {"=1+1"}


def test_a_formula_without_a_stored_value_is_empty_and_told(tmp_path, fuzz):
    rows = fuzz.tables["energy"].with_columns(quantity=pl.lit("=1+1")).rows()
    sheets = {name: (fuzz.tables[name].columns, fuzz.tables[name].rows()) for name in ("firms",)}
    path = tmp_path / "book.xlsx"
    path.write_bytes(fuzz.as_workbook({**sheets, "energy": (fuzz.tables["energy"].columns, rows)}))
    dataset = read_dataset(path, purpose="check")
    assert dataset.tables["energy"].is_empty()
    assert "formulas" in set(dataset.notices["kind"])


def test_external_links_of_a_workbook_are_not_followed(tmp_path, fuzz):
    path = tmp_path / "book.xlsx"
    path.write_bytes(fuzz.as_workbook({"firms": (fuzz.tables["firms"].columns, fuzz.tables["firms"].rows())}))
    before = read_dataset(path, purpose="check")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(
            "xl/externalLinks/externalLink1.xml",
            '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></externalLink>',
        )
    assert read_dataset(path, purpose="check").content_hashes == before.content_hashes


def test_a_sheet_with_a_wrong_checksum_is_refused(tmp_path, fuzz):
    content = bytearray(
        fuzz.as_workbook({"firms": (fuzz.tables["firms"].columns, fuzz.tables["firms"].rows())})
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        crc = archive.getinfo("xl/worksheets/sheet1.xml").CRC.to_bytes(4, "little")
    path = tmp_path / "book.xlsx"
    path.write_bytes(bytes(content).replace(crc, bytes(255 - byte for byte in crc)))
    with pytest.raises(DatasetError):
        read_dataset(path, purpose="check")


@pytest.mark.parametrize("column", ["name", "one column more"])
def test_a_length_of_time_in_a_parquet_file_is_read_or_refused(tmp_path, fuzz, column):
    lasting = pl.lit(dt.timedelta(days=1)).alias(column)
    fuzz.tables["firms"].with_columns(lasting).write_parquet(tmp_path / "firms.parquet")
    counts = read_dataset(tmp_path, purpose="check").counts.row(0, named=True)
    assert counts["rows_in"] == fuzz.tables["firms"].height


def test_a_workbook_that_unpacks_to_far_more_than_it_holds_is_refused(tmp_path, fuzz):
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(fuzz.as_workbook({"firms": (fuzz.tables["firms"].columns, fuzz.tables["firms"].rows())}))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * (80 * 2**20))
    with pytest.raises(DatasetError, match="unpacks to"):
        read_dataset(path, purpose="check")


@pytest.mark.parametrize("name", ["../firms.csv", "/etc/passwd", "nowhere/../../firms"])
def test_a_path_that_is_no_dataset_is_refused(tmp_path, name):
    with pytest.raises(DatasetError) as error:
        read_dataset(tmp_path / name if not name.startswith("/") else name)
    assert error.value.mend


def test_a_link_that_leads_nowhere_is_no_table(tmp_path, fuzz):
    fuzz.tables["firms"].write_csv(tmp_path / "firms.csv")
    (tmp_path / "energy.csv").symlink_to(tmp_path / "gone.csv")
    try:
        read = set(read_dataset(tmp_path, purpose="check").handed_in)
    except DatasetError:
        read = set()
    assert "energy" not in read


LOOP = "a link to itself"


@pytest.mark.parametrize(
    "name", ["x" * 300, "a\0b", LOOP, f"{'x' * 300}.xlsx"], ids=["long", "zero byte", "loop", "long book"]
)
@pytest.mark.parametrize("form", ["path", "sqlite", "vsme"])
def test_a_path_that_no_file_can_have_is_refused(tmp_path, name, form):
    (tmp_path / LOOP).symlink_to(LOOP)
    place = f"sqlite:///{tmp_path / name}" if form == "sqlite" else tmp_path / name
    with pytest.raises(DatasetError) as refused:
        (vsme.read if form == "vsme" else read_dataset)(place)
    assert refused.value.mend


def test_an_archive_of_a_version_that_nobody_wrote_is_refused(tmp_path, fuzz):
    content = fuzz.as_workbook({"firms": (fuzz.tables["firms"].columns, fuzz.tables["firms"].rows())})
    at = content.rindex(b"PK\x01\x02") + 6  # the version that is needed to unpack the last part
    path = tmp_path / "book.xlsx"
    path.write_bytes(content[:at] + b"\xff\x00" + content[at + 2 :])
    for read in (vsme.read, read_dataset):
        with pytest.raises(DatasetError):
            read(path)


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576 and XFD1", "ZZ900000"])
def test_a_cell_far_away_from_the_table_is_refused_before_room_is_made_for_it(tmp_path, fuzz, place):
    content = fuzz.as_workbook({"firms": (fuzz.tables["firms"].columns, fuzz.tables["firms"].rows())})
    cells = "".join(f'<c r="{at}"><v>1</v></c>' for at in place.split(" and "))
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            whole = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                whole = whole.replace(b"</sheetData>", f"<row>{cells}</row></sheetData>".encode())
            new.writestr(name, whole)
    with pytest.raises(DatasetError, match="nearly all of it is empty"):
        read_dataset(path, purpose="check")
