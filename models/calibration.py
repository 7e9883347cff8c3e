"""The calibration: an affine map from the raw score to log-odds, by unpenalised logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "fit_logistic", "sigmoid"]

_STEPS = 100
_TOLERANCE = 1e-12


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability, shape (n,), of log-odds, shape (n,), without overflow."""
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _log_loss(log_odds: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    return float(np.sum(np.logaddexp(0.0, log_odds) - bad * log_odds))


def fit_logistic(x: NDArray[np.float64], bad: NDArray[np.float64]) -> tuple[float, float]:
    """Maximum-likelihood ``a, b`` of ``logit(PD) = a + b * x``, by Newton's method with step halving.

    Parameters
    ----------
    x
        Shape (n,); any scale.
    bad
        Shape (n,); 1 for bad, 0 for good.

    Raises
    ------
    ModelError
        If only one of good and bad is present, if ``x`` is constant, or if ``x`` separates good from bad
        completely, so that no finite maximum exists.

    Examples
    --------
    >>> a, b = fit_logistic(np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0]))
    >>> round(a, 9), round(b, 9)  # -ln 2 and 2 ln 2
    (-0.693147181, 1.386294361)
    """
    bads = float(bad.sum())
    if bads in {0.0, float(len(bad))}:
        kind = "bad" if bads == 0.0 else "good"
        raise ModelError(
            f"The calibration has no {kind} application among its {len(bad)}.",
            mend="Hand in more outcomes, or a longer training period.",
        )
    # Centred and scaled, so that Newton's 2 x 2 system is well conditioned whatever the scale of x.
    centre, spread = float(x.mean()), float(x.std())
    if not spread > 0.0:
        raise ModelError(
            "The calibration cannot be fitted: every application has the same raw score.",
            mend="Hand in more outcomes: the model found nothing to tell applications apart.",
        )
    z = (x - centre) / spread
    a, b = math.log(bads / (len(bad) - bads)), 0.0
    loss = _log_loss(a + b * z, bad)
    for _ in range(_STEPS):
        p = sigmoid(a + b * z)
        weight = p * (1.0 - p)
        gradient = np.array([np.sum(p - bad), np.sum((p - bad) * z)])
        h00, h01, h11 = float(np.sum(weight)), float(np.sum(weight * z)), float(np.sum(weight * z * z))
        determinant = h00 * h11 - h01 * h01
        if not determinant > 0.0:
            break
        step_a = (h11 * gradient[0] - h01 * gradient[1]) / determinant
        step_b = (h00 * gradient[1] - h01 * gradient[0]) / determinant
        if abs(step_a) + abs(step_b) <= _TOLERANCE * (1.0 + abs(a) + abs(b)):
            slope = float(b - step_b) / spread
            return float(a - step_a) - slope * centre, slope
        share = 1.0
        while (new := _log_loss(a - share * step_a + (b - share * step_b) * z, bad)) > loss and share > 1e-6:
            share /= 2.0
        a, b, loss = float(a - share * step_a), float(b - share * step_b), min(new, loss)
        if abs(b) > 1e3:
            break
    raise ModelError(
        "The calibration has no finite solution: the raw score separates good from bad completely.",
        mend="Hand in more outcomes; a slice this small or this easy cannot be calibrated.",
    )


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """``logit(PD) = a + b * raw`` with ``b > 0``.

    Parameters
    ----------
    a
        Intercept, in log-odds.
    b
        Slope, in log-odds per unit of raw score.

    Raises
    ------
    ModelError
        If ``b`` is not positive: the raw score would then order applications the wrong way round.
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.a) and math.isfinite(self.b) and self.b > 0.0):
            raise ModelError(
                f"The calibration slope b must be positive. Got {self.b:.6g} instead (a = {self.a:.6g}).",
                where="calibration slice, the latest part of the training period",
                mend="Hand in more outcomes; the model does not rank the latest applications better than chance.",
            )

    @classmethod
    def fit(cls, raw: NDArray[np.float64], bad: NDArray[np.float64]) -> Calibration:
        """Fit on raw scores, shape (n,), and labels, shape (n,); see :func:`fit_logistic`."""
        a, b = fit_logistic(raw, bad)
        return cls(a=a, b=b)

    def log_odds(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated log-odds of a default, shape (n,), of raw scores, shape (n,)."""
        return self.a + self.b * raw
