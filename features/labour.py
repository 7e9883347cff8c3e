"""The labour family: social insurance, and incidents with the firm's people and with its products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.facts import FamilyResult, whole_family
from features.incident_weights import weighted_incidents
from features.shares import share_of_total
from features.totals import annual_by_year

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["indicators"]


def indicators(facts: Facts) -> FamilyResult:
    """Return the labour indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``social_insurance_coverage`` (insured over all employees of one year, at most 1: people who left within the
        year may still be insured; neutral without employees), ``labour_incidents`` and ``product_incidents`` (severity
        1 to 4, halved every 12 months).
    """
    results = [
        share_of_total(
            annual_by_year(facts),
            indicator="social_insurance_coverage",
            part=pl.col("insured_employees"),
            whole=pl.col("employees"),
            named=("number of employees", "从业人员数"),
            within=False,
        ),
        weighted_incidents(facts, kind="labour", indicator="labour_incidents"),
        weighted_incidents(facts, kind="product", indicator="product_incidents"),
    ]
    return whole_family(facts, "labour", results)
