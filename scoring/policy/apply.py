"""From scored applications and a policy to decisions: vectorised, one expression per rule.

Grades cut on the rounded points that are shown, so that a page cannot contradict itself. First the rules that make the
decision act (caps, vetoes, classes, labels), then those that propose or send to review, which may ask for what was decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.text import formatted
from models.whole_points import shown_points
from scoring.policy.facts import with_facts
from scoring.policy.firing import acts, fires
from scoring.policy.proposals import any_of, labels_of_kind, listed, price
from scoring.policy.references import confirmed_expr
from scoring.policy.rules import EARLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.policy.rules import Policy, Rule

__all__ = ["DECIDED", "decide", "industry_classes", "shown_points"]

_CLASSES = ("A", "B", "C")

DECIDED = (
    "points_shown",
    "grade",
    "grade_before_caps",
    "vetoed",
    "risk_class",
    "risk_class_basis",
    "risk_class_unconfirmed",
    "watch_list",
    "benchmark_status",
    "labels",
    "label_candidates",
    "price_basis_points",
    "conditions_precedent",
    "covenants",
    "support",
    "rules_fired",
    "review",
    "review_reasons",
    "policy_in_force",
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
        One row per application: ``application_id``, ``points``, the catalogue's indicators that are not relative
        (``industry_division`` at least), and what is known of ``as_of`` and of the facts of
        :data:`scoring.policy.facts.FIRM_FACTS` and :data:`scoring.policy.facts.SCORE_FACTS`: a fact whose column is absent
        is missing, and what depends on a day holds on no unknown day.
    policy
        The rules.

    Returns
    -------
    pl.DataFrame
        ``scored`` with the columns of :data:`DECIDED`. ``rules_fired`` and ``review_reasons`` are lists of rule
        ids in the policy's order; a rule that rests on unconfirmed reference rows has not acted and stands in both (a cap
        or class that would change nothing in ``rules_fired`` alone), and its label in ``label_candidates``. ``conditions_precedent`` and ``covenants`` are lists of rule ids, ``labels`` of
        rows of finance_labels, ``support`` of rows of support_measures. ``policy_in_force`` says whether ``as_of`` lies
        within the policy's dates (null where there is no ``as_of``).
    """
    columns = scored.columns
    if "as_of" not in columns:
        scored = scored.with_columns(as_of=pl.lit(None, dtype=pl.Date))
    frame = with_facts(scored).with_columns(points_shown=shown_points(pl.col("points")))
    frame = frame.with_columns(_worked_out(policy))
    # The division is the key of the reference table; null stays without a class.
    frame = frame.join(industry_classes(), on="industry_division", how="left", maintain_order="left")
    early = [rule for rule in policy.rules if rule.effect in EARLY]
    frame = frame.with_columns(_columns_of(early)).with_columns(_decided(policy, early))
    late = [rule for rule in policy.rules if rule.effect not in EARLY]
    frame = frame.with_columns(_columns_of(late))
    waiting = {rule.id: [_to_review(rule) & _would_matter(rule, policy)] for rule in policy.rules}
    frame = frame.with_columns(
        vetoed=pl.col("vetoed") == 1,
        watch_list=any_of([_acting(rule) for rule in late if rule.effect == "watch_list"]),
        price_basis_points=price(policy, [(rule, _acting(rule)) for rule in late if rule.effect == "price"]),
        policy_in_force=pl.col("outside_policy_period") == 0,
        labels=listed(frame, _by_label(early, acting=True)),
        label_candidates=listed(frame, _by_label(early, acting=False)),
        conditions_precedent=listed(frame, _by_id(late, "condition_precedent")),
        covenants=listed(frame, _by_id(late, "covenant")),
        support=listed(frame, _by_measure(late)),
        rules_fired=listed(frame, {rule.id: [_fired(rule)] for rule in policy.rules}),
        review_reasons=listed(frame, waiting),
    )
    return frame.with_columns(review=pl.col("review_reasons").list.len() > 0).select(
        *columns, *(name for name in DECIDED if name not in columns)
    )


def _worked_out(policy: Policy) -> list[pl.Expr]:
    """Return the facts of the score that depend on the policy."""
    cuts = _cutoffs(policy)
    low, high, day = pl.col("points_low"), pl.col("points_high"), pl.col("as_of")
    crossed = pl.sum_horizontal([((low < cut) & (high >= cut)).cast(pl.Int32) for cut in cuts])
    outside = day < policy.valid_from
    if policy.valid_to is not None:
        outside = outside | (day > policy.valid_to)
    return [
        pl.min_horizontal([(pl.col("points_shown") - cut).abs() for cut in cuts]).alias("points_to_cutoff"),
        pl.when(low.is_not_null() & high.is_not_null()).then(crossed).alias("grades_in_range"),
        outside.cast(pl.Int32).alias("outside_policy_period"),
    ]


