"""The page of the portfolio: ``portfolio.html``, from the view alone; no script, no network and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from markupsafe import Markup

from models.pages import page_environment
from scoring import charts
from scoring.portfolio.told import COVERAGES, STANDING_NAMES, figure, key_names, notes

if TYPE_CHECKING:
    from scoring.portfolio.view import Portfolio

__all__ = ["portfolio_page"]

_DRAWN = 12
_TABLES = {
    "industry": ("By industry", "按行业"),
    "region": ("By region", "按地区"),
    "group": ("By group, the largest", "按集团（最大者）"),
    "grade": ("By grade", "按等级"),
}
_MOST_ROWS = 20


def portfolio_page(view: Portfolio) -> str:
    """Return the page as HTML, without links to anything outside it."""
    names = key_names(view)
    tables = []
    for dimension, (en, zh) in _TABLES.items():
        rows = view.table.filter(pl.col("dimension") == dimension)
        ordered = (
            _by_rank(rows, view)
            if dimension == "grade"
            else rows.sort(["outstanding", "key"], descending=[True, False])
        )
        tables.append(
            {
                "en": en,
                "zh": zh,
                "more": max(rows.height - _MOST_ROWS, 0),
                "rows": [_row(row, names) for row in ordered.head(_MOST_ROWS).iter_rows(named=True)],
            }
        )
    context: dict[str, Any] = {
        "view": view,
        "whole": view.total,
        "figure": figure,
        "notes": notes(view),
        "tables": tables,
        "coverage": [
            {**row, "standing": STANDING_NAMES[row["standing"]], "coverage": COVERAGES[row["coverage"]]}
            for row in view.coverage.iter_rows(named=True)
            if row["firms"]
        ],
        "emissions_by_industry": Markup(_by_industry(view, names)),  # noqa: S704  (own SVG; its texts are escaped)
        "intensity_by_grade": Markup(_by_grade(view, names)),  # noqa: S704  (as above)
    }
    return page_environment("scoring").get_template("portfolio.html.jinja").render(context)


def _row(row: dict[str, Any], names: dict[tuple[str, str], tuple[str, str]]) -> dict[str, Any]:
    en, zh = names.get((row["dimension"], row["key"]), (row["key"], ""))
    return {**row, "en": en, "zh": zh}


def _by_industry(view: Portfolio, names: dict[tuple[str, str], tuple[str, str]]) -> str:
    both = pl.col("financed_scope1") + pl.col("financed_scope2")
    rows = (
        view.table.filter(pl.col("dimension") == "industry")
        .with_columns(both=both)
        .drop_nulls("both")
        .sort(["both", "key"], descending=[True, False])
        .head(_DRAWN)
    )
    return charts.bars(
        [
            charts.Bar(
                label=names.get(("industry", row["key"]), (row["key"], ""))[0],
                sub=names.get(("industry", row["key"]), ("", ""))[1],
                value=row["both"],
                text=figure(row["both"]),
            )
            for row in rows.iter_rows(named=True)
        ],
        title="Financed scope 1 and 2 by industry, tCO2e",
        width=1040,
        label_width=560,
    )


def _by_rank(rows: pl.DataFrame, view: Portfolio) -> pl.DataFrame:
    """Sort the rows of grades best first; firms without a grade come last."""
    ranks = {grade: rank for rank, grade in enumerate(view.summary["grades"])}
    rank = pl.col("key").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int32)
    return rows.sort(rank, "key")


def _by_grade(view: Portfolio, names: dict[tuple[str, str], tuple[str, str]]) -> str:
    known = view.table.filter((pl.col("dimension") == "grade") & pl.col("intensity").is_not_null())
    rows = _by_rank(known, view)
    colours = charts.grade_colours(view.summary["grades"])
    return charts.bars(
        [
            charts.Bar(
                label=names.get(("grade", row["key"]), (row["key"], ""))[0],
                value=row["intensity"],
                text=figure(row["intensity"], 2),
                colour=colours.get(row["key"], "#8b95a1"),
            )
            for row in rows.iter_rows(named=True)
        ],
        title="Financed scope 1 and 2 over the outstanding amount by grade, tCO2e per 10,000 CNY",
        width=1040,
        label_width=420,
    )
