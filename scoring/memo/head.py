"""The head of a memo: who, the score with its ESG part, grade, range, data quality, and one plain sentence."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from features.catalogue import FAMILIES
from scoring.asks import range_text
from scoring.memo.strings import shown
from scoring.rounding import largest_remainder
from scoring.telling import signed
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.memo.context import MemoContext
    from scoring.memo.reasons import ReasonView
    from scoring.texts import Language

__all__ = ["esg_points", "family_points", "firm_lines", "score_facts", "sentence", "to_next_grade"]


def firm_lines(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return label and value of who is scored."""
    division = row["industry_division"]
    sector = text("industry_unknown", lang) if division is None else context.sector(division, lang)
    return [
        (text("application", lang), shown(row["application_id"])),
        (text("as_of", lang), str(row["as_of"])),
        (text("firm_id", lang), shown(row["firm_id"])),
        (text("industry", lang), shown(sector, most=70)),
    ]


def family_points(row: Mapping[str, Any]) -> dict[str, int]:
    """Return base and families in whole points that add up to the shown score, as ``explain`` tells them."""
    exact = {"base": row["base"]} | {
        family: row[f"family_{family}"] for family in FAMILIES if row.get(f"family_{family}") is not None
    }
    return largest_remainder(exact, total=row["points_shown"])


def esg_points(row: Mapping[str, Any]) -> int:
    """Return the whole points of E, S and G, without context."""
    whole = family_points(row)
    return sum(p for name, p in whole.items() if name != "base" and FAMILIES[name].pillar != "context")


def to_next_grade(row: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    """Tell how far it is to the next better grade of the points, and from the cut-off below."""
    points = row["points_shown"]
    own = context.grade_of(points)
    if row["grade"] != row["grade_before_caps"]:
        return text("held_by_a_rule", lang, grade=context.grade(row["grade_before_caps"], lang))
    better = next((pair[0] for pair in pairwise(context.grades) if pair[1][0] == own), None)
    if better is None or better[1] is None:
        minimum = dict(context.grades)[own] or 0
        return text("best_grade", lang, points=points - minimum, minimum=minimum)
    return text("points_to_next", lang, points=better[1] - points, grade=better[0], minimum=better[1])


def score_facts(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return label and value of what stands beside the score."""
    facts = [
        (text("esg_part", lang), text("esg_part_value", lang, points=signed(esg_points(row)))),
        (
            text("default_probability", lang),
            text("in_12_months", lang, percent=f"{100 * row['probability']:.2f}"),
        ),
        (text("next_grade", lang), to_next_grade(row, lang, context)),
        (text("score_range", lang), range_text(row, lang)),
        (text("data_quality", lang), _quality(row, lang)),
        (text("risk_class", lang), _risk_class(row, lang)),
    ]
    if row.get("benchmark_status"):
        facts.append((text("benchmark_status", lang), text(f"benchmark_{row['benchmark_status']}", lang)))
    if row.get("price_basis_points") is not None:
        facts.append(
            (text("price_step", lang), text("basis_points", lang, points=signed(row["price_basis_points"])))
        )
    return facts


def _quality(row: Mapping[str, Any], lang: Language) -> str:
    quality = row["quality"]
    if not quality:
        return text("quality_not_recorded", lang)
    told = text("quality_known", lang, known=quality["known"], all=quality["known"] + quality["missing"])
    if quality["reserved"]:
        told += text("quality_reserved", lang, count=quality["reserved"])
    if row.get("pcaf_data_quality") is not None:
        told += text("quality_pcaf", lang, grade=f"{row['pcaf_data_quality']:.1f}")
    return told


def _risk_class(row: Mapping[str, Any], lang: Language) -> str:
    told = text("class_value", lang, letter=row["risk_class"])
    if row.get("risk_class_unconfirmed"):
        told += text("class_unconfirmed", lang)
    if row.get("watch_list"):
        told += text("on_watch_list", lang)
    return told


def sentence(row: Mapping[str, Any], reasons: ReasonView, lang: Language, context: MemoContext) -> str:
    """Return the decision in one plain sentence: where the score stands, what lifts and what lowers it most."""
    parts = []
    if row["grade"] != row["grade_before_caps"]:
        parts.append(text("sentence_capped", lang, grade=context.grade(row["grade"], lang)))
    distance = row["points_shown"] - reasons.base
    code = "sentence_at" if distance == 0 else "sentence_above" if distance > 0 else "sentence_below"
    held_against = text(f"reference_{reasons.against}", lang)
    parts.append(text(code, lang, points=row["points_shown"], distance=abs(distance), reference=held_against))
    if reasons.strongest_up:
        name, points = reasons.strongest_up
        parts.append(text("sentence_up", lang, name=name, points=signed(points)))
    if reasons.strongest_down:
        name, points = reasons.strongest_down
        parts.append(text("sentence_down", lang, name=name, points=signed(points)))
    if row["review"]:
        parts.append(text("sentence_review", lang, count=len(row["review_reasons"])))
    return text("sentence_join", lang).join(parts).removesuffix(".") + text("sentence_end", lang)
