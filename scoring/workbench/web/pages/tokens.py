"""Tokens of the API: issued for a person with scopes and an end, shown once, listed and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import StoreError
from scoring.workbench.people import Permission
from scoring.workbench.people.accounts import everybody
from scoring.workbench.people.permissions import PERMISSIONS
from scoring.workbench.people.tokens import LONGEST_DAYS, SCOPES, all_tokens, issue_token, revoke_token
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()

_DAYS = 90
"""What the form suggests."""


@pages.page("/people/tokens", access=Permission.manage_people)
def listed(visit: Visit) -> Response:
    """List the tokens."""
    return _list(visit)


@pages.page("/people/tokens", access=Permission.manage_people, method="POST")
def issued(visit: Visit) -> Response:
    """Issue a token and show its secret, this once: no other page can show it again."""
    days = visit.field("days", most=6)
    scopes = [scope.value for scope in SCOPES if visit.field(f"scope_{scope.value}", most=3)]
    try:
        with visit.workbench.store.write() as connection:
            secret = issue_token(
                connection,
                name=visit.field("name", most=201),
                login=visit.field("login", most=120),
                scopes=scopes,
                days=int(days) if days.isascii() and days.isdigit() else 0,
                key=visit.workbench.key,
                actor=visit.login,
                at=visit.workbench.clock(),
            )
    except StoreError as error:
        return _list(visit, error=error)
    return _list(visit, secret=secret)


@pages.page("/people/tokens/{token_id}/revoke", access=Permission.manage_people, method="POST")
def revoked(visit: Visit, token_id: str) -> Response:
    """Revoke a token."""
    try:
        with visit.workbench.store.write() as connection:
            revoke_token(
                connection,
                token_id,
                key=visit.workbench.key,
                actor=visit.login,
                at=visit.workbench.clock(),
            )
    except StoreError as error:
        return _list(visit, error=error)
    return visit.go("/people/tokens")


def _list(visit: Visit, *, error: StoreError | None = None, secret: str = "") -> Response:
    language = 1 if visit.lang == "zh" else 0
    with visit.workbench.store.read() as connection:
        found = all_tokens(connection, now=visit.workbench.clock())
        owners = [person for person in everybody(connection) if person.active]
    return visit.render(
        "tokens.html.jinja",
        status=200 if error is None else 400,
        tokens=found,
        owners=owners,
        error=error,
        secret=secret,
        scopes=[(scope.value, PERMISSIONS[scope][language]) for scope in SCOPES],
        days=_DAYS,
        longest_days=LONGEST_DAYS,
    )
