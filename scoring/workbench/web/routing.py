"""A page and the permission it asks for, declared together: a page that declares none cannot be added."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Literal

from fastapi import APIRouter, Depends

from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.visit import guard

__all__ = ["PUBLIC", "Access", "Pages"]


class _Public(Enum):
    public = "public"


PUBLIC: Final = _Public.public
"""Access of a page that anybody may see: signing in, and nothing that a bank knows."""

Access = Literal[_Public.public, "anybody_signed_in"] | Permission
"""What a page asks for."""

_Endpoint = Callable[..., Any]


class Pages:
    """Pages of one part of the workbench.

    Examples
    --------
    >>> pages = Pages()
    >>> @pages.page("/queue", access=Permission.read_scores)
    ... def queue(visit):
    ...     return visit.render("queue.html.jinja")
    >>> pages.declared
    {('GET', '/queue'): <Permission.read_scores: 'read_scores'>}
    """

    def __init__(self) -> None:
        self.router = APIRouter()
        self.declared: dict[tuple[str, str], Access] = {}

    def page(
        self, path: str, *, access: Access, method: Literal["GET", "POST"] = "GET"
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Add a page.

        Parameters
        ----------
        path
            With its parameters in braces.
        access
            What it asks for.
        method
            ``POST`` for whatever changes something: its form must then carry the session's token.
        """

        def add(endpoint: _Endpoint) -> _Endpoint:
            self.declared[method, path] = access
            needed = None if access is PUBLIC else access
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=[Depends(guard(needed))],
                include_in_schema=False,
                response_model=None,
            )
            return endpoint

        return add
