"""What is offered: the chosen sets as rows for a file, with savings, support measures and a line per action."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from scoring.improve.lines import action_line
from scoring.improve.sets import action_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.improve.amounts import Amounts
    from scoring.improve.prices import Prices
    from scoring.improve.rebuilding import Firms

__all__ = ["IMPROVEMENTS_SCHEMA", "offered", "support_of"]

_LIST = pl.List(pl.String)

IMPROVEMENTS_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = MappingProxyType(
    {
        "application_id": pl.String,
        "rank": pl.Int32,
        "actions": _LIST,
        "reaches": pl.Boolean,
        "grade_before": pl.String,
        "grade_after": pl.String,
        "points_before": pl.Int32,
        "points_after": pl.Int32,
        "points_before_exact": pl.Float64,
        "points_after_exact": pl.Float64,
        "cost_low": pl.Float64,
        "cost_high": pl.Float64,
        "cost_unknown": _LIST,
        "months": pl.Int32,
        "energy_saved_tce": pl.Float64,
        "emissions_saved_tco2e": pl.Float64,
        "emissions_basis": pl.String,
        "support": _LIST,
        "effects_en": _LIST,
        "effects_zh": _LIST,
    }
)
"""Columns of improvements.parquet. Points are whole, as shown, and exact. ``cost_low`` and ``cost_high`` are in 10,000 CNY and null where the cost of
an action of the set (``cost_unknown``) is unknown. ``months`` is the longest of the actions, done side by side. Savings are a
year's, from the rebuilt totals; ``emissions_basis`` says whether of what was ``reported`` (scope 1 and 2 by location) or, for want
of that, of what energy and output imply (``derived``). ``effects_en`` and ``effects_zh`` tell each action alone."""


def offered(
    chosen: pl.DataFrame, *, firms: Firms, prices: Prices, alone: Mapping[str, Amounts]
) -> pl.DataFrame:
    """Return the rows of the chosen sets.

    Parameters
    ----------
    chosen
        Ranked sets, with grades, points, cost and the totals, before (``_before``) and after.
    firms, prices, alone
        The applications, the costs, and the amounts after each action alone.
    """
    rows = []
    for row in chosen.sort("application", "rank").iter_rows(named=True):
        application, names = row["application"], action_names(row["mask"])
        saved, basis = _emissions_saved(row)
        effects = {
            lang: [
                action_line(name, application, firms=firms, after=alone[name], prices=prices, lang=lang)
                for name in names
            ]
            for lang in ("en", "zh")
        }
        rows.append(
            {
                "application_id": firms.ids[application],
                "rank": row["rank"],
                "actions": names,
                "reaches": row["reaches"],
                "grade_before": row["grade_before"],
                "grade_after": row["grade"],
                "points_before": row["points_shown_before"],
                "points_after": row["points_shown"],
                "points_before_exact": row["points_before"],
                "points_after_exact": row["points"],
                "cost_low": row["cost_low"],
                "cost_high": row["cost_high"],
                "cost_unknown": [name for name in names if np.isnan(prices.low[name][application])],
                "months": row["months"],
                "energy_saved_tce": _less(row, "energy_tce"),
                "emissions_saved_tco2e": saved,
                "emissions_basis": basis,
                "support": support_of(names, firms, application)["id"].to_list(),
                "effects_en": effects["en"],
                "effects_zh": effects["zh"],
            }
        )
    return pl.DataFrame(rows, schema=dict(IMPROVEMENTS_SCHEMA), orient="row")


def _less(row: Mapping[str, float | None], total: str) -> float | None:
    before, after = row[f"{total}_before"], row[total]
    if before is None or after is None:
        return None
    # The last bit of a sum of other parts is no saving.
    return 0.0 if math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-9) else before - after


def _emissions_saved(row: Mapping[str, float | None]) -> tuple[float | None, str | None]:
    for basis in ("reported", "derived"):
        saved = _less(row, f"{basis}_tco2e")
        if saved is not None:
            return saved, basis
    return None, None


def support_of(names: list[str], firms: Firms, application: int) -> pl.DataFrame:
    """Return the support measures that apply to a set of actions of a firm in China on the day of the decision.

    Returns
    -------
    pl.DataFrame
        Rows of ``support_measures``: whether their ``conditions`` are met is for a person to find out.
    """
    place = firms.facts.applications.select("country", "as_of").row(application)
    table = reference.table("support_measures")
    if place[0] != "CN":
        return table.clear()
    applies = (
        pl.col("applies_to_actions").fill_null("").str.split(";").list.set_intersection(names).list.len() > 0
    )
    day = pl.lit(place[1])
    return table.filter(
        applies
        & (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day))
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= day))
    ).sort("id")
