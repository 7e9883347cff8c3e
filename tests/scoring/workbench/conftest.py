"""Stores to test on: SQLite always, PostgreSQL where a server is at hand."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from typing import TYPE_CHECKING

import polars as pl
import pytest
import sqlalchemy as sa

from features.intake import validate_tables
from features.simulate import simulate
from scoring import batch
from scoring.policy import load_policy
from scoring.workbench.audit import AuditKey, append
from scoring.workbench.store import Store, open_store
from scoring.workbench.store.schema import batches, scored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.registry import RegisteredModel

KEY = AuditKey.parse("5e" * 32)
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def key() -> AuditKey:
    return KEY


@pytest.fixture(scope="session")
def noon() -> dt.datetime:
    return NOON


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
        yield opened
        opened.close()
        return
    server = os.environ.get("GREENCREDIT_TEST_POSTGRES")
    if not server:
        pytest.skip(
            "no PostgreSQL server: set GREENCREDIT_TEST_POSTGRES to its URL, or run .ci/run, which brings one"
        )
    name = f"store_{uuid.uuid4().hex[:12]}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    opened = open_store(url.set(database=name).render_as_string(hide_password=False))
    yield opened
    opened.close()
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def written(store: Store) -> Store:
    """A store with ten records."""
    for number in range(10):
        with store.write() as connection:
            append(
                connection,
                key=KEY,
                kind="agree",
                content={"actor": "wang", "batch_id": "b1", "application_id": f"APP{number}", "text": "同意"},
                at=NOON + dt.timedelta(minutes=number),
            )
    return store


BATCH = {
    "batch_id": "b1",
    "folder": "scores",
    "state": "done",
    "done": 4,
    "total": 4,
    "started_at": "2026-03-01T00:00:00.000000+00:00",
    "finished_at": "2026-03-01T00:01:00.000000+00:00",
    "rows_in": 4,
    "scored": 4,
    "quarantined": 0,
    "model_version": "1",
    "policy_version": "p",
    "label_origin": "simulated",
    "demonstration": True,
    "manifest": "{}",
}


@pytest.fixture
def with_batch(store: Store) -> Store:
    """A store with one batch of four applications, the last one of a large amount."""
    rows = [
        {
            "batch_id": "b1",
            "application_id": f"A{number}",
            "firm_id": f"F{number}",
            "firm_name": f"Firm {number}",
            "as_of": "2026-03-01",
            "industry_division": "30",
            "points_shown": 610 + number,
            "grade": "BB",
            "risk_class": "B",
            "amount": [100.0, 100.0, None, 9000.0][number],
            "review": number > 0,
            "review_reasons": "[]",
            "record_hash": f"{number}" * 64,
        }
        for number in range(4)
    ]
    with store.write() as connection:
        connection.execute(batches.insert().values(**BATCH))
        connection.execute(scored.insert(), rows)
    return store


# The test client decodes an address twice, a server once: no "%41" can stand in it here.
HOSTILE_ID = "LOAN 7/<b>&\"'?#%"
HOSTILE_NAME = '=HYPERLINK("http://x") <script>alert(1)</script> \u202eevil\u202c ' + "长" * 10_000


@pytest.fixture(scope="session")
def hostile() -> tuple[str, str]:
    """Id of the application whose firm has a hostile name, and the name."""
    return HOSTILE_ID, HOSTILE_NAME


@pytest.fixture(scope="session")
def two_batches(registered: RegisteredModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results of two batches with their bases: the same firms, in the later one a third more energy.

    The first application has a hostile id, and its firm a hostile name and two firms that it owns.
    """
    tables = dict(simulate(firms=40, seed=7, new_applicants=True).tables)
    firm, first = tables["applications"].select("firm_id", "application_id").row(0)
    tables["firms"] = tables["firms"].with_columns(
        name=pl.when(pl.col("firm_id") == firm).then(pl.lit(HOSTILE_NAME)).otherwise("name")
    )
    tables["applications"] = tables["applications"].with_columns(
        application_id=pl.col("application_id").replace(first, HOSTILE_ID)
    )
    later = tables | {"energy": tables["energy"].with_columns(pl.col("quantity") * 4 / 3)}
    folder = tmp_path_factory.mktemp("batches")
    for name, content in (("old", tables), ("new", later)):
        dataset = validate_tables(content, source=name)
        batch.score(dataset, model=registered, policy=load_policy(), out=folder / name)
    return folder / "old", folder / "new"
