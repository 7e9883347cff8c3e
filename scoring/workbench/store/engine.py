"""Opening the store: SQLite with every commit on the disk, or PostgreSQL; read and write transactions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from features.errors import StoreError
from scoring.workbench.store.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Store", "open_store"]

_WRITES = "greencredit_writes"
"""Execution option of a connection whose transaction writes."""

_BUSY_MILLISECONDS = 20_000
"""How long a writer waits for another one before SQLite gives up."""

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


@dataclass(frozen=True, kw_only=True)
class Store:
    """An open store.

    Parameters
    ----------
    engine
        Connections to the database.
    """

    engine: sa.Engine

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection whose reads see one state of the database."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction that is on the disk when the block ends, or undone if it raises."""
        with self.engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, *, create: bool = True) -> Store:
    """Open a store and bring its tables up to date.

    Parameters
    ----------
    url
        ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    create
        Whether a SQLite file that is not there is made.

    Raises
    ------
    StoreError
        If the address is not one of these, the database cannot be reached, or it belongs to a later release.
    """
    place = _parsed(url)
    if not create and place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        raise StoreError(
            "There is no store.", where=_shown(place), mend="Check the address given to --store."
        )
    engine = _sqlite(place) if place.drivername.startswith("sqlite") else _postgres(place)
    try:
        with engine.connect() as connection:
            upgrade(connection, where=_shown(place))
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(
            f"The store cannot be opened ({reason}).",
            where=_shown(place),
            mend="Check the address, that the server runs or the folder exists, and that you may write there.",
        ) from None
    except StoreError:
        engine.dispose()
        raise
    return Store(engine=engine)


def _parsed(url: str) -> sa.URL:
    try:
        place = sa.make_url(url)
    except sa.exc.ArgumentError:
        place = sa.URL.create("none")
    kind = place.get_backend_name()
    if kind not in _DRIVERS:
        raise StoreError(
            "The store's address must begin with sqlite:/// or postgresql://.",
            where="--store",
            mend="Name a database of one of these kinds, or leave it out for a file in this folder.",
        )
    return place.set(drivername=_DRIVERS[kind])


def _shown(place: sa.URL) -> str:
    return place.render_as_string(hide_password=True)


def _sqlite(place: sa.URL) -> sa.Engine:
    if place.database and place.database != ":memory:" and not Path(place.database).parent.is_dir():
        raise StoreError(
            "The folder of the store does not exist.",
            where=_shown(place),
            mend="Make the folder, or name another file with --store.",
        )
    engine = sa.create_engine(place, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own connection)
    # The driver would begin transactions by itself, and too late for a reader that turns writer.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # What was acknowledged survives a loss of power.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: waiting is safe there, while a reader that turns writer may fail.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(place: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(place, pool_pre_ping=True, pool_size=10, max_overflow=10)
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs the package psycopg, which is not installed.",
            where=_shown(place),
            mend="Install it with `pip install 'greencredit[postgres]'`.",
        ) from None
