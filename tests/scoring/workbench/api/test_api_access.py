"""Every route of the API over HTTP with every role's token and with none: what a route declares is what it asks for."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from scoring.workbench.people import Permission, Role, change_person
from scoring.workbench.people.permissions import ROLES
from scoring.workbench.people.tokens import SCOPES, all_tokens, revoke_token
from scoring.workbench.web.api.problems import MEDIA_TYPE
from scoring.workbench.web.api.routes import ALL
from scoring.workbench.web.api.routing import ANY_TOKEN, EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.routing import BaseRoute

    from scoring.workbench.web import Workbench

DECLARED = {route: access for routes in ALL for route, access in routes.declared.items()}


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


def flat(routes: list[BaseRoute]) -> list[BaseRoute]:
    found = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        found += [route] if inner is None else flat(inner.routes)
    return found


def is_problem(answer, status: int, kind: str) -> bool:
    return (
        answer.status_code == status
        and answer.headers["content-type"].startswith(MEDIA_TYPE)
        and answer.json()["type"] == f"urn:greencredit:problem:{kind}"
        and bool(answer.json()["hint"])
    )


def test_no_route_is_served_that_declares_no_access(app: FastAPI) -> None:
    served = {
        (method, route.path)
        for route in flat(app.routes)
        if isinstance(route, Route) and route.path.startswith("/api")
        for method in (route.methods or ())
        if method != "HEAD"
    }
    assert served == set(DECLARED)


@pytest.mark.parametrize("role", list(Role))
def test_a_token_may_what_its_scopes_and_its_owners_role_allow(
    client_of: Callable, issued: Callable, role: Role
) -> None:
    client = client_of(issued(role.value))
    for (method, path), access in DECLARED.items():
        answer = client.request(method, filled(path))
        allowed = access in {EVERYBODY, ANY_TOKEN} or access in ROLES[role]
        assert is_problem(answer, 403, "forbidden") != allowed, (method, path, answer.status_code)
        assert answer.status_code not in {401, 500}, (method, path)


def test_a_scope_that_was_not_given_is_not_there(client_of: Callable, issued: Callable) -> None:
    client = client_of(issued("officer", scopes=[Permission.read_scores]))
    assert client.get("/api/v1/batches").status_code == 200
    assert is_problem(client.post("/api/v1/score", json={}), 403, "forbidden")


def test_without_a_token_in_force_nothing_is_told(
    client_of: Callable, issued: Callable, workbench: Workbench, clock, app: FastAPI
) -> None:
    over, revoked, gone = issued(days=1), issued("reviewer"), issued("modeller")
    with workbench.store.write() as connection:
        mine = next(t for t in all_tokens(connection, now=clock()) if t.login == "reviewer")
        revoke_token(connection, mine.id, key=workbench.key, actor="administrator", at=clock())
        change_person(
            connection, "modeller", key=workbench.key, actor="administrator", at=clock(), active=False
        )
    clock.now += dt.timedelta(days=2)
    for secret in (None, "", "guess", over, revoked, gone):
        for (method, path), access in DECLARED.items():
            # Every wrong token is counted against the address; here they are meant.
            app.state.api.failures._held.clear()
            answer = client_of(secret).request(method, filled(path))
            assert is_problem(answer, 401, "no-token") != (access is EVERYBODY), (method, path)


def test_a_session_opens_nothing(client_of: Callable, workbench: Workbench) -> None:
    client = client_of(None)
    client.post(workbench.one_time_link("officer"), follow_redirects=False)
    assert client.get("/queue").status_code == 200
    assert is_problem(client.get("/api/v1/batches"), 401, "no-token")


def test_whoever_lost_a_role_lost_what_a_token_was_for(
    client_of: Callable, issued: Callable, workbench: Workbench
) -> None:
    client = client_of(issued("officer"))
    with workbench.store.write() as connection:
        change_person(
            connection,
            "officer",
            key=workbench.key,
            actor="administrator",
            at=workbench.clock(),
            role="auditor",
        )
    assert is_problem(client.post("/api/v1/score", json={}), 403, "forbidden")
    assert client.get("/api/v1/batches").status_code == 200


def test_who_tries_secrets_is_told_to_wait(client_of: Callable) -> None:
    client = client_of("guess")
    answers = [client.get("/api/v1/batches") for _ in range(130)]
    late = answers[-1]
    assert is_problem(late, 429, "too-many")
    assert int(late.headers["retry-after"]) >= 1


def test_scopes_are_permissions_of_some_role() -> None:
    assert {Permission(scope) for scope in SCOPES} <= set().union(*ROLES.values())
