"""The signed-in person: another password, and the sessions that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import StoreError
from scoring.workbench.people.own import change_own_password, end_own_session, has_password, own_sessions
from scoring.workbench.web.pages.sign_in import address_of, signed_in
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

    from scoring.workbench.web.visit import VisitOf

__all__ = ["pages"]

pages = Pages()

_LONGEST = 1000


@pages.page("/me", access="anybody_signed_in")
def shown(visit: Visit) -> Response:
    """Show who is signed in, the sessions, and the form of another password."""
    return _page(visit)


@pages.page("/me/password", access="anybody_signed_in", method="POST")
def password(visit: Visit) -> Response:
    """Take another password; every session ends, and a new one begins in this browser."""
    try:
        person = change_own_password(
            visit.workbench.store,
            visit.login,
            current=_typed(visit, "current"),
            new=_typed(visit, "password"),
            repeated=_typed(visit, "repeated"),
            address=address_of(visit),
            key=visit.workbench.key,
            now=visit.workbench.clock(),
        )
    except StoreError as error:
        return _page(visit, error=error)
    return signed_in(visit, person, to="/me?changed=password")


@pages.page("/me/sessions", access="anybody_signed_in", method="POST")
def end(visit: Visit) -> Response:
    """End one of the sessions, or all others."""
    try:
        with visit.workbench.store.write() as connection:
            end_own_session(connection, visit.login, visit.field("session", most=64), token=visit.token)
    except StoreError as error:
        return _page(visit, error=error)
    return visit.go("/me")


def _page(visit: VisitOf, *, error: StoreError | None = None) -> Response:
    workbench = visit.workbench
    with workbench.store.read() as connection:
        own = own_sessions(connection, visit.login, token=visit.token, now=workbench.clock())
        by_password = has_password(connection, visit.login)
    return visit.render(
        "me.html.jinja",
        status=200 if error is None else 400,
        sessions=own,
        by_password=by_password,
        changed=visit.query("changed") == "password",
        error=error,
    )


def _typed(visit: VisitOf, name: str) -> str:
    # Blanks around a password belong to it.
    value = visit.form.get(name, "")
    return value[:_LONGEST] if isinstance(value, str) else ""
