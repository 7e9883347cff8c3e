"""Signing in and out: cookies, links that work once, the language, and where one may be led."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from scoring.workbench.people.sessions import LIFE
from scoring.workbench.web import create_app
from scoring.workbench.web.pages.sign_in import _local

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.workbench.web import Workbench


def test_a_wrong_password_is_told_without_saying_what_was_wrong(stranger: Callable) -> None:
    answers = [
        stranger.post("/sign-in", data={"login": login, "password": "wrong"})
        for login in ("officer", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [answer.text.replace("officer", "").replace("nobody", "") for answer in answers]
    assert texts[0] == texts[1]


def test_the_cookie_cannot_be_read_by_scripts_nor_used_when_altered(
    signed_in: Callable, stranger: Callable, workbench: Workbench
) -> None:
    browser = signed_in("officer")
    cookie = browser.cookies[workbench.cookie]
    for spoilt in (cookie[:-1] + ("a" if cookie[-1] != "a" else "b"), cookie.split(".")[0], ""):
        stranger.cookies.set(workbench.cookie, spoilt)
        assert stranger.get("/queue").status_code == 401
    assert browser.get("/queue").status_code == 200
    again = browser.post("/sign-in", data={"login": "officer", "password": "wrong"})
    assert again.status_code in {401, 403}


def test_cookies_are_for_the_server_only(stranger: Callable, workbench: Workbench) -> None:
    answer = stranger.post(workbench.one_time_link("officer"))
    sent = answer.headers["set-cookie"].lower()
    assert "httponly" in sent
    assert "samesite=lax" in sent
    assert f"max-age={int(LIFE.total_seconds())}" in sent
    # Only over HTTPS does the server ask for HTTPS.
    assert "secure" not in sent
    secure = replace(workbench, secure=True)
    assert secure.cookie.startswith("__Host-")
    browser = TestClient(create_app(secure), base_url="https://testserver", follow_redirects=False)
    answer = browser.post(secure.one_time_link("officer"))
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]
    assert browser.get("/queue").status_code == 200


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(
    signed_in: Callable, stranger: Callable, workbench: Workbench
) -> None:
    browser = signed_in("officer")
    kept = browser.cookies[workbench.cookie]
    assert browser.fill_in("/sign-out").headers["location"] == "/sign-in"
    stranger.cookies.set(workbench.cookie, kept)
    assert stranger.get("/queue").status_code == 401


def test_a_link_signs_in_once_and_not_by_being_looked_at(stranger: Callable, workbench: Workbench) -> None:
    link = workbench.one_time_link("reviewer")
    assert stranger.get(link).status_code == 200
    assert stranger.get("/queue").status_code == 401
    assert stranger.post(link).headers["location"] == "/"
    assert stranger.get("/queue").status_code == 200
    assert stranger.fill_in(link).status_code == 401
    assert stranger.get("/sign-in/once/guess").status_code == 200
    assert stranger.fill_in("/sign-in/once/guess").status_code == 401


def test_the_language_is_remembered(stranger: Callable) -> None:
    assert "Sign in" in stranger.get("/sign-in").text
    assert "登录" in stranger.get("/sign-in?lang=zh").text
    assert stranger.post("/language/zh", data={"back": "/sign-in"}).headers["location"] == "/sign-in"
    assert "登录" in stranger.get("/sign-in").text
    assert stranger.post("/language/fr").status_code == 404


@pytest.mark.parametrize(
    "path", ["https://bank.example", "//bank.example", "/\\bank.example", "javascript:alert(1)", "", "\\\\x"]
)
def test_nobody_is_led_elsewhere(path: str) -> None:
    assert _local(path) == "/"
    assert _local("/queue?state=open") == "/queue?state=open"
