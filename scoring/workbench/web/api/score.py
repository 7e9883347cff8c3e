"""``POST /api/v1/score``: applications handed in as the data contract's tables, scored while the caller waits."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

from fastapi import Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from features.errors import GreenCreditError
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.api.body import MOST_APPLICATIONS, read_score_request, refused
from scoring.workbench.web.api.collector import Busy, Defect
from scoring.workbench.web.api.problems import Problem, problem_response
from scoring.workbench.web.api.repeated import LONGEST_KEY, Repeatable, keep_answer, kept_answer
from scoring.workbench.web.api.routing import Caller, Routes
from scoring.workbench.web.api.schemas import SCORE_BODY, SCORED, problems, shown

if TYPE_CHECKING:
    from scoring.workbench.web.api.body import ScoreRequest
    from scoring.workbench.web.api.collector import Collector

__all__ = ["routes"]

routes = Routes()

_AGAIN_SECONDS = 2


@routes.route(
    "/score",
    access=Permission.score,
    method="POST",
    summary=f"Score one to {MOST_APPLICATIONS:,} applications",
    answers={
        200: shown("What could be scored, and every cell that was refused", SCORED),
        **problems(413, 415, 422, 503),
    },
    description={"requestBody": SCORE_BODY},
)
async def score(
    caller: Caller,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Makes the request safe to send again: within a day it is answered as the first time. "
            "Random, such as a UUID.",
            min_length=1,
            max_length=LONGEST_KEY,
        ),
    ] = None,
) -> Response:
    """Score applications.

    The tables are those of the data contract (English or Chinese headers, any unit that intake knows). Rows that break a
    rule are listed under `errors`, as in a batch's quarantine; the others are scored. Nothing of the firms is kept but,
    under an idempotency key, the answer for a day. With `explain`, each result carries its reasons and contributions.
    """
    request = caller.request
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("wrong-type", f"The body has the type {kind[:100] or 'of nothing'}.")
    collector = caller.state.collector
    if collector is None:
        raise Problem("no-model", "The server was started without a model.")
    try:
        body = await request.body()
    except ClientDisconnect:
        raise Problem("bad-request", "The body ended before its end.") from None
    if idempotency_key is None:
        status, text = await _scored(caller, collector, body)
        return _response(status, text, path=request.url.path)
    repeatable = Repeatable.of(idempotency_key, token_id=caller.token_id, route=request.url.path, body=body)
    store, now = caller.workbench.store, caller.workbench.clock()
    kept = await run_in_threadpool(kept_answer, store, repeatable, now=now)
    if kept is None:
        status, text = await _scored(caller, collector, body)
        kept = await run_in_threadpool(keep_answer, store, repeatable, status, text, now=now)
    return _response(*kept, path=request.url.path)


async def _scored(caller: Caller, collector: Collector, body: bytes) -> tuple[int, str]:
    """Return status and text of the answer; a request that cannot be scored has a text that tells its problem."""
    try:
        asked = await run_in_threadpool(read_score_request, body)
        _charge(caller, asked.records.applications - 1)
        return 200, await _collected(collector, asked)
    except Problem as problem:
        if problem.status not in {400, 413, 422}:
            # Of the moment, not of the request.
            raise
        told = {"kind": problem.kind, "detail": problem.detail, "hint": problem.hint}
        return problem.status, json.dumps({**told, "errors": list(problem.errors)}, ensure_ascii=False)


async def _collected(collector: Collector, asked: ScoreRequest) -> str:
    try:
        count, text, errors = await asyncio.wrap_future(collector.submit(asked))
    except Busy:
        raise Problem(
            "busy", "More applications wait than can be scored in good time.", retry_after=_AGAIN_SECONDS
        ) from None
    except Defect:
        raise Problem("defect", "The applications could not be scored.") from None
    except GreenCreditError as error:
        raise refused(error) from None
    if not count:
        raise Problem("refused", "No application could be scored.", errors=errors)
    return str(text)


def _charge(caller: Caller, applications: int) -> None:
    seconds = caller.state.requests.take(caller.token_id, float(applications)) if applications > 0 else 0
    if seconds:
        raise Problem(
            "too-many",
            f"The limit of applications is reached; there is room again in {seconds} s.",
            retry_after=seconds,
        )


def _response(status: int, text: str, *, path: str) -> Response:
    if status == 200:
        return Response(text, media_type="application/json")
    told = json.loads(text)
    kind = told.pop("kind")
    return problem_response(Problem(kind, **told), path=path)
