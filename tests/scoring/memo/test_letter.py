from __future__ import annotations

import pytest

from features.errors import GreenCreditError
from scoring.memo.letter import MOST_REASONS, letter_reasons, letter_view
from scoring.reasons import sentence
from scoring.texts import LANGUAGES


def down(row):
    return sorted(
        (r for r in row["reasons"] if r["printed"] and r["direction"] == "down" and r["points_shown"] < 0),
        key=lambda reason: reason["rank"],
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_reasons_are_those_that_lowered_the_score_the_weightiest_first(memo_frame, context, lang):
    told_of = 0
    for row in memo_frame:
        expected = down(row)
        if row["grade"] != row["grade_before_caps"] or row["vetoed"] or not expected:
            continue
        told = letter_reasons(row, lang, context)
        assert len(told) == min(len(expected), MOST_REASONS)
        for line, reason in zip(told, expected, strict=False):
            assert sentence(reason, lang) in line
            assert str(-reason["points_shown"]) in line
        told_of += 1
    assert told_of > 20


def test_at_most_four_reasons_a_rule_that_acted_first(memo_frame, context):
    row = next(r for r in memo_frame if r["grade"] != r["grade_before_caps"])
    many = [{**reason, "printed": True, "direction": "down", "points_shown": -2, "rank": place, "kind": "value",
             "code": "coal_share_down", "indicator": "coal_share", "value": 0.5, "sector_median": None}
            for place, reason in enumerate(row["reasons"], start=1)]  # fmt: skip
    told = letter_reasons({**row, "reasons": many}, "en", context)
    assert len(told) == MOST_REASONS
    acted = [
        context.rules[i]
        for i in row["rules_fired"]
        if i not in row["review_reasons"] and context.rules[i]["effect"] in {"cap", "veto"}
    ]
    assert told[0].startswith("A rule of the bank that acted on its own: " + acted[0]["en"])
    assert "  " not in told[0]


def test_what_was_not_scored_is_never_a_reason(memo_frame, context):
    """Contradictions, the risk class, and rules that only send to review stay out."""
    checks = next(r["checks"] for r in memo_frame if r["checks"])
    row = {**next(r for r in memo_frame if down(r)), "checks": checks, "vetoed": False}
    review = [i for i, rule in context.rules.items() if rule["effect"] == "review"]
    raised = [i for i, rule in context.rules.items() if rule["effect"] == "raise_class"]
    held = [i for i, rule in context.rules.items() if rule["effect"] == "cap"][:1]
    fired = {
        **row,
        "rules_fired": [*review, *raised, *held],
        "review_reasons": [*review, *held],
        "grade_before_caps": row["grade"],
    }
    letter = " ".join(letter_reasons(fired, "en", context))
    for rule in (*review, *raised, *held):
        assert context.rules[rule]["en"] not in letter
    for check in row["checks"]:
        assert check["text_en"] not in letter


def test_without_anything_adverse_there_is_no_letter(memo_frame, context):
    row = next(r for r in memo_frame if r["grade"] == r["grade_before_caps"])
    best = [{**reason, "direction": "up", "points_shown": 1} for reason in row["reasons"]]
    with pytest.raises(GreenCreditError, match="no adverse reason"):
        letter_view({**row, "reasons": best}, "en", context)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_letter_says_how_to_appeal_and_that_it_is_a_demonstration(memo_frame, context, lang):
    row = next(r for r in memo_frame if down(r))
    letter = letter_view(row, lang, context)
    assert letter["banner"]
    assert row["record_hash"] in letter["record"]
    assert str(row["points_shown"]) in letter["score"]
    assert any(word in " ".join(letter["rights"]) for word in ("Appeal", "申诉"))
