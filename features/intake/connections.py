"""Databases open for nothing but reading: a SQLite file, or a read-only transaction of PostgreSQL."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from features.errors import DatasetError
from features.intake.headers import refuse_truth
from features.intake.raw import digest, file_bytes
from features.intake.urls import shown, split_url

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Opened", "errors", "open_postgres", "open_sqlite", "reason", "sqlite_files", "sqlite_path"]

_DRIVER = "postgresql+psycopg"
_SECONDS = "10"
"""Patience with a server that does not answer."""

_CONNECTION_KEYS = frozenset(
    {"connect_timeout", "host", "port", "sslcert", "sslkey", "sslmode", "sslrootcert", "target_session_attrs"}
)
"""Parameters of the URL that go on to PostgreSQL's library."""

_ALWAYS_FINE, _STEPS_PER_BYTE, _STEPS = 200_000_000, 200, 100_000
"""Steps of SQLite's machine that a file may always take, how many more for each byte of it, and how often they are counted.

A table takes about one step per byte. A view may take any number, an endless one (WITH RECURSIVE) among them; they are
counted, not timed, so a file is refused on every machine or on none.
"""

_SETTINGS_OF_POSTGRES = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL extra_float_digits = 1",  # floats in full
    # Rows in the order in which they are stored, however many read at the same time.
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A database open for reading; ``schemas`` is None where there are none (SQLite)."""

    connection: sa.Connection
    schemas: tuple[str, ...] | None
    source: str


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite URL; DatasetError where it names none, or the truth of a simulation."""
    name = url.partition("://")[2]
    if not name.startswith("/") or name in {"/", "/:memory:"} or "?" in name:
        raise DatasetError(
            "The URL names no file, or more than one.",
            where=shown(url),
            mend="Write sqlite:///folder/file.db, or sqlite:////folder/file.db from the root; nothing follows it.",
        )
    path = Path(name[1:])
    try:
        is_there = path.is_file()
    except OSError:  # a name that is too long for any file
        is_there = False
    if not is_there:
        raise DatasetError("There is no such database file.", where=shown(url), mend="Check the path.")
    whole = path.resolve()
    refuse_truth([whole.name.split(".")[0], whole.parent.name], source=shown(url))
    return path


def sqlite_files(path: Path) -> dict[str, str]:
    """Return the hash of the file and, where writers left changes beside it, of these."""
    files = (path, path.with_name(path.name + "-wal"))
    return {
        file.name: digest(file_bytes(file))
        for file in files
        if file == path or (file.is_file() and file.stat().st_size > 0)
    }


@contextmanager
def open_sqlite(path: Path, *, source: str) -> Iterator[Opened]:
    """Open a SQLite file read-only, in one snapshot; DatasetError where it is none or cannot be read."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        most = _ALWAYS_FINE + _STEPS_PER_BYTE * path.stat().st_size
        counted = itertools.count(_STEPS, _STEPS)
        connection.set_progress_handler(lambda: next(counted) > most, _STEPS)
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA trusted_schema = OFF")
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            yield Opened(connection=connection, schemas=None, source=source)
    except sa.exc.DBAPIError as error:
        raise DatasetError(
            f"The file is no SQLite database, or it cannot be read: {reason(error)}.",
            where=source,
            mend="Check the file, its permissions and that nobody locks it.",
        ) from error


@contextmanager
def open_postgres(url: str) -> Iterator[Opened]:
    """Open a database of PostgreSQL in a read-only transaction, in one snapshot.

    Raises
    ------
    DatasetError
        If the URL cannot be read, the driver is missing, or the server cannot be reached or refuses.
    """
    source = shown(url)
    engine, schemas, password = _engine(url, source=source)
    try:
        opened = engine.connect()
    except sa.exc.DBAPIError as error:
        told = reason(error)
        hidden = password is not None and password in told
        # The driver's own error stays out of the chain: a traceback must not tell how it was called.
        raise DatasetError(
            f"The database cannot be reached{'' if hidden else f': {told}'}.",
            where=source,
            mend="Check that the server runs, host, port, database and user, and the password: "
            "in the URL (percent-encoded), in PGPASSWORD or in ~/.pgpass.",
        ) from None
    try:
        with opened as connection:
            reading = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            for setting in _SETTINGS_OF_POSTGRES:
                reading.exec_driver_sql(setting)
            if not schemas:
                schemas = tuple(reading.execute(sa.text("SELECT unnest(current_schemas(false))")).scalars())
            refuse_truth([*schemas, engine.url.database or ""], source=source)
            yield Opened(connection=reading, schemas=schemas, source=source)
    except sa.exc.DBAPIError as error:
        raise DatasetError(
            f"The database cannot be read: {reason(error)}.",
            where=source,
            mend="Check that the user may read its catalogue and that the connection holds.",
        ) from None


def errors(connection: sa.Connection) -> tuple[type[Exception], ...]:
    """Return the errors of reading: SQLAlchemy's and, where it is spoken to directly, the driver's own."""
    driver: Any = connection.dialect.dbapi
    return (sa.exc.DBAPIError, driver.Error)


def reason(error: Exception) -> str:
    """Return the driver's own words on one line, without the statement that SQLAlchemy adds."""
    own = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    # Errors of the driver itself, such as a text that is none, have no number.
    if getattr(own, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return "it takes more steps than a table of this size can need"
    lines = (line.strip() for line in str(own).splitlines())
    return "; ".join(line for line in lines if line).rstrip(".") or type(own).__name__


def _engine(url: str, *, source: str) -> tuple[sa.Engine, tuple[str, ...], str | None]:
    """Return an engine, the schemas that the URL names, and the password that no message may show."""
    parts = split_url(url)
    unknown = sorted(set(parts.query) - _CONNECTION_KEYS - {"schema"})
    if unknown:
        raise DatasetError(
            f"The URL has parameters that are not understood: {', '.join(unknown)}.",
            where=source,
            mend=f"There may stand: {', '.join(sorted(_CONNECTION_KEYS | {'schema'}))}.",
        )
    schemas = parts.query.get("schema", ())
    options = {"connect_timeout": _SECONDS} | {k: v[-1] for k, v in parts.query.items() if k != "schema"}
    target = sa.URL.create(
        _DRIVER,
        username=parts.user,
        password=parts.password,
        host=parts.host,
        port=parts.port,
        database=parts.database,
        query=options,
    )
    try:
        return sa.create_engine(target, poolclass=NullPool), schemas, parts.password
    except ImportError as error:
        raise DatasetError(
            "The driver of PostgreSQL is not installed.",
            where=source,
            mend="Install the extra postgres: pip install 'psycopg[binary]>=3.2' (the extra postgres).",
        ) from error
