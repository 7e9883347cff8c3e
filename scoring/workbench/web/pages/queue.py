"""The queue: who needs eyes and why, a page at a time, filtered by the address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scoring.workbench.batches.lists import batch_rows, latest_batch, queue, state_counts
from scoring.workbench.people.permissions import Permission
from scoring.workbench.review.standing import ORIGINS, STATES
from scoring.workbench.web.filters import choices, filters_of, next_address
from scoring.workbench.web.pages.batches import batch_of
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response


__all__ = ["pages"]

pages = Pages()

_WAITING = ("open", "awaiting_signature", "sent_back")


@pages.page("/", access="anybody_signed_in")
def first(visit: Visit) -> Response:
    """Lead to the page that the person came for."""
    return visit.go("/queue" if visit.may(Permission.read_scores) else "/people")


@pages.page("/queue", access=Permission.read_scores)
def listed(visit: Visit) -> Response:
    """Show who needs eyes."""
    asked = visit.query("state")
    states = (asked,) if asked in STATES and asked != "automatic" else _WAITING
    with visit.workbench.store.read() as connection:
        batch_id = visit.query("batch") or latest_batch(connection)
        if batch_id is None:
            return visit.render("queue_empty.html.jinja")
        batch = batch_of(connection, batch_id)
        filters = filters_of(visit, batch_id, states=states)
        page = queue(connection, filters)
        counts = state_counts(connection, batch_id)
        known = batch_rows(connection)
    chosen = choices(json.loads(batch["manifest"]), visit.lang)
    language = 1 if visit.lang == "zh" else 0
    return visit.render(
        "queue.html.jinja",
        batch=batch,
        batches=known,
        page=page,
        filters=filters,
        asked=asked,
        counts=counts,
        states=STATES,
        origins=ORIGINS,
        origins_named=[(origin, names[language]) for origin, names in ORIGINS.items()],
        rule_names=dict(chosen["rules"]),
        choices=chosen,
        next_address=next_address(visit, page.after),
        demonstration=batch["demonstration"],
    )
