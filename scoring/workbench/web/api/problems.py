"""Errors of the API: problem details (RFC 9457) that say what is wrong and what to do, declared in one place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

__all__ = ["MEDIA_TYPE", "PREFIX", "PROBLEMS", "Problem", "ProblemType", "is_api", "problem_response"]

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"

_TYPE = "urn:greencredit:problem:"


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    """A kind of error: its HTTP status, its title, and what to do where nothing more is known."""

    status: int
    title: str
    hint: str


PROBLEMS: Mapping[str, ProblemType] = MappingProxyType(
    {
        "bad-request": ProblemType(
            status=400,
            title="The request is not understood",
            hint="Compare it with the description at /api/v1/openapi.json.",
        ),
        "no-token": ProblemType(
            status=401,
            title="A token is needed",
            hint="Send the header Authorization: Bearer TOKEN; an administrator issues tokens in the workbench, under People.",
        ),
        "forbidden": ProblemType(
            status=403,
            title="The token may not do this",
            hint="Use a token with that scope, whose owner's role allows it.",
        ),
        "not-found": ProblemType(
            status=404,
            title="There is nothing here",
            hint="Check the address; /api/v1/batches lists batches.",
        ),
        "wrong-method": ProblemType(
            status=405, title="The address takes another method", hint="See the header Allow."
        ),
        "wrong-type": ProblemType(
            status=415,
            title="The body must be JSON",
            hint="Send it with the header Content-Type: application/json.",
        ),
        "too-large": ProblemType(
            status=413, title="The request is too large", hint="Send it in several requests."
        ),
        "refused": ProblemType(
            status=422,
            title="The data cannot be used",
            hint="Mend what is listed under errors, and send the request again.",
        ),
        "key-used": ProblemType(
            status=422,
            title="The idempotency key was used for another request",
            hint="Make a new key for every new request; repeat a key only with the very same body.",
        ),
        "too-many": ProblemType(
            status=429, title="Too many requests", hint="Wait as long as the header Retry-After says."
        ),
        "defect": ProblemType(
            status=500,
            title="The server failed",
            hint="Send it again; if it fails again, tell whoever runs the server, whose log says why.",
        ),
        "no-model": ProblemType(
            status=503,
            title="The server scores nothing",
            hint="Start it with a model: greencredit serve --model models:/green-credit@champion.",
        ),
        "unavailable": ProblemType(
            status=503,
            title="What was asked for cannot be read now",
            hint="Tell whoever runs the server.",
        ),
        "busy": ProblemType(
            status=503,
            title="The server is busy",
            hint="Send it again after as many seconds as the header Retry-After says.",
        ),
    }
)
"""Kinds of errors by the last part of their type."""


class Problem(Exception):  # noqa: N818  (it is an answer, not a defect)
    """A request that is answered with a problem.

    Parameters
    ----------
    kind
        One of :data:`PROBLEMS`.
    detail
        What is wrong with this request.
    hint
        What to do; that of the kind where empty.
    errors
        What is wrong with which row and column.
    retry_after
        Seconds after which it may be tried again.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        hint: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: int | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.retry_after = retry_after
        super().__init__(detail)

    @property
    def status(self) -> int:
        """HTTP status."""
        return PROBLEMS[self.kind].status


def is_api(request: Request) -> bool:
    """Whether a request is one of the API, which is answered in JSON whatever happens."""
    return request.url.path == PREFIX or request.url.path.startswith(f"{PREFIX}/")


def problem_response(problem: Problem, *, path: str) -> Response:
    """Return the answer that tells a problem."""
    kind = PROBLEMS[problem.kind]
    content: dict[str, Any] = {
        "type": _TYPE + problem.kind,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": path,
        "hint": problem.hint or kind.hint,
    }
    if problem.errors:
        content["errors"] = list(problem.errors)
    headers = {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="greencredit"'
    return Response(
        json.dumps(content, ensure_ascii=False),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )
