"""Bringing a database to the tables of this release, by Alembic's migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from features.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x67726E63
"""Advisory lock of PostgreSQL: two servers that start together must not both upgrade."""


def upgrade(connection: Connection, *, where: str) -> None:
    """Run the migrations that the database has not seen.

    Parameters
    ----------
    connection
        Open, in no transaction.
    where
        Name of the database for messages.

    Raises
    ------
    StoreError
        If a later release has been at the database.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    with connection.execution_options(greencredit_writes=True).begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        now = MigrationContext.configure(connection).get_current_revision()
        if now == script.get_current_head():
            return
        if now is not None and now not in {revision.revision for revision in script.walk_revisions()}:
            raise StoreError(
                f"The store was written by a later release (its tables are of version {now}).",
                where=where,
                mend="Start the release that wrote it, or a later one.",
            )
        command.upgrade(config, "head")
