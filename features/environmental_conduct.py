"""The environmental conduct family: incidents of 36 months, those still open, and fines.

How incidents are weighted and when nothing is a zero stands in :mod:`features.incident_weights`. An incident whose fine is
not stated leaves ``fines_ratio`` missing, because a sum of which a part is missing is missing: where there was no fine, a
0 is handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.checks import asked_throughout
from features.context import latest_annual
from features.facts import FamilyResult, whole_family
from features.incident_weights import (
    WINDOW_MONTHS,
    incident_notes,
    open_incidents,
    recent_incidents,
    weighted_incidents,
)

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["environmental_fines", "indicators"]

_KIND = "environmental"


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
    severity = pl.col("severity").sum()
    results = [
        weighted_incidents(facts, kind=_KIND, indicator="environmental_incidents"),
        open_incidents(facts, kind=_KIND, indicator="unrectified_incidents", value=severity),
        _fines(facts),
    ]
    return whole_family(facts, "environmental_conduct", results)


def environmental_fines(facts: Facts) -> pl.DataFrame:
    """Return the fines of 36 months of the applications with an incident or an answer about them.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``fines`` (10,000 CNY; null where an incident does not state its fine), ``none`` (Boolean: no
        incident) and ``asked_to`` (null where no answer covers the window).
    """
    fines = (
        recent_incidents(facts, _KIND)
        .group_by("application_id", maintain_order=True)
        .agg(
            # A fine that is not stated is not a fine of nothing.
            fines=pl.when(pl.col("fine").null_count() == 0).then(pl.col("fine").sum()),
            none=pl.lit(value=False),
        )
    )
    asked = asked_throughout(facts, table="incidents", kind=_KIND, months=WINDOW_MONTHS)
    return (
        fines.join(asked, on="application_id", how="full", coalesce=True)
        .with_columns(pl.col("none").fill_null(value=True))
        .with_columns(fines=pl.when("none").then(0.0).otherwise("fines"))
        .sort("application_id")
    )


def _fines(facts: Facts) -> FamilyResult:
    """Return ``fines_ratio``."""
    given = (
        environmental_fines(facts)
        .join(latest_annual(facts), on="application_id", how="left")
        .with_columns(fines_ratio=pl.when(pl.col("revenue") > 0).then(pl.col("fines") / pl.col("revenue")))
        .filter(pl.col("fines_ratio").is_not_null())
        .sort("application_id")
    )
    return FamilyResult(
        values=given.select("application_id", "fines_ratio"), notes=incident_notes(given, "fines_ratio")
    )
