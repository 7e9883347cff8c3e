"""Which facts the bank has in hand of each applicant, and which could be asked for at all.

A dated fact is in hand where the year that is due on ``as_of``, or a later one, was handed in whole: as for the expected
facts (:mod:`features.disclosure.expected_facts`), whose rules these are. An answer of a register is in hand where it covers
what the indicators ask of it: all certificates of 12 months, a kind of incident throughout 36 months.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.checks import asked_for_all, asked_throughout
from features.contract import CONTRACT
from features.disclosure.expected_facts import handed_in_years
from features.incident_weights import WINDOW_MONTHS
from features.periods import due_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts
    from scoring.asks.documents import Fact

__all__ = ["CERTIFICATES", "facts_in_hand"]

CERTIFICATES = "certifications"
"""What ``checks.certifications`` asks about; any other ``checks`` fact names a kind of incident."""

_ON_THE_APPLICATION = ("firms", "applications")
"""Tables whose facts are columns of the as-of applications."""


def facts_in_hand(facts: Facts, declared: Sequence[Fact]) -> pl.DataFrame:
    """Return what is in hand of each application, and what can exist.

    Parameters
    ----------
    facts
        As-of facts.
    declared
        The facts looked for.

    Returns
    -------
    pl.DataFrame
        ``application_id``, and of every fact ``ID in_hand`` and ``ID exists`` (Boolean, never null): a dated fact of a
        year before the firm was founded does not exist. One row per application, sorted.

    Raises
    ------
    ReferenceDataError
        If a fact cannot be looked for.
    """
    dated = [fact for fact in declared if fact.table not in {*_ON_THE_APPLICATION, "checks"}]
    frame = handed_in_years(facts, [fact.id for fact in dated]).lazy()
    own = facts.applications.lazy().select(
        "application_id",
        "as_of",
        "founded_on",
        *(
            pl.col(fact.what).is_not_null().alias(f"{fact.id} in_hand")
            for fact in declared
            if fact.table in _ON_THE_APPLICATION
        ),
    )
    frame = frame.join(own, on="application_id", how="left", maintain_order="left")
    for fact in declared:
        if fact.table == "checks":
            answered = (
                _answered(facts, fact).lazy().with_columns(pl.lit(value=True).alias(f"{fact.id} in_hand"))
            )
            frame = frame.join(answered, on="application_id", how="left", maintain_order="left")
    return (
        frame.with_columns(
            *(column for fact in dated for column in _dated(fact)),
            *(pl.col(f"{fact.id} in_hand").fill_null(value=False) for fact in declared if fact not in dated),
            *(pl.lit(value=True).alias(f"{fact.id} exists") for fact in declared if fact not in dated),
        )
        .select(
            "application_id", *(f"{fact.id} {what}" for fact in declared for what in ("in_hand", "exists"))
        )
        .collect()
    )


def _answered(facts: Facts, fact: Fact) -> pl.DataFrame:
    """Return the applications of which a register was asked."""
    if fact.what == CERTIFICATES:
        return asked_for_all(facts).select("application_id")
    asked = asked_throughout(facts, table="incidents", kind=fact.what, months=WINDOW_MONTHS)
    return asked.select("application_id")


def _dated(fact: Fact) -> tuple[pl.Expr, pl.Expr]:
    """Return whether a fact by year is in hand, and whether it exists."""
    delay = CONTRACT[fact.table].reporting_delay_days
    found = pl.col(f"{fact.id} found")
    if delay is None:
        return found.alias(f"{fact.id} in_hand"), pl.lit(value=True).alias(f"{fact.id} exists")
    due = due_year(pl.col("as_of"), delay_days=delay)
    in_time = (pl.col(f"{fact.id} year") >= due).fill_null(value=False)
    exists = (pl.col("founded_on").dt.year() <= due).fill_null(value=True)
    return (found & in_time).alias(f"{fact.id} in_hand"), exists.alias(f"{fact.id} exists")
