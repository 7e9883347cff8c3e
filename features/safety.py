"""The safety family: injuries per hours worked, safety incidents and the certified management of safety."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.family import management_coverage
from features.certification.ledger import ledger
from features.facts import FamilyResult, whole_family
from features.incident_weights import weighted_incidents
from features.shares import share_of_total
from features.totals import annual_by_year

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["indicators"]

_HOURS = 1e6
"""Hours worked that an injury rate is of."""


def indicators(facts: Facts) -> FamilyResult:
    """Return the safety indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``injury_rate`` (injuries per million hours worked, both of one year; neutral where no hours were worked),
        ``safety_incidents`` (severity 1 to 4, halved every 12 months) and ``safety_management`` (share of sites).
    """
    results = [
        share_of_total(
            annual_by_year(facts),
            indicator="injury_rate",
            part=pl.col("injuries") * _HOURS,
            whole=pl.col("hours_worked"),
            named=("hours worked", "总工时"),
            within=False,
        ),
        weighted_incidents(facts, kind="safety", indicator="safety_incidents"),
        management_coverage(facts, ledger(facts), name="safety_management", scheme="iso45001"),
    ]
    return whole_family(facts, "safety", results)
