"""``GET /api/v1/batches``: the batches that the workbench knows, and one of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import sqlalchemy as sa
from fastapi import Query
from starlette.responses import JSONResponse

from scoring.workbench.batches.lists import batch_rows
from scoring.workbench.people.permissions import Permission
from scoring.workbench.store.schema import batches
from scoring.workbench.web.api.problems import Problem
from scoring.workbench.web.api.routing import Caller, Routes, checked_text
from scoring.workbench.web.api.schemas import BATCH, BATCHES, problems, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

__all__ = ["batch_row", "routes"]

routes = Routes()

_FIELDS = (
    "batch_id",
    "state",
    "started_at",
    "finished_at",
    "rows_in",
    "scored",
    "quarantined",
    "model_version",
    "policy_version",
    "label_origin",
    "demonstration",
)


@routes.route(
    "/batches",
    access=Permission.read_scores,
    summary="Batches",
    answers={200: shown("The latest batches", BATCHES)},
)
def listed(caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
    """List the batches, latest first."""
    with caller.workbench.store.read() as connection:
        rows = batch_rows(connection, most=limit)
    return JSONResponse({"batches": [_fields(dict(row)) for row in rows]})


@routes.route(
    "/batches/{batch_id}",
    access=Permission.read_scores,
    summary="One batch",
    answers={200: shown("The batch", BATCH), **problems(404)},
)
def one(caller: Caller, batch_id: str) -> Response:
    """Tell of a batch: what went in and came out, under which model and policy, and how exact the explanations are."""
    with caller.workbench.store.read() as connection:
        row = batch_row(connection, batch_id)
    manifest = json.loads(row["manifest"])
    counts = {name: manifest.get(name, {}) for name in ("applications", "exactness")}
    return JSONResponse({**_fields(row), **counts})


def batch_row(connection: Connection, batch_id: str) -> Mapping[str, Any]:
    """Return the row of a batch.

    Raises
    ------
    Problem
        If there is none of that id.
    """
    known = checked_text(batch_id, "batch", most=64)
    row = connection.execute(sa.select(batches).where(batches.c.batch_id == known)).mappings().one_or_none()
    if row is None:
        raise Problem("not-found", "There is no such batch.")
    return dict(row)


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _FIELDS}
