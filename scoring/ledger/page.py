"""The page of a ledger, from the ledger alone; no script, no network and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import FAMILIES
from models.pages import page_environment
from scoring.ledger.causes import CAUSES, POINT_CAUSES
from scoring.ledger.matching import BOTH, GONE, NEW
from scoring.ledger.text import (
    NAMES,
    cause_rows,
    crossing,
    model_named,
    told_figures,
    what_differs,
    whole_parts,
)
from scoring.scenarios.text import points_text
from scoring.telling import grade_label, signed

if TYPE_CHECKING:
    from scoring.ledger.ledger import Ledger

__all__ = ["ledger_page"]

_MOST_LISTED = 50


def ledger_page(found: Ledger) -> str:
    """Return the page as HTML, without links to anything outside it."""
    return page_environment("scoring").get_template("ledger.html.jinja").render(_context(found))


def _context(found: Ledger) -> dict[str, Any]:
    both = found.both
    crossed = crossing(found)
    sides = (("Old 旧", found.old), ("New 新", found.new))
    return {
        "found": found,
        "demonstration": found.demonstration,
        "versions": [(side, manifest, model_named(manifest)) for side, manifest in sides],
        "differs": what_differs(found),
        "names": NAMES,
        "point_causes": POINT_CAUSES,
        "counts": {status: found.matched.count(status) for status in (BOTH, NEW, GONE)},
        "causes": [] if both.is_empty() else [_cause(row) for row in cause_rows(found)],
        "families": _families(both),
        "crossed": [_crossed(row, found) for row in crossed.head(_MOST_LISTED).iter_rows(named=True)],
        "more_crossed": max(crossed.height - _MOST_LISTED, 0),
        "crossings": crossed.height,
        "once": [_once(found, status) for status in (NEW, GONE) if found.matched.count(status)],
    }


def _cause(row: dict[str, Any]) -> dict[str, Any]:
    en, zh = NAMES.get(row["cause"], ("change", "合计变动"))
    return {"en": en, "zh": zh, "moved": row["moved"], "told": told_figures(row)}


def _families(both: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the parts of data and factors by family, those that move anything."""
    rows = []
    for family in FAMILIES:
        parts = {cause: both[f"{cause}_{family}"].to_numpy() for cause in ("data", "factors")}
        if any((part != 0).any() for part in parts.values()):
            en, zh = FAMILIES[family].en, FAMILIES[family].zh
            told = [(points_text(float(part.mean())), f"{abs(part).mean():.2f}") for part in parts.values()]
            rows.append({"en": en, "zh": zh, "told": told})
    return rows


def _crossed(row: dict[str, Any], found: Ledger) -> dict[str, Any]:
    steps = [
        f"{NAMES[cause][0]} {points_text(row[f'steps_{cause}'])}"
        for cause in CAUSES
        if row[f"steps_{cause}"] not in {None, 0.0}
    ]
    return {
        **row,
        "grade_new": grade_label(row["grade_new"], demonstration=found.demonstration),
        "parts": [signed(points) for points in whole_parts(row).values()],
        "steps_told": ", ".join(steps),
    }


def _once(found: Ledger, status: str) -> dict[str, Any]:
    side = "new" if status == NEW else "old"
    rows = found.table.filter(pl.col("status") == status)
    return {
        "title": ("New", "新增") if status == NEW else ("Gone", "退出"),
        "count": rows.height,
        "rows": [
            {
                "firm_id": row["firm_id"],
                "firm_name": row["firm_name"] or "",
                "application_id": row[f"application_id_{side}"],
                "points": row[f"points_shown_{side}"],
                "grade": grade_label(row[f"grade_{side}"], demonstration=found.demonstration),
                "refused": row["refused"],
            }
            for row in rows.head(_MOST_LISTED).iter_rows(named=True)
        ],
        "more": max(rows.height - _MOST_LISTED, 0),
    }
