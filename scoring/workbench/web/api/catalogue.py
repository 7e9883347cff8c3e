"""``GET /api/v1/catalogue``: every indicator with its names, unit, direction, definition and source."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from features.catalogue import CATALOGUE, FAMILIES, PILLARS
from scoring.workbench.web.api.answers import as_json
from scoring.workbench.web.api.routing import ANY_TOKEN, Caller, Routes
from scoring.workbench.web.api.schemas import CATALOGUE_ANSWER, shown

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["routes"]

routes = Routes()


@routes.route(
    "/catalogue",
    access=ANY_TOKEN,
    summary="The catalogue of indicators",
    answers={200: shown("Every indicator", CATALOGUE_ANSWER)},
)
async def catalogue(_caller: Caller) -> Response:
    """List pillars, families and indicators: what contributions and reasons are told in."""
    return JSONResponse(_content())


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = as_json(
        {
            "pillars": [{"id": name, "en": en, "zh": zh} for name, (en, zh) in PILLARS.items()],
            "families": [asdict(family) for family in FAMILIES.values()],
            "indicators": [
                {**asdict(indicator), "used_by_model": indicator.used_by_model}
                for indicator in CATALOGUE.values()
            ],
        }
    )
    return content
