"""From scored applications and a policy to decisions: vectorised, one expression per rule.

Grades cut on the rounded points that are shown, so that a page cannot contradict itself.
"""

from __future__ import annotations

import operator
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.text import formatted
from models.whole_points import shown_points
from scoring.policy.references import confirmed, confirmed_expr

if TYPE_CHECKING:
    from scoring.policy.rules import Condition, Policy, Rule

__all__ = ["DECIDED", "decide", "industry_classes", "shown_points"]

_CLASSES = ("A", "B", "C")
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

DECIDED = (
    "points_shown",
    "grade",
    "grade_before_caps",
    "risk_class",
    "risk_class_basis",
    "risk_class_unconfirmed",
    "rules_fired",
    "review",
    "review_reasons",
)
"""Columns that :func:`decide` adds."""


def industry_classes() -> pl.DataFrame:
    """Return the risk class of each industry division.

    Returns
    -------
    pl.DataFrame
        ``industry_division``, ``industry_class`` (A, B, C or null), ``class_basis`` (listed, mixed, derived or
        default) and ``class_confirmed``.
    """
    table = reference.table("industries")
    return table.select(
        industry_division=pl.col("code"),
        industry_class=pl.col("es_risk_class"),
        class_basis=pl.col("basis").str.extract(r"^([a-z]+)"),
        class_confirmed=confirmed_expr(table.columns),
    )


def decide(scored: pl.DataFrame, *, policy: Policy) -> pl.DataFrame:
    """Apply a policy.

    Parameters
    ----------
    scored
        One row per application: ``application_id``, ``points``, ``probability``, ``esg_points``,
        ``cross_check_warnings``, the columns of :data:`scoring.policy.facts.FIRM_FACTS`, and the catalogue's
        indicators that are not relative (``industry_division`` at least).
    policy
        The rules.

    Returns
    -------
    pl.DataFrame
        ``scored`` with the columns of :data:`DECIDED`. ``rules_fired`` and ``review_reasons`` are lists of rule
        ids in the policy's order; a cap or class that rests on unconfirmed reference rows stands in both and has
        not acted.
    """
    columns = scored.columns
    frame = scored.with_columns(points_shown=shown_points(pl.col("points")))
    frame = frame.with_columns(points_to_cutoff=_distance_to_cutoff(policy))
    # The division is the key of the reference table; null stays without a class.
    frame = frame.join(industry_classes(), on="industry_division", how="left", maintain_order="left")
    fired = {rule.id: f"rule:{rule.id}" for rule in policy.rules}
    frame = frame.with_columns(_fires(rule).alias(fired[rule.id]) for rule in policy.rules)
    acting = [rule for rule in policy.rules if _acts(rule)]
    to_review = [rule for rule in policy.rules if rule.effect == "review" or not _acts(rule)]

    names = list(policy.grade_names)
    before = _grade_index(policy)
    caps = [
        pl.when(pl.col(fired[rule.id])).then(names.index(rule.grade)).otherwise(0)
        for rule in acting
        if rule.effect == "cap" and rule.grade is not None
    ]
    begin = pl.col("industry_class").replace_strict(
        {letter: position for position, letter in enumerate(_CLASSES)}, default=None, return_dtype=pl.Int32
    )
    start = begin.fill_null(_CLASSES.index(policy.risk_class.unknown_industry))
    raises = [
        pl.when(pl.col(fired[rule.id])).then(_CLASSES.index(rule.risk_class)).otherwise(len(_CLASSES) - 1)
        for rule in acting
        if rule.effect == "raise_class" and rule.risk_class is not None
    ]
    reviews = _named(to_review, fired)
    return frame.with_columns(
        grade_before_caps=_pick(before, names),
        grade=_pick(pl.max_horizontal(before, *caps), names),
        risk_class=_pick(pl.min_horizontal(start, *raises), list(_CLASSES)),
        risk_class_basis=_class_basis(acting, fired),
        risk_class_unconfirmed=~pl.col("class_confirmed").fill_null(value=False),
        rules_fired=_named(policy.rules, fired),
        review_reasons=reviews,
        review=reviews.list.len() > 0,
    ).select(*columns, *(name for name in DECIDED if name not in columns))


def _acts(rule: Rule) -> bool:
    return all(confirmed(entry) for entry in rule.rests_on)


def _fires(rule: Rule) -> pl.Expr:
    return pl.all_horizontal([_holds(condition) for condition in rule.when])


def _holds(condition: Condition) -> pl.Expr:
    subject = pl.col(condition.subject)
    if condition.operator == "missing":
        return subject.is_null()
    if condition.operator == "present":
        return subject.is_not_null()
    if condition.operator == "in":
        return subject.is_in(list(condition.values)).fill_null(value=False)
    compared: pl.Expr = _COMPARE[condition.operator](subject, condition.values[0])
    return compared.fill_null(value=False)


def _cutoffs(policy: Policy) -> list[int]:
    return [grade.minimum_points for grade in policy.grades if grade.minimum_points is not None]


def _grade_index(policy: Policy) -> pl.Expr:
    """Position of the grade, 0 for the best: the number of minimums that the shown points do not reach."""
    return pl.sum_horizontal([(pl.col("points_shown") < cut).cast(pl.Int32) for cut in _cutoffs(policy)])


def _distance_to_cutoff(policy: Policy) -> pl.Expr:
    return pl.min_horizontal([(pl.col("points_shown") - cut).abs() for cut in _cutoffs(policy)])


def _pick(position: pl.Expr, names: list[str]) -> pl.Expr:
    return position.replace_strict(dict(enumerate(names)), return_dtype=pl.String)


def _named(rules: list[Rule] | tuple[Rule, ...], fired: dict[str, str]) -> pl.Expr:
    """Return the ids of the rules that fired, as a list in the policy's order."""
    if not rules:
        return pl.lit([], dtype=pl.List(pl.String))
    ids = [pl.when(pl.col(fired[rule.id])).then(pl.lit(rule.id)) for rule in rules]
    return pl.concat_list(ids).list.drop_nulls()


def _class_basis(acting: list[Rule], fired: dict[str, str]) -> pl.Expr:
    """Tell where the class comes from: the industry's row, then the rules that may have raised it."""
    raising = [rule for rule in acting if rule.effect == "raise_class"]
    unconfirmed = pl.when(pl.col("class_confirmed")).then(pl.lit("")).otherwise(pl.lit(", unconfirmed"))
    industry = (
        pl.when(pl.col("industry_class").is_not_null())
        .then(
            formatted(
                "industry {}: {} ({}{})", "industry_division", "industry_class", "class_basis", unconfirmed
            )
        )
        .otherwise(pl.lit("industry without a class: the policy's class of an unknown industry"))
    )
    parts = [
        industry,
        *(pl.when(pl.col(fired[r.id])).then(pl.lit(f"rule {r.id}: {r.risk_class}")) for r in raising),
    ]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)
