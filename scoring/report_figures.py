"""The charts of the batch report, each from the result tables to one SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES
from scoring import charts
from scoring.telling import sector_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.results import Results

__all__ = [
    "PILLAR_COLOURS",
    "STATUS_COLOURS",
    "data_quality_chart",
    "drivers",
    "family_chart",
    "grade_chart",
    "grades",
    "indicator_chart",
    "points_chart",
    "sector_chart",
]

PILLAR_COLOURS: Mapping[str, str] = {"E": "#2b7f5e", "S": "#b7791f", "G": "#3d6f9e", "context": "#8b95a1"}
STATUS_COLOURS: Mapping[str, tuple[str, str, str]] = {
    "reported": ("#2b7f5e", "reported", "已提供"),
    "zero": ("#5aa27c", "zero by a check", "经查询为零"),
    "estimated": ("#d8d28a", "estimated", "估算"),
    "defaulted": ("#eeb860", "with a default", "含默认值"),
    "not_applicable": ("#cfd6dc", "does not apply", "不适用"),
    "missing": ("#7b8794", "not handed in", "未提供"),
}
"""Data-quality status to colour and names, in the order of the bars."""

_BIN = 5
_FULL, _HALF, _TALL = 1040, 500, 240
_SECTORS = 15
_INDICATORS = 15


def grades(results: Results) -> list[tuple[str, int | None]]:
    """Return the policy's grades, best first, with their minimum points."""
    return [(grade["grade"], grade.get("minimum_points")) for grade in results.manifest["policy"]["grades"]]


def grade_chart(results: Results) -> str:
    """Draw how many applications each grade has."""
    names = [name for name, _ in grades(results)]
    colours = charts.grade_colours(names)
    counts = dict(results.decisions.group_by("grade").len().iter_rows())
    total = max(results.decisions.height, 1)
    return charts.columns(
        [
            charts.Bar(
                label=name,
                value=counts.get(name, 0),
                text=f"{counts.get(name, 0):,}",
                sub=f"{100 * counts.get(name, 0) / total:.1f} %",
                colour=colours[name],
            )
            for name in names
        ],
        title="Applications by grade",
        width=_HALF,
        height=_TALL,
    )


def points_chart(results: Results) -> str:
    """Draw the distribution of the shown points and the minimum of each grade; a bin has the colour of its left end."""
    points = results.decisions["points_shown"]
    if points.is_empty():
        return charts.histogram(
            [], marks=[], step=_BIN, title="Distribution of points", width=_HALF, height=_TALL
        )
    named = grades(results)
    colours = charts.grade_colours([name for name, _ in named])
    counts = dict((points // _BIN * _BIN).rename("bin").to_frame().group_by("bin").len().iter_rows())
    first, last = min(counts), max(counts)
    return charts.histogram(
        [
            (begin, counts.get(begin, 0), colours[_grade_of(begin, named)])
            for begin in range(first, last + _BIN, _BIN)
        ],
        marks=[(minimum, name) for name, minimum in named if minimum is not None],
        step=_BIN,
        title="Distribution of points",
        width=_HALF,
        height=_TALL,
    )


def _grade_of(points: int, named: Sequence[tuple[str, int | None]]) -> str:
    return next(name for name, minimum in named if minimum is None or points >= minimum)


def sector_chart(results: Results) -> str:
    """Draw the shares of grades in each of the largest sectors, the others together."""
    names = [name for name, _ in grades(results)]
    colours = charts.grade_colours(names)
    counted = results.decisions.group_by("industry_division", "grade").len()
    sizes = (
        counted.group_by("industry_division")
        .agg(pl.col("len").sum())
        .sort(["len", "industry_division"], descending=[True, False], nulls_last=True)
    )
    largest = sizes["industry_division"].to_list()[:_SECTORS]
    cells = {(division, grade): count for division, grade, count in counted.iter_rows()}
    rows = [
        _sector_row(*sector_name(division), {g: cells.get((division, g), 0) for g in names}, colours)
        for division in largest
    ]
    others = sizes["industry_division"].to_list()[_SECTORS:]
    if others:
        together = {g: sum(cells.get((division, g), 0) for division in others) for g in names}
        rows.append(_sector_row(f"{len(others)} other sectors", "其他行业", together, colours))
    return charts.stacked(rows, title="Grades by sector", width=_FULL, label_width=470)


def _sector_row(
    label: str, sub: str, counts: Mapping[str, int], colours: Mapping[str, str]
) -> tuple[str, str, str, list[charts.Segment]]:
    total = sum(counts.values()) or 1
    segments = [
        charts.Segment(share=count / total, colour=colours[grade], title=f"{grade}: {count:,}")
        for grade, count in counts.items()
    ]
    short = label if len(label) <= 48 else label[:47].rstrip() + "…"
    return short, sub if len(sub) <= 14 else sub[:13] + "…", f"{sum(counts.values()):,}", segments


def drivers(results: Results) -> tuple[dict[str, float], dict[str, float]]:
    """Return the mean absolute points by family and by indicator, the strongest first.

    Returns
    -------
    tuple of dict
        Family to points, indicator to points.
    """

    def strongest(columns: Mapping[str, str]) -> dict[str, float]:
        # A sum over sorted rows on one thread per column: the same bits on every run.
        means = {
            name: float(results.contributions[column].abs().to_numpy().sum()) / results.contributions.height
            for name, column in columns.items()
            if column in results.contributions.columns and results.contributions.height
        }
        return dict(sorted(means.items(), key=lambda item: (-item[1], item[0])))

    return (
        strongest({family: f"family_{family}" for family in FAMILIES}),
        strongest({indicator: indicator for indicator in CATALOGUE}),
    )


def family_chart(results: Results) -> str:
    """Draw the mean absolute points by family."""
    by_family, _ = drivers(results)
    items = [
        charts.Bar(
            label=FAMILIES[name].en,
            sub=FAMILIES[name].zh,
            value=value,
            text=f"{value:.1f}",
            colour=PILLAR_COLOURS[FAMILIES[name].pillar],
        )
        for name, value in by_family.items()
    ]
    return charts.bars(items, title="Strongest families", width=_HALF, label_width=210)


def indicator_chart(results: Results) -> str:
    """Draw the indicators with the largest mean absolute points."""
    _, by_indicator = drivers(results)
    items = [
        charts.Bar(
            label=CATALOGUE[name].en,
            sub=CATALOGUE[name].zh,
            value=value,
            text=f"{value:.1f}",
            colour=PILLAR_COLOURS[CATALOGUE[name].pillar],
        )
        for name, value in list(by_indicator.items())[:_INDICATORS]
    ]
    return charts.bars(items, title="Strongest indicators", width=_HALF, label_width=330)


def data_quality_chart(results: Results) -> str:
    """Draw, by family, how the indicators are known."""
    known = results.data_quality.filter(pl.col("indicator").is_not_null())
    counted = known.group_by("family", "status").len()
    cells = {(family, status): count for family, status, count in counted.iter_rows()}
    rows = []
    for family in FAMILIES.values():
        counts = {status: cells.get((family.id, status), 0) for status in STATUS_COLOURS}
        total = sum(counts.values())
        if not total:
            continue
        segments = [
            charts.Segment(
                share=count / total,
                colour=STATUS_COLOURS[status][0],
                title=f"{STATUS_COLOURS[status][1]}: {100 * count / total:.1f} %",
            )
            for status, count in counts.items()
        ]
        rows.append((family.en, family.zh, f"{100 * counts['missing'] / total:.0f} % absent", segments))
    return charts.stacked(rows, title="How the indicators are known", width=_FULL, label_width=230)
