"""A table in many Parquet files is the table in one; what does not go together is refused by name."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

import polars as pl
import pytest

from features.errors import DatasetError
from features.intake import read_dataset

ENERGY = pl.DataFrame(
    {
        "firm_id": [f"F{n % 7}" for n in range(60)],
        "period": [str(2019 + n % 5) for n in range(60)],
        "carrier": "electricity",
        "flow": "purchased",
        "site": [f"S{n}" for n in range(60)],
        "quantity": [n / 7 for n in range(60)],
        "unit": "MWh",
        "published_on": [date(2024, 3, n % 28 + 1) for n in range(60)],
    }
)


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "dataset"
    target.mkdir()
    firms = pl.DataFrame({"firm_id": [f"F{n}" for n in range(7)], "id_scheme": "bank"})
    firms.write_parquet(target / "firms.parquet")
    return target


def put(path, frame):
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)


def clean(folder, *, rows=False):
    table = read_dataset(folder, purpose="check").tables["energy"]
    return table if rows else table.drop("row")


@pytest.fixture
def expected(tmp_path, folder):
    whole = tmp_path / "whole"
    whole.mkdir()
    put(whole / "firms.parquet", pl.read_parquet(folder / "firms.parquet"))
    put(whole / "energy.parquet", ENERGY)
    return read_dataset(whole, purpose="check")


@pytest.mark.parametrize("name", ["energy", "energy.parquet", "能耗", "Energy"])
def test_hive_partitions_are_columns(folder, expected, name):
    for (year,), part in ENERGY.partition_by("period", as_dict=True).items():
        for half in (0, 1):
            rows = part.drop("period").gather_every(2, half)
            put(folder / name / f"period={year}" / f"part-{half}.parquet", rows)
    dataset = read_dataset(folder, purpose="check")
    assert dataset.tables["energy"].drop("row").equals(expected.tables["energy"].drop("row"))
    assert dataset.content_hashes == expected.content_hashes
    assert dataset.counts.equals(expected.counts)
    part = folder / name / "period=2019" / "part-0.parquet"
    assert (
        dataset.files[f"{name}/period=2019/part-0.parquet"] == hashlib.sha256(part.read_bytes()).hexdigest()
    )
    assert len(dataset.files) == 11


def test_rows_are_numbered_in_the_order_of_the_files_names(folder):
    order = [ENERGY.slice(n, 1) for n in range(3)]
    for name, part in zip(("b/part.parquet", "a.parquet", "c.parquet"), order, strict=True):
        put(folder / "energy" / name, part)
    table = clean(folder, rows=True).sort("row")
    assert table.select("site", "row").rows() == [("S1", 1), ("S0", 2), ("S2", 3)]


def test_what_folders_say_is_decoded(folder):
    kept = ENERGY.drop("site", "carrier").head(1)
    put(folder / "energy" / "carrier=electricity" / "site=%E4%B8%9C%20%2F1" / "a.parquet", kept)
    put(
        folder / "energy" / "carrier=diesel" / "site=__HIVE_DEFAULT_PARTITION__" / "b.parquet",
        kept.with_columns(unit=pl.lit("t")),
    )
    table = clean(folder).sort("carrier")
    assert table.select("carrier", "site").rows() == [("diesel", None), ("electricity", "东 /1")]


def test_columns_in_another_order_and_another_type_of_the_same_meaning_unify(folder, expected):
    put(folder / "energy" / "1.parquet", ENERGY.head(20))
    put(folder / "energy" / "2.parquet", ENERGY.slice(20, 20).select(reversed(ENERGY.columns)))
    other = ENERGY.tail(20).with_columns(
        pl.col("quantity").cast(pl.String),
        pl.col("period").cast(pl.Int64),
        pl.col("published_on").cast(pl.Datetime("us")),
        pl.col("carrier").cast(pl.Categorical),
    )
    put(folder / "energy" / "3.parquet", other)
    put(folder / "energy" / "4.parquet", ENERGY.clear().select(pl.all().cast(pl.Null)))
    dataset = read_dataset(folder, purpose="check")
    assert dataset.tables["energy"].equals(expected.tables["energy"])
    assert dataset.content_hashes == expected.content_hashes
    assert dataset.notices.equals(expected.notices)


def test_a_column_that_only_some_files_have_is_empty_in_the_others_and_noticed(folder):
    put(folder / "energy" / "1.parquet", ENERGY.head(1).drop("published_on"))
    put(folder / "energy" / "2.parquet", ENERGY.slice(1, 1))
    dataset = read_dataset(folder, purpose="check")
    assert dataset.tables["energy"].sort("row")["published_on"].to_list() == [None, date(2024, 3, 2)]
    noticed = dataset.notices.filter(pl.col("kind") == "missing_column")
    assert noticed.select("table", "column").rows() == [("energy", "published_on")]
    assert "energy/1.parquet" in noticed["text_en"].item()


@pytest.mark.parametrize(
    ("column", "value", "kinds"),
    [
        ("published_on", 20240301, ("Date", "Int")),
        ("quantity", datetime(2024, 3, 1), ("Float64", "Datetime")),  # noqa: DTZ001
        ("quantity", [1.0], ("Float64", "List")),
        ("quantity", True, ("Float64", "Boolean")),
    ],
)
def test_types_of_another_meaning_are_refused_by_name(folder, column, value, kinds):
    put(folder / "energy" / "1.parquet", ENERGY.head(1))
    put(
        folder / "energy" / "2.parquet",
        ENERGY.slice(1, 1).with_columns(pl.lit(pl.Series([value])).alias(column)),
    )
    with pytest.raises(DatasetError) as caught:
        read_dataset(folder, purpose="check")
    for told in (f"column {column}", "energy/1.parquet", "energy/2.parquet", *kinds):
        assert told in caught.value.what


def test_a_folder_that_contradicts_its_file_is_refused(folder):
    put(folder / "energy" / "period=2019" / "1.parquet", ENERGY.head(1))
    assert clean(folder)["period"].to_list() == ["2019"]
    put(folder / "energy" / "period=2020" / "1.parquet", ENERGY.head(1))
    with pytest.raises(DatasetError, match=r"named period=2020, but the column period"):
        read_dataset(folder, purpose="check")


def test_what_is_no_parquet_is_noticed_and_marks_of_writers_are_not(folder):
    put(folder / "energy" / "1.parquet", ENERGY.head(1))
    for name in ("_SUCCESS", ".part.crc", "notes.txt"):
        (folder / "energy" / name).write_text("x")
    dataset = read_dataset(folder, purpose="check")
    noticed = dataset.notices.filter(pl.col("kind") == "unknown_file")
    assert noticed["text_en"].to_list() == ["energy/notes.txt is no Parquet file and was left out."]


def test_folders_that_are_no_tables_are_left_out_and_empty_tables_refused(folder):
    put(folder / "weather" / "1.parquet", ENERGY.head(1))
    assert "unknown_file" in read_dataset(folder, purpose="check").notices["kind"].to_list()
    (folder / "energy").mkdir()
    with pytest.raises(DatasetError, match="energy holds no Parquet file"):
        read_dataset(folder, purpose="check")
    (folder / "energy" / "1.parquet").write_bytes(b"PAR1 damaged PAR1")
    with pytest.raises(DatasetError, match="no Parquet file, or it is damaged") as caught:
        read_dataset(folder, purpose="check")
    assert "1.parquet" in caught.value.where
    put(folder / "energy" / "1.parquet", ENERGY.head(1))
    put(folder / "energy.parquet", ENERGY.head(1))
    with pytest.raises(DatasetError, match=r"energy is handed in more than once: energy, energy.parquet"):
        read_dataset(folder, purpose="check")


def test_a_table_and_its_alias_as_folders_are_one_table_twice(folder):
    put(folder / "energy" / "1.parquet", ENERGY.head(1))
    put(folder / "能耗" / "1.parquet", ENERGY.head(1))
    with pytest.raises(DatasetError, match="energy is handed in more than once"):
        read_dataset(folder, purpose="check")


LINKS = {
    "a file": ("energy.parquet", "outside/secret.parquet"),
    "a table's folder": ("energy", "outside"),
    "a file of a table": ("energy/2.parquet", "outside/secret.parquet"),
    "a partition": ("energy/period=2019", "outside"),
    "a link to nothing": ("energy.csv", "nowhere.csv"),
    "a workbook": ("only/book.xlsx", "outside/book.xlsx"),
}


@pytest.mark.parametrize(("name", "target"), LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_links_out_of_the_dataset_are_refused_by_name(folder, tmp_path, name, target, relative):
    put(tmp_path / "outside" / "secret.parquet", ENERGY)
    (tmp_path / "outside" / "book.xlsx").write_bytes(b"PK")
    if name.startswith("energy/"):
        put(folder / "energy" / "1.parquet", ENERGY.head(1))
    link = folder / name
    link.parent.mkdir(exist_ok=True)
    up = "../" * (len(link.relative_to(tmp_path).parts) - 1)
    link.symlink_to(f"{up}{target}" if relative else tmp_path / target)
    with pytest.raises(DatasetError, match="symbolic link that leads out") as caught:
        read_dataset(link.parent if name.startswith("only") else folder, purpose="check")
    assert link.name in caught.value.what
    assert str(link) in caught.value.where


def test_links_within_the_dataset_are_followed_but_not_in_circles(folder, tmp_path):
    put(folder / "store" / "1.parquet", ENERGY.head(1))
    (folder / "energy").symlink_to("store")
    linked = tmp_path / "linked"
    linked.symlink_to(folder)
    assert clean(linked / ".." / "linked").height == 1
    (folder / "store" / "again").symlink_to("../store")
    with pytest.raises(DatasetError, match="again is a symbolic link that leads in a circle"):
        read_dataset(folder, purpose="check")
