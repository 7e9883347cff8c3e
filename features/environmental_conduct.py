"""The environmental conduct family: incidents of 36 months, those still open, and fines.

A row stands on its own; a zero needs an answer. With an environmental incident in the window the value is the sum over
what is known (noted as estimated where no answer covers the window: there may be more). Without one it is zero only
if answers cover the whole window (:func:`features.checks.asked_throughout`), otherwise missing. A remedy dated
after ``as_of`` has not happened; an incident whose fine is not stated leaves ``fines_ratio`` missing, because a sum of
which a part is missing is missing: where there was no fine, a 0 is handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.checks import asked_throughout
from features.context import latest_annual
from features.facts import FamilyResult, note

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["HALF_LIFE_DAYS", "WINDOW_MONTHS", "incident_weight", "indicators"]

WINDOW_MONTHS = 36
"""Months before ``as_of`` in which an incident counts: ``(as_of - 36 months, as_of]``, by the day it happened."""

HALF_LIFE_DAYS = 365.25
"""Days (12 months) in which the weight of an incident halves."""

_KIND = "environmental"


def incident_weight(severity: pl.Expr, occurred_on: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    """Return the weight of incidents: ``severity * 0.5 ** (age in days / 365.25)``.

    Examples
    --------
    >>> import datetime as dt
    >>> frame = pl.DataFrame({"s": [4], "on": [dt.date(2022, 1, 1)], "day": [dt.date(2026, 1, 1)]})
    >>> frame.select(incident_weight(pl.col("s"), pl.col("on"), pl.col("day"))).item()
    0.25
    """
    age = (as_of - occurred_on).dt.total_days() / HALF_LIFE_DAYS
    return severity.cast(pl.Float64) * pl.lit(0.5).pow(age)


def indicators(facts: Facts) -> FamilyResult:
    """Return the environmental conduct indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``environmental_incidents`` (severity 1 to 4, halved every 12 months), ``unrectified_incidents`` (severity, of
        any age) and ``fines_ratio`` (fines of 36 months over revenue of the latest year, both in 10,000 CNY; missing
        without positive revenue).
    """
    known = facts.incidents.filter(
        (pl.col("kind") == _KIND) & (pl.col("occurred_on") <= pl.col("as_of"))
    ).sort("application_id", "incident_id")
    window = known.filter(pl.col("occurred_on") > pl.col("as_of").dt.offset_by(f"-{WINDOW_MONTHS}mo"))
    weight = incident_weight(pl.col("severity"), pl.col("occurred_on"), pl.col("as_of"))
    recent = window.group_by("application_id", maintain_order=True).agg(
        environmental_incidents=weight.sum(),
        # A fine that is not stated is not a fine of nothing.
        fines=pl.when(pl.col("fine").null_count() == 0).then(pl.col("fine").sum()),
    )
    still_open = (
        known.filter(pl.col("rectified_on").is_null() | (pl.col("rectified_on") > pl.col("as_of")))
        .group_by("application_id", maintain_order=True)
        .agg(unrectified_incidents=pl.col("severity").sum().cast(pl.Float64))
    )
    asked = asked_throughout(facts, table="incidents", kind=_KIND, months=WINDOW_MONTHS)
    joined = (
        facts.applications.select("application_id")
        .sort("application_id")
        .join(recent, on="application_id", how="left", maintain_order="left")
        .join(still_open, on="application_id", how="left", maintain_order="left")
        .join(asked, on="application_id", how="left", maintain_order="left")
        .join(latest_annual(facts), on="application_id", how="left", maintain_order="left")
    )
    answered = pl.col("asked_to").is_not_null()
    none = pl.col("environmental_incidents").is_null()
    none_open = pl.col("unrectified_incidents").is_null()
    fines = pl.when(none & answered).then(0.0).otherwise("fines")
    filled = joined.with_columns(
        none=none,
        none_open=none_open,
        environmental_incidents=pl.when(none & answered).then(0.0).otherwise("environmental_incidents"),
        unrectified_incidents=pl.when(none_open & answered).then(0.0).otherwise("unrectified_incidents"),
        fines_ratio=pl.when(pl.col("revenue") > 0).then(fines / pl.col("revenue")),
    )
    return FamilyResult(
        values=filled.select(
            "application_id", "environmental_incidents", "unrectified_incidents", "fines_ratio"
        ),
        notes=_notes(filled),
    )


def _notes(filled: pl.DataFrame) -> pl.DataFrame:
    answered = pl.col("asked_to").is_not_null()
    asked_en = pl.format("Registers were asked about the 36 months up to {}; there is none.", "asked_to")
    asked_zh = pl.format("已查询截至{}的36个月记录，无相关事件。", "asked_to")
    bound_en = "At least this much: no register was asked about the whole of the 36 months."
    bound_zh = "至少为此值：未对36个月的完整区间进行查询。"
    notes = []
    for name, nothing in (
        ("environmental_incidents", "none"),
        ("unrectified_incidents", "none_open"),
        ("fines_ratio", "none"),
    ):
        given = filled.filter(pl.col(name).is_not_null())
        zero = given.filter(pl.col(nothing) & answered)
        bound = given.filter(~pl.col(nothing) & ~answered)
        notes += [
            note(zero, indicators=[name], status="zero", en=asked_en, zh=asked_zh),
            note(bound, indicators=[name], status="estimated", en=bound_en, zh=bound_zh),
        ]
    together = pl.concat(notes)
    return together.sort(together.columns)
