"""The points scale: log-odds of a default to points, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PointsScale"]


@dataclass(frozen=True)
class PointsScale:
    """``points = points + pdo / ln 2 * (-logit(PD) - ln odds)``; nothing is clipped.

    Parameters
    ----------
    points
        Score (points) at which the odds of good to bad are ``odds``.
    odds
        Odds of good to bad at ``points``.
    pdo
        Points that double the odds.

    Raises
    ------
    ModelError
        If a parameter is not finite, or ``odds`` or ``pdo`` is not positive.

    Examples
    --------
    >>> scale = PointsScale(points=600, odds=30, pdo=20)
    >>> scale.of_probability(np.array([1 / 31, 1 / 61])).round(9).tolist()
    [600.0, 620.0]
    >>> PointsScale(pdo=0)
    Traceback (most recent call last):
    features.errors.ModelError: The pdo parameter of PointsScale must be a positive number. Got 0 instead. ...
    """

    points: float = 600.0
    odds: float = 30.0
    pdo: float = 20.0

    def __post_init__(self) -> None:
        for name, least in (("points", -math.inf), ("odds", 0.0), ("pdo", 0.0)):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > least):
                kind = "a finite" if name == "points" else "a positive"
                raise ModelError(
                    f"The {name} parameter of PointsScale must be {kind} number. Got {value} instead.",
                    mend="Use PointsScale(points=600, odds=30, pdo=20) or another scale of your bank.",
                )

    @property
    def factor(self) -> float:
        """Points per unit of log-odds: ``pdo / ln 2``."""
        return self.pdo / math.log(2.0)

    def __call__(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of log-odds: a scale is a function, see :meth:`of_log_odds`."""
        return self.of_log_odds(log_odds)

    def of_log_odds(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points, shape (n,), of log-odds of a default ``ln(PD / (1 - PD))``, shape (n,)."""
        return self.points + self.factor * (-np.asarray(log_odds, dtype=np.float64) - math.log(self.odds))

    def of_probability(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points, shape (n,), of probabilities of default between 0 and 1, shape (n,)."""
        p = np.asarray(probability, dtype=np.float64)
        return self.of_log_odds(np.log(p) - np.log1p(-p))

    def log_odds(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a default, shape (n,), of points, shape (n,); the inverse of :meth:`of_log_odds`."""
        return -(np.asarray(points, dtype=np.float64) - self.points) / self.factor - math.log(self.odds)

    def probability(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of default, shape (n,), of points, shape (n,); the inverse of :meth:`of_probability`."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(points)))
