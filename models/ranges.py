"""The points of accepted, declined and withdrawn applications side by side; no outcome of a declined one is inferred.

A model learns from the accepted. Where the declined score beyond them it judges by rules that no outcome has tested,
and this table says how often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DECISIONS", "score_ranges"]

DECISIONS = ("accepted", "declined", "withdrawn")
"""Accepted is whatever was neither declined nor withdrawn, the indeterminate included."""


def score_ranges(reason: pl.Series, points: NDArray[np.float64]) -> pl.DataFrame:
    """Describe the points by decision.

    Parameters
    ----------
    reason
        Shape (n,): why each application has its label (:data:`models.labels.REASONS`).
    points
        Shape (n,): its points.

    Returns
    -------
    polars.DataFrame
        A row per decision of ``DECISIONS``: ``decision``, ``applications``, ``lowest``, ``low`` (5 %), ``median``,
        ``high`` (95 %), ``highest`` in points, null where there is no application; and ``below_accepted`` and
        ``above_accepted``, the shares that score below the 5 % and above the 95 % of the accepted.

    Raises
    ------
    ModelError
        If the lengths differ.

    Examples
    --------
    >>> import numpy as np
    >>> reason = pl.Series(["observed", "default", "observed", "declined"])
    >>> score_ranges(reason, np.array([600.0, 540.0, 580.0, 500.0])).select("decision", "applications", "median").rows()
    [('accepted', 3, 580.0), ('declined', 1, 500.0), ('withdrawn', 0, None)]
    """
    if points.shape != (reason.len(),):
        raise ModelError(
            f"There must be points for each of {reason.len()} applications. Got shape {points.shape} instead.",
            where="points",
            mend="Take reasons and points from the same rows.",
        )
    decision = pl.when(pl.col("reason").is_in(DECISIONS[1:])).then("reason").otherwise(pl.lit(DECISIONS[0]))
    scored = pl.DataFrame({"reason": reason, "points": points}).select("points", decision=decision)
    accepted = scored.filter(pl.col("decision") == DECISIONS[0])["points"]
    low, high = (accepted.quantile(share, "linear") for share in (0.05, 0.95))
    described = scored.group_by("decision").agg(
        applications=pl.len(),
        lowest=pl.col("points").min(),
        low=pl.col("points").quantile(0.05, "linear"),
        median=pl.col("points").quantile(0.5, "linear"),
        high=pl.col("points").quantile(0.95, "linear"),
        highest=pl.col("points").max(),
        below_accepted=(pl.col("points") < pl.lit(low, dtype=pl.Float64)).mean(),
        above_accepted=(pl.col("points") > pl.lit(high, dtype=pl.Float64)).mean(),
    )
    return (
        pl.DataFrame({"decision": DECISIONS})
        .join(described, on="decision", how="left", maintain_order="left")
        .with_columns(pl.col("applications").fill_null(0).cast(pl.Int64))
    )
