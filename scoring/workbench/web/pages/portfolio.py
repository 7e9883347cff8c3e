"""The portfolio: grades, risk classes and sectors of a batch, and the emissions that its loans finance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scoring.telling import sector_name
from scoring.workbench.batches.lists import batch_rows
from scoring.workbench.batches.one import folder_of
from scoring.workbench.figures.financed import FINANCED, keep_financed
from scoring.workbench.figures.overview import OVERVIEW, overview
from scoring.workbench.figures.summaries import kept, made
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.chosen import chosen_batch
from scoring.workbench.web.drawings import grade_chart, grade_key, points_chart, sector_chart
from scoring.workbench.web.pages.batches import batch_of
from scoring.workbench.web.render import say
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()

_SECTORS = 15


@pages.page("/portfolio", access=Permission.read_portfolio)
def shown(visit: Visit) -> Response:
    """Show a batch as a portfolio."""
    store = visit.workbench.store
    with store.read() as connection:
        batch = chosen_batch(visit, connection)
        if batch is None:
            return visit.render("no_batch.html.jinja", page="page_portfolio")
        folder = folder_of(connection, batch["batch_id"])
        listed = batch_rows(connection)
        emissions = kept(connection, batch["batch_id"], FINANCED)
    counted = made(store, batch["batch_id"], OVERVIEW, lambda: overview(folder), at=visit.workbench.clock())
    t = say(visit.lang)
    grades = [row["grade"] for row in counted["grades"]]
    own = {
        division: (names[0], names[1])
        for division, names in json.loads(batch["manifest"]).get("own_industry_names", {}).items()
    }
    place = 1 if visit.lang == "zh" else 0
    return visit.render(
        "portfolio.html.jinja",
        batch=batch,
        batches=listed,
        overview=counted,
        grade_chart=grade_chart(counted, t),
        points_chart=points_chart(counted, t),
        sector_chart=sector_chart(
            counted["sectors"][:_SECTORS], grades, own=own, lang=visit.lang, title=t("portfolio_by_sector")
        ),
        more_sectors=max(len(counted["sectors"]) - _SECTORS, 0),
        key=grade_key(grades),
        grades=grades,
        financed=emissions,
        place=place,
        sector_names={
            row["key"]: sector_name(row["key"], own=own)[place]
            for row in (emissions or {}).get("sectors", [])
        },
        demonstration=batch["demonstration"],
    )


@pages.page("/portfolio/{batch_id}/financed", access=Permission.read_portfolio, method="POST")
def worked_out(visit: Visit, batch_id: str) -> Response:
    """Work out the financed emissions of a batch."""
    with visit.workbench.store.read() as connection:
        batch_of(connection, batch_id)
        folder = folder_of(connection, batch_id)
    keep_financed(visit.workbench.store, batch_id, folder, at=visit.workbench.clock())
    return visit.go(f"/portfolio?batch={batch_id}")
