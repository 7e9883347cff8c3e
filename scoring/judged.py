"""What the policy judges of the score itself, beside the firm's facts: reasons that failed, and how far the score may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.ranges import RANGE_COLUMNS, range_table
from scoring.reasons import BatchReasons, batch_reasons

if TYPE_CHECKING:
    import polars as pl

    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["with_score_facts"]


def with_score_facts(
    judged: pl.DataFrame,
    *,
    model: AnyModel,
    explained: pl.DataFrame,
    shown: pl.DataFrame,
    data_quality: pl.DataFrame,
    policy: Policy,
) -> tuple[pl.DataFrame, BatchReasons]:
    """Add what a model's score says of itself.

    Parameters
    ----------
    judged
        As :func:`scoring.policy_frame.policy_frame` gives it.
    model
        That scored.
    explained, shown
        As :func:`scoring.contributions.contributions` gives them.
    data_quality
        Of the indicators.
    policy
        Its numbers for reasons, and its grades.

    Returns
    -------
    judged : pl.DataFrame
        With ``reasons_failed`` and the columns of :data:`scoring.ranges.RANGE_COLUMNS`, which replace those of before.
    told : BatchReasons
        The reasons.
    """
    told = batch_reasons(model, explained, shown, data_quality=data_quality, rules=policy.reasons)
    failed = [name for name in told.failed.columns if name != "application_id"]
    judged = judged.drop(*failed, *RANGE_COLUMNS, strict=False)
    judged = judged.join(told.failed, on="application_id", how="left", validate="1:1")
    ranges = range_table(model, judged, judged["points"], policy=policy)
    return judged.join(ranges, on="application_id", how="left", validate="1:1"), told
