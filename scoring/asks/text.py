"""What to ask for and the range of the score, told to a person in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.asks.documents import documents
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from scoring.texts import Language

__all__ = ["asks_text", "moves_text", "range_text"]


def range_text(decision: Mapping[str, Any], lang: Language) -> str:
    """Return how far the score could move by what was not handed in.

    Parameters
    ----------
    decision
        A row of the decisions: ``points_low``, ``points_high``, ``grade_low``, ``grade_high``.
    lang
        ``en`` or ``zh``.

    Examples
    --------
    >>> range_text({"points_low": 570, "points_high": 612, "grade_low": "CCC", "grade_high": "BB"}, "en")
    '570 to 612 points (CCC to BB)'
    >>> range_text({"points_low": 570, "points_high": 570, "grade_low": "CCC", "grade_high": "CCC"}, "zh")
    '无：未知数据不影响570分'
    """
    low, high = decision.get("points_low"), decision.get("points_high")
    worst, best = decision.get("grade_low"), decision.get("grade_high")
    if low is None or high is None:
        return text("range_not_computed", lang)
    if low == high:
        return text("range_none", lang, points=low)
    if worst == best:
        return text("range_one_grade", lang, low=low, high=high, grade=worst)
    return text("range_value", lang, low=low, high=high, worst=worst, best=best)


def asks_text(asked: pl.DataFrame, lang: Language) -> str:
    """Return the documents to ask one applicant for, the next best first.

    Parameters
    ----------
    asked
        The applicant's rows of :func:`scoring.asks.ask_table`.
    lang
        ``en`` or ``zh``.
    """
    if asked.is_empty():
        return text("ask_nothing", lang)
    lines = [_line(row, lang) for row in asked.sort("rank").iter_rows(named=True)]
    return "\n".join([text("ask_title", lang), *lines])


def _line(row: Mapping[str, Any], lang: Language) -> str:
    named = documents().facts
    facts = [named[fact].en if lang == "en" else named[fact].zh for fact in row["facts"]]
    return text(
        "ask_line",
        lang,
        rank=row["rank"],
        document=row[f"name_{lang}"],
        moves=moves_text(row, lang),
        facts=text("list_join", lang).join(facts),
    )


def moves_text(row: Mapping[str, Any], lang: Language) -> str:
    """Return how far a document could move the score; ``row`` is one of :func:`scoring.asks.ask_table`."""
    low, high = row["points_low"], row["points_high"]
    if low is None or high is None:
        return text("ask_without_points", lang)
    if low == high:
        return text("ask_no_move", lang, points=low)
    code = "ask_one_grade" if row["grade_low"] == row["grade_high"] else "ask_range"
    return text(code, lang, low=low, high=high, worst=row["grade_low"], best=row["grade_high"])
