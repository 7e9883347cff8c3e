"""Filters of a list in the address, so that a list can be sent to a colleague; and what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from features import reference
from scoring.workbench.batches.lists import Filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.texts import Language
    from scoring.workbench.web.visit import VisitOf

__all__ = ["choices", "filters_of", "next_address"]

_BETWEEN = "~"
"""Between points and id in the address of the next page."""


def filters_of(visit: VisitOf, batch_id: str, *, states: tuple[str, ...] = ()) -> Filters:
    """Return the filters that an address asks for; what makes no sense filters nothing."""
    points, between, application = visit.query("after").partition(_BETWEEN)
    try:
        after = (int(points), application) if between else None
    except ValueError:
        after = None
    return Filters(
        batch_id=batch_id,
        states=states,
        origin=visit.query("origin"),
        rule=visit.query("rule"),
        industry_division=visit.query("industry"),
        grade=visit.query("grade"),
        search=visit.query("search").strip(),
        after=after,
    )


def next_address(visit: VisitOf, after: tuple[int, str] | None) -> str:
    """Return the address of the next page, empty where there is none."""
    if after is None:
        return ""
    kept = {name: value for name, value in visit.request.query_params.items() if name != "after"}
    return "?" + urlencode({**kept, "after": f"{after[0]}{_BETWEEN}{after[1]}"})


def choices(manifest: Mapping[str, Any], lang: Language) -> dict[str, list[tuple[str, str]]]:
    """Return what a list can be filtered by: rules, grades and industries, each with its name."""
    policy = manifest["policy"]
    industries = reference.table("industries")
    name = "name_zh" if lang == "zh" else "name_en"
    return {
        "rules": [(rule["id"], rule[lang]) for rule in policy.get("rules", [])],
        "grades": [(grade["grade"], grade["grade"]) for grade in policy.get("grades", [])],
        "industries": [
            (str(code), f"{code} {text}") for code, text in industries.select("code", name).iter_rows()
        ],
    }
