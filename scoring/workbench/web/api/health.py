"""``GET /api/v1/health``: whether the server answers and reaches its store, for whatever watches it; and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.responses import JSONResponse

from scoring.workbench.web.api.problems import Problem
from scoring.workbench.web.api.routing import EVERYBODY, Caller, Routes
from scoring.workbench.web.api.schemas import HEALTH, problems, shown

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["routes"]

routes = Routes()


@routes.route(
    "/health",
    access=EVERYBODY,
    summary="Whether the server is well",
    answers={200: shown("It is", HEALTH), **problems(503)},
)
def health(caller: Caller) -> Response:
    """Tell whether the server reaches its store. Without a token, so no version, name or count is told."""
    try:
        with caller.workbench.store.read() as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        raise Problem(
            "unavailable", "The store cannot be reached.", hint="See the server's log.", retry_after=10
        ) from None
    return JSONResponse({"status": "ok"})
