"""A server that scores with the small model, and clients with tokens."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from scoring.policy import load_policy
from scoring.workbench.people import Role, add_person
from scoring.workbench.people.permissions import ROLES
from scoring.workbench.people.tokens import SCOPES, issue_token
from scoring.workbench.scorer import Scorer
from scoring.workbench.store import open_store
from scoring.workbench.web import Workbench, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

    from models.registry import RegisteredModel
    from scoring.workbench.audit import AuditKey

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


class Client(TestClient):
    """A program with a token."""

    def score(self, tables: dict, *, explain: bool = False, key: str | None = None):
        headers = {} if key is None else {"idempotency-key": key}
        return self.post("/api/v1/score", json={"tables": tables, "explain": explain}, headers=headers)


class Clock:
    now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def scorer(registered: RegisteredModel) -> Scorer:
    return Scorer(model=registered, policy=load_policy())


@pytest.fixture
def workbench(tmp_path, key: AuditKey, clock: Clock, scorer: Scorer) -> Iterator[Workbench]:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.write() as connection:
        for role in Role:
            # Nobody signs in by password here, and hashing one takes long.
            add_person(
                connection,
                login=role.value,
                name=role.value,
                role=role.value,
                password=None,
                key=key,
                actor="first start",
                at=NOW,
            )
    yield Workbench(store=store, key=key, policy=load_policy(), clock=clock, scorer=scorer)
    store.close()


@pytest.fixture
def app(workbench: Workbench) -> FastAPI:
    return create_app(workbench)


@pytest.fixture
def issued(workbench: Workbench) -> Callable[..., str]:
    """Issue a token: of every scope that the role may have, unless said otherwise."""

    def issue(login: str = "officer", *, scopes=None, days: int = 30) -> str:
        wanted = [s for s in SCOPES if s in ROLES[Role(login)]] if scopes is None else scopes
        with workbench.store.write() as connection:
            return issue_token(
                connection,
                name="core banking",
                login=login,
                scopes=wanted,
                days=days,
                key=workbench.key,
                actor="administrator",
                at=workbench.clock(),
            )

    return issue


@pytest.fixture
def client_of(app: FastAPI) -> Callable[[str | None], Client]:
    def client(secret: str | None) -> Client:
        headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
        return Client(app, headers=headers, raise_server_exceptions=False)

    return client


@pytest.fixture
def client(client_of: Callable, issued: Callable) -> Client:
    """A program of the officer, with every scope."""
    return client_of(issued())
