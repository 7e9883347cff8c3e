"""The way to the next grade within a batch: for the applicants that the policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from scoring.improve.way import improvements

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.intake import Dataset
    from features.settings import Settings
    from models.stored import AnyModel
    from scoring.improve.costs import Costs
    from scoring.policy import Policy

__all__ = ["improvement_record", "named_applicants", "ways_of_batch"]


def named_applicants(decisions: pl.DataFrame, policy: Policy) -> pl.Series:
    """Return the applications for which the policy wants the way to the next grade.

    Parameters
    ----------
    decisions
        ``application_id``, ``grade`` and ``review``.
    policy
        Its section ``improvement``.
    """
    rule = policy.improvement
    names = list(policy.grade_names)
    if rule.applicants == "all":
        return decisions["application_id"]
    if rule.applicants == "review":
        return decisions.filter("review")["application_id"]
    if rule.applicants == "below_grade" and rule.grade is not None:
        worse = names[names.index(rule.grade) + 1 :]
        return decisions.filter(pl.col("grade").is_in(worse))["application_id"]
    return decisions["application_id"].clear()


def ways_of_batch(
    dataset: Dataset,
    judged: pl.DataFrame,
    decisions: pl.DataFrame,
    *,
    model: AnyModel,
    policy: Policy,
    costs: Costs | None,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Return improvements.parquet of a batch; a table without columns where the policy names nobody on principle.

    Parameters
    ----------
    dataset, judged, decisions
        What was scored, what the policy judged of it, and what it decided.
    model, policy, costs, settings, progress
        As of :func:`scoring.improve.way.improvements`.
    """
    if policy.improvement.applicants == "none":
        return pl.DataFrame()
    wanted = named_applicants(decisions, policy)
    return improvements(
        dataset,
        judged.filter(pl.col("application_id").is_in(wanted.to_list())),
        model=model,
        policy=policy,
        costs=costs,
        settings=settings,
        progress=progress,
    )


def improvement_record(found: pl.DataFrame, costs: Costs | None) -> dict[str, Any]:
    """Return what the manifest tells of the ways to the next grade."""
    if not found.columns:
        return {"searched": False}
    first = found.filter(pl.col("rank") == 1)
    return {
        "searched": True,
        "with_a_better_grade": int(first["reaches"].sum()),
        "without": int((~first["reaches"]).sum()),
        "costs_version": costs.version if costs is not None else "none",
    }
