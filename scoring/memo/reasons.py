"""Why this score: base, printed reasons and the rest, in whole points that add up on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.catalogue import FAMILIES
from scoring.memo.head import family_points
from scoring.memo.strings import shown
from scoring.reasons import reason_library, sentence
from scoring.telling import signed
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["ReasonLine", "ReasonView", "reason_text", "reason_view"]


@dataclass(frozen=True, kw_only=True)
class ReasonLine:
    """A line of the sum.

    Parameters
    ----------
    points
        Whole points with their sign.
    name, detail
        What it is, and the figures behind it (may be empty).
    left, width
        Of its bar, shares of the room for bars; it starts where the line before ended.
    tone
        ``base``, ``up``, ``down``, ``silent`` (not handed in), ``rest`` or ``total``.
    """

    points: str
    name: str
    detail: str
    left: float
    width: float
    tone: str


@dataclass(frozen=True, kw_only=True)
class ReasonView:
    """The sum, and what the plain sentence and the letter need of it.

    Parameters
    ----------
    lines
        From base to score.
    base
        Whole points of the base.
    against
        What the base is: ``typical_firm``, ``sector_mean`` or ``portfolio``.
    strongest_up, strongest_down
        Name and whole points of the strongest reasons; None where there is none.
    """

    lines: tuple[ReasonLine, ...]
    base: int
    against: str
    strongest_up: tuple[str, int] | None
    strongest_down: tuple[str, int] | None


def reason_view(row: Mapping[str, Any], lang: Language, context: MemoContext) -> ReasonView:
    """Return the sum of one application.

    Where the batch has no reasons (an older release wrote it), families stand in their place.
    """
    total = row["points_shown"]
    if row["reasons"]:
        against = context.manifest["reasons"]["against"]
        base = total - sum(reason["points_shown"] for reason in row["reasons"])
        printed = [reason for reason in row["reasons"] if reason["printed"]]
        parts = [(_tone(r), r["points_shown"], *reason_text(r, lang, context)) for r in _in_print(printed)]
    else:
        against = "portfolio"
        whole = family_points(row)
        base = whole.pop("base")
        order = sorted(whole, key=lambda name: (-abs(whole[name]), name))
        parts = [
            ("up" if whole[name] > 0 else "down", whole[name], _family(name, lang), "")
            for name in order
            if whole[name]
        ]
    rest = total - base - sum(points for _, points, _, _ in parts)
    lines = [("base", base, *_base(row, lang, context, against=against)), *parts]
    if rest or row["reasons"]:
        lines.append(("rest", rest, reason_library().text("everything_else", lang), ""))
    return ReasonView(
        lines=_with_bars(lines, total=total, name=text("score", lang)),
        base=base,
        against=against,
        strongest_up=_strongest(parts, 1),
        strongest_down=_strongest(parts, -1),
    )


def reason_text(reason: Mapping[str, Any], lang: Language, context: MemoContext) -> tuple[str, str]:
    """Return a reason's name, and the sentence of the approved library with the figures behind it."""
    family = _family(reason["family"], lang)
    name = text("reason_not_handed_in", lang, family=family) if reason["kind"] == "not_handed_in" else family
    return name, sentence(reason, lang, own_industry_names=context.own_industry_names)


def _family(family: str, lang: Language) -> str:
    item = FAMILIES[family]
    return item.en if lang == "en" else item.zh


def _in_print(printed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put what lifts first, then what lowers; each the strongest first, as ranked."""
    return sorted(printed, key=lambda reason: (reason["direction"] != "up", reason["rank"]))


def _tone(reason: Mapping[str, Any]) -> str:
    if reason["kind"] == "not_handed_in":
        return "silent"
    return str(reason["direction"])


def _base(row: Mapping[str, Any], lang: Language, context: MemoContext, *, against: str) -> tuple[str, str]:
    name = reason_library().text(f"base_{against}", lang)
    division, level = row["industry_division"], row["sector_level"]
    if against == "portfolio":
        return name, ""
    if division is None or level in (None, "all"):
        return name, text("level_all", lang)
    sector = shown(context.sector(division, lang), most=70)
    return name, sector if level == "group" else text("level_section", lang, name=sector)


def _strongest(parts: Sequence[tuple[str, int, str, str]], sign: int) -> tuple[str, int] | None:
    own = [(name, points) for _, points, name, _ in parts if points * sign > 0]
    return max(own, key=lambda part: part[1] * sign) if own else None


def _with_bars(
    lines: Sequence[tuple[str, int, str, str]], *, total: int, name: str
) -> tuple[ReasonLine, ...]:
    """Put a bar beside each line, from the running sum before it to the one after it."""
    ends = [lines[0][1]]
    for _, points, _, _ in lines[1:]:
        ends.append(ends[-1] + points)
    low, high = min(ends), max(ends)
    # Some room on the left, so that the base is seen as a bar, too.
    low -= max(round(0.15 * (high - low)), 2)
    span = high - low
    drawn = []
    for position, (tone, points, label, detail) in enumerate(lines):
        begin = low if position == 0 else ends[position - 1]
        left, right = sorted((begin, ends[position]))
        drawn.append(
            ReasonLine(
                points=str(points) if tone == "base" else signed(points),
                name=label,
                detail=detail,
                left=(left - low) / span,
                width=(right - left) / span,
                tone=tone,
            )
        )
    total_bar = ReasonLine(
        points=str(total), name=name, detail="", left=0.0, width=(ends[-1] - low) / span, tone="total"
    )
    return (*drawn, total_bar)
