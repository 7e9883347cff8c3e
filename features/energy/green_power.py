"""Green power that was bought: energy-attribute certificates, cancelled for the firm, by the year of production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.checks import answers

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["green_power_asked", "retired_green_power"]

_CERTIFICATE = ["application_id", "scheme", "certificate_no", "period"]


def _schemes() -> list[str]:
    table = reference.table("certifications")
    return table.filter(pl.col("kind") == "energy_attribute")["id"].sort().to_list()


def retired_green_power(facts: Facts) -> pl.DataFrame:
    """Return the electricity whose certificates were cancelled for the firm, by the year it was produced in.

    A certificate is one scheme, number and period, whatever the number of its events, so that no kWh is counted
    twice; it counts once it is retired and while its latest event leaves it valid. One that states no quantity or
    no period covers nothing.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``retired`` (MWh; 0 where certificates of the year were handed in and none
        of them is retired).
    """
    return facts.once("retired_green_power", _retired_green_power)


def _retired_green_power(facts: Facts) -> pl.DataFrame:
    events = (
        facts.certifications.filter(
            pl.col("scheme").is_in(_schemes())
            & pl.col("fact_year").is_not_null()
            & (pl.col("status_on").is_null() | (pl.col("status_on") <= pl.col("as_of")))
        )
        .sort([*_CERTIFICATE, "status_on", "known_on", "published_on"], nulls_last=False)
        .with_columns(pl.col("quantity", "retired_on").forward_fill().over(_CERTIFICATE))
    )
    counts = pl.col("retired_on").is_not_null() & (pl.col("status") == "valid")
    return (
        events.unique(subset=_CERTIFICATE, keep="last", maintain_order=True)
        .group_by("application_id", pl.col("fact_year").alias("year"), maintain_order=True)
        .agg(retired=pl.col("quantity").filter(counts).sum())
    )


def green_power_asked(facts: Facts, years: pl.DataFrame) -> pl.DataFrame:
    """Return the years for which a register of energy certificates was asked on or after the year's end.

    Parameters
    ----------
    facts
        As-of facts.
    years
        ``application_id`` and ``year``: those of the applications' energy. What is returned is kept with the facts, so
        that a group can put its members' years in its place.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``asked_to`` (the last day that the answers cover). An answer that states its first
        day must reach back to the beginning of the year.
    """
    return facts.once("green_power_asked", lambda every: _green_power_asked(every, years))


def _green_power_asked(facts: Facts, years: pl.DataFrame) -> pl.DataFrame:
    asked = answers(facts, table="certifications").filter(
        pl.col("kind").is_null() | pl.col("kind").is_in(_schemes())
    )
    first, last = pl.date(pl.col("year"), 1, 1), pl.date(pl.col("year"), 12, 31)
    return (
        years.select("application_id", "year")
        .unique()
        .join(asked, on="application_id", how="inner")
        .filter((pl.col("from").is_null() | (pl.col("from") <= first)) & (pl.col("to") >= last))
        .group_by("application_id", "year")
        .agg(asked_to=pl.col("to").max())
        .sort("application_id", "year")
    )
