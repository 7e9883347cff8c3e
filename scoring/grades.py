"""Grades by points alone, for holding two models against each other: before the policy's caps, which no model changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from scoring.policy import Policy

__all__ = ["grades_by_points"]


def grades_by_points(points: pl.Expr, policy: Policy) -> pl.Expr:
    """Position of the grade of shown points, 0 for the best: the minimums that they do not reach."""
    cuts = [grade.minimum_points for grade in policy.grades if grade.minimum_points is not None]
    return pl.sum_horizontal([(points < cut).cast(pl.Int64) for cut in cuts])
