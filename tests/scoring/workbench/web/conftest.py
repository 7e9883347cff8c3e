"""A workbench to visit, with one person of each role, and browsers that are signed in."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from scoring.policy import load_policy
from scoring.workbench.people import Role, add_person, passwords
from scoring.workbench.store import open_store
from scoring.workbench.web import Workbench, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from scoring.workbench.audit import AuditKey

PASSWORD = "四月的雨 and nine grey geese"  # noqa: S105  (of nobody)


class Browser(TestClient):
    """A browser that sends its forms with the token of its session."""

    def fill_in(self, path: str, **fields: str):
        # Any page of a session shows its token.
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get("/queue").text)
        return self.post(path, data={"csrf": found[1] if found else "", **fields})


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords._nobody.cache_clear()
    monkeypatch.setattr(
        passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    )


@pytest.fixture
def workbench(tmp_path: Path, key: AuditKey) -> Iterator[Workbench]:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    clock = {"now": dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)}
    bench = Workbench(store=store, key=key, policy=load_policy(), clock=lambda: clock["now"])
    with store.write() as connection:
        for role in Role:
            add_person(
                connection,
                login=role.value,
                name=f"The {role.value}",
                role=role.value,
                password=PASSWORD,
                key=key,
                actor="first start",
                at=clock["now"],
            )
    yield bench
    store.close()


@pytest.fixture
def app(workbench: Workbench) -> FastAPI:
    return create_app(workbench)


@pytest.fixture
def stranger(app: FastAPI) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app, follow_redirects=False, headers={"accept-language": "en"})


@pytest.fixture
def signed_in(app: FastAPI) -> Callable[[str], Browser]:
    def enter(login: str) -> Browser:
        browser = Browser(app, follow_redirects=False, headers={"accept-language": "en"})
        answer = browser.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    return enter
