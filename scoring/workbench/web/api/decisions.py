"""Decisions of a batch: a list by pages, one with its standing, and what explains it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import Query
from starlette.responses import JSONResponse

from scoring.telling import grade_label
from scoring.workbench.batches.one import application_results, folder_of
from scoring.workbench.people.permissions import Permission
from scoring.workbench.review.acts import standing_of
from scoring.workbench.store.schema import reviews, scored
from scoring.workbench.web.api.answers import as_json, explanations
from scoring.workbench.web.api.batches import batch_row
from scoring.workbench.web.api.problems import Problem
from scoring.workbench.web.api.routing import Caller, Routes, checked_text
from scoring.workbench.web.api.schemas import DECISIONS, EXPLAINED, STANDING_ANSWER, problems, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from scoring.results import Results
    from scoring.workbench.review.standing import Standing

__all__ = ["routes"]

routes = Routes()

_SHOWN = (
    "application_id",
    "firm_id",
    "firm_name",
    "as_of",
    "industry_division",
    "points_shown",
    "grade",
    "risk_class",
)

_AUTOMATIC = "automatic"
_BETWEEN = "~"

State = Literal["automatic", "open", "awaiting_signature", "sent_back", "agreed", "overridden", "corrected"]


@routes.route(
    "/batches/{batch_id}/decisions",
    access=Permission.read_scores,
    summary="Decisions of a batch",
    answers={200: shown("A page of decisions", DECISIONS), **problems(404)},
)
def listed(
    caller: Caller,
    batch_id: str,
    after: Annotated[str, Query(description="What the page before gave as after.", max_length=220)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    state: Annotated[State | None, Query(description="Only applications that stand here.")] = None,
) -> Response:
    """List decisions, lowest points first, each with where it stands; a page is found by an index, however many there are."""
    today = caller.workbench.clock().date().isoformat()
    place = _place(after)
    with caller.workbench.store.read() as connection:
        batch = batch_row(connection, batch_id)
        query = _page(batch["batch_id"], state, place, today=today, rows=limit + 1)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    marks = {name: batch[name] for name in ("demonstration", "label_origin")}
    content = {
        **marks,
        "decisions": [_row(row, today) | marks | _label(row, marks) for row in rows[:limit]],
        "after": _after(rows[limit - 1]) if len(rows) > limit else None,
    }
    return JSONResponse(content)


@routes.route(
    "/batches/{batch_id}/decisions/{application_id:path}",
    access=Permission.read_scores,
    summary="One decision with its standing",
    answers={200: shown("The decision", STANDING_ANSWER), **problems(404)},
)
def one(caller: Caller, batch_id: str, application_id: str) -> Response:
    """Tell the decision on an application, and what people made of it: agreed, overridden, signed, sent back."""
    results = _results(caller, batch_id, application_id)
    with caller.workbench.store.read() as connection:
        standing = standing_of(connection, batch_id, application_id)
    content = {
        **_decision(batch_id, results),
        "standing": _standing(standing.on(caller.workbench.clock().date())),
    }
    return JSONResponse(as_json(content))


@routes.route(
    "/batches/{batch_id}/explanations/{application_id:path}",
    access=Permission.read_scores,
    summary="What explains a decision",
    answers={200: shown("The explanation", EXPLAINED), **problems(404)},
)
def explained(caller: Caller, batch_id: str, application_id: str) -> Response:
    """Explain a decision: contributions in points that add up to the score, reasons, contradictions, and what to ask for."""
    results = _results(caller, batch_id, application_id)
    told = explanations(results, [application_id])[application_id]
    return JSONResponse(as_json({**_decision(batch_id, results), "explanation": told}))


def _page(
    batch_id: str, state: str | None, after: tuple[int, str] | None, *, today: str, rows: int
) -> sa.Select[Any]:
    """Return the query of a page, lowest points first: the order in which both tables have an index."""
    together = sa.and_(
        reviews.c.batch_id == scored.c.batch_id, reviews.c.application_id == scored.c.application_id
    )
    columns = [
        *(scored.c[name] for name in _SHOWN),
        *(reviews.c[name] for name in ("state", "origin", "override_grade", "expires_on")),
    ]
    if state is None or state == _AUTOMATIC:
        query = sa.select(*columns).select_from(scored.outerjoin(reviews, together))
        if state == _AUTOMATIC:
            query = query.where(reviews.c.application_id.is_(None))
        return _ordered(query, scored, batch_id, after, rows)
    query = sa.select(*columns).select_from(reviews.join(scored, together))
    parts = [
        _ordered(query.where(*conditions), reviews, batch_id, after, rows).subquery()
        for conditions in _standing_there(state, today)
    ]
    found = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    return sa.select(found).order_by(found.c.points_shown, found.c.application_id).limit(rows)


def _ordered(
    query: sa.Select[Any], table: sa.Table, batch_id: str, after: tuple[int, str] | None, rows: int
) -> sa.Select[Any]:
    place = (table.c.points_shown, table.c.application_id)
    if after is not None:
        query = query.where(sa.tuple_(*place) > sa.tuple_(*map(sa.literal, after)))
    return query.where(table.c.batch_id == batch_id).order_by(*place).limit(rows)


def _standing_there(state: str, today: str) -> list[list[sa.ColumnElement[bool]]]:
    """Return what to look for: an override that is over stands among the open ones, whatever the store still says."""
    there, over = reviews.c.state == state, reviews.c.expires_on < today
    if state == "open":
        return [[there], [reviews.c.state == "overridden", over]]
    if state == "overridden":
        return [[there, sa.or_(reviews.c.expires_on.is_(None), sa.not_(over))]]
    return [[there]]


def _place(after: str) -> tuple[int, str] | None:
    """Read what a page gave as ``after``."""
    points, between, application = checked_text(after, "page", most=220).partition(_BETWEEN)
    if not after:
        return None
    if not between or not re.fullmatch(r"-?[0-9]{1,9}", points, re.ASCII):
        raise Problem(
            "bad-request",
            "The parameter after is none that a page gave.",
            hint="Leave it out for the first page.",
        )
    return int(points), application


def _after(row: Mapping[str, Any]) -> str:
    return f"{row['points_shown']}{_BETWEEN}{row['application_id']}"


def _row(row: Mapping[str, Any], today: str) -> dict[str, Any]:
    # An override is over after its last day, whatever the store still says.
    over = row["expires_on"] is not None and row["expires_on"] < today
    overridden = row["override_grade"] is not None and not over
    state = "open" if over and row["state"] == "overridden" else row["state"] or _AUTOMATIC
    return {
        **{name: row[name] for name in _SHOWN},
        "grade_in_force": row["override_grade"] if overridden else row["grade"],
        "state": state,
        "origin": row["origin"] or None,
    }


def _label(row: Mapping[str, Any], marks: Mapping[str, Any]) -> dict[str, str]:
    return {"grade_label": grade_label(row["grade"], demonstration=marks["demonstration"])}


def _results(caller: Caller, batch_id: str, application_id: str) -> Results:
    """Return the results of one application; a problem where it was not scored in this batch."""
    with caller.workbench.store.read() as connection:
        batch = batch_row(connection, batch_id)
        known = connection.execute(
            sa.select(scored.c.application_id).where(
                scored.c.batch_id == batch["batch_id"],
                scored.c.application_id == checked_text(application_id, "application"),
            )
        ).scalar_one_or_none()
        if known is None:
            raise Problem(
                "not-found",
                "There is no such application in this batch.",
                hint=f"/api/v1/batches/{batch['batch_id']}/decisions lists them.",
            )
        folder = folder_of(connection, batch["batch_id"])
    return application_results(folder, application_id)


def _decision(batch_id: str, results: Results) -> dict[str, Any]:
    (decision,) = results.decisions.to_dicts()
    return {
        "batch_id": batch_id,
        "decision": decision,
        "demonstration": results.demonstration,
        "label_origin": results.manifest["model"]["label_origin"],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "state": standing.state,
        "origin": standing.origin or None,
        "grade_in_force": standing.grade,
        "override_grade": standing.override_grade,
        "expires_on": standing.expires_on,
        "signers": standing.signers,
        "signatures_needed": standing.signatures_needed,
        "last_record": standing.sequence,
    }
