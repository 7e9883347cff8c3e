"""Sets of actions as masks: which there are, what they cost together, and which of them ranks first."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from scoring.improve.catalogue import actions
from scoring.improve.effects import EFFECTS
from scoring.improve.rebuilding import ACTION_IDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.improve.prices import Prices

    Integers = NDArray[np.int64]

__all__ = ["action_names", "all_sets", "priced", "ranked", "without_needless"]


def action_names(mask: int) -> list[str]:
    """Return the actions of a set, in the order in which they are done."""
    return [name for place, name in enumerate(ACTION_IDS) if mask >> place & 1]


@cache
def _choices(count: int, most: int) -> tuple[tuple[int, ...], ...]:
    return tuple(chosen for size in range(most + 1) for chosen in combinations(range(count), size))


def all_sets(eligible: NDArray[np.bool_], *, most: int) -> tuple[Integers, Integers]:
    """Return every set of at most ``most`` eligible actions, without two that replace one another; the empty one first.

    Parameters
    ----------
    eligible
        Shape (A, n): which of :data:`ACTION_IDS` each application can do.

    Returns
    -------
    application, mask
        Shape (S,) each, sorted by application.
    """
    applications, masks = [], []
    groups = _exclusive()
    for application, can in enumerate(eligible):
        places = [int(place) for place in np.flatnonzero(can)]
        bits = [1 << place for place in places]
        own = np.array([sum(bits[p] for p in chosen) for chosen in _choices(len(bits), most)], dtype=np.int64)
        for group in groups:
            shared = own & group
            own = own[(shared & (shared - 1)) == 0]
        masks.append(own)
        applications.append(np.full(len(own), application, dtype=np.int64))
    if not masks:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(applications), np.concatenate(masks)


@cache
def _exclusive() -> tuple[int, ...]:
    names = sorted({effect.instead_of for effect in EFFECTS.values() if effect.instead_of})
    return tuple(
        sum(1 << place for place, name in enumerate(ACTION_IDS) if EFFECTS[name].instead_of == group)
        for group in names
    )


def priced(application: Integers, masks: Integers, prices: Prices) -> pl.DataFrame:
    """Return what each set costs and takes.

    Returns
    -------
    pl.DataFrame
        ``cost_low``, ``cost_high`` (10,000 CNY; null where an action's cost is unknown), ``unknown`` (number of such
        actions), ``actions`` (number) and ``months``: the longest of them, done side by side.
    """
    count = len(masks)
    low, high = np.zeros(count), np.zeros(count)
    unknown, number, months = (np.zeros(count, dtype=np.int64) for _ in range(3))
    for place, name in enumerate(ACTION_IDS):
        on = (masks >> place) & 1 == 1
        if not on.any():
            continue
        firms = application[on]
        lowest, highest = prices.low[name][firms], prices.high[name][firms]
        low[on] += np.nan_to_num(lowest)
        high[on] += np.nan_to_num(highest)
        unknown[on] += np.isnan(lowest)
        number[on] += 1
        months[on] = np.maximum(months[on], actions()[name].months)
    known = pl.col("unknown") == 0
    return pl.DataFrame(
        {"cost_low": low, "cost_high": high, "unknown": unknown, "actions": number, "months": months}
    ).with_columns(pl.when(known).then(c).alias(c) for c in ("cost_low", "cost_high"))


def ranked(sets: pl.DataFrame) -> pl.DataFrame:
    """Put the sets of each application in the order in which they are offered, and number them in ``rank``.

    Sets that reach a better grade come first. Among them the cheapest: those of known cost by the middle of it, then those of
    unknown cost by the number of actions and the months; then by the points. Where none reaches one, the most points win,
    then the fewest actions. The last word is the order of the actions, so that equal sets do not change places.

    Parameters
    ----------
    sets
        ``application``, ``mask``, ``reaches``, ``points``, and the columns of :func:`priced`.
    """
    middle = (pl.col("cost_low") + pl.col("cost_high")) / 2.0
    reaches = pl.col("reaches")
    return (
        sets.with_columns(
            _misses=~reaches,
            _unknown=reaches & (pl.col("unknown") > 0),
            _cost=pl.when(reaches).then(middle.fill_null(0.0)).otherwise(0.0),
            _points_first=pl.when(reaches).then(0.0).otherwise(-pl.col("points")),
            _points=-pl.col("points"),
        )
        .sort(
            "application",
            "_misses",
            "_unknown",
            "_cost",
            "_points_first",
            "actions",
            "months",
            "_points",
            "mask",
        )
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("application").cast(pl.Int32))
        .drop("_misses", "_unknown", "_cost", "_points_first", "_points")
    )


def without_needless(sets: pl.DataFrame) -> pl.DataFrame:
    """Leave out the sets that reach a better grade and of which a part already does: the rest of them is needless.

    Parameters
    ----------
    sets
        ``application``, ``mask`` and ``reaches``, sorted by application.
    """
    application, masks = sets["application"].to_numpy(), sets["mask"].to_numpy()
    reaches = sets["reaches"].to_numpy()
    needless = np.zeros(len(masks), dtype=bool)
    for firm in np.unique(application[reaches]):
        places = np.flatnonzero(reaches & (application == firm))
        own = masks[places]
        within = (own[:, None] & own[None, :]) == own[None, :]
        needless[places] = (within & (own[:, None] != own[None, :])).any(axis=1)
    return sets.filter(~pl.Series(needless, dtype=pl.Boolean))
