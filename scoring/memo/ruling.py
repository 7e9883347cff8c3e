"""What the policy says beside the score: review, rules with their source, labels, support, conditions and covenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.memo.strings import shown
from scoring.policy.handed_out import row_on_day
from scoring.proposals_text import PROPOSING
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["acted", "rule_lines", "ruling_lines"]

_MOST_RULES = 4
_MOST_PROPOSED = 2
_LONGEST = 200


def acted(row: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    """Return whether a rule that fired acted by itself, and did not only send to review."""
    return rule["id"] not in row["review_reasons"]


def rule_lines(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return the rules that decided, each with its source: what it says and how it acted.

    What a rule only proposes (conditions, covenants, support) stands in :func:`ruling_lines`.
    """
    fired = [context.rules[identity] for identity in row["rules_fired"]]
    deciding = sorted(
        (rule for rule in fired if rule["effect"] not in PROPOSING), key=lambda rule: not acted(row, rule)
    )
    if not deciding:
        return [(text("no_rule_fired", lang), "")]
    lines = []
    for rule in deciding[:_MOST_RULES]:
        if acted(row, rule):
            how = text("rule_acted", lang)
        else:
            how = text("rule_review" if rule["effect"] == "review" else "rule_held", lang)
        source = text("rule_source", lang, how=how, source=shown(rule["source"], most=90))
        lines.append((shown(rule[lang], most=_LONGEST), source))
    more = len(deciding) - _MOST_RULES
    if more > 0:
        lines.append((text("more_in_file", lang, count=more, file="decisions.parquet"), ""))
    return lines


def ruling_lines(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return label and value of review, labels, support and proposed conditions; what is empty is left out."""
    count = len(row["review_reasons"])
    lines = [
        (
            text("review", lang),
            text("review_yes", lang, count=count) if row["review"] else text("review_no", lang),
        )
    ]
    if row.get("vetoed"):
        lines.append((text("veto", lang), text("veto_value", lang)))
    if row.get("policy_in_force") is False:
        lines.append((text("policy", lang), text("policy_not_in_force", lang)))
    if row.get("labels") is not None:
        lines.append(
            (text("labels", lang), _labels(row["labels"], row, lang, context) or text("label_none", lang))
        )
        if row["label_candidates"]:
            lines.append(
                (text("label_candidates", lang), _labels(row["label_candidates"], row, lang, context))
            )
    for column in ("conditions_precedent", "covenants"):
        told = [context.rules[identity][lang] for identity in row.get(column) or []]
        lines += [(text(column, lang), shown(one, most=_LONGEST)) for one in told[:_MOST_PROPOSED]]
        if len(told) > _MOST_PROPOSED:
            more = text("more_in_file", lang, count=len(told) - _MOST_PROPOSED, file="decisions.parquet")
            lines.append((text(column, lang), more))
    if row.get("support"):
        names = [_measure(measure, row, lang, context) for measure in row["support"][:_MOST_PROPOSED]]
        if len(row["support"]) > _MOST_PROPOSED:
            others = len(row["support"]) - _MOST_PROPOSED
            names.append(text("more_in_file", lang, count=others, file="decisions.parquet"))
        lines.append((text("support", lang), text("item_join", lang).join(names)))
    return lines


def _labels(labels: Sequence[str], row: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    return text("item_join", lang).join(_label(label, row, lang, context) for label in labels)


def _label(label: str, row: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    held = row_on_day(context.manifest["policy_rows"]["finance_labels"], label, str(row["as_of"]))
    if held is None:
        return context.name(label, lang)
    told = text(
        "label_value",
        lang,
        kind=text(f"label_{held['kind']}", lang),
        scheme=held[f"scheme_{lang}"],
        chapter=held[f"chapter_{lang}"],
    )
    if held["valid_from"]:
        told += text("holds_from", lang, begin=held["valid_from"])
    return told if held["confirmed"] else told + text("unconfirmed", lang)


def _measure(measure: str, row: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    held = row_on_day(context.manifest["policy_rows"]["support_measures"], measure, str(row["as_of"]))
    if held is None:
        return context.name(measure, lang)
    conditions = held["conditions"] if lang == "en" else held["conditions_zh"]
    told = text("support_value", lang, name=held[f"name_{lang}"], conditions=shown(conditions, most=_LONGEST))
    return told if held["confirmed"] else told + text("unconfirmed", lang)
