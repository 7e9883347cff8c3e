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

__all__ = ["Split", "by_content", "days", "out_of_time", "out_of_time_folds"]


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


def out_of_time_folds(
    day: NDArray[np.int64],
    firm_id: Sequence[object] | NDArray[np.generic] | None,
    *,
    folds: int,
    share: float,
) -> tuple[Split, ...]:
    """Cut the latest ``share`` into ``folds`` slices of time; before each, what is earlier and of other firms.

    Every slice is judged by a model of its own past: the early part grows from fold to fold. A firm that stands in the
    slice is left out of the early part, and what comes after the slice is left out as well. Days are never split.

    Parameters
    ----------
    day
        Shape (n,), days since 1970-01-01.
    firm_id
        Shape (n,), or ``None`` where every row is a firm of its own.
    folds
        Slices, 1 at least.
    share
        Of the rows that lie in some slice, between 0 and 1, both excluded.

    Returns
    -------
    tuple of Split
        From the first slice to the last.

    Raises
    ------
    ModelError
        If there are too few days for so many slices, or nothing is left before one of them.

    Examples
    --------
    >>> first, second = out_of_time_folds(np.arange(6), list("abcdea"), folds=2, share=0.5)
    >>> np.flatnonzero(first.early).tolist(), np.flatnonzero(first.late).tolist()
    ([0, 1, 2], [3])
    >>> np.flatnonzero(second.early).tolist(), np.flatnonzero(second.late).tolist()
    ([1, 2, 3], [4, 5])
    """
    if folds < 1 or not 0.0 < share < 1.0:
        raise ModelError(
            f"Folds out of time need 1 slice at least and a share between 0 and 1. Got {folds} and {share} instead.",
            mend="Use 3 folds over the latest 60 %.",
        )
    n = len(day)
    ordered = np.sort(day)
    firsts = [
        int(ordered[min(n - 1, int((1.0 - share + share * fold / folds) * n))]) if n else 0
        for fold in range(folds)
    ]
    codes = (
        np.arange(n)
        if firm_id is None
        else np.unique(np.asarray([str(firm) for firm in firm_id]), return_inverse=True)[1]
    )
    found = []
    for first, behind in zip(firsts, [*firsts[1:], None], strict=True):
        late = (day >= first) & (np.True_ if behind is None else day < behind)
        early = (day < first) & ~np.isin(codes, codes[late])
        if not early.any() or not late.any():
            raise ModelError(
                f"{folds} folds out of time are not possible: of {n} applications on {len(np.unique(day))} days one "
                f"fold would have {int(early.sum())} early and {int(late.sum())} late ones.",
                where="columns as_of and firm_id",
                mend="Ask for fewer folds, or hand in applications of a longer period and of more firms.",
            )
        found.append(Split(early=early, late=late, left_out=~early & ~late))
    return tuple(found)


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
