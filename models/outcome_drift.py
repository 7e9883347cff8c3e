"""Once outcomes come: whether the probabilities still hold and the order still separates, with intervals.

Of a batch that was scored, as against the figures of the holdout at training. Calibration-in-the-large and slope are
Cox's ("Two further applications of a model for binary regression", Biometrika 45, 1958); the interval of observed
over expected defaults takes the defaults as independent with the predicted probabilities. Every interval is of 95 %,
every finding needs 99 % and a size that matters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError
from models.calibration import fit_logistic, sigmoid
from models.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

__all__ = ["LEAST_BADS", "SLOPE_BOUNDS", "OutcomeDrift", "outcome_drift"]

LEAST_BADS = 10
"""Fewer bad, or fewer good, applications than this tell nothing about discrimination or slope."""

_Z95, _Z99 = 1.959963984540054, 2.5758293035489004
_RATIO = 1.25
"""Observed over expected defaults, or its inverse, above which calibration counts as lost."""

SLOPE_BOUNDS = (0.8, 1.25)
"""Calibration slopes within which the probabilities are spread well enough."""

_LOSS = 0.02
"""Fall of the AUC below the holdout's from which on discrimination counts as lost."""


@dataclass(frozen=True, kw_only=True)
class OutcomeDrift:
    """What the outcomes of a batch say about the model.

    Parameters
    ----------
    metrics
        Of the batch: those of :func:`models.evaluation.evaluate` where it has enough outcomes, and
        ``observed_defaults``, ``expected_defaults``, ``observed_over_expected`` with ``_low`` and ``_high``,
        ``calibration_slope_low`` and ``calibration_slope_high``.
    findings
        ``calibration_level``, ``calibration_slope``, ``discrimination``: those that are lost.
    deciles
        Of probability; ``None`` where there are too few outcomes.
    labelled, unlabelled
        Applications of the batch with and without an outcome.
    note
        Why something was not measured.
    """

    metrics: Mapping[str, float]
    findings: tuple[str, ...]
    deciles: pl.DataFrame | None
    labelled: int
    unlabelled: int
    note: str = ""


def outcome_drift(
    bad: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    firm: NDArray[np.generic],
    *,
    reference: Mapping[str, float],
    unlabelled: int = 0,
    seed: int = 0,
) -> OutcomeDrift:
    """Hold the outcomes of a batch against its probabilities, and against the holdout at training.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    log_odds
        Shape (n,): log-odds of a default as they were scored.
    firm
        Shape (n,): firm of each application.
    reference
        ``auc``, ``auc_low`` and ``auc_high`` of the holdout.
    unlabelled
        Applications without an outcome; counted, not judged.
    seed
        Of the bootstrap.
    """
    metrics: dict[str, float] = {}
    findings: list[str] = []
    if len(bad):
        metrics |= _level(bad, sigmoid(log_odds))
        if _level_lost(bad, sigmoid(log_odds)):
            findings.append("calibration_level")
    bads = int(bad.sum())
    if min(bads, len(bad) - bads) < LEAST_BADS:
        note = f"{bads} bad of {len(bad)} with an outcome: discrimination and slope need {LEAST_BADS} bad and good."
        return OutcomeDrift(
            metrics=metrics,
            findings=tuple(findings),
            deciles=None,
            labelled=len(bad),
            unlabelled=unlabelled,
            note=note,
        )
    evaluation = evaluate(bad, log_odds, firm, seed=seed)
    metrics |= evaluation.metrics
    try:
        slope, error = _slope(bad, log_odds)
    except ModelError as problem:
        note = str(problem)
    else:
        note = ""
        metrics["calibration_slope_low"] = slope - _Z95 * error
        metrics["calibration_slope_high"] = slope + _Z95 * error
        if abs(slope - 1.0) > _Z99 * error and not SLOPE_BOUNDS[0] <= slope <= SLOPE_BOUNDS[1]:
            findings.append("calibration_slope")
    if _separates_less(metrics, reference):
        findings.append("discrimination")
    return OutcomeDrift(
        metrics=metrics,
        findings=tuple(findings),
        deciles=evaluation.deciles,
        labelled=len(bad),
        unlabelled=unlabelled,
        note=note,
    )


def _level(bad: NDArray[np.float64], probability: NDArray[np.float64]) -> dict[str, float]:
    """Observed over expected defaults with its 95 % interval around what was observed."""
    observed, expected = float(bad.sum()), float(probability.sum())
    error = math.sqrt(float(np.sum(probability * (1.0 - probability))))
    return {
        "observed_defaults": observed,
        "expected_defaults": expected,
        "observed_over_expected": observed / expected,
        "observed_over_expected_low": max(observed - _Z95 * error, 0.0) / expected,
        "observed_over_expected_high": (observed + _Z95 * error) / expected,
    }


def _level_lost(bad: NDArray[np.float64], probability: NDArray[np.float64]) -> bool:
    observed, expected = float(bad.sum()), float(probability.sum())
    error = math.sqrt(float(np.sum(probability * (1.0 - probability))))
    return abs(observed - expected) > _Z99 * error and not 1.0 / _RATIO <= observed / expected <= _RATIO


def _slope(bad: NDArray[np.float64], log_odds: NDArray[np.float64]) -> tuple[float, float]:
    """Calibration slope and its standard error, from the Fisher information at the maximum."""
    a, b = fit_logistic(log_odds, bad)
    fitted = sigmoid(a + b * log_odds)
    weight = fitted * (1.0 - fitted)
    centred = log_odds - np.sum(weight * log_odds) / np.sum(weight)
    return b, 1.0 / math.sqrt(float(np.sum(weight * centred**2)))


def _separates_less(metrics: Mapping[str, float], reference: Mapping[str, float]) -> bool:
    """Whether the AUC fell below the holdout's, by their two bootstrap intervals."""
    needed = ("auc", "auc_low", "auc_high")
    if not all(
        math.isfinite(source.get(name, math.nan)) for source in (metrics, reference) for name in needed
    ):
        return False
    errors = [(source["auc_high"] - source["auc_low"]) / (2.0 * _Z95) for source in (metrics, reference)]
    fall = reference["auc"] - metrics["auc"]
    return fall > _Z99 * math.hypot(*errors) and fall > _LOSS
