"""Figures that the gate asks of a challenger beside its champion, each a pure function of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError
from models.bootstrap import FirmBootstrap
from models.calibration import sigmoid
from models.evaluation import area_under_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["PairedDifference", "intercept_in_the_large", "moved", "paired_difference"]

_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """AUC of the challenger minus that of the champion, with its percentile interval.

    Parameters
    ----------
    challenger, champion
        AUC on the same applications.
    low, high
        Ends of the interval of the difference; NaN where no draw held both good and bad.
    """

    challenger: float
    champion: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Challenger minus champion."""
        return self.challenger - self.champion


def paired_difference(
    bad: NDArray[np.float64],
    challenger: NDArray[np.float64],
    champion: NDArray[np.float64],
    firm: Sequence[object] | NDArray[np.generic],
    *,
    confidence: float,
    replicates: int,
    seed: int = 0,
) -> PairedDifference:
    """Compare two models on the same applications; each draw of firms judges both.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    challenger, champion
        Shape (n,): log-odds of a default.
    firm
        Shape (n,): drawn with replacement, with all their applications.
    confidence
        Of the interval.
    replicates
        Draws; those without a good or without a bad are left out.
    seed
        Of the draws.

    Raises
    ------
    ModelError
        If good or bad is absent.
    """
    found = []
    for drawn in FirmBootstrap.of(firm, seed=seed, replicates=replicates).counts:
        weight = drawn.astype(np.float64)
        if 0.0 < np.sum(weight * bad) < np.sum(weight):
            found.append(area_under_curve(bad, challenger, weight) - area_under_curve(bad, champion, weight))
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(found, [tail, 1.0 - tail]) if found else (math.nan, math.nan)
    return PairedDifference(
        challenger=area_under_curve(bad, challenger),
        champion=area_under_curve(bad, champion),
        low=float(low),
        high=float(high),
    )


def intercept_in_the_large(bad: NDArray[np.float64], log_odds: NDArray[np.float64]) -> float:
    """Shift of the log-odds under which as many defaults are expected as there were; 0 is perfect.

    The calibration intercept with the slope held at 1 (Van Calster et al. 2019, BMC Medicine 17:230): positive where
    the risk is told too low.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    log_odds
        Shape (n,): log-odds of a default.

    Raises
    ------
    ModelError
        If good or bad is absent.

    Examples
    --------
    >>> round(intercept_in_the_large(np.array([0.0, 1.0]), np.array([-1.0, -1.0])), 9)
    1.0
    """
    if not 0.0 < bad.mean() < 1.0:
        raise ModelError(
            "The calibration needs both good and bad applications.",
            where="applications to judge on",
            mend="Hand in more outcomes.",
        )
    # The expected share rises with the shift, so bisection finds it; the bracket holds any share there can be.
    reach = float(np.abs(log_odds).max()) + abs(math.log(bad.mean() / (1.0 - bad.mean()))) + 1.0
    low, high = -reach, reach
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if float(sigmoid(log_odds + middle).mean()) < bad.mean():
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def moved(old: NDArray[np.int64], new: NDArray[np.int64]) -> tuple[float, float]:
    """Share of applications whose grade changes, and share that changes by more than one grade.

    Parameters
    ----------
    old, new
        Shape (n,): position of the grade, 0 for the best.

    Examples
    --------
    >>> moved(np.array([0, 1, 2, 3]), np.array([0, 2, 0, 3]))
    (0.5, 0.25)
    """
    if not len(old):
        return 0.0, 0.0
    steps = np.abs(new - old)
    return float((steps > 0).mean()), float((steps > 1).mean())
