"""A dataset as a database, SQLite or PostgreSQL by URL: a table or view of it per table of the contract.

Nothing but reading: SQLite files are opened read-only, PostgreSQL in a read-only transaction, either of them one
snapshot over all tables. Names go through SQLAlchemy's quoting, values through its parameters; a password goes to the
driver and nowhere else, neither into a message nor into the dataset's source.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from features.errors import DatasetError
from features.intake.cells import text_cells, with_points
from features.intake.connections import (
    Opened,
    errors,
    open_postgres,
    open_sqlite,
    reason,
    sqlite_files,
    sqlite_path,
)
from features.intake.declaration import comma_notices
from features.intake.headers import match_tables
from features.intake.notices import unknown_table
from features.intake.raw import Notice, RawDataset, RawTable, headed
from features.intake.urls import POSTGRES, SQLITE, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from features.intake.declaration import Declaration

__all__ = ["read_database"]

_BATCH = 50_000
"""Rows fetched at a time."""

_PIECE = 32 * 1024 * 1024
"""Bytes fetched at a time."""

_TEXTS, _NUMERIC = frozenset({18, 19, 25, 1042, 1043}), 1700
"""Type numbers of PostgreSQL (pg_type.dat): char, name, text, bpchar and varchar; numeric."""

_TABLES_OF_POSTGRES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    ORDER BY array_position(CAST(:schemas AS text[]), CAST(n.nspname AS text)), c.relname
"""


def read_database(url: str, *, declared: Declaration) -> RawDataset:
    """Read every table or view that is named after a table of the contract.

    Parameters
    ----------
    url
        ``sqlite:///folder/file.db`` or ``postgresql://user@host/database``. PostgreSQL's tables are looked for along
        the search path of the user, or in the schemas of ``?schema=``; the first schema that has a name counts. A
        password stands in the URL, in ``PGPASSWORD`` or in ``~/.pgpass``.
    declared
        The decimal marks of numbers that the database stores as text.

    Raises
    ------
    DatasetError
        If the URL is none of these, the driver is missing, the database cannot be opened or read, it holds no table
        of the contract, or two names are one table.
    """
    scheme = url.partition("://")[0].lower()
    if scheme in SQLITE:
        path = sqlite_path(url)
        with open_sqlite(path, source=shown(url)) as opened:
            return _read(opened, files=sqlite_files(path), declared=declared)
    if scheme in POSTGRES:
        with open_postgres(url) as opened:
            return _read(opened, files={}, declared=declared)
    raise DatasetError(
        f"A database is read by a URL of SQLite or PostgreSQL, not of {scheme}.",
        where=shown(url),
        mend="Write sqlite:///folder/file.db or postgresql://user@host/database; or export the tables as Parquet.",
    )


def _read(opened: Opened, *, files: dict[str, str], declared: Declaration) -> RawDataset:
    places = _places(opened)
    names = match_tables(list(places), source=opened.source)
    if not names:
        where = "" if opened.schemas is None else f" in schema {', '.join(opened.schemas) or '(none)'}"
        raise DatasetError(
            f"The database holds no table of the contract{where}.",
            where=opened.source,
            mend="Name tables or views as in the contract, such as firms and applications"
            + ("." if opened.schemas is None else ", or name the schema: ?schema=name."),
        )
    notices: list[Notice] = [unknown_table(name) for name in places if name not in names]
    raw: dict[str, RawTable] = {}
    expected = errors(opened.connection)
    for name, table in names.items():
        source = f"{opened.source}, table {name}"
        target = sa.table(
            quoted_name(name, quote=True),
            schema=None if places[name] is None else quoted_name(str(places[name]), quote=True),
        )
        try:
            frame, commas = _fetch(opened, target, table, declared=declared, source=source)
        except expected as error:
            raise DatasetError(
                f"The table {name} cannot be read: {reason(error)}.",
                where=source,
                mend="Check that the user may select from it, and that a select of all its rows works; a view has to end.",
            ) from error
        rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
        raw[table] = RawTable(frame=frame, rows=rows)
        notices += comma_notices(table, commas)
    return RawDataset(tables=raw, files=files, notices=tuple(notices), source=opened.source)


def _places(opened: Opened) -> dict[str, str | None]:
    """Return the name of each table and view with its schema."""
    if opened.schemas is None:
        listed = opened.connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite^_%' ESCAPE '^' "
            "ORDER BY name"
        )
        return dict.fromkeys(listed.scalars())
    found = opened.connection.execute(sa.text(_TABLES_OF_POSTGRES), {"schemas": list(opened.schemas)})
    places: dict[str, str | None] = {}
    for schema, name in found:
        places.setdefault(name, schema)
    return places


