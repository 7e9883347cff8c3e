"""The score on its scale, as one inline SVG: bands of the grades, the range over what is unknown, and the score."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["scale_chart"]

_WIDTH, _HEIGHT = 700.0, 84.0
_BAND_TOP, _BAND_TALL = 40.0, 14.0
_INK, _MUTED = "#1f2933", "#4d5a66"
_BEYOND = 30


def scale_chart(row: Mapping[str, object], lang: Language, context: MemoContext, *, font: str = "") -> str:
    """Return the chart.

    Parameters
    ----------
    row
        Of the decision: ``points_shown``, ``points_low`` and ``points_high`` (may be absent or null).
    lang
        Language of its title.
    context
        Grades and their colours.
    font
        Family of its letters; that of the page where empty.
    """
    points = int(str(row["points_shown"]))
    low, high = row.get("points_low"), row.get("points_high")
    known = low is not None and high is not None
    begin, end = (int(str(low)), int(str(high))) if known else (points, points)
    cuts = [minimum for _, minimum in context.grades if minimum is not None]
    left, right = min(min(cuts) - _BEYOND, begin - 8), max(max(cuts) + _BEYOND, end + 8)

    def at(value: float) -> float:
        return round((value - left) / (right - left) * _WIDTH, 2)

    parts = []
    above = right
    for grade, minimum in context.grades:
        below = left if minimum is None else minimum
        parts.append(
            f'<rect x="{at(below)}" y="{_BAND_TOP}" width="{round(at(above) - at(below) - 1, 2)}" '
            f'height="{_BAND_TALL}" fill="{context.colours[grade]}"/>'
        )
        parts.append(_text((at(below) + at(above)) / 2, _BAND_TOP - 5, grade, colour=_MUTED, size=12))
        if minimum is not None:
            parts.append(
                _text(at(minimum), _BAND_TOP + _BAND_TALL + 12, str(minimum), colour=_MUTED, size=10)
            )
        above = below
    if known and begin != end:
        y = _BAND_TOP + _BAND_TALL + 21
        parts.append(
            f'<path d="M{at(begin)} {y - 4}v8M{at(begin)} {y}H{at(end)}M{at(end)} {y - 4}v8" stroke="{_INK}" '
            'stroke-width="1.6" fill="none"/>'
        )
        parts.append(_text(at(begin) - 5, y + 4, str(begin), anchor="end", size=11))
        parts.append(_text(at(end) + 5, y + 4, str(end), anchor="start", size=11))
    x = at(points)
    parts.append(
        f'<path d="M{x} 24l-5.5 -8h11zM{x - 1.2} {_BAND_TOP - 2}h2.4v{_BAND_TALL + 4}h-2.4z" fill="{_INK}"/>'
    )
    parts.append(_text(min(max(x, 16), _WIDTH - 16), 13, str(points), size=15, weight=700))
    title = text(
        "scale_title",
        lang,
        points=points,
        low=begin,
        high=end,
        grade=context.grade(context.grade_of(points), lang),
    )
    family = f' font-family="{escape(font)}"' if font else ""
    return (
        f'<svg class="scale" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{escape(title)}"{family} '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _text(
    x: float,
    y: float,
    told: str,
    *,
    colour: str = _INK,
    size: int = 12,
    weight: int = 400,
    anchor: str = "middle",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(told)}</text>'
    )
