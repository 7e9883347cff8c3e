"""Attribution: the share of a firm's emissions that a bank finances (PCAF, Part A, business loans).

``attribution = outstanding / (EVIC)`` for a firm that states its enterprise value including cash, otherwise
``outstanding / (total equity + total debt)``. The cases that the formula leaves open, each under the name of its rule:

==================== ===============================================================================================
evic                 EVIC was handed in and is positive
equity_and_debt      no EVIC; equity and debt are known and their sum is positive
negative_equity      equity below zero counts as zero, so that all emissions belong to the debt (PCAF Part A: negative
                     equity is set to zero)
total_assets         equity or debt was not handed in; the balance sheet's total stands for their sum (PCAF Part A allows it
                     where the sum cannot be told), marked as standing in
no_denominator       none of these: the emissions of the firm cannot be attributed, and none are
==================== ===============================================================================================

An outstanding amount above the denominator gives a share of 1: a bank cannot finance more than the whole firm. That bound is
this product's reading, and each firm it acts on is told (``bounded``).
"""

from __future__ import annotations

import polars as pl

__all__ = ["RULES", "attributed"]

RULES = ("evic", "equity_and_debt", "negative_equity", "total_assets", "no_denominator")
"""Names of the rules, in the order in which they are tried."""


def attributed(firms: pl.DataFrame) -> pl.DataFrame:
    """Add each firm's attribution.

    Parameters
    ----------
    firms
        ``outstanding``, ``evic``, ``total_equity``, ``total_debt`` and ``total_assets`` (10,000 CNY; null where not handed in).

    Returns
    -------
    pl.DataFrame
        ``firms`` with ``attribution_rule`` (of :data:`RULES`), ``denominator`` (10,000 CNY; null without one),
        ``attribution`` (0 to 1; null without a denominator or where a balance is not stated) and ``bounded`` (Boolean).

    Examples
    --------
    >>> firms = pl.DataFrame({"outstanding": [10.0, 10.0, 10.0, 60.0], "evic": [100.0, None, None, None],
    ...     "total_equity": [1.0, 30.0, -5.0, None], "total_debt": [1.0, 10.0, 40.0, None],
    ...     "total_assets": [None, None, None, 50.0]})
    >>> attributed(firms).select("attribution_rule", "attribution", "bounded").rows()
    [('evic', 0.1, False), ('equity_and_debt', 0.25, False), ('negative_equity', 0.25, False), ('total_assets', 1.0, True)]
    """
    equity, debt = pl.col("total_equity"), pl.col("total_debt")
    both = equity.clip(lower_bound=0.0) + debt
    rule = (
        pl.when(pl.col("evic") > 0)
        .then(pl.lit("evic"))
        .when((both > 0) & (equity >= 0))
        .then(pl.lit("equity_and_debt"))
        .when((both > 0) & (equity < 0))
        .then(pl.lit("negative_equity"))
        .when(both.is_null() & (pl.col("total_assets") > 0))
        .then(pl.lit("total_assets"))
        .otherwise(pl.lit("no_denominator"))
    )
    named = pl.col("attribution_rule")
    share = pl.col("outstanding") / pl.col("denominator")
    return (
        firms.with_columns(attribution_rule=rule)
        .with_columns(
            denominator=pl.when(named == "evic")
            .then("evic")
            .when(named.is_in(["equity_and_debt", "negative_equity"]))
            .then(both)
            .when(named == "total_assets")
            .then("total_assets")
        )
        .with_columns(attribution=share.clip(upper_bound=1.0), bounded=(share > 1.0).fill_null(value=False))
    )
