"""Databases by URL give what files of the same facts give; what cannot be read is refused, and no password is told."""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake import read_dataset
from features.intake.database import read_database
from features.intake.declaration import Declaration
from features.intake.urls import shown, split_url

SOUND = Path(__file__).parent / "sound_dataset"
NO_SERVER = (
    "no PostgreSQL server: run .ci/run, which installs and starts one, or let GREENCREDIT_TEST_POSTGRES be the URL "
    "of one whose user may create schemas (postgresql://user:password@host/database)"
)
MEASURES = {"quantity", "revenue", "amount", "energy", "emissions"}
TYPES = {pl.Float64: "double precision", pl.Int64: "bigint", pl.Date: "date", pl.String: "text"}


class Postgres:
    """A schema of its own on the server of the tests."""

    def __init__(self, url):
        self.server = url
        self.schema = f"sound {secrets.token_hex(4)}"
        self.url = f"{url}?schema={self.schema.replace(' ', '%20')}"

    def run(self, statement, rows=None):
        import psycopg  # noqa: PLC0415

        with psycopg.connect(self.server) as connection, connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute("SELECT set_config('search_path', %s, false)", (f'"{self.schema}"',))
            if rows is None:
                cursor.execute(statement)
            else:
                cursor.executemany(statement, rows)

    def put(self, name, frame, types=None):
        kinds = [
            f'"{column}" {(types or {}).get(column, TYPES[kind.base_type()])}'
            for column, kind in frame.schema.items()
        ]
        self.run(f'CREATE TABLE "{name}" ({", ".join(kinds)})')
        marks = ", ".join(["%s"] * frame.width)
        self.run(f'INSERT INTO "{name}" VALUES ({marks})', frame.rows())  # noqa: S608


@pytest.fixture
def postgres():
    url = os.environ.get("GREENCREDIT_TEST_POSTGRES")
    if not url:
        pytest.skip(NO_SERVER)
    made = Postgres(url)
    made.run(f'CREATE SCHEMA "{made.schema}"')
    yield made
    made.run(f'DROP SCHEMA "{made.schema}" CASCADE')


def sound():
    return {file.stem: pl.read_csv(file, infer_schema=False) for file in sorted(SOUND.glob("*.csv"))}


def typed(frame):
    """Return the frame as a database holds it: numbers, whole numbers, days."""
    columns = []
    for column in frame.get_columns():
        if column.name in MEASURES:
            columns.append(column.str.replace_all(",", "").cast(pl.Float64))
        elif column.name in {"year", "severity"}:
            columns.append(column.cast(pl.Int64))
        elif column.name.endswith(("_on", "_from", "_to", "as_of")):
            columns.append(column.str.to_date("%Y-%m-%d"))
        else:
            columns.append(column)
    return pl.DataFrame(columns)


def put_sqlite(path, name, frame, declared=None):
    """Write a table; SQLite has no days, so they are text there."""
    days = [column for column, kind in frame.schema.items() if kind == pl.Date]
    frame = frame.with_columns(pl.col(days).cast(pl.String)) if days else frame
    connection = sqlite3.connect(path)
    with connection:
        columns = [f'"{column}" {(declared or {}).get(column, "")}' for column in frame.columns]
        connection.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
        connection.executemany(
            f'INSERT INTO "{name}" VALUES ({", ".join("?" * frame.width)})',  # noqa: S608
            frame.rows(),
        )
    connection.close()


def same(one, other):
    assert one.handed_in == other.handed_in
    for name, table in one.tables.items():
        assert table.equals(other.tables[name]), name
    for part in ("quarantine", "counts", "defaults", "notices"):
        assert getattr(one, part).equals(getattr(other, part)), part
    assert one.content_hashes == other.content_hashes


def as_parquet(tables, tmp_path):
    for name, frame in tables.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def as_partitions(tables, tmp_path):
    for name, frame in tables.items():
        (tmp_path / name).mkdir()
        for number in range(frame.height):
            frame.slice(number, 1).write_parquet(tmp_path / name / f"part-{number:03}.parquet")
    return tmp_path


