"""The adverse-decision letter: the specific principal reasons, how to correct data, and how to appeal.

At most four reasons (Regulation B, 12 CFR 1002.9(b)(2) and its comment 9(b)(2)-1, taken as the strictest example): a
rule that lowered the grade by itself, for which nothing else needs to be weighed, then the parts that lowered the
score, those that were not handed in among them, by points. What was not scored and did not act is never a reason:
contradictions, the risk class and rules that only send to review stay out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from features.catalogue import FAMILIES
from features.errors import GreenCreditError
from scoring.memo.head import family_points
from scoring.memo.reasons import reason_text
from scoring.memo.record import HASH
from scoring.memo.ruling import acted
from scoring.memo.strings import shown
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["MOST_REASONS", "letter_reasons", "letter_view"]

MOST_REASONS = 4
_LOWERING = ("cap", "veto")
_LONGEST = 200


def letter_view(row: Mapping[str, Any], lang: Language, context: MemoContext) -> dict[str, Any]:
    """Return the letter in one language as plain texts.

    Parameters
    ----------
    row
        One row of :func:`scoring.memo.rows.memo_rows`.
    lang
        ``en`` or ``zh``.
    context
        Of the batch.

    Raises
    ------
    GreenCreditError
        If nothing lowered the score or the grade: then there is no reason to state.
    """
    day = str(row["as_of"])
    return {
        "lang": lang,
        "html_lang": "en" if lang == "en" else "zh-Hans",
        "banner": text("letter_demonstration", lang) if context.demonstration else "",
        "draft": text("letter_draft", lang),
        "title": text("letter_title", lang),
        "head": [
            (text("letter_to", lang), shown(row["firm_name"]) or text("no_name", lang)),
            (text("firm_id", lang), shown(row["firm_id"])),
            (text("letter_day", lang), "____________"),
        ],
        "opening": text("letter_opening", lang, application=shown(row["application_id"]), day=day),
        "reasons": letter_reasons(row, lang, context),
        "score": _score(row, lang, context),
        "rights_title": text("letter_rights_title", lang),
        "rights": [text("letter_correct", lang), text("letter_appeal", lang)],
        "signature": text("letter_signature", lang),
        "record": text("letter_record", lang, hash=row[HASH]),
    }


def letter_reasons(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[str]:
    """Return the principal reasons, the weightiest first; parameters and errors as of :func:`letter_view`."""
    rules = []
    if row["grade"] != row["grade_before_caps"] or row.get("vetoed"):
        rules = [
            text(
                "letter_rule",
                lang,
                rule=shown(rule[lang], most=_LONGEST),
                source=shown(rule["source"], most=_LONGEST),
            )
            for rule in (context.rules[identity] for identity in row["rules_fired"])
            if rule["effect"] in _LOWERING and acted(row, rule)
        ]
    found = [*rules, *_lowering(row, lang, context)][:MOST_REASONS]
    if not found:
        raise GreenCreditError(
            "Nothing lowered the score or the grade of this application, so there is no adverse reason to state.",
            where=shown(row["application_id"]),
            mend="A decision for other reasons is the bank's own to explain.",
        )
    return found


def _lowering(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[str]:
    if not row["reasons"]:
        whole = {name: points for name, points in family_points(row).items() if name != "base" and points < 0}
        names = sorted(whole, key=lambda name: (whole[name], name))
        return [
            text("letter_family", lang, family=getattr(FAMILIES[name], lang), points=-whole[name])
            for name in names
        ]
    down = [r for r in row["reasons"] if r["printed"] and r["direction"] == "down" and r["points_shown"] < 0]
    return [_told(reason, lang, context) for reason in sorted(down, key=lambda reason: reason["rank"])]


def _told(reason: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    family = getattr(FAMILIES[reason["family"]], lang)
    code = "letter_silent" if reason["kind"] == "not_handed_in" else "letter_value"
    _, told = reason_text(reason, lang, context)
    return text(code, lang, family=family, sentence=told, points=-reason["points_shown"])


def _score(row: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    points, grade = row["points_shown"], context.grade(row["grade"], lang)
    if row["grade"] != row["grade_before_caps"]:
        before = context.grade(row["grade_before_caps"], lang)
        return text("letter_score_held", lang, points=points, before=before, grade=grade)
    better = next(
        (pair[0] for pair in pairwise(context.grades) if pair[1][0] == row["grade_before_caps"]), None
    )
    if better is None or better[1] is None:
        return text("letter_score_best", lang, points=points, grade=grade)
    return text("letter_score", lang, points=points, grade=grade, minimum=better[1])
