"""A firm's products held against the levels and the retrofit deadline: what a bank's rules ask for beside the indicators.

The share that is made below the baseline is an indicator; whether the time to mend it has run out depends on the day
of the decision, and is a fact for rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.energy.benchmark_position import compared_products
from features.intensity import latest
from features.totals import over_positive

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["STATUSES", "benchmark_standing"]

STATUSES = ("advanced", "meets", "below")
"""Standings of a firm: every product at the advanced level or better; none below the baseline; any below it."""


def benchmark_standing(facts: Facts) -> pl.DataFrame:
    """Return how each firm's products stand against their levels in the latest year in which that is known.

    Parameters
    ----------
    facts
        What each application may see.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``benchmark_status`` (one of :data:`STATUSES`; null where a product lacks output or
        energy and none is known to be below the baseline), ``overdue_below_baseline`` (share of the weight ``(baseline -
        advanced) x output`` of products below the baseline whose retrofit deadline is over on ``as_of``; null where a
        product lacks output or energy) and ``products`` (ids, List(String)); one row per application with a product that
        has levels and was made, sorted by ``application_id``.
    """
    days = facts.applications.select("application_id", "as_of")
    made = (pl.col("quantity") != 0).fill_null(value=True)
    rows = compared_products(facts).filter(made).join(days, on="application_id", how="inner")
    worse, weight = pl.col("worse"), pl.col("weight")
    # At the advanced level where all of the weight is saved; the last bit does not count.
    reached = pl.col("saved") >= weight - 1e-9 * (pl.col("advanced") * pl.col("quantity")).abs()
    known = (pl.col("saved").null_count() == 0) & (weight.null_count() == 0)
    overdue = worse & (pl.col("retrofit_deadline") < pl.col("as_of")).fill_null(value=False)
    years = (
        rows.sort("application_id", "year", "product")
        .group_by("application_id", "year", maintain_order=True)
        .agg(
            benchmark_status=pl.when(worse.fill_null(value=False).any())
            .then(pl.lit("below"))
            .when(known & reached.all())
            .then(pl.lit("advanced"))
            .when(known)
            .then(pl.lit("meets")),
            overdue_below_baseline=pl.when(known).then(
                over_positive(weight.filter(overdue).sum(), weight.sum())
            ),
            products=pl.col("product"),
        )
    )
    return latest(years, known="benchmark_status")