def _fetch(
    opened: Opened, target: sa.TableClause, table: str, *, declared: Declaration, source: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows of a table as text under its headers, and the headers with decimal commas."""
    star: sa.CursorResult[Any] = opened.connection.execute(
        sa.select(sa.literal_column("*")).select_from(target).limit(0)
    )
    # The second item is a type number in PostgreSQL and nothing in SQLite.
    described: list[tuple[str, Any]] = [(part[0], part[1]) for part in star.cursor.description or ()]
    star.close()
    headers = [name for name, _ in described]
    named: list[sa.ColumnElement[Any]] = [sa.column(quoted_name(header, quote=True)) for header in headers]
    commas = declared.commas(table, headers, source=source)
    if opened.schemas is None:
        statement = sa.select(*(column.label(f"c{n}") for n, column in enumerate(named))).select_from(target)
        result = opened.connection.execute(statement, execution_options={"yield_per": _BATCH})
        pieces = [
            pl.DataFrame(
                [
                    _sqlite_column(f"c{n}", values, comma=header in commas)
                    for n, (header, values) in enumerate(zip(headers, zip(*rows, strict=True), strict=True))
                ]
            )
            for rows in result.partitions()
        ]
    else:
        # The leading constant keeps a row of nothing but nulls from being an empty line.
        cells = [sa.cast(column, sa.Text).label(f"c{n}") for n, column in enumerate(named)]
        one: sa.ColumnElement[Any] = sa.literal_column("1")
        statement = sa.select(one, *cells).select_from(target)
        pieces = [
            pl.DataFrame(
                [
                    _postgres_column(column, kind=kind, comma=header in commas)
                    for column, (header, kind) in zip(piece.get_columns(), described, strict=True)
                ]
            )
            for piece in _copied(opened.connection, statement, width=len(headers))
        ]
    empty = pl.DataFrame(schema={f"c{n}": pl.String for n in range(len(headers))})
    return headed(pl.concat([empty, *pieces]), headers, source=source), commas


def _copied(connection: sa.Connection, statement: sa.Select[Any], *, width: int) -> Iterator[pl.DataFrame]:
    """Fetch as text with COPY, a few megabytes at a time; no row becomes an object on its way."""
    # SQLAlchemy doubles each percent sign of a name, because it counts on parameters; COPY takes none.
    query = str(statement.compile(dialect=connection.dialect)).replace("%%", "%")
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')") as copy,
    ):
        # libpq gives one whole row at a time (PQgetCopyData), so a piece ends where a row ends.
        piece, size = [], 0
        for row in copy:
            piece.append(row)
            size += len(row)
            if size > _PIECE:
                yield _parsed(piece, width=width)
                piece, size = [], 0
    if piece:
        yield _parsed(piece, width=width)


def _parsed(rows: Sequence[bytes], *, width: int) -> pl.DataFrame:
    frame = pl.read_csv(
        io.BytesIO(b"".join(rows)),
        has_header=False,
        infer_schema=False,
        new_columns=["c", *(f"c{n}" for n in range(width))],
    )
    return frame.drop("c")


def _postgres_column(column: pl.Series, *, kind: int, comma: bool) -> pl.Series:
    """Return cells that PostgreSQL wrote as text; an exact number without the zeros that fill up its scale."""
    cell = pl.col(column.name)
    if kind == _NUMERIC:
        cell = cell.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.strip_suffix(".")
    elif comma and kind in _TEXTS:
        cell = with_points(cell)
    return column.to_frame().select(cell).to_series()


def _sqlite_column(name: str, values: Sequence[object], *, comma: bool) -> pl.Series:
    """Return cells as text; SQLite gives each cell a type of its own."""
    kinds = sorted(set(map(type, values)) - {type(None)}, key=lambda kind: kind.__name__)
    columns = []
    for number, kind in enumerate(kinds):
        own = values if len(kinds) == 1 else [value if type(value) is kind else None for value in values]
        column = text_cells(pl.DataFrame([pl.Series(str(number), own)])).to_series()
        columns.append(
            column.to_frame().select(with_points(pl.all())).to_series() if comma and kind is str else column
        )
    if not columns:
        return pl.Series(name, [None] * len(values), dtype=pl.String)
    return pl.DataFrame(columns).select(pl.coalesce(pl.all()).alias(name)).to_series()
