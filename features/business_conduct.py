"""The business conduct family: tax credit, tax incidents, records of dishonesty and certified compliance."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.certification.family import any_valid
from features.certification.ledger import ledger
from features.facts import FamilyResult, family_part, whole_family
from features.incident_weights import open_incidents, weighted_incidents
from features.intensity import latest
from features.totals import annual_by_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = ["COMPLIANCE_SCHEMES", "TAX_CREDIT_LEVELS", "indicators"]

TAX_CREDIT_LEVELS: Mapping[str, float] = MappingProxyType({"A": 4.0, "B": 3.0, "M": 2.0, "C": 1.0, "D": 0.0})
"""Tax credit rating to its level. Between B and C stands M: firms that are new or had no revenue."""

COMPLIANCE_SCHEMES = ("iso37001", "iso37301")
"""Anti-bribery and compliance management systems."""


def indicators(facts: Facts) -> FamilyResult:
    """Return the business conduct indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``tax_credit_rating`` (0 to 4, the latest year's), ``tax_incidents`` (severity 1 to 4, halved every 12 months),
        ``dishonesty_records`` (open ones, of any age) and ``compliance_management`` (0 or 1).
    """
    results = [
        _tax_credit(facts),
        weighted_incidents(facts, kind="tax", indicator="tax_incidents"),
        open_incidents(facts, kind="dishonesty", indicator="dishonesty_records", value=pl.len()),
        any_valid(facts, ledger(facts), name="compliance_management", wanted=COMPLIANCE_SCHEMES),
    ]
    return whole_family(facts, "business_conduct", results)


def _tax_credit(facts: Facts) -> FamilyResult:
    level = pl.col("tax_credit_rating").replace_strict(
        dict(TAX_CREDIT_LEVELS), default=None, return_dtype=pl.Float64
    )
    years = annual_by_year(facts).select("application_id", "year", tax_credit_rating=level)
    last = latest(years, known="tax_credit_rating")
    return family_part(last, ["tax_credit_rating"], [])
