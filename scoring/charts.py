"""Small inline SVG charts for pages that work without scripts and without a network.

Every chart is a pure function of numbers and names; the same input gives the same text. Colours are read
together with a label or a number, never alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bar", "Segment", "bars", "columns", "grade_colours", "histogram", "paired", "stacked"]

_INK = "#1f2933"
_MUTED = "#667480"
_RULE = "#d9dfe3"
_SCALE = ("#0b5d44", "#2b7f5e", "#5aa27c", "#96c49b", "#d8d28a", "#eeb860", "#df8d45", "#c45f34", "#963323")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: its names, its value and what is written beside it."""

    label: str
    value: float
    text: str
    sub: str = ""
    colour: str = "#2b7f5e"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One part of a stacked bar: share of the whole (0 to 1), colour and tooltip."""

    share: float
    colour: str
    title: str


def grade_colours(grades: Sequence[str]) -> dict[str, str]:
    """Return a colour per grade, green for the best to red for the worst.

    Examples
    --------
    >>> grade_colours(["A", "B"])
    {'A': '#0b5d44', 'B': '#963323'}
    """
    last = max(len(grades) - 1, 1)
    return {
        grade: _SCALE[round(position * (len(_SCALE) - 1) / last)] for position, grade in enumerate(grades)
    }


def columns(items: Sequence[Bar], *, width: int = 720, height: int = 240, title: str) -> str:
    """Draw upright columns with their text above and their label below.

    Parameters
    ----------
    items
        Columns from left to right; values are 0 or more.
    width, height
        Size in pixels of the drawing's own coordinates.
    title
        What a screen reader says.
    """
    top, bottom = 34.0, 34.0
    most = max((item.value for item in items), default=0.0) or 1.0
    step = width / max(len(items), 1)
    base = height - bottom
    parts = [_line(0, base, width, base)]
    for position, item in enumerate(items):
        tall = (base - top) * item.value / most
        middle = (position + 0.5) * step
        parts += [
            _rect(middle - step * 0.36, base - tall, step * 0.72, tall, item.colour, item.label),
            _text(middle, base - tall - 19, item.text, anchor="middle", weight=600),
            _text(middle, base - tall - 6, item.sub, anchor="middle", size=10.5, colour=_MUTED),
            _text(middle, base + 18, item.label, anchor="middle", weight=600),
        ]
    return _svg(parts, width, height, title)


def paired(
    items: Sequence[tuple[str, float, float]],
    *,
    names: tuple[str, str],
    colours: tuple[str, str],
    width: int = 720,
    height: int = 220,
    title: str,
) -> str:
    """Draw two columns per label side by side, as shares of their own wholes.

    Parameters
    ----------
    items
        Label and two shares (0 to 1), from left to right; long labels are cut, and told in full on the column.
    names, colours
        Of the first and the second column.
    width, height
        Size in pixels of the drawing's own coordinates.
    title
        What a screen reader says.
    """
    top, base = 18.0, height - 24.0
    most = max((share for _, *pair in items for share in pair), default=0.0) or 1.0
    step = width / max(len(items), 1)
    room = max(int(step / 6.0), 4)
    parts = [_line(0, base, width, base)]
    for position, (label, *pair) in enumerate(items):
        middle = (position + 0.5) * step
        for side, share in enumerate(pair):
            tall = (base - top) * share / most
            left = middle - step * 0.36 * (1 - side)
            tip = f"{label}, {names[side]}: {100 * share:.1f} %"
            parts.append(_rect(left, base - tall, step * 0.36, tall, colours[side], tip))
            parts.append(
                _text(
                    left + step * 0.18,
                    base - tall - 4,
                    f"{100 * share:.0f}",
                    anchor="middle",
                    size=9,
                    colour=_MUTED,
                )
            )
        short = label if len(label) <= room else label[: room - 1] + "…"
        parts.append(_text(middle, base + 14, short, anchor="middle", size=10))
    return _svg(parts, width, height, title)


def bars(items: Sequence[Bar], *, width: int = 720, title: str, label_width: int = 300) -> str:
    """Draw lying bars from the top down: label and second name on the left, text at the bar's end."""
    row, room = 26.0, width - label_width - 70.0
    most = max((item.value for item in items), default=0.0) or 1.0
    parts: list[str] = []
    for position, item in enumerate(items):
        middle = position * row + row / 2
        long = room * item.value / most
        parts += [
            _label(label_width - 10, middle, item.label, item.sub),
            _rect(label_width, middle - 8, long, 16, item.colour, item.label),
            _text(label_width + long + 6, middle + 4, item.text),
        ]
    return _svg(parts, width, row * max(len(items), 1), title)


