"""A challenger in the shadow: it scores the same batch, and nothing of a decision depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE
from scoring.grades import grades_by_points
from scoring.manifest import content_sha256
from scoring.policy import shown_points

if TYPE_CHECKING:
    from models.registry import RegisteredModel
    from scoring.policy import Policy

__all__ = ["shadow_record", "shadow_table"]


def shadow_table(
    values: pl.DataFrame, decisions: pl.DataFrame, *, shadow: RegisteredModel, policy: Policy
) -> pl.DataFrame:
    """Put the challenger's score beside the decision's.

    Parameters
    ----------
    values
        Indicators of the batch, with ``application_id``.
    decisions
        Of the model that decides.
    shadow
        The challenger.
    policy
        Its grades; caps are left aside, since no model changes them.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``points_shown`` and ``grade_before_caps`` of the decision, ``shadow_points_shown`` and
        ``shadow_grade_before_caps`` of the challenger, and ``difference`` (challenger less decision, points shown);
        sorted by ``application_id``.
    """
    ordered = values.sort("application_id")
    table = ordered.select(name for name in ordered.columns if name in CATALOGUE).to_pandas()
    names = dict(enumerate(policy.grade_names))
    scored = (
        ordered.select("application_id")
        .with_columns(points=pl.Series(shadow.model.predict_points(table), dtype=pl.Float64))
        .select("application_id", shadow_points_shown=shown_points(pl.col("points")))
    )
    return (
        decisions.select("application_id", "points_shown", "grade_before_caps")
        .join(scored, on="application_id", how="left", validate="1:1")
        .with_columns(
            shadow_grade_before_caps=grades_by_points(pl.col("shadow_points_shown"), policy).replace_strict(
                names, return_dtype=pl.String
            ),
            difference=pl.col("shadow_points_shown") - pl.col("points_shown"),
        )
        .sort("application_id")
    )


def shadow_record(shadow: RegisteredModel, *, file: str) -> dict[str, Any]:
    """Give what the manifest says of the challenger."""
    return {
        "file": file,
        "name": shadow.name,
        "version": str(shadow.version),
        "run_id": shadow.run_id,
        "uri": shadow.uri,
        "label_origin": shadow.label_origin,
        **content_sha256(shadow),
    }
