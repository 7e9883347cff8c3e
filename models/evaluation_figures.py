"""The figures of a holdout with their intervals: discrimination, calibration, lift."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from models.bootstrap import figure, figures, weighted_mean
from models.calibration import fit_logistic, sigmoid
from models.evaluation import area_under_curve, deciles_of, kolmogorov_smirnov

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.bootstrap import FirmBootstrap

__all__ = [
    "LIFT_SHARES",
    "brier",
    "brier_constant",
    "calibration_curve",
    "calibration_line",
    "holdout_figures",
    "lift",
    "lift_table",
    "paired_differences",
]

LIFT_SHARES = (0.05, 0.1, 0.2)
"""Shares of the applications, the riskiest, in which the bads are counted."""


def brier(bad: NDArray[np.float64], probability: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Weighted mean of (probability - bad) squared."""
    return float(np.average((probability - bad) ** 2, weights=weight))


def brier_constant(bad: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Brier score of the rows' own bad share, given to everybody."""
    share = float(np.average(bad, weights=weight))
    return share * (1.0 - share)


def lift(
    bad: NDArray[np.float64], risk: NDArray[np.float64], weight: NDArray[np.float64], *, share: float
) -> float:
    """Bad share among the riskiest ``share`` of the weight over the bad share of all; NaN without bads.

    Where a run of equal risks straddles the edge, its bads count in proportion.
    """
    total = weight.sum()
    order = np.argsort(-risk, kind="stable")
    ordered = risk[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    weights = np.add.reduceat(weight[order], starts)
    bads = np.add.reduceat((bad * weight)[order], starts)
    if bads.sum() == 0.0:
        return math.nan
    edge = share * total
    inside = np.clip(edge - (np.cumsum(weights) - weights), 0.0, weights)
    caught = float(np.sum(bads * np.divide(inside, weights, out=np.zeros_like(inside), where=weights > 0)))
    return caught / float(edge) / float(bads.sum() / total)


def calibration_line(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Intercept and slope of outcomes on log-odds (0 and 1 are perfect), rows as often as their whole weight says.

    Raises
    ------
    ModelError
        If they cannot be fitted; see :func:`models.calibration.fit_logistic`.
    """
    rows = np.repeat(np.arange(len(bad)), weight.astype(np.intp))
    return fit_logistic(log_odds[rows], bad[rows])


def calibration_curve(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], draws: FirmBootstrap
) -> list[dict[str, Any]]:
    """Ten groups by probability, the safest first: mean probability, and bad share with its interval."""
    probability = sigmoid(log_odds)
    group = deciles_of(probability)
    found = []
    for number in np.unique(group):
        rows = group == number
        share = figure(partial(weighted_mean, bad[rows]), draws.take(rows))
        found.append(
            {
                "group": int(number),
                "applications": int(rows.sum()),
                "bads": int(bad[rows].sum()),
                "mean_probability": float(probability[rows].mean()),
                "bad_share": share,
            }
        )
    return found


def lift_table(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], draws: FirmBootstrap
) -> list[dict[str, Any]]:
    """Lift of the riskiest shares with intervals."""
    return [
        {"riskiest_share": share, "lift": figure(partial(lift, bad, log_odds, share=share), draws)}
        for share in LIFT_SHARES
    ]


def holdout_figures(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], draws: FirmBootstrap
) -> dict[str, Any]:
    """AUC, Gini, KS, Brier against the constant, calibration intercept and slope, each with its interval.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    log_odds
        Shape (n,): log-odds of a default.
    draws
        Of the firms of the rows.
    """
    probability = sigmoid(log_odds)
    auc = partial(area_under_curve, bad, log_odds)
    # A small holdout can be separated completely; the two figures are then absent, not wrong.
    unknown: dict[str, float | None] = dict.fromkeys(("value", "low", "high"))
    line = figures(partial(calibration_line, bad, log_odds), draws) or [unknown, unknown]
    return {
        "applications": len(bad),
        "bads": int(bad.sum()),
        "auc": figure(auc, draws),
        "gini": figure(lambda weight: 2.0 * auc(weight) - 1.0, draws),
        "ks": figure(partial(kolmogorov_smirnov, bad, log_odds), draws),
        "brier": figure(partial(brier, bad, probability), draws),
        "brier_constant": figure(partial(brier_constant, bad), draws),
        "brier_gain": figure(
            lambda weight: brier_constant(bad, weight) - brier(bad, probability, weight), draws
        ),
        "calibration_intercept": line[0],
        "calibration_slope": line[1],
    }


def paired_differences(
    bad: NDArray[np.float64],
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    draws: FirmBootstrap,
) -> dict[str, dict[str, float | None]]:
    """AUC and Brier score of ``one`` less those of ``other``, both log-odds of the same rows, within each draw.

    A higher AUC and a lower Brier score are better.
    """
    first, second = sigmoid(one), sigmoid(other)
    return {
        "auc": figure(
            lambda weight: area_under_curve(bad, one, weight) - area_under_curve(bad, other, weight), draws
        ),
        "brier": figure(lambda weight: brier(bad, first, weight) - brier(bad, second, weight), draws),
    }