def stacked(
    rows: Sequence[tuple[str, str, str, Sequence[Segment]]],
    *,
    width: int = 720,
    title: str,
    label_width: int = 300,
) -> str:
    """Draw lying bars of parts that make a whole.

    Parameters
    ----------
    rows
        Label, second name, text at the end, and the parts; the shares of a row add up to 1.
    width, label_width
        Pixels of the drawing's own coordinates.
    title
        What a screen reader says.
    """
    row, room = 26.0, width - label_width - 90.0
    parts: list[str] = []
    for position, (label, sub, text, segments) in enumerate(rows):
        middle = position * row + row / 2
        parts.append(_label(label_width - 10, middle, label, sub))
        left = float(label_width)
        for segment in segments:
            if segment.share > 0:
                parts.append(_rect(left, middle - 8, room * segment.share, 16, segment.colour, segment.title))
            left += room * segment.share
        parts.append(_text(width - 80, middle + 4, text))
    return _svg(parts, width, row * max(len(rows), 1), title)


def histogram(
    counts: Sequence[tuple[int, int, str]],
    *,
    marks: Sequence[tuple[int, str]],
    step: int,
    width: int = 720,
    height: int = 220,
    title: str,
) -> str:
    """Draw a histogram over whole points with marked values.

    Parameters
    ----------
    counts
        Left end of the bin in points, number of rows and colour, from left to right.
    marks
        Points to mark with a dashed line, each with its name.
    step
        Width of a bin in points.
    width, height
        Pixels of the drawing's own coordinates.
    title
        What a screen reader says.
    """
    if not counts:
        return _svg([], width, height, title)
    left, right = counts[0][0], counts[-1][0] + step
    top, base = 30.0, height - 28.0
    scale = width / (right - left)
    most = max(count for _, count, _ in counts) or 1
    parts: list[str] = []
    for begin, count, colour in counts:
        tall = (base - top) * count / most
        tip = f"{begin} to {begin + step - 1}: {count}"
        parts.append(_rect((begin - left) * scale + 0.5, base - tall, step * scale - 1, tall, colour, tip))
    for point, name in marks:
        if left < point < right:
            x = (point - left) * scale
            parts += [
                _line(x, top - 6, x, base, dash=True),
                _text(x + 4, top + 2, name, size=10.5, colour=_MUTED),
                _text(x, base + 16, str(point), anchor="middle", size=10.5, colour=_MUTED),
            ]
    parts.append(_line(0, base, width, base))
    return _svg(parts, width, height, title)


def _svg(parts: Sequence[str], width: float, height: float, title: str) -> str:
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, colour: str, title: str) -> str:
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.0):.2f}" height="{max(height, 0.0):.2f}" '
        f'fill="{colour}"><title>{escape(title)}</title></rect>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, dash: bool = False) -> str:
    dashes = ' stroke-dasharray="3 3"' if dash else ""
    return (
        f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{_RULE if not dash else _MUTED}" '
        f'stroke-width="1"{dashes}/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: float = 12,
    weight: int = 400,
    colour: str = _INK,
) -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _label(x: float, middle: float, label: str, sub: str) -> str:
    second = f'<tspan fill="{_MUTED}" font-size="10.5"> {escape(sub)}</tspan>' if sub else ""
    return (
        f'<text x="{x:.2f}" y="{middle + 4:.2f}" text-anchor="end" font-size="12" fill="{_INK}">'
        f"{escape(label)}{second}</text>"
    )
