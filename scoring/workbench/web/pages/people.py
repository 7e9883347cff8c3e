"""People: added, given another role, locked out, given a new password; each change in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import StoreError
from scoring.workbench.people import ROLES, add_person, change_person
from scoring.workbench.people.accounts import everybody
from scoring.workbench.people.permissions import PERMISSIONS, ROLE_NAMES, Permission, Role
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()


@pages.page("/people", access=Permission.manage_people)
def listed(visit: Visit) -> Response:
    """List everybody, and what each role may do."""
    return _list(visit)


@pages.page("/people", access=Permission.manage_people, method="POST")
def added(visit: Visit) -> Response:
    """Add somebody."""
    try:
        with visit.workbench.store.write() as connection:
            add_person(
                connection,
                login=visit.field("login", most=120),
                name=visit.field("name", most=201),
                role=visit.field("role", most=40),
                password=visit.field("password", most=1000),
                key=visit.workbench.key,
                actor=visit.login,
                at=visit.workbench.clock(),
            )
    except StoreError as error:
        return _list(visit, error=error)
    return visit.go("/people")


@pages.page("/people/{login}", access=Permission.manage_people, method="POST")
def changed(visit: Visit, login: str) -> Response:
    """Change somebody; only what was filled in."""
    active = {"yes": True, "no": False}.get(visit.field("active", most=3))
    try:
        with visit.workbench.store.write() as connection:
            change_person(
                connection,
                login,
                key=visit.workbench.key,
                actor=visit.login,
                at=visit.workbench.clock(),
                role=visit.field("role", most=40) or None,
                active=active,
                password=visit.field("password", most=1000) or None,
            )
    except StoreError as error:
        return _list(visit, error=error)
    return visit.go("/people")


def _list(visit: Visit, *, error: StoreError | None = None) -> Response:
    language = 1 if visit.lang == "zh" else 0
    with visit.workbench.store.read() as connection:
        known = everybody(connection)
    return visit.render(
        "people.html.jinja",
        status=200 if error is None else 400,
        people=known,
        error=error,
        roles=[(role.value, ROLE_NAMES[role][language]) for role in Role],
        rights=[
            (ROLE_NAMES[role][language], [PERMISSIONS[p][language] for p in Permission if p in ROLES[role]])
            for role in Role
        ],
    )
