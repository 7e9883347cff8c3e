"""One request of one person: who it is, in which language, and what was sent; checked before a page sees it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scoring.workbench.people.permissions import Permission
from scoring.workbench.people.sessions import Session, read_session, use_session
from scoring.workbench.web.render import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scoring.texts import Language
    from scoring.workbench.web.state import Workbench

__all__ = ["LANGUAGE_COOKIE", "Refused", "Visit", "guard"]

LANGUAGE_COOKIE = "greencredit_language"
_SAFE = frozenset({"GET", "HEAD"})
_MOST_FIELDS, _MOST_FILE_BYTES = 500, 50 * 1024 * 1024


class Refused(Exception):  # noqa: N818  (it is an answer, not a defect)
    """A request that is not let through.

    Parameters
    ----------
    status
        401 where signing in would help, 403 where it would not.
    code
        Text of the catalogue that says why.
    """

    def __init__(self, status: Literal[400, 401, 403, 404, 413, 429], code: str) -> None:
        self.status = status
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, kw_only=True)
class VisitOf:
    """What a page gets.

    Parameters
    ----------
    workbench
        Store, key, policy, clock.
    request
        As it came.
    session
        Who is signed in; ``None`` on pages for everybody.
    lang
        ``en`` or ``zh``.
    form
        What was sent with a POST.
    """

    workbench: Workbench
    request: Request
    session: Session | None
    lang: Language
    form: FormData

    @property
    def login(self) -> str:
        """Login of who is signed in."""
        if self.session is None:
            raise Refused(401, "refused_sign_in")
        return self.session.person.login

    @property
    def token(self) -> str:
        """Token of the session of who is signed in."""
        token = self.workbench.token_of(self.request.cookies.get(self.workbench.cookie, ""))
        if self.session is None or token is None:
            raise Refused(401, "refused_sign_in")
        return token

    def may(self, permission: str) -> bool:
        """Whether who is signed in has a permission."""
        return self.session is not None and self.session.person.may(Permission(permission))

    def field(self, name: str, *, most: int = 10_000) -> str:
        """Return a text of the form, without blanks around it; empty where it was not sent."""
        value = self.form.get(name, "")
        return value.strip()[:most] if isinstance(value, str) else ""

    def file(self, name: str) -> UploadFile | None:
        """Return a file of the form; ``None`` where none was chosen."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter of the address."""
        return self.request.query_params.get(name, default)[:1000]

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
        """Return a page.

        Parameters
        ----------
        template
            File among the templates.
        status
            Of the answer.
        values
            What the template may use beside ``visit``, ``t`` (texts by code) and ``lang``.
        """
        return HTMLResponse(render(template, visit=self, lang=self.lang, **values), status_code=status)

    def go(self, path: str) -> Response:
        """Send the browser to another page, after something was done."""
        return RedirectResponse(path, status_code=303)


def guard(needed: Permission | Literal["anybody_signed_in"] | None) -> Callable[[Request], Awaitable[None]]:
    """Return what checks a request before its page: who it is, what they may, and that the form is theirs."""

    async def check(request: Request) -> None:
        workbench = workbench_of(request)
        session = await run_in_threadpool(_session, workbench, request)
        if needed is not None:
            if session is None:
                raise Refused(401, "refused_sign_in")
            if isinstance(needed, Permission) and not session.person.may(needed):
                raise Refused(403, "refused_permission")
        form = FormData()
        if request.method not in _SAFE:
            # The browser says where a form came from; another site's is refused whatever it carries.
            if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
                raise Refused(403, "refused_form")
            form = await request.form(max_files=5, max_fields=_MOST_FIELDS, max_part_size=_MOST_FILE_BYTES)
            sent = form.get("csrf", "")
            if session is not None and not (
                isinstance(sent, str) and hmac.compare_digest(sent.encode(), session.csrf.encode())
            ):
                raise Refused(403, "refused_form")
        request.state.visit = VisitOf(
            workbench=workbench,
            request=request,
            session=session,
            lang=language_of(request),
            form=form,
        )

    return check


def workbench_of(request: Request) -> Workbench:
    """Return the server's workbench."""
    return cast("Workbench", request.app.state.workbench)


def language_of(request: Request) -> Language:
    """Return the language that the address, the cookie or the browser asks for."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked in {"en", "zh"}:
        return cast("Language", asked)
    accepted = request.headers.get("accept-language", "").lower()
    chinese, english = accepted.find("zh"), accepted.find("en")
    return "zh" if chinese >= 0 and (english < 0 or chinese < english) else "en"


def _session(workbench: Workbench, request: Request) -> Session | None:
    cookie = request.cookies.get(workbench.cookie)
    token = workbench.token_of(cookie) if cookie else None
    if token is None:
        return None
    now = workbench.clock()
    with workbench.store.read() as connection:
        session = read_session(connection, token, now=now)
    if session is not None and session.stale:
        with workbench.store.write() as connection:
            use_session(connection, token, now=now)
    return session


def _visit(request: Request) -> VisitOf:
    # The guard of the route has been here before, or there would be no visit.
    return cast("VisitOf", request.state.visit)


Visit = Annotated[VisitOf, Depends(_visit)]
"""Parameter of every page."""