def as_workbook(tables, tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, frame in tables.items():
        sheet = book.create_sheet(name)
        for row in (frame.columns, *frame.rows()):
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def as_sqlite(tables, tmp_path):
    for name, frame in tables.items():
        put_sqlite(tmp_path / "bank.db", name, frame)
    return f"sqlite:///{tmp_path / 'bank.db'}"


def as_decimal_commas(tables, tmp_path):
    (tmp_path / "dataset.toml").write_text('decimal = ","\n')
    for name, frame in tables.items():
        numbers = [
            c for c in frame.columns if CONTRACT[name].column(c).kind in {"number", "money", "integer"}
        ]
        spelled = pl.col(numbers).cast(pl.String)
        for old, new in ((",", "#"), (".", ","), ("#", ".")):
            spelled = spelled.str.replace_all(old, new, literal=True)
        frame.with_columns(spelled).write_csv(tmp_path / f"{name}.csv", separator=";")
    return tmp_path


FORMS = {
    "parquet": as_parquet,
    "partitions": as_partitions,
    "workbook": as_workbook,
    "sqlite": as_sqlite,
    "decimal commas": as_decimal_commas,
}


@pytest.mark.parametrize("form", [*FORMS, "postgresql"])
def test_equal_facts_in_every_form_give_equal_tables_and_hashes(form, tmp_path, request):
    tables = {name: typed(frame) for name, frame in sound().items()}
    if form == "postgresql":
        postgres = request.getfixturevalue("postgres")
        for name, frame in tables.items():
            postgres.put(name, frame)
        place = postgres.url
    else:
        place = FORMS[form](tables, tmp_path)
    read, expected = read_dataset(place, purpose="train"), read_dataset(SOUND, purpose="train")
    assert expected.quarantine.is_empty()
    assert expected.counts["accepted"].sum() > 20
    if form == "decimal commas":
        assert set(read.notices["kind"]) == {"decimal_comma"}
        object.__setattr__(read, "notices", expected.notices)
    same(read, expected)


def small():
    firms = pl.DataFrame({"firm_id": ["F-1", "F-2"], "id_scheme": ["bank", "bank"]})
    energy = pl.DataFrame(
        {
            "firm_id": ["F-1", "F-2", "F-9"],
            "period": ["2023", "2023", "2023"],
            "carrier": ["electricity"] * 3,
            "flow": ["purchased"] * 3,
            "quantity": [1444.83, 0.1, 7.0],
            "unit": ["MWh"] * 3,
            "published_on": [date(2024, 1, 31), date(2024, 2, 29), None],
        }
    )
    return firms, energy


def in_chinese(name, frame):
    return frame.rename({column: CONTRACT[name].column(column).zh for column in frame.columns})


@pytest.mark.parametrize("form", ["sqlite", "postgresql"])
def test_chinese_names_views_and_strange_columns_are_read(form, tmp_path, request):
    firms, energy = (in_chinese(n, f) for n, f in zip(("firms", "energy"), small(), strict=True))
    energy = energy.with_columns(pl.lit(";\"; DROP TABLE x; --'").alias('100% "mine":x'))
    view = 'CREATE VIEW "能耗" AS SELECT * FROM "raw energy"'
    if form == "postgresql":
        postgres = request.getfixturevalue("postgres")
        postgres.put("企业", firms)
        quoted = energy.rename({'100% "mine":x': "spare"})
        postgres.put("raw energy", quoted)
        postgres.run('ALTER TABLE "raw energy" RENAME COLUMN spare TO "100% ""mine"":x"')
        postgres.run(view)
        place = postgres.url
    else:
        path = tmp_path / "bank #1?.db".replace("?", "")
        put_sqlite(path, "企业", firms)
        put_sqlite(path, "raw energy", energy.rename({'100% "mine":x': '100% ""mine"":x'}))
        connection = sqlite3.connect(path)
        connection.execute(view)
        connection.close()
        place = f"sqlite:///{path}"
    dataset = read_dataset(place, purpose="check")
    clean = dataset.tables["energy"].select("firm_id", "quantity", "published_on").rows()
    assert clean == [("F-1", 1444.83, date(2024, 1, 31)), ("F-2", 0.1, date(2024, 2, 29))]
    assert dataset.quarantine.select("row", "rule").rows() == [(3, "unknown_firm")]
    assert '"数量"' in dataset.quarantine["record"].item()
    assert dataset.notices.select("kind", "column").rows() == [
        ("extra_column", '100% "mine":x'),
        ("missing_table", ""),
        ("unknown_table", ""),
    ]


def test_types_of_postgresql_mean_what_they_say(postgres):
    firms, _ = small()
    postgres.put("firms", firms, {"firm_id": "char(9)", "id_scheme": "varchar"})
    postgres.run(
        'CREATE TABLE energy (firm_id char(9), period numeric(8,2), carrier text, flow text, "quantity" numeric(30,12), '
        "unit text, published_on timestamptz)"
    )
    rows = [
        (
            "F-1",
            2023,
            "electricity",
            "purchased",
            Decimal("1444.830000000001"),
            "MWh",
            datetime(2024, 1, 31, 8, tzinfo=UTC),
        ),
        ("F-2", 2023, "electricity", "purchased", Decimal(100), "MWh", None),
        ("F-2", 2022, "electricity", "purchased", Decimal("NaN"), "MWh", None),
    ]
    postgres.run("INSERT INTO energy VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    postgres.run("INSERT INTO energy (firm_id, period, published_on) VALUES ('F-1', 2021, 'infinity')")
    dataset = read_dataset(postgres.url, purpose="check")
    clean = dataset.tables["energy"].select("firm_id", "period", "quantity", "published_on").rows()
    assert clean == [("F-1", "2023", 1444.830000000001, date(2024, 1, 31)), ("F-2", "2023", 100.0, None)]
    bad = dataset.quarantine.filter(pl.col("column").is_in(["quantity", "published_on"]))
    assert set(bad.select("row", "column", "rule").rows()) == {
        (4, "quantity", "missing_required"),
        (4, "published_on", "not_a_date"),
        (3, "quantity", "out_of_range"),
    }


def test_cells_of_sqlite_keep_their_own_types_in_full(tmp_path):
    firms, energy = small()
    path = tmp_path / "bank.db"
    put_sqlite(path, "firms", firms)
    put_sqlite(path, "energy", energy.head(1), {"quantity": "DECIMAL(20, 6)"})
    connection = sqlite3.connect(path)
    with connection:
        for year, quantity in ((2019, 5), (2020, 0.1 + 0.2), (2021, "1 444,5"), (2022, "1,444.5")):
            connection.execute(
                "INSERT INTO energy VALUES ('F-2', ?, 'electricity', 'purchased', ?, 'MWh', NULL)",
                (year, quantity),
            )
    connection.close()
    clean = read_dataset(f"sqlite:///{path}", purpose="check").tables["energy"]
    assert dict(clean.select("period", "quantity").rows()) == {
        "2019": 5.0,
        "2020": 0.1 + 0.2,
        "2022": 1444.5,
        "2023": 1444.83,
    }
    commas = read_dataset(f"sqlite:///{path}", purpose="check", decimal=",").tables["energy"]
    assert dict(commas.select("period", "quantity").rows()) == {
        "2019": 5.0,
        "2020": 0.1 + 0.2,
        "2021": 1444.5,
        "2023": 1444.83,
    }


def test_many_rows_come_in_batches_in_their_order(tmp_path):
    firms = pl.DataFrame({"firm_id": [f"F{n}" for n in range(120_001)], "id_scheme": "bank"})
    put_sqlite(tmp_path / "bank.db", "firms", firms)
    clean = read_dataset(f"sqlite:///{tmp_path / 'bank.db'}", purpose="check").tables["firms"].sort("row")
    assert clean["firm_id"].equals(firms["firm_id"])
    assert clean["row"].to_list() == list(range(1, 120_002))


def test_any_text_and_rows_of_nothing_come_through_postgresql_whole(postgres):
    texts = ['a "quoted", one', "two\nlines\r\n", "tab\t; 东厂 \\N", "\\.", "", None]
    firms = pl.DataFrame({"firm_id": [f"F{n}" for n in range(6)], "id_scheme": "bank", "name": texts})
    postgres.put("firms", firms)
    postgres.run("CREATE TABLE annual (firm_id text, year int)")
    postgres.run("CREATE TABLE energy (firm_id text)")
    postgres.run("INSERT INTO energy VALUES (NULL), (NULL), ('F1'), (NULL)")
    with pytest.raises(DatasetError, match=r"energy\.period"):
        read_dataset(postgres.url, purpose="check")
    found = read_database(postgres.url, declared=Declaration()).tables
    assert (
        found["firms"]
        .frame.with_columns(pl.col("name").replace("", None))
        .equals(firms.with_columns(pl.col("name").replace("", None)))
    )
    assert found["annual"].frame.schema == {"firm_id": pl.String, "year": pl.String}
    assert found["energy"].frame["firm_id"].to_list() == [None, None, "F1", None]


def test_pieces_of_postgresql_are_put_together_in_order(postgres, monkeypatch):
    monkeypatch.setattr("features.intake.database._PIECE", 100)
    firms = pl.DataFrame({"firm_id": [f"F{n}" for n in range(500)], "id_scheme": "bank"})
    postgres.put("firms", firms)
    found = read_database(postgres.url, declared=Declaration()).tables["firms"]
    assert found.frame.equals(firms)
    assert found.rows.to_list() == list(range(1, 501))


def test_the_search_path_and_the_schema_say_which_table_is_meant(postgres):
    firms, _ = small()
    postgres.put("firms", firms)
    path = f"{postgres.server}?schema={postgres.schema.replace(' ', '+')}&schema=public&connect_timeout=3"
    assert read_dataset(path, purpose="check").counts["rows_in"].sum() == 2
    with pytest.raises(DatasetError, match="no table of the contract in schema nowhere"):
        read_dataset(f"{postgres.server}?schema=nowhere", purpose="check")
    postgres.put("企业", firms)
    with pytest.raises(DatasetError, match="firms is handed in more than once"):
        read_dataset(postgres.url, purpose="check")


def test_partitions_of_postgresql_are_one_table_and_nothing_is_written(postgres):
    postgres.run("CREATE TABLE firms (firm_id text, id_scheme text) PARTITION BY LIST (firm_id)")
    postgres.run("CREATE TABLE firms_1 PARTITION OF firms FOR VALUES IN ('F-1')")
    postgres.run("INSERT INTO firms VALUES ('F-1', 'bank')")
    postgres.run("CREATE TABLE log (entry text)")
    postgres.run(
        "CREATE FUNCTION spy() RETURNS text LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO log VALUES ('x'); RETURN 'x'; END $$"
    )
    dataset = read_dataset(postgres.url, purpose="check")
    assert dataset.tables["firms"]["firm_id"].to_list() == ["F-1"]
    assert len(dataset.notices.filter(pl.col("kind") == "unknown_table")) == 1
    postgres.run(
        "CREATE VIEW energy AS SELECT 'F-1' AS firm_id, spy() AS period, carrier FROM (VALUES ('')) AS v (carrier)"
    )
    with pytest.raises(DatasetError, match="The table energy cannot be read") as caught:
        read_dataset(postgres.url, purpose="check")
    assert "energy" in caught.value.where


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda parts: parts | {"password": "not%40this"}, "cannot be reached"),
        (lambda parts: parts | {"database": "nowhere"}, "nowhere"),
        (lambda parts: parts | {"port": 1}, "cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_the_password(postgres, change, reason):
    own = split_url(postgres.server)
    parts = {name: getattr(own, name) for name in ("user", "password", "host", "port", "database")}
    parts = change(parts)
    url = "postgresql://{user}:{password}@{host}:{port}/{database}".format(**parts)
    with pytest.raises(DatasetError, match=reason) as caught:
        read_dataset(url)
    for told in (str(caught.value), repr(caught.value.__cause__)):
        assert parts["password"] not in told
        assert "not@this" not in told
    assert caught.value.where == f"postgresql://{own.user}@{own.host}:{parts['port']}/{parts['database']}"
    assert "PGPASSWORD" in caught.value.mend


def test_the_source_of_a_dataset_holds_no_password(postgres):
    postgres.put("firms", small()[0])
    dataset = read_dataset(postgres.url, purpose="check")
    password = split_url(postgres.server).password
    assert dataset.source.startswith("postgresql://")
    assert postgres.schema in dataset.source
    assert password
    assert password not in dataset.source


SECRET = "hunter2"  # noqa: S105
UNREADABLE = {
    "an at sign": f"postgresql://risk:x@{SECRET}@host/db",
    "a question mark": f"postgresql://risk:x?{SECRET}@host/db",
    "a slash": f"postgresql://risk:12/{SECRET}@host/db",
    "a number and a question mark": f"postgresql://risk:12?{SECRET}@host/db",
    "a parameter": f"postgresql://risk@host/db?password={SECRET}",
    "another database": f"mysql://risk:{SECRET}@host/db",
    "SQLite with a host": f"sqlite://risk:{SECRET}@host/db",
    "SQLite with parameters": f"sqlite:///bank.db?password={SECRET}",
}


@pytest.mark.parametrize("url", UNREADABLE.values(), ids=UNREADABLE)
def test_urls_that_cannot_be_read_are_refused_without_their_secret(url):
    with pytest.raises(DatasetError) as caught:
        read_dataset(url)
    assert SECRET not in str(caught.value)
    assert SECRET not in shown(url)
    assert caught.value.where
    assert caught.value.mend


def test_a_url_that_became_a_path_is_no_dataset_and_tells_no_secret():
    with pytest.raises(DatasetError, match="no such dataset") as caught:
        read_dataset(Path(f"postgresql://risk:{SECRET}@host/db"))
    assert SECRET not in str(caught.value)
    assert "as text" in caught.value.mend


def test_what_is_no_database_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no such database file"):
        read_dataset(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
    for content, reason in (
        (b"not a database at all" * 99, "no SQLite database"),
        (b"", "file is empty"),
    ):
        (tmp_path / "bank.db").write_bytes(content)
        with pytest.raises(DatasetError, match=reason):
            read_dataset(f"sqlite:///{tmp_path / 'bank.db'}")
    connection = sqlite3.connect(tmp_path / "weather.db")
    connection.execute("CREATE TABLE weather (day)")
    connection.close()
    with pytest.raises(DatasetError, match="no table of the contract"):
        read_dataset(f"sqlite:///{tmp_path / 'weather.db'}")
    put_sqlite(tmp_path / "truth.db", "firms", small()[0])
    with pytest.raises(DatasetError, match="truth"):
        read_dataset(f"sqlite:///{tmp_path / 'truth.db'}")


def test_text_that_is_no_text_and_broken_views_are_named(tmp_path):
    put_sqlite(tmp_path / "bank.db", "firms", small()[0])
    connection = sqlite3.connect(tmp_path / "bank.db")
    with connection:
        connection.execute("CREATE TABLE energy AS SELECT CAST(x'ff' AS TEXT) AS firm_id")
        connection.execute("CREATE VIEW annual AS SELECT * FROM nowhere")
    connection.close()
    with pytest.raises(DatasetError, match=r"The table (annual|energy) cannot be read") as caught:
        read_dataset(f"sqlite:///{tmp_path / 'bank.db'}", purpose="check")
    assert "bank.db" in caught.value.where


def test_a_missing_driver_is_named_with_how_to_get_it():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from features.intake import read_dataset\n"
        "from features.errors import DatasetError\n"
        "try: read_dataset('postgresql://risk:hunter2@localhost/db')\n"
        "except DatasetError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "driver of PostgreSQL is not installed" in told
    assert "psycopg[binary]" in told
    assert SECRET not in told
