"""The calibration: an affine map from the raw score to log-odds, by unpenalised logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from features.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "fit_logistic", "sigmoid"]


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability, shape (n,), of log-odds, shape (n,), without overflow."""
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


def fit_logistic(x: NDArray[np.float64], bad: NDArray[np.float64]) -> tuple[float, float]:
    """Maximum-likelihood ``a, b`` of ``logit(PD) = a + b * x``, by Newton's method.

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
    if x.min() == x.max():
        raise ModelError(
            "The calibration cannot be fitted: every application has the same raw score.",
            mend="Hand in more outcomes: the model found nothing to tell applications apart.",
        )
    good_x, bad_x = x[bad == 0.0], x[bad != 0.0]
    if good_x.max() <= bad_x.min() or bad_x.max() <= good_x.min():
        raise ModelError(
            "The calibration has no finite solution: the raw score separates good from bad completely.",
            mend="Hand in more outcomes; a slice this small or this easy cannot be calibrated.",
        )
    # Centred and scaled, so that Newton's system is well conditioned whatever the scale of x.
    centre, spread = float(x.mean()), float(x.std())
    fitted = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1_000).fit(
        ((x - centre) / spread)[:, np.newaxis], bad
    )
    slope = float(fitted.coef_[0, 0]) / spread
    return float(fitted.intercept_[0]) - slope * centre, slope


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
