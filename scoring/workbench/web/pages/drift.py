"""Drift: each batch against the training population of its model, compared when it is asked for and then kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import StoreError
from models.drift import CONFIDENCE, LARGE, MATERIAL
from scoring.monitor_page import KINDS, VERDICTS
from scoring.workbench.batches.lists import batch_rows
from scoring.workbench.batches.one import folder_of
from scoring.workbench.figures.drifting import DRIFT, LIGHT, keep_drift
from scoring.workbench.figures.summaries import kept, kept_of
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.chosen import chosen_batch
from scoring.workbench.web.drawings import bins_chart, key_of_two
from scoring.workbench.web.pages.batches import batch_of
from scoring.workbench.web.render import say
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()

_LISTED = 50


@pages.page("/drift", access=Permission.read_models)
def shown(visit: Visit) -> Response:
    """Show the light of each batch, and what moved in one of them."""
    with visit.workbench.store.read() as connection:
        batch = chosen_batch(visit, connection)
        if batch is None:
            return visit.render("no_batch.html.jinja", page="page_drift")
        listed = batch_rows(connection, most=_LISTED)
        lights = kept_of(connection, [row["batch_id"] for row in listed], LIGHT)
        light = kept(connection, batch["batch_id"], LIGHT)
        found = kept(connection, batch["batch_id"], DRIFT)
    if light is not None and light["missing"]:
        found = None
    t, language = say(visit.lang), 1 if visit.lang == "zh" else 0
    shifts = [] if found is None else found["shifts"]
    everything = visit.query("all") == "1"
    return visit.render(
        "drift.html.jinja",
        batch=batch,
        batches=listed,
        lights=lights,
        light=light,
        found=found,
        charts=[(shift, bins_chart(shift, t, name=shift[visit.lang])) for shift in shifts if "bins" in shift],
        rows=[shift for shift in shifts if everything or shift["verdict"] != "noise"],
        everything=everything,
        kinds={kind: names[language] for kind, names in KINDS.items()},
        verdicts={verdict: names[language] for verdict, names in VERDICTS.items()},
        key=key_of_two(t("drift_training"), t("batch")),
        material=MATERIAL,
        large=LARGE,
        confidence=CONFIDENCE,
        demonstration=batch["demonstration"],
    )


@pages.page("/drift/{batch_id}", access=Permission.read_models, method="POST")
def compared(visit: Visit, batch_id: str) -> Response:
    """Compare a batch with the training population of its model."""
    with visit.workbench.store.read() as connection:
        batch = batch_of(connection, batch_id)
        if batch["state"] != "done":
            raise StoreError(
                "The batch is still being scored.", where=batch_id, mend="Compare it when it is done."
            )
        folder = folder_of(connection, batch_id)
    keep_drift(visit.workbench.store, batch_id, folder, at=visit.workbench.clock())
    return visit.go(f"/drift?batch={batch_id}")
