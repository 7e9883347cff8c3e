"""Incidents of one kind: their weight over 36 months, and those still open; shared by every family that counts them.

A row stands on its own; a zero needs an answer. With an incident in the window the value is the sum over what is
known (noted as estimated where no answer covers the window: there may be more). Without one it is zero only if answers
cover the whole window (:func:`features.checks.asked_throughout`), otherwise missing. A remedy dated after ``as_of`` has
not happened, and neither has an incident that occurred after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.checks import asked_throughout
from features.facts import FamilyResult, note
from features.periods import years_between
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = [
    "WINDOW_MONTHS",
    "incident_notes",
    "incident_weight",
    "incidents_of",
    "open_incidents",
    "recent_incidents",
    "weighted_incidents",
    "zero_where_asked",
]

WINDOW_MONTHS = 36
"""Months before ``as_of`` in which an incident counts: ``(as_of - 36 months, as_of]``, by the day it happened."""


def incident_weight(severity: pl.Expr, occurred_on: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    """Return the weight of incidents: ``severity * 0.5 ** (age in years of 365.25 days)``.

    Examples
    --------
    >>> import datetime as dt
    >>> frame = pl.DataFrame({"s": [4], "on": [dt.date(2022, 1, 1)], "day": [dt.date(2026, 1, 1)]})
    >>> frame.select(incident_weight(pl.col("s"), pl.col("on"), pl.col("day"))).item()
    0.25
    """
    # It halves every 12 months.
    return severity.cast(pl.Float64) * pl.lit(0.5).pow(years_between(occurred_on, as_of))


def incidents_of(facts: Facts, kind: str) -> pl.DataFrame:
    """Return the incidents of a kind that had happened by ``as_of``, sorted."""
    return facts.once("incidents_happened", _happened).filter(pl.col("kind") == kind)


def _happened(facts: Facts) -> pl.DataFrame:
    happened = facts.incidents.filter(pl.col("occurred_on") <= pl.col("as_of"))
    return happened.sort("application_id", "incident_id")


def recent_incidents(facts: Facts, kind: str) -> pl.DataFrame:
    """Return the incidents of a kind within :data:`WINDOW_MONTHS`, with their ``weight``."""
    return facts.once("incidents_recent", _recent).filter(pl.col("kind") == kind)


def _recent(facts: Facts) -> pl.DataFrame:
    first = pl.col("as_of").dt.offset_by(f"-{WINDOW_MONTHS}mo")
    weight = incident_weight(pl.col("severity"), pl.col("occurred_on"), pl.col("as_of"))
    happened = facts.once("incidents_happened", _happened)
    return happened.filter(pl.col("occurred_on") > first).with_columns(weight=weight)


def weighted_incidents(facts: Facts, *, kind: str, indicator: str) -> FamilyResult:
    """Return the indicator that sums the weights of a kind's incidents of 36 months.

    Parameters
    ----------
    facts
        As-of facts.
    kind
        Kind of incident of the contract.
    indicator
        Catalogue id under which the sum stands.

    Returns
    -------
    FamilyResult
        Severity 1 to 4, halved every 12 months and summed.
    """
    summed = (
        recent_incidents(facts, kind)
        .group_by("application_id", maintain_order=True)
        .agg(pl.col("weight").sum().alias(indicator))
    )
    return zero_where_asked(facts, summed, kind=kind, indicator=indicator)


def open_incidents(facts: Facts, *, kind: str, indicator: str, value: pl.Expr) -> FamilyResult:
    """Return the indicator that aggregates a kind's incidents, of any age, that are still open at ``as_of``.

    Parameters
    ----------
    facts
        As-of facts.
    kind
        Kind of incident of the contract.
    indicator
        Catalogue id under which the value stands.
    value
        Aggregate over a firm's open incidents, such as ``pl.len()`` or ``pl.col("severity").sum()``.
    """
    still_open = (
        incidents_of(facts, kind)
        .filter(pl.col("rectified_on").is_null() | (pl.col("rectified_on") > pl.col("as_of")))
        .group_by("application_id", maintain_order=True)
        .agg(value.cast(pl.Float64).alias(indicator))
    )
    return zero_where_asked(facts, still_open, kind=kind, indicator=indicator)


def zero_where_asked(facts: Facts, found: pl.DataFrame, *, kind: str, indicator: str) -> FamilyResult:
    """Return what was found, and zero where nothing was and answers cover the whole window.

    Parameters
    ----------
    facts
        As-of facts.
    found
        ``application_id`` and the indicator; one row per application with incidents.
    kind, indicator
        Kind of incident, catalogue id.
    """
    asked = asked_throughout(facts, table="incidents", kind=kind, months=WINDOW_MONTHS)
    filled = (
        found.lazy()
        .join(asked.lazy(), on="application_id", how="full", coalesce=True)
        .sort("application_id")
        .with_columns(pl.col(indicator).fill_null(0.0), none=pl.col(indicator).is_null())
        .collect()
    )
    return FamilyResult(
        values=filled.select("application_id", indicator), notes=incident_notes(filled, indicator)
    )


def incident_notes(filled: pl.DataFrame, indicator: str) -> pl.DataFrame:
    """Return the notes that tell a zero that was asked for from a sum that is a lower bound.

    Parameters
    ----------
    filled
        ``application_id``, ``asked_to`` (null where no answer covers the window), ``none`` (Boolean: nothing was found);
        only applications that have a value.
    indicator
        Catalogue id of the value.
    """
    answered = pl.col("asked_to").is_not_null()
    return pl.concat(
        [
            note(
                filled.filter(pl.col("none") & answered),
                indicators=[indicator],
                status="zero",
                en=formatted("Registers were asked about the 36 months up to {}; there is none.", "asked_to"),
                zh=formatted("已查询截至{}的36个月记录，无相关事件。", "asked_to"),
            ),
            note(
                filled.filter(~pl.col("none") & ~answered),
                indicators=[indicator],
                status="estimated",
                en="At least this much: no register was asked about the whole of the 36 months.",
                zh="至少为此值：未对36个月的完整区间进行查询。",
            ),
        ]
    )