def _decided(policy: Policy, early: Sequence[Rule]) -> list[pl.Expr]:
    """Return grade, class and what else the later rules may ask for."""
    names = list(policy.grade_names)
    before = _grade_index(policy)
    vetoed = any_of([_acting(rule) for rule in early if rule.effect == "veto"])
    caps = [
        pl.when(_acting(rule)).then(names.index(rule.grade)).otherwise(0)
        for rule in early
        if rule.grade is not None
    ]
    capped = pl.max_horizontal(before, *caps, pl.when(vetoed).then(len(names) - 1).otherwise(0))
    begin = pl.col("industry_class").replace_strict(
        {letter: position for position, letter in enumerate(_CLASSES)}, default=None, return_dtype=pl.Int32
    )
    start = begin.fill_null(_CLASSES.index(policy.risk_class.unknown_industry))
    raises = [
        pl.when(_acting(rule)).then(_CLASSES.index(rule.risk_class)).otherwise(len(_CLASSES) - 1)
        for rule in early
        if rule.risk_class is not None
    ]
    given = _by_label(early, acting=True)
    kinds = dict(reference.table("finance_labels").select("id", "kind").iter_rows())
    return [
        _pick(before, names).alias("grade_before_caps"),
        _pick(capped, names).alias("grade"),
        vetoed.cast(pl.Int32).alias("vetoed"),
        _pick(pl.min_horizontal(start, *raises), list(_CLASSES)).alias("risk_class"),
        _class_basis(early).alias("risk_class_basis"),
        (~pl.col("class_confirmed").fill_null(value=False)).alias("risk_class_unconfirmed"),
        labels_of_kind(given, kinds, "green").alias("green_labels"),
        labels_of_kind(given, kinds, "transition").alias("transition_labels"),
    ]


def _columns_of(rules: Sequence[Rule]) -> list[pl.Expr]:
    """Return two columns per rule: whether it fired, and whether it acts (absent where it always may)."""
    fired = [fires(rule).alias(f"fired:{rule.id}") for rule in rules]
    may = ((rule, acts(rule)) for rule in rules)
    acting = [
        (fires(rule) & allowed).alias(f"acts:{rule.id}") for rule, allowed in may if allowed is not True
    ]
    return [*fired, *acting]


def _fired(rule: Rule) -> pl.Expr:
    return pl.col(f"fired:{rule.id}")


def _acting(rule: Rule) -> pl.Expr:
    return _fired(rule) if acts(rule) is True else pl.col(f"acts:{rule.id}")


def _to_review(rule: Rule) -> pl.Expr:
    """Return whether a rule sends to review: it says so, or it fired and may not act by itself."""
    if rule.effect == "review":
        return _fired(rule)
    return pl.lit(value=False) if acts(rule) is True else _fired(rule) & ~_acting(rule)


def _would_matter(rule: Rule, policy: Policy) -> pl.Expr:
    """Return whether a rule that waits would change anything: a cap above the grade, a class below it, would not."""
    if rule.effect == "cap" and rule.grade is not None:
        names = policy.grade_names
        return pl.col("grade").is_in(names[: names.index(rule.grade)])
    if rule.effect == "raise_class" and rule.risk_class is not None:
        return pl.col("risk_class") > rule.risk_class
    return pl.lit(value=True)


def _by_label(rules: Sequence[Rule], *, acting: bool) -> dict[str, list[pl.Expr]]:
    """Return the labels, each with what gives it, or (not acting) what would give it if nothing were unconfirmed."""
    giving: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.label is not None:
            giving.setdefault(rule.label, []).append(rule)
    given = {label: [_acting(rule) for rule in own] for label, own in giving.items()}
    if acting:
        return given
    return {
        label: [any_of([_to_review(rule) for rule in own]) & ~any_of(given[label])]
        for label, own in giving.items()
    }


def _by_id(rules: Sequence[Rule], effect: str) -> dict[str, list[pl.Expr]]:
    return {rule.id: [_acting(rule)] for rule in rules if rule.effect == effect}


def _by_measure(rules: Sequence[Rule]) -> dict[str, list[pl.Expr]]:
    given: dict[str, list[pl.Expr]] = {}
    for rule in rules:
        if rule.measure is not None:
            given.setdefault(rule.measure, []).append(_acting(rule))
    return given


def _cutoffs(policy: Policy) -> list[int]:
    return [grade.minimum_points for grade in policy.grades if grade.minimum_points is not None]


def _grade_index(policy: Policy) -> pl.Expr:
    """Position of the grade, 0 for the best: the number of minimums that the shown points do not reach."""
    return pl.sum_horizontal([(pl.col("points_shown") < cut).cast(pl.Int32) for cut in _cutoffs(policy)])


def _pick(position: pl.Expr, names: list[str]) -> pl.Expr:
    return position.replace_strict(dict(enumerate(names)), return_dtype=pl.String)


def _class_basis(early: Sequence[Rule]) -> pl.Expr:
    """Tell where the class comes from: the industry's row, then the rules that may have raised it."""
    raising = [rule for rule in early if rule.effect == "raise_class"]
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
        *(pl.when(_acting(r)).then(pl.lit(f"rule {r.id}: {r.risk_class}")) for r in raising),
    ]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)
