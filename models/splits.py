"""Splits that hold in credit: out of time by the day of decision, and no firm on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError
from models.hashing import hash_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Split", "by_content", "days", "out_of_time"]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Which rows are early, which are late, and which are left out.

    Parameters
    ----------
    early, late
        Boolean, shape (n,).
    left_out
        Boolean, shape (n,): early rows of firms that also stand in the late part. They are used nowhere, so
        that no firm stands on both sides.
    """

    early: NDArray[np.bool_]
    late: NDArray[np.bool_]
    left_out: NDArray[np.bool_]


def days(as_of: Sequence[object] | NDArray[np.generic]) -> NDArray[np.int64]:
    """Days since 1970-01-01, shape (n,), of dates, shape (n,).

    Raises
    ------
    ModelError
        If a day is missing or is no date.
    """
    try:
        dates = np.asarray(as_of).astype("datetime64[D]")
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"as_of holds something that is no date ({error}).", mend="Hand in dates."
        ) from error
    if np.isnat(dates).any():
        raise ModelError(
            f"as_of is missing in {int(np.isnat(dates).sum())} of {len(dates)} applications.",
            where="column as_of",
            mend="Hand in the day of decision of every application.",
        )
    return dates.astype(np.int64)


def out_of_time(
    day: NDArray[np.int64], firm_id: Sequence[object] | NDArray[np.generic] | None, *, share: float
) -> Split:
    """Put the latest ``share`` of the rows apart; their firms' earlier rows are left out.

    Days are never split: the late part starts on the day on which the row at the quantile ``1 - share`` was
    decided, so it can hold a little more than ``share``.

    Parameters
    ----------
    day
        Shape (n,), days since 1970-01-01.
    firm_id
        Shape (n,), or ``None`` where every row is a firm of its own.
    share
        Between 0 and 1, both excluded.

    Raises
    ------
    ModelError
        If all rows have one day, or either part would be empty.

    Examples
    --------
    >>> split = out_of_time(np.array([1, 2, 3, 4]), ["a", "b", "c", "a"], share=0.25)
    >>> split.early.tolist(), split.late.tolist(), split.left_out.tolist()
    ([False, True, True, False], [False, False, False, True], [True, False, False, False])
    """
    n = len(day)
    # The order statistic at floor((1 - share) * n): no interpolation, so the same day in any row order.
    first_late = np.sort(day)[min(n - 1, int((1.0 - share) * n))] if n else 0
    late = day >= first_late
    left_out = np.zeros(n, dtype=np.bool_)
    if firm_id is not None:
        codes = np.unique(np.asarray([str(firm) for firm in firm_id]), return_inverse=True)[1]
        left_out = np.isin(codes, codes[late]) & ~late
    early = ~late & ~left_out
    if not early.any() or not late.any():
        raise ModelError(
            f"No split out of time is possible: of {n} applications {int(late.sum())} fall in the latest "
            f"{share:.0%}, and their firms leave {int(early.sum())} earlier ones.",
            where="columns as_of and firm_id",
            mend="Hand in applications of a longer period and of more firms.",
        )
    return Split(early=early, late=late, left_out=left_out)


def by_content(firm: NDArray[np.int64], bad: NDArray[np.float64], *, share: float) -> Split:
    """Put ``share`` of the firms apart where no day of decision is known; chosen by hash, good and bad alike.

    Parameters
    ----------
    firm
        Shape (n,), a code per firm.
    bad
        Shape (n,), 1 for bad: firms with a bad row and firms without are drawn in the same share.
    share
        Between 0 and 1, both excluded.

    Raises
    ------
    ModelError
        If nothing would be left on one side.
    """
    firms, codes = np.unique(firm, return_inverse=True)
    key = hash_numbers(firms.astype(np.float64))
    firm_bad = np.isin(firms, firm[bad > 0.5])
    chosen = np.zeros(len(firms), dtype=np.bool_)
    for kind in (False, True):
        members = np.flatnonzero(firm_bad == kind)
        ordered = members[np.argsort(key[members], kind="stable")]
        chosen[ordered[: max(1, round(share * len(members)))]] = True
    late = chosen[codes]
    if late.all():
        raise ModelError("Too few firms to put a part aside.", mend="Hand in more outcomes.")
    return Split(early=~late, late=late, left_out=np.zeros(len(codes), dtype=np.bool_))
