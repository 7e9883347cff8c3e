"""Signing in and out, the language, and the first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.workbench.people import end_session, person_of, sign_in, start_session
from scoring.workbench.people.sessions import LIFE
from scoring.workbench.web.routing import PUBLIC, Pages
from scoring.workbench.web.visit import LANGUAGE_COOKIE, Refused, Visit

if TYPE_CHECKING:
    from starlette.responses import Response

    from scoring.workbench.people import Person

__all__ = ["address_of", "pages", "signed_in"]

pages = Pages()

_HOME = "/"
_YEAR_SECONDS = 365 * 24 * 3600


@pages.page("/sign-in", access=PUBLIC)
def ask(visit: Visit) -> Response:
    """Show the form."""
    if visit.session is not None:
        return visit.go(_HOME)
    return visit.render("sign_in.html.jinja", failed=False, login="")


@pages.page("/sign-in", access=PUBLIC, method="POST")
def enter(visit: Visit) -> Response:
    """Sign in by password; what was wrong is not told."""
    person = sign_in(
        visit.workbench.store,
        login=visit.field("login", most=120),
        password=_password(visit),
        address=address_of(visit),
        now=visit.workbench.clock(),
    )
    if person is None:
        return visit.render(
            "sign_in.html.jinja", status=401, failed=True, login=visit.field("login", most=120)
        )
    return signed_in(visit, person)


@pages.page("/sign-in/once/{secret}", access=PUBLIC)
def ask_once(visit: Visit, secret: str) -> Response:
    """Ask before a link is spent: mail scanners and previews open links, too."""
    return visit.render("sign_in_once.html.jinja", secret=secret)


@pages.page("/sign-in/once/{secret}", access=PUBLIC, method="POST")
def enter_once(visit: Visit, secret: str) -> Response:
    """Sign in by a link that works once."""
    login = visit.workbench.spend_link(secret)
    with visit.workbench.store.read() as connection:
        person = None if login is None else person_of(connection, login)
    if person is None or not person.active:
        raise Refused(401, "refused_link")
    return signed_in(visit, person)


@pages.page("/sign-out", access="anybody_signed_in", method="POST")
def leave(visit: Visit) -> Response:
    """End the session."""
    token = visit.workbench.token_of(visit.request.cookies[visit.workbench.cookie])
    if token is not None:
        with visit.workbench.store.write() as connection:
            end_session(connection, token)
    answer = visit.go("/sign-in")
    answer.delete_cookie(
        visit.workbench.cookie, path="/", secure=visit.workbench.secure, httponly=True, samesite="strict"
    )
    return answer


@pages.page("/language/{language}", access=PUBLIC, method="POST")
def choose_language(visit: Visit, language: str) -> Response:
    """Remember the language."""
    if language not in {"en", "zh"}:
        raise Refused(404, "error_not_found")
    answer = visit.go(_local(visit.field("back", most=2000)))
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_YEAR_SECONDS,
        path="/",
        secure=visit.workbench.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def signed_in(visit: Visit, person: Person, *, to: str = _HOME) -> Response:
    """Start a session in this browser, and lead to a page of this server."""
    workbench = visit.workbench
    with workbench.store.write() as connection:
        # Whoever was signed in with this browser before is no longer: a session is never taken over.
        before = workbench.token_of(visit.request.cookies.get(workbench.cookie, ""))
        if before is not None:
            end_session(connection, before)
        token = start_session(connection, person, now=workbench.clock())
    answer = visit.go(to)
    answer.set_cookie(
        workbench.cookie,
        workbench.signed(token),
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=workbench.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def _password(visit: Visit) -> str:
    # Blanks around a password belong to it.
    value = visit.form.get("password", "")
    return value if isinstance(value, str) else ""


def address_of(visit: Visit) -> str:
    """Return where a browser asks from."""
    return visit.request.client.host if visit.request.client else "unknown"


def _local(path: str) -> str:
    """Return a path of this server; anything that leads elsewhere becomes the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path else _HOME
