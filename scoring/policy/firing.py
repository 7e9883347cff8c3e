"""When a rule fires, and whether it may act by itself: one expression each."""

from __future__ import annotations

import operator
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from scoring.policy.references import OWN_ROWS, confirmed, confirmed_on_day, holds_on_day

if TYPE_CHECKING:
    from scoring.policy.rules import Condition, Rule

__all__ = ["acts", "fires", "resting_row"]

_DAY = pl.col("as_of")
_COMPARE = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)


def resting_row(rule: Rule) -> tuple[str, str] | None:
    """Return the dated reference row that a rule hands out, as table and key; ``None`` where it hands out none."""
    if rule.label is not None:
        return "finance_labels", rule.label
    if rule.measure is not None:
        return "support_measures", rule.measure
    return None


def fires(rule: Rule) -> pl.Expr:
    """Return whether a rule fires: all its conditions hold, and the row that it hands out holds on ``as_of``."""
    conditions = [_holds(condition) for condition in rule.when]
    row = resting_row(rule)
    if row is not None:
        conditions.append(holds_on_day(*row, _DAY))
    return pl.all_horizontal(conditions)


def acts(rule: Rule) -> pl.Expr | bool:
    """Return whether a rule may act: everything that it rests on is confirmed.

    Returns
    -------
    pl.Expr or bool
        An expression only where it depends on the application.
    """
    if not all(confirmed(entry) for entry in rule.rests_on if entry not in OWN_ROWS):
        return False
    own = [pl.col(OWN_ROWS[entry]).fill_null(value=False) for entry in rule.rests_on if entry in OWN_ROWS]
    if rule.label is not None:
        own.append(confirmed_on_day("finance_labels", rule.label, _DAY))
    return pl.all_horizontal(own) if own else True


def _holds(condition: Condition) -> pl.Expr:
    subject = pl.col(condition.subject)
    if condition.operator == "missing":
        return subject.is_null()
    if condition.operator == "present":
        return subject.is_not_null()
    if condition.operator == "in":
        return subject.is_in(list(condition.values)).fill_null(value=False)
    if condition.operator == "contains":
        words = [str(value).lower() for value in condition.values]
        lowered = subject.str.to_lowercase()
        return pl.any_horizontal([lowered.str.contains(word, literal=True) for word in words]).fill_null(
            value=False
        )
    compared: pl.Expr = _COMPARE[condition.operator](subject, condition.values[0])
    return compared.fill_null(value=False)
