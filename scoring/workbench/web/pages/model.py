"""Model: the card of the model behind a batch, its gate, calibration and stability, the challenger beside it, and what people overturned."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from scoring.telling import sector_name
from scoring.workbench.batches.one import folder_of
from scoring.workbench.batches.sampling import LEAST_SHARE
from scoring.workbench.figures.model import KNOWN, SWAP, keep_model, swap_set
from scoring.workbench.figures.overturns import OVERTURNS, overturns
from scoring.workbench.figures.summaries import OVER_ALL, keep, kept, made
from scoring.workbench.people.permissions import Permission
from scoring.workbench.review.standing import ORIGINS, STATES
from scoring.workbench.web.chosen import chosen_batch
from scoring.workbench.web.drawings import calibration_chart, key_of_two
from scoring.workbench.web.pages.batches import batch_of
from scoring.workbench.web.render import say
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from scoring.texts import Language

__all__ = ["pages"]

pages = Pages()

_COUNTED_FOR = dt.timedelta(minutes=10)
"""What people did is counted over the whole store, so a count holds for a while; the page says from when it is."""


@pages.page("/model", access=Permission.read_models)
def shown(visit: Visit) -> Response:
    """Show the model behind a batch."""
    store, now = visit.workbench.store, visit.workbench.clock()
    with store.read() as connection:
        batch = chosen_batch(visit, connection)
        if batch is None or batch["state"] != "done":
            return visit.render("no_batch.html.jinja", page="page_model")
        folder = folder_of(connection, batch["batch_id"])
        known = kept(connection, batch["batch_id"], KNOWN)
    manifest = json.loads(batch["manifest"])
    swap = made(store, batch["batch_id"], SWAP, lambda: {"swap": swap_set(folder)}, at=now)["swap"]
    t, language = say(visit.lang), 1 if visit.lang == "zh" else 0
    deciles = known.get("deciles") if known else None
    people = _people(visit)
    return visit.render(
        "model.html.jinja",
        batch=batch,
        manifest=manifest,
        known=known,
        calibration=calibration_chart(deciles, t) if deciles else None,
        calibration_key=key_of_two(t("model_expected"), t("model_observed")),
        deciles=deciles,
        swap=swap,
        people=people,
        figure=_figure,
        state_names={state: names[language] for state, names in STATES.items()},
        origin_names={origin: names[language] for origin, names in ORIGINS.items()},
        rule_names={rule["id"]: rule[visit.lang] for rule in manifest["policy"].get("rules", [])},
        reason_names={
            reason.id: reason.zh if visit.lang == "zh" else reason.en
            for reason in visit.workbench.policy.signatures.override_reasons
        },
        sector_names=_sector_names(people["sectors"], manifest, lang=visit.lang),
        demonstration=batch["demonstration"],
    )


@pages.page("/model/{batch_id}", access=Permission.read_models, method="POST")
def fetched(visit: Visit, batch_id: str) -> Response:
    """Fetch what MLflow knows of the model, and keep it."""
    with visit.workbench.store.read() as connection:
        batch_of(connection, batch_id)
        folder = folder_of(connection, batch_id)
    keep_model(visit.workbench.store, batch_id, folder, at=visit.workbench.clock())
    return visit.go(f"/model?batch={batch_id}")


def _people(visit: Visit) -> dict[str, Any]:
    """Return what people did, counted at most ten minutes ago."""
    store, now = visit.workbench.store, visit.workbench.clock()
    with store.read() as connection:
        found = kept(connection, OVER_ALL, OVERTURNS)
        if found is not None and now - dt.datetime.fromisoformat(found["at"]) < _COUNTED_FOR:
            return found
        counted = {"at": now.isoformat(), **overturns(connection, least_share=LEAST_SHARE)}
    with store.write() as connection:
        keep(connection, OVER_ALL, OVERTURNS, counted, at=now)
    return counted


def _sector_names(
    rows: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any], *, lang: Language
) -> dict[str | None, str]:
    own = {code: (en, zh) for code, (en, zh) in manifest.get("own_industry_names", {}).items()}
    names = {}
    for row in rows:
        en, zh = sector_name(row["division"], own=own)
        names[row["division"]] = (zh or en) if lang == "zh" else en
    return names


def _figure(value: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    """Return a figure as short as it can be read: counts whole, gaps with their power of ten.

    Examples
    --------
    >>> _figure(1234.0), _figure(0.73456), _figure(2.3e-13), _figure(None), _figure(True)
    ('1,234', '0.735', '2.3e-13', '–', 'True')
    """
    if value is None:
        return "–"
    if isinstance(value, (bool, str)):
        return str(value)
    if not isinstance(value, (int, float)):
        return json.dumps(value, ensure_ascii=False)
    if value == int(value) and (abs(value) >= 1 or value == 0):
        return f"{value:,.0f}"
    return f"{value:.1e}" if abs(value) < 1e-4 else f"{value:.3f}"
