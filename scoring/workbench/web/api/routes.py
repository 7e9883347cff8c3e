"""The routes of the API, and how they stand in the application: every answer under ``/api`` is JSON, errors included."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from features.errors import GreenCreditError
from scoring.workbench.web.api import batches, catalogue, decisions, health, score
from scoring.workbench.web.api.collector import Collector
from scoring.workbench.web.api.openapi import description_route
from scoring.workbench.web.api.problems import Problem, problem_response
from scoring.workbench.web.api.state import ApiState
from scoring.workbench.web.api.together import score_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError
    from starlette.requests import Request
    from starlette.responses import Response

    from scoring.workbench.web.api.routing import Routes
    from scoring.workbench.web.state import Workbench

__all__ = ["ALL", "install", "problem_of_parameters", "problem_of_status"]

_DESCRIBED = (score.routes, batches.routes, decisions.routes, catalogue.routes, health.routes)

ALL: Sequence[Routes] = (*_DESCRIBED, description_route(_DESCRIBED))
"""Every route."""

_OF_STATUS = {
    404: ("not-found", "There is no such address."),
    405: ("wrong-method", "The address does not take this method."),
    413: ("too-large", "The body is larger than the server takes."),
    415: ("wrong-type", "The body has another type."),
}


def install(app: FastAPI, workbench: Workbench) -> None:
    """Add the API to the application."""
    scorer = workbench.scorer
    collector = (
        None
        if scorer is None
        else Collector(partial(score_together, scorer=scorer), in_force=scorer.in_force)
    )
    app.state.api = ApiState(collector=collector)
    for routes in ALL:
        app.include_router(routes.router)
    app.add_exception_handler(Problem, _told)


def problem_of_status(request: Request, status: int, *, error: GreenCreditError | None = None) -> Response:
    """Return the problem that stands for an error which is none of the API's own.

    Parameters
    ----------
    request
        As it came.
    status
        HTTP status of the error.
    error
        What the product says about it. Where it happened is left out: that may be a path of the server.
    """
    path = request.url.path
    if error is not None:
        return problem_response(Problem("unavailable", error.what, hint=error.mend), path=path)
    unforeseen = ("defect", "The server failed.") if status >= 500 else ("bad-request", "It cannot be read.")
    return problem_response(Problem(*_OF_STATUS.get(status, unforeseen)), path=path)


def problem_of_parameters(request: Request, error: RequestValidationError) -> Response:
    """Return the problem of parameters that are not as described."""
    told = "; ".join(f"{part['loc'][-1]}: {part['msg']}" for part in error.errors()[:5])
    return problem_response(Problem("bad-request", f"{told}."), path=request.url.path)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  (Starlette hands over what was registered)
    return problem_response(error, path=request.url.path)
