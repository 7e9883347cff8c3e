"""Intensities and trends: an amount of a year over what the firm made in that year, and how it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.totals import annual_by_year, over_positive

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["TREND_YEARS", "intensity", "intensity_trend", "latest", "trend"]

TREND_YEARS = 3
"""Calendar years that a trend looks back on, the latest included."""


def latest(years: pl.DataFrame, *, known: str = "value") -> pl.DataFrame:
    """Return each application's latest year in which ``known`` is not null.

    Examples
    --------
    >>> frame = pl.DataFrame({"application_id": ["A", "A"], "year": [2022, 2023], "value": [1.0, None]})
    >>> latest(frame).rows()
    [('A', 2022, 1.0)]
    """
    return (
        years.filter(pl.col(known).is_not_null())
        .sort("application_id", "year")
        .unique(subset=["application_id"], keep="last", maintain_order=True)
    )


def intensity(facts: Facts, amounts: pl.DataFrame) -> pl.DataFrame:
    """Return amounts by year over value added and over revenue.

    Parameters
    ----------
    facts
        As-of facts.
    amounts
        ``application_id``, ``year``, ``amount``; one row per application and year.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``amount``, ``value_added`` and ``revenue`` (10,000 CNY),
        ``by_value_added``, ``by_revenue`` and ``value`` (the first of both that is known), all per 10,000 CNY. An
        intensity is null where the amount is null or the denominator missing, zero or negative.
    """
    money = annual_by_year(facts).select("application_id", "year", "value_added", "revenue")
    return (
        amounts.select("application_id", "year", "amount")
        .join(money, on=["application_id", "year"], how="left")
        .with_columns(
            by_value_added=over_positive(pl.col("amount"), pl.col("value_added")),
            by_revenue=over_positive(pl.col("amount"), pl.col("revenue")),
        )
        .with_columns(value=pl.coalesce("by_value_added", "by_revenue"))
        .sort("application_id", "year")
    )


def trend(years: pl.DataFrame, *, last: pl.DataFrame, value: str = "value") -> pl.DataFrame:
    """Return the mean yearly log change up to a year, over :data:`TREND_YEARS` years, at least two of them.

    ``(ln x_last - ln x_first) / (last - first)``, where ``first`` is the earliest known of the years before: the mean of
    the yearly log changes, whatever lies between. Missing where a value is zero or negative.

    Parameters
    ----------
    years
        ``application_id``, ``year`` and the value; one row per application and year.
    last
        ``application_id`` and ``year``: the year that each trend ends in.
    value
        Name of the value's column.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``value`` (log change per year), ``first_year``, ``last_year``; only applications that have a
        trend.

    Examples
    --------
    >>> from math import e
    >>> frame = pl.DataFrame({"application_id": ["A"] * 3, "year": [2021, 2022, 2023], "value": [e, 9.0, e**3]})
    >>> trend(frame, last=pl.DataFrame({"application_id": ["A"], "year": [2023]})).rows()
    [('A', 1.0, 2021, 2023)]
    """
    ends = last.select("application_id", last_year="year")
    window = (
        years.select("application_id", "year", value=value)
        .join(ends, on="application_id", how="inner")
        .filter(
            (pl.col("year") <= pl.col("last_year"))
            & (pl.col("year") > pl.col("last_year") - TREND_YEARS)
            & pl.col("value").is_not_null()
        )
        .sort("application_id", "year")
    )
    ended = window.filter(pl.col("year") == pl.col("last_year")).select(
        "application_id", "last_year", x_last="value"
    )
    began = (
        window.filter(pl.col("year") < pl.col("last_year"))
        .unique(subset=["application_id"], keep="first", maintain_order=True)
        .select("application_id", first_year="year", x_first="value")
    )
    x_last, x_first = pl.col("x_last"), pl.col("x_first")
    return (
        ended.join(began, on="application_id", how="inner")
        .filter((x_last > 0) & (x_first > 0))
        .with_columns(value=(x_last.log() - x_first.log()) / (pl.col("last_year") - pl.col("first_year")))
        .select("application_id", "value", "first_year", "last_year")
        .sort("application_id")
    )


def intensity_trend(intensities: pl.DataFrame) -> pl.DataFrame:
    """Return the trend of an intensity over one and the same denominator: value added, else revenue.

    Parameters
    ----------
    intensities
        What :func:`intensity` gives.

    Returns
    -------
    pl.DataFrame
        As :func:`trend`, and ``by``: ``value_added`` or ``revenue``.
    """
    last = latest(intensities)
    by_value_added = trend(intensities, last=last, value="by_value_added")
    by_revenue = trend(intensities, last=last, value="by_revenue").join(
        by_value_added, on="application_id", how="anti"
    )
    return pl.concat(
        [
            by_value_added.with_columns(by=pl.lit("value_added")),
            by_revenue.with_columns(by=pl.lit("revenue")),
        ]
    ).sort("application_id")
