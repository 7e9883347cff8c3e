"""Shares: a part over its total in one and the same year, and what is told where the total is zero or below its part."""

from __future__ import annotations

import polars as pl

from features.catalogue import CATALOGUE
from features.facts import FamilyResult, family_part, neutral, note
from features.intensity import latest
from features.text import formatted
from features.totals import TOLERANCE

__all__ = ["intensity_notes", "share_by_year", "share_of_total"]


def share_by_year(part: pl.Expr, whole: pl.Expr, *, indicator: str, within: bool) -> pl.Expr:
    """Return the part over the whole; where the whole is zero the indicator's neutral value.

    Parameters
    ----------
    part, whole
        Amounts of one unit.
    indicator
        Catalogue id, for its neutral value and its clip.
    within
        Whether the part lies in the whole: a part above it (by more than the tolerance of totals and parts) is a
        contradiction between two facts, and there is no share.

    Returns
    -------
    pl.Expr
        Null where an amount is missing, and where there is a part of a whole of zero.

    Examples
    --------
    >>> frame = pl.DataFrame({"hazardous": [1.0, 0.0, None, 1.0, 5.0, None], "waste": [4.0, 0.0, 0.0, 0.0, 4.0, 4.0]})
    >>> share = share_by_year(pl.col("hazardous"), pl.col("waste"), indicator="hazardous_waste_share", within=True)
    >>> frame.select(share).to_series().to_list()
    [0.25, 0.05, 0.05, None, None, None]
    """
    possible = part <= whole * (1.0 + TOLERANCE) if within else pl.lit(value=True)
    ratio = pl.when((whole > 0) & possible).then(part / whole)
    clip = CATALOGUE[indicator].clip
    share = ratio if clip is None else ratio.clip(*clip)
    nothing = (whole == 0) & (part.fill_null(0.0) == 0)
    value = pl.when(nothing).then(neutral(indicator)).otherwise(share)
    return pl.when(value.is_finite()).then(value).alias(indicator)


def share_of_total(
    years: pl.DataFrame,
    *,
    indicator: str,
    part: pl.Expr,
    whole: pl.Expr,
    named: tuple[str, str],
    within: bool = True,
) -> FamilyResult:
    """Return an indicator that is a share, of the latest year for which it is known.

    Parameters
    ----------
    years
        ``application_id``, ``year`` and what the expressions read; one row per application and year.
    indicator
        Catalogue id; its neutral value stands where the whole was handed in as zero.
    part, whole
        Expressions over ``years``.
    named
        What the whole is called, in English and Chinese.
    within
        As of :func:`share_by_year`.
    """
    known = years.with_columns(
        share_by_year(part, whole, indicator=indicator, within=within), _part=part, _whole=whole
    )
    last = latest(known, known=indicator)
    above = (
        latest(known.filter((pl.col("_whole") >= 0) & pl.col("_part").is_not_null()), known="_part")
        .filter(pl.col(indicator).is_null())
        .with_columns(pl.col("_part", "_whole").round(3))
    )
    en, zh = named
    notes = [
        note(
            last.filter(pl.col("_whole") == 0),
            indicators=[indicator],
            status="not_applicable",
            en=formatted("The {} of {} was handed in as zero.", pl.lit(en), "year"),
            zh=formatted("{}年{}申报为零。", "year", pl.lit(zh)),
        ),
        note(
            above,
            indicators=[indicator],
            status="estimated",
            en=formatted(
                "{} is left out: a part of {} does not fit into the {}, {}.",
                "year",
                "_part",
                pl.lit(en),
                "_whole",
            ),
            zh=formatted("{}年未采用：分项{}超出{}{}。", "year", "_part", pl.lit(zh), "_whole"),
        ),
    ]
    return family_part(last, [indicator], notes)


def intensity_notes(last: pl.DataFrame, indicator: str) -> pl.DataFrame:
    """Return the notes of an intensity (:func:`features.intensity.intensity`) that rests on revenue.

    Parameters
    ----------
    last
        The latest year of each application, with ``by_value_added`` and ``revenue`` (10,000 CNY).
    indicator
        Catalogue id.
    """
    revenue = pl.col("revenue").round(2)
    return note(
        last.filter(pl.col("by_value_added").is_null()),
        indicators=[indicator],
        status="defaulted",
        en=formatted("Revenue of {} ({} x 10,000 CNY) stands for value added.", "year", revenue),
        zh=formatted("{}年以营业收入（{}万元）代替增加值。", "year", revenue),
    )
