"""``GET /api/v1/openapi.json``: the description of the API, generated from its routes and the data contract.

Everybody may read it: it tells what stands in the product's source and nothing that a bank knows, and tools that make a
client read it before they have a token.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse

from scoring.workbench.web.api.routing import EVERYBODY, Caller, Routes
from scoring.workbench.web.api.schemas import COMPONENTS, problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.routing import BaseRoute

__all__ = ["description_route", "openapi_of"]

_ALWAYS = (400, 404, 405, 429, 500)
"""Problems that any route may answer with: 404 and 405 where an address or a method is not as described."""

_DESCRIPTION = """\
Scores loan applications as they are handed in, and tells what the review workbench knows of its batches.

Every request but /health and /openapi.json carries a token: `Authorization: Bearer TOKEN`. Administrators issue tokens in
the workbench, under People; a token has scopes, and never may more than its owner's role allows at the time. Errors are
problem details (RFC 9457) with a `hint`. A grade is always accompanied by `demonstration` and `label_origin`: show
`grade_label` where a person reads it.
"""


def description_route(routers: Sequence[Routes]) -> Routes:
    """Return the route that gives the description of these and of itself."""
    own = Routes()

    @own.route(
        "/openapi.json", access=EVERYBODY, summary="This description", answers={}, in_description=False
    )
    async def description(_caller: Caller) -> Response:
        return JSONResponse(content())

    @cache
    def content() -> dict[str, Any]:
        return openapi_of([route for router in routers for route in router.router.routes])

    return own


def openapi_of(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of routes."""
    described = get_openapi(
        title="greencredit",
        version=importlib.metadata.version("greencredit"),
        description=_DESCRIPTION,
        routes=routes,
    )
    components = described.setdefault("components", {})
    # What FastAPI would answer to parameters it does not understand is a problem here, with status 400.
    components["schemas"] = {name: dict(schema) for name, schema in COMPONENTS.items()}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of the API."}
    }
    for operations in described["paths"].values():
        for operation in operations.values():
            _complete(operation)
    return described


def _complete(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    statuses = _ALWAYS if not operation["security"] else (*_ALWAYS, 401, 403)
    for status, response in problems(*statuses).items():
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))
