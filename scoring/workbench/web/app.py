"""The application: pages, static files, headers, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from features.errors import GreenCreditError
from scoring.workbench.web import api
from scoring.workbench.web.headers import security_headers
from scoring.workbench.web.pages import ALL
from scoring.workbench.web.render import render
from scoring.workbench.web.visit import Refused, language_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from scoring.workbench.web.routing import Access
    from scoring.workbench.web.state import Workbench

__all__ = ["create_app"]

_MOST_BYTES = 60 * 1024 * 1024
"""Of one request: a large workbook and some room."""

_STATIC = Path(__file__).parent / "static"


def create_app(
    workbench: Workbench, *, hosts: Sequence[str] = ("127.0.0.1", "localhost", "[::1]", "testserver")
) -> FastAPI:
    """Put the workbench together.

    Parameters
    ----------
    workbench
        Store, key, policy, clock.
    hosts
        Names under which browsers may ask for the server; another one is refused.
    """
    app = FastAPI(
        title="greencredit workbench",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=_MOST_BYTES,
    )
    app.state.workbench = workbench
    app.state.access = {}
    # First, for programs ask most often and routes are looked through in their order.
    api.install(app, workbench)
    for pages in ALL:
        app.include_router(pages.router)
        access: dict[tuple[str, str], Access] = pages.declared
        app.state.access |= access
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(GreenCreditError, _told)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Exception, _defect)

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await call_next(request)
        _protect(request, answer, secure=workbench.secure)
        return answer

    return app


def _protect(request: Request, answer: Response, *, secure: bool) -> None:
    static = request.url.path.startswith("/static/")
    for name, value in security_headers(secure=secure, static=static).items():
        # A page that carries its own style names it in a policy of its own, which is no weaker.
        answer.headers.setdefault(name, value)


def _error(request: Request, status: int, *, code: str, error: GreenCreditError | None = None) -> Response:
    if api.is_api(request):
        return api.problem_of_status(request, status, error=error)
    page = render(
        "error.html.jinja",
        lang=language_of(request),
        visit=getattr(request.state, "visit", None),
        code=code,
        error=error,
        status=status,
    )
    return HTMLResponse(page, status_code=status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  (Starlette hands over what was registered)
    return _error(request, error.status, code=error.code)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, GreenCreditError)  # noqa: S101  (as above)
    return _error(request, 400, code="error_told", error=error)


async def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "error_not_found" if status == 404 else "error_request"
    answer = _error(request, status, code=code)
    # Such as the methods that an address takes.
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def _not_understood(request: Request, error: Exception) -> Response:
    if api.is_api(request) and isinstance(error, RequestValidationError):
        return api.problem_of_parameters(request, error)
    return _error(request, 400, code="error_request")


async def _defect(request: Request, _: Exception) -> Response:
    # The server's log has the traceback; whoever asked gets none of it.
    answer = _error(request, 500, code="error_defect")
    # Starlette answers a defect outside of every other layer.
    _protect(request, answer, secure=request.app.state.workbench.secure)
    return answer
