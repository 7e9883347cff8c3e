"""The bank's existing book on a day: what each firm owes.

Of the balances of a loan the one of the latest day up to the day asked stands. A loan that has fallen due since its last
balance was taken counts as repaid; one whose balance was taken after it fell due is overdue, and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.totals import strict_sum

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["outstanding_loans"]


def outstanding_loans(loans: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Return each firm's loans on a day.

    Parameters
    ----------
    loans
        The clean table.
    as_of
        The day; balances of later days are not read.

    Returns
    -------
    pl.DataFrame
        ``firm_id``, ``loans`` (number of those with a balance that is not zero, or not stated), ``outstanding`` (10,000 CNY;
        null where a balance is not stated) and ``oldest_balance_on`` (day of the oldest balance among them), sorted by
        ``firm_id``.

    Examples
    --------
    >>> import datetime as dt
    >>> day = dt.date
    >>> book = pl.DataFrame({"loan_id": ["L1", "L1", "L2", "L3"], "firm_id": "F",
    ...                      "as_of": [day(2022, 12, 31), day(2023, 12, 31), day(2022, 12, 31), day(2024, 12, 31)],
    ...                      "outstanding": [80.0, 50.0, 20.0, 70.0],
    ...                      "matures_on": [day(2025, 6, 30), day(2025, 6, 30), day(2023, 6, 30), None]})
    >>> outstanding_loans(book, as_of=day(2024, 6, 30)).rows()
    [('F', 1, 50.0, datetime.date(2023, 12, 31))]
    """
    last = (
        loans.filter(pl.col("as_of") <= as_of)
        .sort("loan_id", "as_of")
        .unique(subset=["loan_id"], keep="last", maintain_order=True)
    )
    due_since = (pl.col("matures_on") >= pl.col("as_of")) & (pl.col("matures_on") < as_of)
    owed = (pl.col("outstanding") != 0).fill_null(value=True)
    return (
        last.filter(~due_since.fill_null(value=False) & owed)
        .sort("firm_id", "loan_id")
        .group_by("firm_id", maintain_order=True)
        .agg(
            loans=pl.len().cast(pl.Int64),
            outstanding=strict_sum(pl.col("outstanding")),
            oldest_balance_on=pl.col("as_of").min(),
        )
    )
