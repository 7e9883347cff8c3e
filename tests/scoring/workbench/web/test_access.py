"""Every route with every role, and with none: who may see a page is what the page declares, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Mount, Route

from scoring.workbench.people import ROLES, Permission, Role
from scoring.workbench.web import create_app
from scoring.workbench.web.pages import ALL
from scoring.workbench.web.routing import PUBLIC, Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.routing import BaseRoute

    from scoring.workbench.web import Workbench

DECLARED = {route: access for pages in ALL for route, access in pages.declared.items()}


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


def flat(routes: list[BaseRoute]) -> list[BaseRoute]:
    """FastAPI keeps an included router as one route."""
    found = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        found += [route] if inner is None else flat(inner.routes)
    return found


def test_no_route_is_served_that_declares_no_access(app: FastAPI) -> None:
    served = set()
    for route in flat(app.routes):
        if isinstance(route, Mount):
            # Files of the product that anybody may have.
            assert route.path == "/static"
            continue
        assert isinstance(route, Route)
        served |= {(method, route.path) for method in (route.methods or ()) if method != "HEAD"}
    # Routes of the API declare their permission in their own place; test_api_access.py walks them.
    assert {route for route in served if not route[1].startswith("/api/v1/")} == set(DECLARED)


@pytest.mark.parametrize("who", [None, *Role])
def test_who_may_is_let_in_and_who_may_not_is_not(
    app: FastAPI, stranger: Callable, signed_in: Callable, who: Role | None
) -> None:
    for (method, path), access in DECLARED.items():
        # A form without its token is refused after the permission is looked at, so that nothing is changed here.
        browser = stranger if who is None else signed_in(who.value)
        answer = browser.request(method, filled(path))
        allowed = access is PUBLIC or (
            who is not None and (access == "anybody_signed_in" or access in ROLES[who])
        )
        if who is None and not allowed:
            assert answer.status_code == 401, (method, path)
        elif not allowed:
            assert answer.status_code == 403, (method, path)
            assert "role may not" in answer.text, (method, path)
        else:
            assert "role may not" not in answer.text, (method, path)
            assert answer.status_code not in {401, 500} or path.startswith("/sign-in"), (
                method,
                path,
                answer.status_code,
            )


def test_every_change_asks_for_the_token_of_the_session(signed_in: Callable) -> None:
    for (method, path), access in DECLARED.items():
        if method == "GET" or access is PUBLIC:
            continue
        role = next(r for r in Role if access == "anybody_signed_in" or access in ROLES[r])
        for sent in ({}, {"csrf": "0" * 64}):
            answer = signed_in(role.value).post(filled(path), data=sent)
            assert answer.status_code == 403, (path, answer.status_code)
            assert "form is too old" in answer.text


def test_a_form_of_another_site_is_refused_whatever_it_carries(
    stranger: Callable, signed_in: Callable
) -> None:
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert stranger.post("/sign-in", data={"login": "officer"}, headers=elsewhere).status_code == 403
    assert signed_in("officer").post("/sign-out", headers=elsewhere).status_code == 403


def test_every_answer_carries_the_headers(stranger: Callable) -> None:
    for path in ("/sign-in", "/queue", "/nowhere", "/static/workbench.css"):
        headers = stranger.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert ("no-store" in headers["cache-control"]) != path.startswith("/static")


def test_a_defect_shows_no_traceback_and_carries_the_headers(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient  # noqa: PLC0415

    broken = Pages()

    @broken.page("/broken", access=PUBLIC)
    def fail() -> None:
        message = "secret of the house"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("scoring.workbench.web.app.ALL", (*ALL, broken))
    answer = TestClient(create_app(workbench), raise_server_exceptions=False).get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_another_name_of_the_server_is_refused(stranger: Callable) -> None:
    assert stranger.get("/sign-in", headers={"host": "bank.example"}).status_code == 400


def test_a_permission_is_a_permission() -> None:
    assert all(a is PUBLIC or a == "anybody_signed_in" or a in Permission for a in DECLARED.values())
