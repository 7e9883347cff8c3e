"""Intervals by bootstrap over firms, the same draws for every figure, so that differences are paired.

Whole firms are drawn with replacement, since the applications of a firm hang together. Two models on the same rows,
or one figure of two groups, are compared within each draw, so what they share cancels out.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["LEVEL", "REPLICATES", "FirmBootstrap", "figure", "figures", "weighted_mean"]

REPLICATES = 200
"""Draws: the ends of a 95 % interval are then the fifth lowest and the fifth highest."""

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class FirmBootstrap:
    """Draws of firms.

    Parameters
    ----------
    counts
        Shape (replicates, n): how often the firm of each row was drawn.
    """

    counts: NDArray[np.uint16]

    @classmethod
    def of(
        cls, firm: Sequence[object] | NDArray[np.generic], *, seed: int, replicates: int = REPLICATES
    ) -> FirmBootstrap:
        """Draw as many firms as there are, ``replicates`` times.

        Parameters
        ----------
        firm
            Shape (n,): firm of each row.
        seed
            Of the draws.
        replicates
            Number of draws.
        """
        firms, codes = np.unique(np.asarray([str(name) for name in firm]), return_inverse=True)
        generator = np.random.default_rng(seed)
        counts = np.empty((replicates, len(codes)), dtype=np.uint16)
        for row in counts:
            drawn = np.bincount(generator.integers(0, len(firms), size=len(firms)), minlength=len(firms))
            row[:] = drawn[codes]
        return cls(counts=counts)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FirmBootstrap:
        """Give the same draws of some of the rows."""
        return FirmBootstrap(counts=self.counts[:, rows])

    def found(self, statistic: Callable[[NDArray[np.float64]], Sequence[float]]) -> NDArray[np.float64]:
        """Statistics of row weights, shape (n,), in each draw: shape (draws, statistics).

        Draws for which the statistic raises ModelError (no bad among them) or is no number are left out.
        """
        rows = []
        for counts in self.counts:
            with contextlib.suppress(ModelError):
                rows.append(tuple(statistic(counts.astype(np.float64))))
        table = np.array(rows, dtype=np.float64).reshape(len(rows), -1)
        kept: NDArray[np.float64] = table[np.isfinite(table).all(axis=1)]
        return kept


def figures(
    statistic: Callable[[NDArray[np.float64]], Sequence[float]], draws: FirmBootstrap
) -> list[dict[str, float | None]]:
    """Give ``value``, ``low`` and ``high`` (95 % percentile interval) of each of several statistics of row weights.

    ``None`` stands where one cannot be computed, or where no draw gives an interval.
    """
    try:
        values = tuple(statistic(np.ones(draws.counts.shape[1])))
    except ModelError:
        return []
    found = draws.found(statistic)
    ends = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0) if len(found) else None
    return [
        {
            "value": float(value) if math.isfinite(value) else None,
            "low": None if ends is None else float(ends[0, place]),
            "high": None if ends is None else float(ends[1, place]),
        }
        for place, value in enumerate(values)
    ]


def figure(
    statistic: Callable[[NDArray[np.float64]], float], draws: FirmBootstrap
) -> dict[str, float | None]:
    """Give ``value``, ``low`` and ``high`` of one statistic of row weights; see :func:`figures`.

    Examples
    --------
    >>> x = np.array([1.0, 1.0, 1.0])
    >>> figure(lambda w: float(np.average(x, weights=w)), FirmBootstrap.of(["a", "b", "c"], seed=0))
    {'value': 1.0, 'low': 1.0, 'high': 1.0}
    """
    found = figures(lambda weight: (statistic(weight),), draws)
    return found[0] if found else dict.fromkeys(("value", "low", "high"))


def weighted_mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Weighted mean of values, shape (n,); NaN where nothing weighs."""
    total = weight.sum()
    return float((values * weight).sum() / total) if total > 0.0 else math.nan
