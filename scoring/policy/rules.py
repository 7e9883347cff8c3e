"""The bank's rules as data: grades, caps, risk class and review, read from TOML, validated and versioned.

``scoring.policy.file`` reads a :class:`Policy`; ``scoring.policy.apply`` applies it to scored applications.
The file that comes with the product, ``scoring/policy.toml``, is an example with its reasons in comments.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  (pydantic reads the annotation)
import hashlib
import json
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from features.catalogue import CATALOGUE
from scoring.policy.facts import FACTS
from scoring.spelling import did_you_mean

__all__ = ["Condition", "Grade", "Operator", "Policy", "RiskClass", "RiskClassRule", "Rule"]

RiskClass = Literal["A", "B", "C"]
Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in", "missing", "present"]
_ORDERED = frozenset({"<", "<=", ">", ">="})
_UNARY = frozenset({"missing", "present"})

Text = Annotated[str, Field(min_length=1)]


def _wrong(what: str, hint: str, *, key: str = "") -> PydanticCustomError:
    # Hint and key travel in the error's context, apart from the message; braces would be read as a template.
    return PydanticCustomError("policy", "{what}", {"what": what, "hint": hint, "key": key})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Grade(_Part):
    """One grade: its name and the fewest shown points that reach it (``None`` for the lowest)."""

    grade: Text
    minimum_points: int | None = None


class Condition(_Part):
    """A comparison of one indicator of the catalogue, or one fact of the decision, with a value.

    Parameters
    ----------
    indicator, fact
        Exactly one: an id of the catalogue that is not relative, or of :data:`scoring.policy.facts.FACTS`.
    operator
        ``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``, ``in``, ``missing`` or ``present``.
    value
        A number for figures, a text for categories, a list of them for ``in``, nothing for ``missing`` and
        ``present``. A comparison with a missing value never holds.
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
        return self.indicator is not None and CATALOGUE[self.indicator].is_category

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.indicator is None) == (self.fact is None):
            raise _wrong(
                "a condition names exactly one of indicator and fact", "Give one of the two, not both."
            )
        if self.indicator is not None:
            self._check_indicator(self.indicator)
        if self.fact is not None and self.fact not in FACTS:
            raise _wrong(f"unknown fact {self.fact!r}", did_you_mean(self.fact, FACTS))
        if self.operator in _UNARY:
            if self.value is not None:
                raise _wrong(f"the operator {self.operator} takes no value", "Leave `value` out.")
            return self
        self._check_value()
        return self

    def _check_indicator(self, indicator: str) -> None:
        if indicator not in CATALOGUE:
            raise _wrong(f"unknown indicator {indicator!r}", did_you_mean(indicator, CATALOGUE))
        if CATALOGUE[indicator].base is not None:
            raise _wrong(
                f"the relative indicator {indicator!r} belongs to the model, not to the data",
                f"Use the indicator it is relative to: {CATALOGUE[indicator].base}.",
            )

    def _check_value(self) -> None:
        wanted = "a text in quotes" if self._is_category else "a number"
        if isinstance(self.value, tuple) != (self.operator == "in"):
            shape = "a list" if self.operator == "in" else "one value"
            raise _wrong(
                f"the operator {self.operator} takes {shape}, got {self.value!r}", f"Give {shape} as `value`."
            )
        for value in self.values or (None,):
            if value is None or isinstance(value, str) != self._is_category:
                raise _wrong(
                    f"{self.subject} is compared with {wanted}, got {value!r}",
                    f"Give {wanted} as `value`.",
                )
        if self._is_category and self.operator in _ORDERED:
            raise _wrong(
                f"{self.subject} is a category, and {self.operator} needs an order",
                "Use ==, !=, in, missing or present.",
            )


class Rule(_Part):
    """One rule: when all conditions hold, its effect follows and it is named in the decision.

    Parameters
    ----------
    id
        Name of the rule in decisions.
    when
        Conditions, all of which must hold.
    effect
        ``cap``: not better than ``grade``. ``raise_class``: at least ``class``. ``review``: a person decides.
    grade, risk_class
        What ``cap`` and ``raise_class`` need (``risk_class`` is ``class`` in the file).
    rests_on
        Reference tables (``table``) or rows (``table:key``) that the rule rests on. While one of them is
        ``recalled`` and unconfirmed, the rule sends to review instead of acting.
    en, zh, source
        What the officer reads, and where the rule comes from.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    effect: Literal["cap", "raise_class", "review"]
    grade: str | None = None
    risk_class: RiskClass | None = Field(default=None, alias="class")
    rests_on: tuple[str, ...] = ()
    en: Text
    zh: Text
    source: Text

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = {"cap": "grade", "raise_class": "class"}.get(self.effect)
        given = {"grade": self.grade, "class": self.risk_class}
        if needed and given[needed] is None:
            raise _wrong(f"the effect {self.effect} needs the key {needed}", f"Add `{needed}`.")
        for key, value in given.items():
            if key != needed and value is not None:
                raise _wrong(
                    f"the effect {self.effect} does not take the key {key}",
                    f"Remove `{key}` or change `effect`.",
                )
        return self


class RiskClassRule(_Part):
    """How the environmental and social risk class begins, before rules raise it."""

    unknown_industry: RiskClass


class Policy(_Part):
    """A bank's policy.

    Parameters
    ----------
    version, valid_from
        The bank's own name of the edition and the day from which it holds.
    grades
        Best first; the last one has no minimum.
    risk_class
        Where the class begins.
    rules
        In the order in which a decision names them.
    """

    version: Text
    valid_from: dt.date
    grades: Annotated[tuple[Grade, ...], Field(min_length=2)]
    risk_class: RiskClassRule
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _check_grades(self) -> Self:
        names = [grade.grade for grade in self.grades]
        if len(set(names)) != len(names):
            twice = ", ".join(sorted({name for name in names if names.count(name) > 1}))
            raise _wrong(f"{twice} is declared more than once", "Give each grade its own name.", key="grades")
        *cut, last = self.grades
        if last.minimum_points is not None:
            raise _wrong(
                f"the lowest grade {last.grade} has a minimum, so some points would have no grade",
                "Leave `minimum_points` of the last grade out.",
                key=f"grades.{last.grade}.minimum_points",
            )
        for grade in cut:
            if grade.minimum_points is None:
                raise _wrong(
                    f"{grade.grade} has no minimum_points",
                    "Only the last, lowest grade goes without.",
                    key=f"grades.{grade.grade}",
                )
        for better, worse in pairwise(cut):
            if (better.minimum_points or 0) <= (worse.minimum_points or 0):
                raise _wrong(
                    f"the minimum of {worse.grade} ({worse.minimum_points}) is not below that of "
                    f"{better.grade} ({better.minimum_points})",
                    "List the grades from best to worst with falling minimum_points.",
                    key=f"grades.{worse.grade}.minimum_points",
                )
        return self

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        names = self.grade_names
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise _wrong(
                    f"{rule.id} is declared more than once",
                    "Give each rule its own id.",
                    key=f"rules.{rule.id}",
                )
            seen.add(rule.id)
            if rule.grade is not None and rule.grade not in names:
                raise _wrong(
                    f"unknown grade {rule.grade!r}",
                    did_you_mean(rule.grade, names),
                    key=f"rules.{rule.id}.grade",
                )
        return self

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
