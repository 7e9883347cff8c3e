"""Which automatic decisions people look at all the same: drawn by hash, more where people had overturned more.

The share in a stratum follows the measured overturn rate of the decisions that were looked at there::

    share = max(least share, upper end of the 95 % Wilson interval of the overturn rate), at most a half

Strata are the industry divisions; a division where nobody looked yet has the least share. The draw is a hash of batch
and application, so that it can be told afterwards and nobody chose it. Source: Wilson, JASA 22 (1927).
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from scoring.workbench.store.schema import reviews, scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.workbench.store import Store

__all__ = ["LEAST_SHARE", "overturn_rates", "sample", "upper_rate"]

LEAST_SHARE = 0.02
"""Of the automatic decisions, where nothing else is said."""

_Z = 1.959964
_LARGEST = 0.5
_LEAST_LOOKED_AT = 20
"""Decisions looked at in a division before its own rate says anything."""


def sample(store: Store, decisions: pl.DataFrame, *, batch_id: str, least_share: float) -> set[str]:
    """Return the ids of the automatic decisions that are drawn for review.

    Parameters
    ----------
    store
        Its earlier decisions give the overturn rates.
    decisions
        ``application_id``, ``industry_division`` and ``review``.
    batch_id
        Enters the draw: another batch draws others.
    least_share
        Share where nothing was overturned yet.
    """
    automatic = decisions.filter(~pl.col("review")).select("application_id", "industry_division")
    rates = overturn_rates(store)
    shares = {
        division: share_of(looked_at, overturned, least_share=least_share)
        for division, (looked_at, overturned) in rates.items()
    }
    return {
        application
        for application, division in automatic.iter_rows()
        if _draw(batch_id, application) < shares.get(division, least_share)
    }


def overturn_rates(store: Store) -> Mapping[str | None, tuple[int, int]]:
    """Return how many drawn decisions people looked at in each industry division, and how many they overturned.

    Those that the policy sent to review are not counted: their rate says nothing about the others.
    """
    query = (
        sa.select(
            scored.c.industry_division,
            sa.func.count().label("looked_at"),
            sa.func.sum(sa.case((reviews.c.state == "overridden", 1), else_=0)).label("overturned"),
        )
        .select_from(
            reviews.join(
                scored,
                sa.and_(
                    reviews.c.batch_id == scored.c.batch_id,
                    reviews.c.application_id == scored.c.application_id,
                ),
            )
        )
        .where(reviews.c.origin == "sample", reviews.c.state.in_(["agreed", "overridden"]))
        .group_by(scored.c.industry_division)
    )
    with store.read() as connection:
        return {
            row.industry_division: (int(row.looked_at), int(row.overturned))
            for row in connection.execute(query)
        }


def share_of(looked_at: int, overturned: int, *, least_share: float) -> float:
    """Return the share that is drawn in a division."""
    if looked_at < _LEAST_LOOKED_AT or overturned == 0:
        return least_share
    return min(max(least_share, upper_rate(overturned, looked_at)), _LARGEST)


def upper_rate(hits: int, of: int) -> float:
    """Upper end of the 95 % Wilson interval of a rate.

    Examples
    --------
    >>> round(upper_rate(5, 100), 4)
    0.1118
    """
    rate, square = hits / of, _Z * _Z / of
    centre = rate + square / 2
    return (centre + _Z * math.sqrt(rate * (1 - rate) / of + square / (4 * of))) / (1 + square)


def _draw(batch_id: str, application_id: str) -> float:
    """Return a number from 0 to 1 that nobody chose."""
    digest = hashlib.sha256(f"{batch_id}\x00{application_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
