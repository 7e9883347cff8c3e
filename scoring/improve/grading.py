"""Points to grades for sets of actions: the policy's own decision, of which only what moves a grade is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from scoring.policy import decide

if TYPE_CHECKING:
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["graded"]

_MOVE_GRADES = frozenset({"cap", "veto"})


def graded(frame: pl.DataFrame, *, model: AnyModel, policy: Policy) -> pl.DataFrame:
    """Grade scored rows, caps and vetoes included.

    What the policy read of the firm beside its indicators stays as it was judged before, where no action changes it: an
    action clears no contradiction between the facts of today.

    Parameters
    ----------
    frame
        What :func:`scoring.policy.decide` takes, with ``points`` after the actions.
    model
        For the probability and the ESG part of the score, where a cap asks for them.
    policy
        The rules.

    Returns
    -------
    pl.DataFrame
        ``points``, ``points_shown``, ``grade`` and ``grade_index`` (0 is the best), in the order of the rows.
    """
    capping = tuple(rule for rule in policy.rules if rule.effect in _MOVE_GRADES)
    asked = {condition.subject for rule in capping for condition in rule.when}
    stale = [name for name in ("probability", "esg_points") if name in frame.columns]
    numbered = frame.drop(stale)
    if asked & {"probability", "esg_points"}:
        indicators = frame.select(name for name in frame.columns if name in CATALOGUE).to_pandas()
        part = model.explain(indicators)
        numbered = numbered.with_columns(
            probability=pl.Series(part.probability, dtype=pl.Float64),
            esg_points=pl.Series(part.esg_part(), dtype=pl.Float64),
        )
    decided = decide(numbered, policy=policy.model_copy(update={"rules": capping}))
    order = {name: place for place, name in enumerate(policy.grade_names)}
    return decided.select(
        "points",
        "points_shown",
        "grade",
        grade_index=pl.col("grade").replace_strict(order, return_dtype=pl.Int32),
    )
