"""The store: its tables are what the code declares, every commit is on the disk, and a strange address is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from features.errors import StoreError
from scoring.workbench.store import open_store
from scoring.workbench.store.schema import METADATA

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.workbench.store import Store


def test_the_migrations_lead_to_the_declared_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url).close()
    with open_store(url).read() as connection:
        assert connection.execute(sa.text("SELECT sequence FROM chain_head")).scalars().all() == [0]


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}").read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_store_of_a_later_release_is_refused(store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="later release"):
        open_store(store.engine.url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("nonsense", "must begin"),
        ("mysql://host/db", "must begin"),
        ("", "must begin"),
        ("sqlite:////no/such/folder/store.db", "folder"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot be opened"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_without_its_password(url: str, word: str) -> None:
    with pytest.raises(StoreError, match=word) as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"not a database")
