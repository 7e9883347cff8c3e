"""Replay of a record: its decision computed again, with what moved and what was altered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.workbench.people.permissions import Permission
from scoring.workbench.replay import replay_record
from scoring.workbench.replay.text import MOST_SHOWN
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()


@pages.page("/audit/records/{sequence}/replay", access=Permission.replay)
def replayed(visit: Visit, sequence: int) -> Response:
    """Compute the decision of a record again; nothing is stored."""
    with visit.workbench.store.read() as connection:
        replay = replay_record(connection, sequence, key=visit.workbench.key)
    return visit.render("replay.html.jinja", replay=replay, sequence=sequence, most=MOST_SHOWN)
