"""A dataset judged: indicators, cross-checks, points and decisions, as a batch would give them, and no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from features.pipeline import compute
from features.settings import Settings
from scoring.contributions import contributions
from scoring.policy import decide
from scoring.policy_frame import policy_frame

if TYPE_CHECKING:
    from features.intake import Dataset
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["Judged", "judged"]


_LIMITS = frozenset({"cap", "veto"})
_DOUBTS = _LIMITS | {"raise_class", "watch_list", "review"}
"""Effects of rules that hold something against an applicant."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a batch would say.

    Parameters
    ----------
    values
        Every indicator, relative ones as the model computed them; one row per application.
    warnings
        ``application_id``, ``check``: cross-checks that a person should ask about, and notices left out.
    decisions
        ``application_id``, ``points``, ``grade_place`` (0 is the best), ``review``, ``review_reasons``, ``against`` (those that
        hold something against the applicant: not a label or a price that waits for a person) and ``waiting`` (of them, caps
        and vetoes that have not acted and wait for a person); sorted.
    """

    values: pl.DataFrame
    warnings: pl.DataFrame
    decisions: pl.DataFrame


def judged(dataset: Dataset, *, model: AnyModel, policy: Policy, settings: Settings | None = None) -> Judged:
    """Judge a dataset.

    Parameters
    ----------
    dataset
        What intake gave, or a move made of it.
    model
        Gives points.
    policy
        Gives grades, caps and reviews.
    settings
        How the indicators are computed; the defaults where None.
    """
    chosen = settings or Settings()
    found = compute(dataset, settings=chosen)
    explained, shown, _ = contributions(model, found.values)
    frame = policy_frame(dataset, found, explained, settings=chosen)
    decided = decide(frame, policy=policy)
    doubts = {rule.id: rule.effect in _DOUBTS for rule in policy.rules}
    waits = {rule.id: rule.effect in _LIMITS for rule in policy.rules}
    places = {name: place for place, name in enumerate(policy.grade_names)}
    return Judged(
        values=found.values.join(
            shown.select("application_id", *(c for c in shown.columns if c not in found.values.columns)),
            on="application_id",
            validate="1:1",
        ).sort("application_id"),
        warnings=found.cross_checks.filter(pl.col("severity") == "warning")
        .select("application_id", "check")
        .unique()
        .sort("application_id", "check"),
        decisions=decided.select(
            "application_id",
            "points",
            pl.col("grade").replace_strict(places, return_dtype=pl.Int32).alias("grade_place"),
            "review",
            "review_reasons",
            against=_of("review_reasons", doubts),
            waiting=_of("review_reasons", waits),
        ).sort("application_id"),
    )


def _of(column: str, wanted: dict[str, bool]) -> pl.Expr:
    """Return the rules of a list that are wanted."""
    ids = [rule for rule, holds in wanted.items() if holds]
    return pl.col(column).list.set_intersection(pl.lit(ids, dtype=pl.List(pl.String))).list.sort()
