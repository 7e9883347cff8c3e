"""Batches: what went in and where it went, how exact, under which model and policy, what is other than before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, StoreError
from scoring.workbench.batches.lists import applications, batch_rows
from scoring.workbench.batches.one import folder_of
from scoring.workbench.figures.difference import DIFFERENCE, batch_before, difference
from scoring.workbench.figures.drifting import LIGHT
from scoring.workbench.figures.progress import seconds_left
from scoring.workbench.figures.summaries import kept, kept_of, made
from scoring.workbench.people.permissions import Permission
from scoring.workbench.store.schema import batches
from scoring.workbench.web.filters import choices, filters_of, next_address
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy import Connection
    from starlette.responses import Response


__all__ = ["batch_of", "pages"]

pages = Pages()

_ROWS, _SOME = 50, 10


@pages.page("/batches", access=Permission.read_scores)
def listed(visit: Visit) -> Response:
    """List the batches, latest first."""
    with visit.workbench.store.read() as connection:
        rows = batch_rows(connection, most=_ROWS + 1, before=visit.query("before"))
        shown = rows[:_ROWS]
        ids = [row["batch_id"] for row in shown]
        lights = kept_of(connection, ids, LIGHT)
        gaps = _gaps(connection, ids)
    return visit.render(
        "batches.html.jinja",
        batches=shown,
        lights=lights,
        gaps=gaps,
        left={row["batch_id"]: _left(visit, row) for row in shown if row["state"] == "running"},
        before=shown[-1]["started_at"] if len(rows) > _ROWS else "",
        demonstration=any(row["demonstration"] for row in shown),
    )


@pages.page("/batches/{batch_id}", access=Permission.read_scores)
def one(visit: Visit, batch_id: str) -> Response:
    """Show a batch: counts, versions, exactness, drift, what is other than in the batch before, and its applications."""
    with visit.workbench.store.read() as connection:
        row = batch_of(connection, batch_id)
        if row["state"] != "done":
            return visit.render(
                "batch_running.html.jinja",
                batch=row,
                left=_left(visit, row),
                demonstration=row["demonstration"],
            )
        filters = filters_of(visit, batch_id)
        page = applications(connection, filters)
        light = kept(connection, batch_id, LIGHT)
        before = batch_before(connection, batch_id)
    found, problem = _difference(visit, batch_id, before)
    manifest = json.loads(row["manifest"])
    return visit.render(
        "batch.html.jinja",
        batch=row,
        manifest=manifest,
        light=light,
        before=before,
        difference=found,
        problem=problem,
        some=_SOME,
        page=page,
        filters=filters,
        choices=choices(manifest, visit.lang),
        next_address=next_address(visit, page.after),
        demonstration=row["demonstration"],
    )


@pages.page("/batches/{batch_id}/difference", access=Permission.read_scores)
def crossed(visit: Visit, batch_id: str) -> Response:
    """Show who crossed a cut-off since the batch before, a page at a time."""
    with visit.workbench.store.read() as connection:
        row = batch_of(connection, batch_id)
        before = batch_before(connection, batch_id)
    if before is None:
        raise StoreError(
            "There is no batch before this one that it could be compared with.",
            where=batch_id,
            mend="Take in the batch before: greencredit serve --scores FOLDER.",
        )
    found, problem = _difference(visit, batch_id, before)
    asked = visit.query("from")
    begin = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    rows = [] if found is None else found["rows"][begin : begin + _ROWS]
    more = found is not None and begin + _ROWS < len(found["rows"])
    return visit.render(
        "batch_difference.html.jinja",
        batch=row,
        before=before,
        difference=found,
        problem=problem,
        rows=rows,
        begin=begin,
        next_address=f"?from={begin + _ROWS}" if more else "",
        demonstration=row["demonstration"],
    )


def batch_of(connection: Connection, batch_id: str) -> sa.RowMapping:
    """Return a batch.

    Raises
    ------
    StoreError
        If there is none of that id.
    """
    row = connection.execute(batches.select().where(batches.c.batch_id == batch_id)).mappings().one_or_none()
    if row is None:
        raise StoreError(
            f"There is no batch {batch_id}.", where="workbench", mend="Choose one from the list."
        )
    return row


def _difference(
    visit: Visit, batch_id: str, before: str | None
) -> tuple[dict[str, Any] | None, GreenCreditError | None]:
    """Return what is other than in the batch before, or why it is not known; neither where there is none before."""
    if before is None:
        return None, None
    try:
        with visit.workbench.store.read() as connection:
            old, new = folder_of(connection, before), folder_of(connection, batch_id)
        found = made(
            visit.workbench.store,
            batch_id,
            f"{DIFFERENCE}.{before}",
            lambda: difference(old, new),
            at=visit.workbench.clock(),
        )
    except GreenCreditError as error:
        return None, error
    return found, None


def _left(visit: Visit, row: Mapping[Any, Any]) -> int | None:
    """Return the minutes that a running batch still takes, at least one."""
    seconds = seconds_left(
        started_at=row["started_at"], done=row["done"], total=row["total"], now=visit.workbench.clock()
    )
    return None if seconds is None else max(round(seconds / 60), 1)


def _gaps(connection: Connection, batch_ids: Sequence[str]) -> dict[str, float]:
    """Return the largest gap (points) of each batch's explanation, of those whose manifest tells it."""
    query = batches.select().with_only_columns(batches.c.batch_id, batches.c.manifest)
    found = {}
    for batch_id, manifest in connection.execute(query.where(batches.c.batch_id.in_(batch_ids))):
        exactness = json.loads(manifest).get("exactness", {})
        gaps = [
            exactness[name] for name in ("additivity_gap_points", "booster_gap_points") if name in exactness
        ]
        if gaps:
            found[batch_id] = max(gaps)
    return found
