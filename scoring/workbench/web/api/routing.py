"""A route of the API and the permission it asks for, declared together, and what checks a request before its route.

In this order: the address may fail so often; the token is read; the token may ask so often; its scopes and its owner's
role allow it. A session's cookie is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from scoring.workbench.people.permissions import PERMISSIONS, Permission
from scoring.workbench.people.tokens import Token, read_token
from scoring.workbench.web.api.problems import PREFIX, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from scoring.workbench.web.api.state import ApiState
    from scoring.workbench.web.state import Workbench

__all__ = ["ANY_TOKEN", "EVERYBODY", "ApiAccess", "Caller", "Routes", "checked_text", "guard"]

MOST_BYTES = 16 * 1024 * 1024
"""Of one request; a thousand firms with five years of facts take about 12 MB."""

_LONGEST_SECRET = 200


class _Open(Enum):
    everybody = "everybody"
    any_token = "any_token"  # noqa: S105  (no secret)


EVERYBODY: Final = _Open.everybody
"""Access of a route that tells nothing that a bank knows."""

ANY_TOKEN: Final = _Open.any_token
"""Access of a route that any token in force may use, whatever its scopes."""

ApiAccess = _Open | Permission
"""What a route asks for."""

_Endpoint = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class CallerOf:
    """What a route gets.

    Parameters
    ----------
    workbench
        Store, key, policy, clock, scorer.
    request
        As it came.
    token
        Who asks; ``None`` on routes for everybody.
    """

    workbench: Workbench
    request: Request
    token: Token | None

    @property
    def state(self) -> ApiState:
        """Limits and the collector."""
        return _state(self.request)

    @property
    def token_id(self) -> str:
        """Who asks; a route for everybody has no use for it."""
        if self.token is None:
            raise Problem("no-token", "The request carries no token.")
        return self.token.id


class Routes:
    """Routes of one part of the API.

    Examples
    --------
    >>> routes = Routes()
    >>> @routes.route("/batches", access=Permission.read_scores, summary="Batches", answers={})
    ... def listed(caller): ...
    >>> routes.declared
    {('GET', '/api/v1/batches'): <Permission.read_scores: 'read_scores'>}
    """

    def __init__(self) -> None:
        self.router = APIRouter(prefix=PREFIX)
        self.declared: dict[tuple[str, str], ApiAccess] = {}

    def route(
        self,
        path: str,
        *,
        access: ApiAccess,
        summary: str,
        answers: Mapping[int, Mapping[str, Any]],
        method: Literal["GET", "POST"] = "GET",
        description: Mapping[str, Any] | None = None,
        in_description: bool = True,
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Add a route.

        Parameters
        ----------
        path
            After ``/api/v1``, with its parameters in braces.
        access
            What it asks for.
        summary
            A few words for the description.
        answers
            Status to the OpenAPI response object.
        method
            GET or POST.
        description
            Further keys of the OpenAPI operation, such as its body.
        in_description
            Whether it stands in the description at all.
        """

        def add(endpoint: _Endpoint) -> _Endpoint:
            self.declared[method, PREFIX + path] = access
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=[Depends(guard(access))],
                summary=summary,
                responses={status: dict(answer) for status, answer in answers.items()},
                openapi_extra={
                    **(description or {}),
                    "security": [] if access is EVERYBODY else [{"token": []}],
                    "x-permission": access.value,
                },
                response_model=None,
                max_body_size=MOST_BYTES,
                include_in_schema=in_description,
            )
            return endpoint

        return add


def guard(needed: ApiAccess) -> Callable[[Request], Awaitable[None]]:
    """Return what checks a request before its route."""

    async def check(request: Request) -> None:
        workbench = cast("Workbench", request.app.state.workbench)
        token = None if needed is EVERYBODY else await _token(workbench, request)
        if isinstance(needed, Permission) and token is not None and not token.may(needed):
            raise Problem(
                "forbidden",
                f"The route asks for the scope {needed.value} ({PERMISSIONS[needed][0]}), which the token or its owner lacks.",
            )
        request.state.caller = CallerOf(workbench=workbench, request=request, token=token)

    return check


async def _token(workbench: Workbench, request: Request) -> Token:
    state = _state(request)
    address = request.client.host if request.client else ""
    secret = _secret(request)
    token = await run_in_threadpool(_read, workbench, secret) if secret else None
    if token is None:
        # Counted per address: nobody tries secrets, and a broken client does no harm.
        _refuse_where_spent(state.failures.take(address, 1.0))
        raise Problem(
            "no-token",
            "The token is unknown, over, revoked, or its owner may not sign in."
            if secret
            else "The request carries no token.",
        )
    _refuse_where_spent(state.requests.take(token.id, 1.0))
    return token


def _refuse_where_spent(seconds: int) -> None:
    if seconds:
        raise Problem(
            "too-many", f"The limit is reached; there is room again in {seconds} s.", retry_after=seconds
        )


def _read(workbench: Workbench, secret: str) -> Token | None:
    with workbench.store.read() as connection:
        return read_token(connection, secret, now=workbench.clock())


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    wanted = scheme.lower() == "bearer" and len(secret) <= _LONGEST_SECRET
    return secret.strip() if wanted else ""


def checked_text(text: str, name: str, *, most: int = 200) -> str:
    """Return a part of an address that a database can look up.

    Raises
    ------
    Problem
        If it is longer than any id, or holds what no id holds.
    """
    if len(text) > most or "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Problem("not-found", f"There is no such {name}.")
    return text


def _state(request: Request) -> ApiState:
    return cast("ApiState", request.app.state.api)


async def _caller(request: Request) -> CallerOf:
    # The guard of the route has been here before, or there would be no caller.
    return cast("CallerOf", request.state.caller)


Caller = Annotated[CallerOf, Depends(_caller)]
"""Parameter of every route."""
