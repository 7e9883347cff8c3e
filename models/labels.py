"""The label of an application: bad, good, or indeterminate.

Bad: a default within (``as_of``, ``as_of`` + window], as soon as it happens. Good: only if the loan was observed to
the end of that window. Anything else is indeterminate: not trained on, and counted. Declined and withdrawn
applications have no outcome and none is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["REASONS", "count_reasons", "label"]

REASONS = ("default", "observed", "not_observed_to_the_end", "declined", "withdrawn")
"""Why an application has its label: bad, good, and three kinds of indeterminate."""


def label(applications: pl.DataFrame, outcomes: pl.DataFrame, *, window_months: int = 12) -> pl.DataFrame:
    """Label every application.

    Parameters
    ----------
    applications
        ``application_id``, ``as_of``, ``decision`` (approved, declined, withdrawn or null, which counts as
        approved) and ``observed_until``.
    outcomes
        ``application_id``, ``event`` and ``occurred_on``; events other than ``default`` are another target and
        play no part.
    window_months
        Length of the window in calendar months; the 29th of February plus twelve months is the 28th.

    Returns
    -------
    polars.DataFrame
        ``application_id``, ``bad`` (1, 0 or null), ``reason`` (one of ``REASONS``), sorted by application.

    Raises
    ------
    ModelError
        If a column is absent or the window is no positive number of months.

    Examples
    --------
    >>> from datetime import date
    >>> applications = pl.DataFrame(
    ...     {"application_id": ["a", "b"], "as_of": [date(2022, 1, 31)] * 2, "decision": ["approved", None],
    ...      "observed_until": [date(2022, 6, 30), date(2023, 1, 31)]}
    ... )
    >>> outcomes = pl.DataFrame(
    ...     {"application_id": ["a"], "event": ["default"], "occurred_on": [date(2022, 5, 2)]}
    ... )
    >>> label(applications, outcomes).rows()
    [('a', 1, 'default'), ('b', 0, 'observed')]
    """
    _need(applications, ("application_id", "as_of", "decision", "observed_until"), "applications")
    _need(outcomes, ("application_id", "event", "occurred_on"), "outcomes")
    if window_months < 1:
        raise ModelError(
            f"The window of the label must be at least 1 month. Got {window_months} instead.",
            mend="Use 12 months.",
        )
    window = applications.select(
        "application_id",
        "as_of",
        "observed_until",
        "decision",
        end=pl.col("as_of").dt.offset_by(f"{window_months}mo"),
    )
    defaulted = (
        outcomes.filter(pl.col("event") == "default")
        .join(window.select("application_id", "as_of", "end"), on="application_id")
        .filter((pl.col("occurred_on") > pl.col("as_of")) & (pl.col("occurred_on") <= pl.col("end")))
        .select("application_id", in_window=pl.lit(value=True))
        .unique()
    )
    reason = (
        pl.when(pl.col("decision").is_in(["declined", "withdrawn"]))
        .then(pl.col("decision"))
        .when(pl.col("in_window"))
        .then(pl.lit("default"))
        .when(pl.col("observed_until") >= pl.col("end"))
        .then(pl.lit("observed"))
        .otherwise(pl.lit("not_observed_to_the_end"))
    )
    bad = pl.when(pl.col("reason") == "default").then(1).when(pl.col("reason") == "observed").then(0)
    return (
        window.join(defaulted, on="application_id", how="left")
        .select("application_id", reason=reason)
        .with_columns(bad=bad.cast(pl.Int8))
        .select("application_id", "bad", "reason")
        .sort("application_id")
    )


def count_reasons(labels: pl.DataFrame) -> dict[str, int]:
    """Count applications by reason; every reason stands in the answer, with 0 where nobody has it."""
    counts = dict(labels.group_by("reason").len().iter_rows())
    return {reason: int(counts.get(reason, 0)) for reason in REASONS}


def _need(table: pl.DataFrame, columns: Iterable[str], name: str) -> None:
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise ModelError(
            f"The table lacks columns that the label needs: {', '.join(absent)}.",
            where=name,
            mend="Hand in the table as the data contract describes it.",
        )
