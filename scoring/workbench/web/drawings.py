"""The charts of the pages: summaries to inline SVG that needs no style of its own, titled in the page's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from scoring import charts
from scoring.telling import sector_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scoring.texts import Language

__all__ = [
    "bins_chart",
    "calibration_chart",
    "grade_chart",
    "grade_key",
    "key_of_two",
    "points_chart",
    "sector_chart",
]

TRAINING, BATCH = "#8b95a1", "#2b7f5e"
"""Colours of what stands before and of what stands now."""

_HALF, _FULL, _TALL = 560, 1040, 230
_LETTERS_EN, _LETTERS_ZH = 44, 22
_BIN = 5
_PATCH = Markup(
    '<svg viewBox="0 0 10 10" aria-hidden="true" focusable="false"><rect width="10" height="10" fill="{}"/></svg>'
)


def grade_chart(overview: Mapping[str, Any], t: Callable[..., str]) -> Markup:
    """Draw how many applications each grade has."""
    colours = charts.grade_colours([row["grade"] for row in overview["grades"]])
    whole = max(overview["scored"], 1)
    drawn = charts.columns(
        [
            charts.Bar(
                label=row["grade"],
                value=row["count"],
                text=f"{row['count']:,}",
                sub=f"{100 * row['count'] / whole:.1f} %",
                colour=colours[row["grade"]],
            )
            for row in overview["grades"]
        ],
        title=t("portfolio_by_grade"),
        width=_HALF,
        height=_TALL,
    )
    return _markup(drawn)


def points_chart(overview: Mapping[str, Any], t: Callable[..., str]) -> Markup:
    """Draw the distribution of the points shown, with the fewest points of each grade."""
    named = [(row["grade"], row["minimum_points"]) for row in overview["grades"]]
    colours = charts.grade_colours([name for name, _ in named])
    drawn = charts.histogram(
        [(begin, count, colours[_grade_of(begin, named)]) for begin, count in overview["points"]],
        marks=[(least, name) for name, least in named if least is not None],
        step=_BIN,
        title=t("portfolio_points"),
        width=_HALF,
        height=_TALL,
    )
    return _markup(drawn)


def sector_chart(
    rows: Sequence[Mapping[str, Any]],
    grades: Sequence[str],
    *,
    own: Mapping[str, tuple[str, str]],
    lang: Language,
    title: str,
) -> Markup:
    """Draw the shares of grades within sectors, with the number of applications of each."""
    colours = charts.grade_colours(grades)
    drawn = charts.stacked(
        [
            (
                _short(sector_name(row["key"], own=own), lang),
                "",
                f"{row['total']:,}",
                [
                    charts.Segment(
                        share=count / row["total"], colour=colours[grade], title=f"{grade}: {count:,}"
                    )
                    for grade, count in zip(grades, row["counts"], strict=True)
                ],
            )
            for row in rows
            if row["total"]
        ],
        title=title,
        width=_FULL,
        label_width=360,
    )
    return _markup(drawn)


def grade_key(grades: Sequence[str]) -> list[tuple[str, Markup]]:
    """Return each grade with a patch of its colour."""
    return [(grade, _PATCH.format(colour)) for grade, colour in charts.grade_colours(grades).items()]


def bins_chart(shift: Mapping[str, Any], t: Callable[..., str], *, name: str) -> Markup:
    """Draw a shift: shares of the training population and of the batch by bin."""
    before, now = sum(shift["reference"]) or 1, sum(shift["recent"]) or 1
    drawn = charts.paired(
        [
            (label, old / before, new / now)
            for label, old, new in zip(shift["bins"], shift["reference"], shift["recent"], strict=True)
        ],
        names=(t("drift_training"), t("batch")),
        colours=(TRAINING, BATCH),
        title=t("drift_chart", name=name),
        width=_HALF,
        height=_TALL,
    )
    return _markup(drawn)


def calibration_chart(deciles: Sequence[Mapping[str, Any]], t: Callable[..., str]) -> Markup:
    """Draw the expected and the observed share of defaults by decile of the score."""
    drawn = charts.paired(
        [(str(row["decile"]), row["mean_probability"], row["bad_share"]) for row in deciles],
        names=(t("model_expected"), t("model_observed")),
        colours=(TRAINING, BATCH),
        title=t("model_calibration"),
        width=_HALF,
        height=_TALL,
    )
    return _markup(drawn)


def key_of_two(first: str, second: str) -> list[tuple[str, Markup]]:
    """Return the two names of a chart of pairs, each with a patch of its colour."""
    return [(name, _PATCH.format(colour)) for name, colour in ((first, TRAINING), (second, BATCH))]


def _grade_of(points: int, named: Sequence[tuple[str, int | None]]) -> str:
    return next((name for name, least in named if least is None or points >= least), named[-1][0])


def _short(names: tuple[str, str], lang: Language) -> str:
    en, zh = names
    name, most = (zh or en, _LETTERS_ZH) if lang == "zh" else (en, _LETTERS_EN)
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _markup(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704  (own SVG; every text in it is escaped)
