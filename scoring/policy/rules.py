"""The bank's rules as data: grades, caps, risk class and review, read from TOML, validated and versioned.

``scoring.policy.file`` reads a :class:`Policy`; ``scoring.policy.apply`` applies it to scored applications.
The file that comes with the product, ``scoring/policy.toml``, is an example with its reasons in comments.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  (pydantic reads the annotation)
import hashlib
import json
import math
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from features.catalogue import CATALOGUE
from scoring.policy.facts import DECISION_FACTS, FACTS
from scoring.policy.parts import Id, Part, RiskClass, Text, wrong
from scoring.policy.sections import AskRules, ImprovementRules, PriceRules, ReasonRules, SignatureRules
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EARLY", "NEEDED", "Condition", "Effect", "Grade", "Operator", "Policy", "RiskClassRule", "Rule"]

Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in", "contains", "missing", "present"]
_ORDERED = frozenset({"<", "<=", ">", ">="})
_UNARY = frozenset({"missing", "present"})
_LISTS = frozenset({"in", "contains"})

Effect = Literal[
    "cap",
    "veto",
    "raise_class",
    "label",
    "watch_list",
    "price",
    "condition_precedent",
    "covenant",
    "support",
    "review",
]
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "cap": "grade",
        "raise_class": "class",
        "label": "label",
        "price": "basis_points",
        "support": "measure",
    }
)
"""Key that an effect needs; the other effects need none."""

EARLY: Final = ("cap", "veto", "raise_class", "label")
"""Effects that make the decision; the others propose, or send to review, and may ask for what was decided."""


class Grade(Part):
    """One grade: its name and the fewest shown points that reach it (``None`` for the lowest)."""

    grade: Text
    minimum_points: int | None = None


class Condition(Part):
    """A comparison of one indicator of the catalogue, or one fact of the decision, with a value.

    Parameters
    ----------
    indicator, fact
        Exactly one: an id of the catalogue that is not relative, or of :data:`scoring.policy.facts.FACTS`.
    operator
        ``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``, ``in``, ``contains`` (free text only: any of the words stands
        in it, in any case), ``missing`` or ``present``.
    value
        A number for figures, a text for categories, a list of them for ``in`` and ``contains``, nothing for ``missing``
        and ``present``. A comparison with a missing value never holds.
    """

    indicator: str | None = None
    fact: str | None = None
    operator: Operator
    value: float | str | tuple[str | float, ...] | None = None

    @property
    def subject(self) -> str:
        """Column that the condition reads."""
        return self.indicator or self.fact or ""

    @property
    def values(self) -> tuple[float | str, ...]:
        """The value or values compared with; empty for ``missing`` and ``present``."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def _is_category(self) -> bool:
        if self.fact is not None:
            return FACTS[self.fact].is_text
        return self.indicator is not None and CATALOGUE[self.indicator].is_category

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.indicator is None) == (self.fact is None):
            raise wrong(
                "a condition names exactly one of indicator and fact", "Give one of the two, not both."
            )
        if self.indicator is not None:
            self._check_indicator(self.indicator)
        if self.fact is not None and self.fact not in FACTS:
            raise wrong(f"unknown fact {self.fact!r}", did_you_mean(self.fact, FACTS))
        if self.operator in _UNARY:
            if self.value is not None:
                raise wrong(f"the operator {self.operator} takes no value", "Leave `value` out.")
            return self
        self._check_value()
        return self

    def _check_indicator(self, indicator: str) -> None:
        if indicator not in CATALOGUE:
            raise wrong(f"unknown indicator {indicator!r}", did_you_mean(indicator, CATALOGUE))
        if CATALOGUE[indicator].base is not None:
            raise wrong(
                f"the relative indicator {indicator!r} belongs to the model, not to the data",
                f"Use the indicator it is relative to: {CATALOGUE[indicator].base}.",
            )

    def _check_value(self) -> None:
        wanted = "a text in quotes" if self._is_category else "a number"
        listed = self.operator in _LISTS
        if isinstance(self.value, tuple) != listed or self.value == ():
            shape = "a list" if listed else "one value"
            raise wrong(
                f"the operator {self.operator} takes {shape}, got {self.value!r}", f"Give {shape} as `value`."
            )
        for value in self.values or (None,):
            if value is None or isinstance(value, str) != self._is_category:
                raise wrong(
                    f"{self.subject} is compared with {wanted}, got {value!r}", f"Give {wanted} as `value`."
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise wrong(f"{value} is no number to compare with", "Give a finite number as `value`.")
        if self._is_category and self.operator in _ORDERED:
            raise wrong(
                f"{self.subject} is a category, and {self.operator} needs an order",
                "Use ==, !=, in, missing or present.",
            )
        fact = FACTS.get(self.fact or "")
        if self.operator == "contains" and not (fact and fact.is_free_text):
            raise wrong(
                f"{self.subject} is no free text to look for words in", "Use == or in with whole values."
            )
        for value in self.values if fact and fact.choices else ():
            if fact and value not in fact.choices:
                raise wrong(f"{self.subject} is never {value!r}", did_you_mean(str(value), fact.choices))


class Rule(Part):
    """One rule: when all conditions hold, its effect follows and it is named in the decision.

    Parameters
    ----------
    id
        Name of the rule in decisions.
    when
        Conditions, all of which must hold.
    effect
        ``cap``: not better than ``grade``. ``veto``: the lowest grade, and no price. ``raise_class``: at least ``class``.
        ``label``: the tag ``label``. ``watch_list``: on the list. ``price``: so many ``basis_points`` more (or less, below
        zero). ``condition_precedent``, ``covenant``: the rule's text is proposed. ``support``: the measure ``measure`` is
        proposed. ``review``: a person decides.
    grade, risk_class, label, basis_points, measure
        What an effect needs (``risk_class`` is ``class`` in the file); ``label`` is a row of finance_labels, ``measure`` one
        of support_measures, and neither holds on a day outside the row's dates.
    rests_on
        Reference tables (``table``), rows (``table:key``) or an application's own rows
        (:data:`scoring.policy.references.OWN_ROWS`) that the rule rests on. While one of them is ``recalled`` and
        unconfirmed, the rule sends to review instead of acting (a cap or class only where it would change something). A
        label rests on its own row as well.
    en, zh, source
        What the officer reads, and where the rule comes from.
    """

    id: Id
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    effect: Effect
    grade: str | None = None
    risk_class: RiskClass | None = Field(default=None, alias="class")
    label: str | None = None
    basis_points: int | None = None
    measure: str | None = None
    rests_on: tuple[str, ...] = ()
    en: Text
    zh: Text
    source: Text

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = NEEDED.get(self.effect)
        given = {
            "grade": self.grade,
            "class": self.risk_class,
            "label": self.label,
            "basis_points": self.basis_points,
            "measure": self.measure,
        }
        if needed and given[needed] is None:
            raise wrong(f"the effect {self.effect} needs the key {needed}", f"Add `{needed}`.")
        for key, value in given.items():
            if key != needed and value is not None:
                raise wrong(
                    f"the effect {self.effect} does not take the key {key}",
                    f"Remove `{key}` or change `effect`.",
                )
        decided = [condition.fact for condition in self.when if condition.fact in DECISION_FACTS]
        if self.effect in EARLY and decided:
            raise wrong(
                f"the effect {self.effect} cannot ask for {decided[0]}, which is known only after it",
                "Ask for a fact of the firm or the score, or use an effect that proposes or reviews.",
            )
        return self


class RiskClassRule(Part):
    """How the environmental and social risk class begins, before rules raise it."""

    unknown_industry: RiskClass


class Policy(Part):
    """A bank's policy.

    Parameters
    ----------
    version
        The bank's own name of the edition.
    valid_from, valid_to
        First and last day of decisions for which it holds; open where there is no last day.
    grades
        Best first; the last one has no minimum.
    risk_class
        Where the class begins.
    rules
        In the order in which a decision names them.
    price
        Price by grade, in basis points.
    reasons, asks, improvement
        Numbers for what is told beside the decision; each may be left out.
    """

    version: Text
    valid_from: dt.date
    valid_to: dt.date | None = None
    grades: Annotated[tuple[Grade, ...], Field(min_length=2)]
    risk_class: RiskClassRule
    rules: tuple[Rule, ...] = ()
    price: PriceRules = PriceRules()
    reasons: ReasonRules = ReasonRules()
    asks: AskRules = AskRules()
    improvement: ImprovementRules = ImprovementRules()
    signatures: SignatureRules = SignatureRules()

    @model_validator(mode="after")
    def _check_grades(self) -> Self:
        names = [grade.grade for grade in self.grades]
        if len(set(names)) != len(names):
            twice = ", ".join(sorted({name for name in names if names.count(name) > 1}))
            raise wrong(f"{twice} is declared more than once", "Give each grade its own name.", key="grades")
        *cut, last = self.grades
        if last.minimum_points is not None:
            raise wrong(
                f"the lowest grade {last.grade} has a minimum, so some points would have no grade",
                "Leave `minimum_points` of the last grade out.",
                key=f"grades.{last.grade}.minimum_points",
            )
        for grade in cut:
            if grade.minimum_points is None:
                raise wrong(
                    f"{grade.grade} has no minimum_points",
                    "Only the last, lowest grade goes without.",
                    key=f"grades.{grade.grade}",
                )
        for better, worse in pairwise(cut):
            if (better.minimum_points or 0) <= (worse.minimum_points or 0):
                raise wrong(
                    f"the minimum of {worse.grade} ({worse.minimum_points}) is not below that of "
                    f"{better.grade} ({better.minimum_points})",
                    "List the grades from best to worst with falling minimum_points.",
                    key=f"grades.{worse.grade}.minimum_points",
                )
        return self

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise wrong(
                    f"{rule.id} is declared more than once",
                    "Give each rule its own id.",
                    key=f"rules.{rule.id}",
                )
            seen.add(rule.id)
            if rule.grade is not None:
                self._known_grade(rule.grade, key=f"rules.{rule.id}.grade")
            for condition in rule.when:
                for value in condition.values if condition.fact == "grade" else ():
                    self._known_grade(str(value), key=f"rules.{rule.id}.when")
        return self

    @model_validator(mode="after")
    def _check_sections(self) -> Self:
        if self.improvement.grade is not None:
            self._known_grade(self.improvement.grade, key="improvement.grade")
        for grade in self.price.by_grade:
            self._known_grade(grade, key=f"price.by_grade.{grade}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise wrong(
                f"the policy ends on {self.valid_to}, before it begins on {self.valid_from}",
                "Write the last day on which it holds, or leave `valid_to` out.",
                key="valid_to",
            )
        return self

    def _known_grade(self, grade: str, *, key: str) -> None:
        if grade not in self.grade_names:
            raise wrong(f"unknown grade {grade!r}", did_you_mean(grade, self.grade_names), key=key)

    @property
    def grade_names(self) -> tuple[str, ...]:
        """Names of the grades, best first."""
        return tuple(grade.grade for grade in self.grades)

    def content(self) -> dict[str, Any]:
        """Return the policy as plain values, as it would stand in the file."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def sha256(self) -> str:
        """Hash of what the policy says; comments and layout of the file do not count."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def version_id(self) -> str:
        """The bank's version with the first twelve digits of the hash: what a decision row carries."""
        return f"{self.version}+{self.sha256[:12]}"

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of that id; KeyError where there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
