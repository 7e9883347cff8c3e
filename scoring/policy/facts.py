"""The facts beside the indicators that a rule may ask for, each declared once.

Facts of the firm come from what the application may see on its ``as_of`` day; facts of the decision from the
score. None of them enters the model.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.incident_weights import WINDOW_MONTHS, incidents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = ["FACTS", "FIRM_FACTS", "policy_facts"]

FIRM_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "open_environmental_severity": "Worst severity (1 minor to 4 critical) of the environmental incidents "
        "still open on as_of; missing where none is known.",
        "recent_environmental_severity": f"Worst severity of the environmental incidents of the {WINDOW_MONTHS} months up to "
        "as_of; missing where none is known.",
    }
)
"""Facts of the firm: id to meaning."""

FACTS: Mapping[str, str] = MappingProxyType(
    {
        **FIRM_FACTS,
        "points_shown": "The score as shown, in whole points.",
        "probability": "Probability of default of the score.",
        "esg_points": "Points of the E, S and G contributions.",
        "points_to_cutoff": "Whole points between the shown score and the nearest minimum of a grade: 0 just "
        "reached it, 1 just missed it or lies one above.",
        "cross_check_warnings": "Number of cross-checks that a person should ask the firm about.",
    }
)
"""Every fact a rule may name: id to meaning."""


def policy_facts(facts: Facts) -> pl.DataFrame:
    """Return the firm's facts for rules.

    Parameters
    ----------
    facts
        What each application may see.

    Returns
    -------
    pl.DataFrame
        ``application_id`` and the columns of :data:`FIRM_FACTS` (Int32, null where none is known), one row per
        application, sorted by ``application_id``.
    """
    environmental = incidents_of(facts, "environmental").select(
        "application_id",
        "severity",
        # Remedied later than as_of is still open on as_of.
        is_open=pl.col("rectified_on").is_null() | (pl.col("rectified_on") > pl.col("as_of")),
        recent=pl.col("occurred_on") > pl.col("as_of").dt.offset_by(f"-{WINDOW_MONTHS}mo"),
    )
    worst = environmental.group_by("application_id").agg(
        open_environmental_severity=pl.col("severity").filter(pl.col("is_open")).max().cast(pl.Int32),
        recent_environmental_severity=pl.col("severity").filter(pl.col("recent")).max().cast(pl.Int32),
    )
    return (
        facts.applications.select("application_id")
        .join(worst, on="application_id", how="left", validate="1:1")
        .select("application_id", *FIRM_FACTS)
        .sort("application_id")
    )
