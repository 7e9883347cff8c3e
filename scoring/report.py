"""The page a person reads first: ``report.html``, made from the result tables alone.

No script, no network and no clock: the page works from a disk, prints, and is the same for the same results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from markupsafe import Markup

from features.catalogue import CATALOGUE, FAMILIES
from features.contract import CONTRACT
from models.pages import page_environment
from scoring import charts
from scoring import report_figures as figures
from scoring.telling import sector_name

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["report"]

_REVIEW_ROWS = 12
_MISSING_ROWS = 12
_CHECK_ROWS = 12


def report(results: Results) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    results
        The tables and the manifest of a batch.

    Returns
    -------
    str
        A page without links to anything outside it.
    """
    return page_environment("scoring").get_template("report.html.jinja").render(_context(results))


def _context(results: Results) -> dict[str, Any]:
    decisions, names = results.decisions, [name for name, _ in figures.grades(results)]
    return {
        "manifest": results.manifest,
        "demonstration": results.demonstration,
        "applications": results.manifest["applications"],
        "median_points": _median(decisions, "points"),
        "median_esg": _median(decisions, "esg_points"),
        "reviews": int(decisions["review"].sum()),
        "capped": decisions.filter(pl.col("grade") != pl.col("grade_before_caps")).height,
        "policy_counts": _policy_counts(decisions),
        "charts": {
            name: Markup(draw(results))  # noqa: S704  (own SVG; every text in it is escaped)
            for name, draw in (
                ("grades", figures.grade_chart),
                ("points", figures.points_chart),
                ("sectors", figures.sector_chart),
                ("families", figures.family_chart),
                ("indicators", figures.indicator_chart),
                ("quality", figures.data_quality_chart),
            )
        },
        "grade_legend": list(charts.grade_colours(names).items()),
        "pillar_legend": list(figures.PILLAR_COLOURS.items()),
        "status_legend": list(figures.STATUS_COLOURS.values()),
        "classes": _classes(decisions, names),
        "unconfirmed": int(decisions["risk_class_unconfirmed"].sum()),
        "grade_names": names,
        "rules": _rules(results),
        "review_rows": _review_rows(results),
        "missing": _missing(results),
        "grades_pcaf": _pcaf(results),
        "checks": _checks(results),
        "tables": _tables(results),
        "quarantine": _quarantine(results),
        "review_limit": _REVIEW_ROWS,
    }


def _median(decisions: pl.DataFrame, column: str) -> str:
    value = decisions.select(pl.col(column).median().round(0)).item()
    return "–" if value is None else f"{int(value)}"


def _classes(decisions: pl.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    counted = decisions.group_by("risk_class", "grade").len()
    cells = {(letter, grade): count for letter, grade, count in counted.iter_rows()}
    rows = []
    for letter in ("A", "B", "C"):
        counts = [cells.get((letter, grade), 0) for grade in names]
        rows.append({"letter": letter, "counts": counts, "total": sum(counts)})
    return rows


def _policy_counts(decisions: pl.DataFrame) -> dict[str, int]:
    """Return how many are vetoed, watched, labelled (or would be), priced, and decided outside the policy's dates."""
    return {
        "vetoed": int(decisions["vetoed"].sum()),
        "watched": int(decisions["watch_list"].sum()),
        "labelled": int((decisions["labels"].list.len() > 0).sum()),
        "candidates": int((decisions["label_candidates"].list.len() > 0).sum()),
        "priced": int(decisions["price_basis_points"].is_not_null().sum()),
        "outside": int((~decisions["policy_in_force"]).sum()),
    }


def _rules(results: Results) -> list[dict[str, Any]]:
    fired = _exploded(results.decisions, "rules_fired")
    held = _exploded(results.decisions, "review_reasons")
    return [
        {
            **rule,
            "fired": fired.get(rule["id"], 0),
            "to_review": held.get(rule["id"], 0),
        }
        for rule in results.manifest["policy"]["rules"]
    ]


def _exploded(decisions: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(decisions.select(pl.col(column).explode()).drop_nulls().group_by(column).len().iter_rows())


def _review_rows(results: Results) -> list[dict[str, Any]]:
    """Return the applications with the most reasons for a review, of equal ones the fewest points first."""
    rows = (
        results.decisions.filter("review")
        .with_columns(reasons=pl.col("review_reasons").list.len())
        .sort(["reasons", "points", "application_id"], descending=[True, False, False])
        .head(_REVIEW_ROWS)
    )
    return [
        {
            **row,
            "sector": sector_name(row["industry_division"])[0],
            "why": [rule_id.replace("_", " ") for rule_id in row["review_reasons"]],
        }
        for row in rows.iter_rows(named=True)
    ]


def _missing(results: Results) -> list[dict[str, Any]]:
    """Return the indicators that are most often not handed in."""
    total = max(results.decisions.height, 1)
    counted = (
        results.data_quality.filter(pl.col("indicator").is_not_null() & (pl.col("status") == "missing"))
        .group_by("indicator")
        .len()
        .sort(["len", "indicator"], descending=[True, False])
        .head(_MISSING_ROWS)
    )
    return [
        {"indicator": CATALOGUE[name], "count": count, "share": 100 * count / total}
        for name, count in counted.iter_rows()
    ]


def _pcaf(results: Results) -> list[dict[str, Any]]:
    """Return the mean data-quality grade by family on the PCAF scale."""
    graded = results.data_quality.filter(pl.col("indicator").is_null() & (pl.col("status") == "pcaf"))
    rows = []
    for family in FAMILIES.values():
        own = graded.filter(pl.col("family") == family.id)["grade"].drop_nulls()
        if not own.is_empty():
            rows.append({"family": family, "mean": float(own.to_numpy().sum()) / len(own)})
    return rows


def _checks(results: Results) -> list[dict[str, Any]]:
    """Return the cross-checks by kind, each with one example."""
    counted = (
        results.cross_checks.sort("check", "severity", "application_id", "text_en")
        .group_by("check", "severity", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("application_id").n_unique().alias("applications"),
            *(pl.col(name).first() for name in ("application_id", "text_en", "text_zh")),
        )
        .sort(["count", "check", "severity"], descending=[True, False, False])
    )
    return counted.head(_CHECK_ROWS).to_dicts()


def _tables(results: Results) -> list[dict[str, Any]]:
    handed_in = results.manifest["input"]["tables"]
    return [
        {"name": name, "zh": CONTRACT[name].zh, **handed_in[name]}
        for name in CONTRACT
        if name in handed_in and handed_in[name]["rows_in"]
    ]


def _quarantine(results: Results) -> list[dict[str, Any]]:
    """Return the broken rules with counts, where they were broken, one example and its mend.

    The example is chosen by content, never by row number, so that shuffled rows give the same page.
    """
    places = (
        results.quarantine.group_by("rule", "table", "column")
        .agg(pl.col("row").n_unique().alias("rows"))
        .sort(["rows", "table", "column"], descending=[True, False, False], nulls_last=True)
        .group_by("rule", maintain_order=True)
        .agg(pl.struct("table", "column", "rows").alias("places"))
    )
    return (
        results.quarantine.sort("rule", "table", "column", "value", "record", nulls_last=True)
        .group_by("rule", maintain_order=True)
        .agg(
            pl.struct("table", "row").n_unique().alias("rows"),
            *(pl.col(name).first() for name in ("what_en", "what_zh", "mend_en", "mend_zh")),
        )
        .join(places, on="rule", validate="1:1")
        .sort(["rows", "rule"], descending=[True, False])
        .to_dicts()
    )
