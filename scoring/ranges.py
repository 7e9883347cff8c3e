"""How far each score could move by what was not handed in, and how far its values lie outside the model's experience.

Two firms with one score look different here: the one that handed everything in has a range of one point, the other
one as wide as its silence. The range is the score by the real model at the ends of what is plausible in the firm's
sector (:mod:`scoring.plausible`); the score itself always lies within it. With ``missing="worst"`` silence counts as the
worst, so that without indicators that have no direction the score itself is the low end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.distributions import QUANTILES
from models.estimator import GreenCreditModel
from models.whole_points import shown_points
from scoring.grades import grades_by_points
from scoring.plausible import HIGH, LOW, plausible_values

if TYPE_CHECKING:
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["RANGE_COLUMNS", "has_ranges", "range_record", "range_table", "with_grades"]

RANGE_COLUMNS = (
    "points_low",
    "points_high",
    "points_low_exact",
    "points_high_exact",
    "grade_low",
    "grade_high",
    "outside_training_range",
)
"""Columns that :func:`range_table` adds to ``application_id``."""

_WITHOUT_EN = (
    "The model knows no distributions by sector (a declared scorecard, or a model stored by an earlier release), so "
    "there is no range over what is unknown, and nothing is told to be outside the training range."
)
_WITHOUT_ZH = "模型没有分行业的指标分布（申报式评分卡或旧版本保存的模型），因此不给出未知信息下的分数区间，也不判断是否超出训练范围。"


def has_ranges(model: AnyModel) -> bool:
    """Tell whether a model can give ranges: it was trained, and its distributions were stored with it."""
    return isinstance(model, GreenCreditModel) and model.distributions_ is not None


def range_table(model: AnyModel, values: pl.DataFrame, points: pl.Series, *, policy: Policy) -> pl.DataFrame:
    """Return the range of every application's score.

    Parameters
    ----------
    model
        A trained model; one without distributions, or a declared scorecard, gives no range.
    values
        ``application_id`` and the catalogue's indicators that are not relative.
    points
        Exact scores, in the order of ``values``.
    policy
        For the grades.

    Returns
    -------
    pl.DataFrame
        ``application_id``; ``points_low`` and ``points_high`` (whole points, as shown), ``points_low_exact`` and
        ``points_high_exact``; ``grade_low`` and ``grade_high``, the grades of these points by the cut-offs alone,
        before any cap; ``outside_training_range`` (Int32), how many indicators lie below the training minimum or above
        the training maximum. All of them are null where the model gives no range.
        Rows in the order of ``values``.
    """
    low = high = pl.Series([None] * values.height, dtype=pl.Float64)
    outside = pl.Series([None] * values.height, dtype=pl.Int32)
    if isinstance(model, GreenCreditModel) and model.distributions_ is not None:
        read = plausible_values(model, model.distributions_, values)
        found = read.ends(np.arange(values.height), read.missing, points=points.to_numpy())
        low, high = (pl.Series(end, dtype=pl.Float64) for end in found)
        first, last = (
            model.distributions_.rows(None, read.names, quantile, rows=1)
            for quantile in (QUANTILES[0], QUANTILES[-1])
        )
        # A comparison with NaN never holds.
        beyond = (read.table.block < first) | (read.table.block > last)
        outside = pl.Series(beyond.sum(axis=1), dtype=pl.Int32)
    return with_grades(
        values.select(
            "application_id",
            points_low_exact=low,
            points_high_exact=high,
            outside_training_range=outside,
        ),
        policy=policy,
    ).select("application_id", *RANGE_COLUMNS)


def with_grades(frame: pl.DataFrame, *, policy: Policy) -> pl.DataFrame:
    """Add ``points_low``, ``points_high`` (as shown), ``grade_low`` and ``grade_high`` (by the cut-offs) to exact ends."""
    names = dict(enumerate(policy.grade_names))
    shown = frame.with_columns(
        points_low=shown_points(pl.col("points_low_exact")),
        points_high=shown_points(pl.col("points_high_exact")),
    )
    return shown.with_columns(
        pl.when(pl.col(f"points_{end}").is_not_null())
        .then(grades_by_points(pl.col(f"points_{end}"), policy))
        .replace_strict(names, return_dtype=pl.String)
        .alias(f"grade_{end}")
        for end in ("low", "high")
    )


def range_record(model: AnyModel) -> dict[str, Any]:
    """Return what the manifest tells of the ranges."""
    if has_ranges(model):
        return {"available": True, "quantiles": [LOW, HIGH]}
    return {"available": False, "why_en": _WITHOUT_EN, "why_zh": _WITHOUT_ZH}
