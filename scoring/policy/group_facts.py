"""What ownership tells a rule: how lately the group of a firm changed, by which a firm that was split is known."""

from __future__ import annotations

import polars as pl

__all__ = ["group_facts"]


def group_facts(ownership: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """Return the facts of ``GROUP_FACTS`` that the rows of ownership give.

    Parameters
    ----------
    ownership, applications
        Clean tables.

    Returns
    -------
    pl.DataFrame
        ``application_id`` and ``months_since_group_change`` (Int32): full months from the latest day on which a holding of
        the firm, or in the firm, began or ended up to ``as_of``; null where no such day is known. Sorted.

    Examples
    --------
    >>> import datetime as dt
    >>> day = dt.date
    >>> ownership = pl.DataFrame({"firm_id": ["DAUGHTER"], "parent_id": ["MOTHER"], "valid_from": [day(2023, 1, 15)],
    ...                           "valid_to": [None], "known_on": [None]},
    ...                          schema_overrides={"valid_to": pl.Date, "known_on": pl.Date})
    >>> asked = pl.DataFrame({"application_id": ["1", "2"], "firm_id": ["MOTHER", "OTHER"], "as_of": [day(2024, 1, 14)] * 2})
    >>> group_facts(ownership, asked).rows()
    [('1', 11), ('2', None)]
    """
    days = [
        ownership.select(pl.col(side).alias("firm_id"), "known_on", changed_on=pl.col(day))
        for side in ("firm_id", "parent_id")
        for day in ("valid_from", "valid_to")
    ]
    asked = applications.select("application_id", "firm_id", "as_of")
    known = pl.col("known_on").is_null() | (pl.col("known_on") <= pl.col("as_of"))
    changed = (
        pl.concat(days)
        .drop_nulls("changed_on")
        .join(asked, on="firm_id", how="inner")
        .filter(known & (pl.col("changed_on") <= pl.col("as_of")))
        .group_by("application_id", "as_of")
        .agg(pl.col("changed_on").max())
    )
    on, day = pl.col("changed_on"), pl.col("as_of")
    months = 12 * (day.dt.year() - on.dt.year()) + day.dt.month() - on.dt.month()
    whole = months - (day.dt.day() < on.dt.day()).cast(pl.Int32)
    return (
        asked.select("application_id")
        .join(
            changed.select("application_id", months_since_group_change=whole.cast(pl.Int32)),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .sort("application_id")
    )
