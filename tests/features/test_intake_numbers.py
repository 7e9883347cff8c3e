"""Numbers as firms write them, with points and, where declared, with commas: always the same number or none."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DatasetError
from features.intake import read_dataset
from features.intake.cells import filled, number, with_points

BLANKS = (" ", "\u00a0", "\u202f", "\u2009", "\u3000")
APOSTROPHES = ("'", "\u2019", "\uff07")
FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
HEADER = "firm_id,period,carrier,flow,quantity,unit\n"


def numbers(texts, *, commas=False):
    cell = filled(pl.col("c"))
    return pl.DataFrame({"c": texts}).select(number(with_points(cell) if commas else cell))["c"].to_list()


def spelled(whole, decimals, *, thousands, decimal):
    """Write a number by hand: digits in threes from the right."""
    digits, groups = str(abs(whole)), []
    while digits:
        groups.insert(0, digits[-3:])
        digits = digits[:-3]
    return ("-" if whole < 0 else "") + thousands.join(groups) + (decimal + decimals if decimals else "")


@pytest.mark.parametrize("commas", [False, True], ids=["points", "commas"])
@given(
    whole=st.integers(-(10**12), 10**12),
    decimals=st.text("0123456789", max_size=6),
    mark=st.integers(0, 20),
    wide=st.booleans(),
)
def test_any_usual_spelling_is_the_number(commas, whole, decimals, mark, wide):
    own = (".", "\uff0e") if commas else (",", "\uff0c")
    thousands = ("", *BLANKS, *APOSTROPHES, *own)[mark % (3 + len(BLANKS) + len(APOSTROPHES))]
    text = spelled(whole, decimals, thousands=thousands, decimal="," if commas else ".")
    expected = float(f"{whole}.{decimals or 0}")
    assert numbers([text.translate(FULL_WIDTH) if wide else text], commas=commas) == [expected]


@pytest.mark.parametrize(
    "text",
    ["1,5", "1,44483", "1.444,83", "1,444'000", "1 444,000", "1,,444", "1'44", "12'3456", "1.2.3", ","],
)
def test_what_may_mean_two_numbers_is_none_until_declared(text):
    assert numbers([text]) == [None]
    mirrored = text.replace(",", "#").replace(".", ",").replace("#", ".")
    assert numbers([mirrored], commas=True) == [None]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "firms.csv").write_text("firm_id,id_scheme\nF1,bank\n")
    return tmp_path


def energy(folder, cells, header=HEADER):
    lines = [f'F1,{2001 + n},electricity,purchased,"{cell}",MWh\n' for n, cell in enumerate(cells)]
    (folder / "energy.csv").write_text(header + "".join(lines))


def test_a_declared_comma_is_a_decimal_mark_and_a_point_groups(folder):
    energy(folder, ["1.444,83", "1 444,83", "1,5", "7", "1.5"])
    (folder / "dataset.toml").write_text('decimal = ","\n')
    dataset = read_dataset(folder, purpose="check")
    assert dataset.tables["energy"]["quantity"].to_list() == [1444.83, 1444.83, 1.5, 7.0]
    assert dataset.quarantine.select("row", "column", "rule").rows() == [(5, "quantity", "not_a_number")]
    assert dataset.notices["kind"].to_list() == ["decimal_comma", "missing_table"]
    assert "dataset.toml" in dataset.files
    (folder / "dataset.toml").unlink()
    by_keyword = read_dataset(folder, purpose="check", decimal=",")
    assert by_keyword.tables["energy"].equals(dataset.tables["energy"])
    undeclared = read_dataset(folder, purpose="check")
    assert undeclared.tables["energy"]["quantity"].to_list() == [7.0, 1.5]


def test_the_nearest_declaration_counts(folder):
    energy(folder, ["1,5"])
    (folder / "annual.csv").write_text('firm_id,年度,营业收入,employees\nF1,2023,"1.5","2,0"\n')
    (folder / "dataset.toml").write_text(
        'decimal = ","\n[tables."年报".columns]\n"营业收入" = "."\n[tables.energy]\ndecimal = "."\n'
        '[tables.energy.columns]\n"数量" = ","\n'
    )
    dataset = read_dataset(folder, purpose="check")
    assert dataset.tables["energy"]["quantity"].to_list() == [1.5]
    assert dataset.tables["annual"].select("revenue", "employees").row(0) == pytest.approx((1.5e-4, 2.0))


def test_numbers_of_parquet_have_no_mark_and_their_texts_have(folder):
    rows = {"firm_id": "F1", "period": "2023", "carrier": "electricity", "flow": "purchased", "unit": "MWh"}
    for cell in (1.5, "1,5"):
        pl.DataFrame({**rows, "quantity": [cell]}).write_parquet(folder / "energy.parquet")
        dataset = read_dataset(folder, purpose="check", decimal=",")
        assert dataset.tables["energy"]["quantity"].to_list() == [1.5]


def test_semicolons_separate_columns_where_commas_are_decimal(folder):
    (folder / "energy.csv").write_text(
        HEADER.replace(",", ";") + "F1;2023;electricity;purchased;1444,83;MWh\n"
    )
    assert read_dataset(folder, purpose="check", decimal=",").tables["energy"]["quantity"].to_list() == [
        1444.83
    ]
    with pytest.raises(DatasetError, match="semicolons") as caught:
        read_dataset(folder, purpose="check")
    assert "dataset.toml" in caught.value.mend


WRONG = {
    "no TOML": ("decimal = ,", "no TOML", "dataset.toml"),
    "no UTF-8": (b"\xff\xfe\x00", "no TOML", "dataset.toml"),
    "an unknown key": ('decimals = ","', "The key decimals", "key decimals"),
    "an unknown mark": ('decimal = ";"', "decimal is ';'", "key decimal"),
    "no text": ("decimal = [1]", r"decimal is \[1\]", "key decimal"),
    "no section": ('tables = ","', "tables is no section", "key tables"),
    "an unknown table": (
        '[tables.weather]\ndecimal = ","',
        "tables.weather names no table",
        "key tables.weather",
    ),
    "a key of a table": ('[tables.energy]\nmark = ","', "tables.energy.mark", "key tables.energy.mark"),
    "no number": ('[tables.energy.columns]\nunit = ","', "columns.unit names no number", "columns.unit"),
    "an unknown column": (
        '[tables.energy.columns]\nmass = ","',
        "columns.mass names no number",
        "columns.mass",
    ),
    "the caller says otherwise": ('decimal = "."', 'declares decimal = "."', "key decimal"),
}


@pytest.mark.parametrize(("text", "what", "where"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_refused_with_its_key_and_a_hint(folder, text, what, where):
    (folder / "dataset.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DatasetError, match=what) as caught:
        read_dataset(folder, purpose="check", decimal=",")
    assert re.search(where, caught.value.where)
    assert caught.value.mend


def test_a_mark_is_a_point_or_a_comma_and_workbooks_have_none(folder):
    with pytest.raises(DatasetError, match="';' is no decimal mark"):
        read_dataset(folder, purpose="check", decimal=";")
    book = folder / "book.xlsx"
    pl.DataFrame({"firm_id": ["F1"], "id_scheme": ["bank"]}).write_excel(book, worksheet="firms")
    assert read_dataset(book, purpose="check", decimal=".").counts["accepted"].sum() == 1
    with pytest.raises(DatasetError, match="workbook stores numbers"):
        read_dataset(book, purpose="check", decimal=",")
    (folder / "firms.csv").unlink()
    (folder / "dataset.toml").write_text('decimal = ","')
    with pytest.raises(DatasetError, match="workbook stores numbers"):
        read_dataset(folder, purpose="check")
