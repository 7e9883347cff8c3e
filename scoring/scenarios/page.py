"""The page of scenarios, from the outcomes alone; no script, no network and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE
from models.pages import page_environment
from scoring.scenarios.measures import TOTAL, movers
from scoring.scenarios.text import points_text
from scoring.telling import grade_label, sector_name

if TYPE_CHECKING:
    import polars as pl

    from scoring.scenarios.run import Outcome, ScenarioRun

__all__ = ["scenarios_page"]

_MOST_SECTORS, _MOST_MOVERS = 15, 20


def scenarios_page(run: ScenarioRun) -> str:
    """Return the page as HTML, without links to anything outside it."""
    outcomes = [_outcome(one, run=run) for one in run.outcomes]
    return page_environment("scoring").get_template("scenarios.html.jinja").render(run=run, outcomes=outcomes)


def _outcome(outcome: Outcome, *, run: ScenarioRun) -> dict[str, Any]:
    table = outcome.table
    return {
        "scenario": outcome.scenario,
        "policy": outcome.policy,
        "factor_set": outcome.factor_set,
        "mean_change": points_text(outcome.mean_change),
        "changed": int((table["change"] != 0).sum()),
        "other_grade": int((table["grade"] != table["grade_base"]).sum()),
        "review": outcome.review,
        "grades": [name for name in outcome.migration.columns if name not in {"grade_base", TOTAL}],
        "migration": [_migrated(row) for row in outcome.migration.iter_rows(named=True)],
        "indicators": [_indicator(row) for row in outcome.indicators.iter_rows(named=True)],
        "sectors": [
            _sector(row)
            for row in outcome.sectors.filter(outcome.sectors["changed"] > 0)
            .head(_MOST_SECTORS)
            .iter_rows(named=True)
        ],
        "movers": _movers(movers(table, most=_MOST_MOVERS), demonstration=run.demonstration),
    }


def _migrated(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the matrix; cells of the same grade, of a worse and of a better one differ, where both policies have it."""
    names = [name for name in row if name not in {"grade_base", TOTAL}]
    own = names.index(row["grade_base"]) if row["grade_base"] in names else None
    sides = {0: "stays", 1: "down", -1: "up"}
    cells = [
        {
            "count": row[name],
            "side": "" if own is None else sides[(place > own) - (place < own)],
        }
        for place, name in enumerate(names)
    ]
    return {"grade": row["grade_base"], "cells": cells, "total": row[TOTAL]}


def _indicator(row: dict[str, Any]) -> dict[str, Any]:
    item = CATALOGUE[row["indicator"]]
    largest = points_text(row["largest"]) if row["scored"] else "no points 不影响分数"
    return {**row, "en": item.en, "zh": item.zh, "largest": largest}


def _sector(row: dict[str, Any]) -> dict[str, Any]:
    en, zh = sector_name(row["industry_division"])
    return {**row, "en": en, "zh": zh, "told": points_text(row["change"])}


def _movers(worst: pl.DataFrame, *, demonstration: bool) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "grade": grade_label(row["grade"], demonstration=demonstration),
            "why": f"{CATALOGUE[row['indicator']].en} {CATALOGUE[row['indicator']].zh} "
            f"{points_text(row['indicator_points'])}"
            if row["indicator"] is not None
            else "the policy 政策",
        }
        for row in worst.iter_rows(named=True)
    ]
