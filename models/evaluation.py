"""How well probabilities of default do on applications that the model has not seen."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.errors import ModelError
from models.calibration import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "Evaluation",
    "area_under_curve",
    "auc_interval",
    "deciles_of",
    "evaluate",
    "kolmogorov_smirnov",
    "roc_curve",
]

_REPLICATES = 500


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Figures of one holdout.

    Parameters
    ----------
    metrics
        Name to value. ``auc``, ``auc_low`` and ``auc_high`` (95 %, bootstrap over firms), ``gini``, ``ks``,
        ``brier``, ``brier_constant`` (of the holdout's own bad share), ``bad_share``, ``mean_probability``,
        ``applications``, ``bads``; ``calibration_intercept`` and ``calibration_slope`` (0 and 1 are perfect)
        where they can be fitted.
    deciles
        ``decile`` (1 safest), ``applications``, ``bads``, ``mean_probability``, ``bad_share``.
    roc
        ``false_positive_rate``, ``true_positive_rate``.
    """

    metrics: dict[str, float]
    deciles: pl.DataFrame
    roc: pl.DataFrame


def area_under_curve(
    bad: NDArray[np.float64], risk: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> float:
    """Probability that a bad application has the higher risk than a good one; ties count one half.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    risk
        Shape (n,): higher is riskier; any scale.
    weight
        Shape (n,), not negative; ``None`` weighs all alike.

    Raises
    ------
    ModelError
        If good or bad is absent.

    Examples
    --------
    >>> area_under_curve(np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 2.0, 2.0, 3.0]))
    0.875
    """
    order, starts = _ties(risk)
    return _weighted_auc(bad[order], np.ones(len(bad)) if weight is None else weight[order], starts)


def _ties(risk: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Ascending order of the risks, and where each run of equal risks starts."""
    order = np.argsort(risk, kind="stable")
    ordered = risk[order]
    return order, np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def _weighted_auc(bad: NDArray[np.float64], weight: NDArray[np.float64], starts: NDArray[np.intp]) -> float:
    bads = np.add.reduceat(bad * weight, starts)
    goods = np.add.reduceat((1.0 - bad) * weight, starts)
    _refuse_one_kind(bads, goods)
    below = np.cumsum(goods) - goods
    return float(np.sum(bads * (below + 0.5 * goods)) / (bads.sum() * goods.sum()))


def _refuse_one_kind(bads: NDArray[np.float64], goods: NDArray[np.float64]) -> None:
    if bads.sum() == 0.0 or goods.sum() == 0.0:
        raise ModelError(
            "Discrimination needs both good and bad applications.",
            where="holdout",
            mend="Hand in more outcomes.",
        )


def auc_interval(
    bad: NDArray[np.float64],
    risk: NDArray[np.float64],
    firm: Sequence[object] | NDArray[np.generic],
    *,
    seed: int,
    replicates: int = _REPLICATES,
) -> tuple[float, float]:
    """95 % percentile interval of the AUC; whole firms are drawn, since their applications hang together.

    Draws without a good or without a bad are left out.
    """
    firms, codes = np.unique(np.asarray([str(name) for name in firm]), return_inverse=True)
    order, starts = _ties(risk)
    ordered_bad, ordered_codes = bad[order], codes[order]
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(replicates):
        drawn = np.bincount(generator.integers(0, len(firms), size=len(firms)), minlength=len(firms))
        weight = drawn.astype(np.float64)[ordered_codes]
        if 0.0 < np.sum(weight * ordered_bad) < np.sum(weight):
            found.append(_weighted_auc(ordered_bad, weight, starts))
    low, high = np.quantile(found, [0.025, 0.975]) if found else (math.nan, math.nan)
    return float(low), float(high)


def roc_curve(
    bad: NDArray[np.float64], risk: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Trace false and true positive rates, each of shape (distinct risks + 1,), from the riskiest on.

    Raises
    ------
    ModelError
        If good or bad is absent.
    """
    order, starts = _ties(risk)
    weights = np.ones(len(bad)) if weight is None else weight[order]
    bads = np.add.reduceat(bad[order] * weights, starts)[::-1]
    goods = np.add.reduceat((1.0 - bad[order]) * weights, starts)[::-1]
    _refuse_one_kind(bads, goods)
    return np.r_[0.0, np.cumsum(goods)] / goods.sum(), np.r_[0.0, np.cumsum(bads)] / bads.sum()


def kolmogorov_smirnov(
    bad: NDArray[np.float64], risk: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> float:
    """Largest distance between the distributions of risk among good and among bad, 0 to 1; see :func:`roc_curve`."""
    false_positive, true_positive = roc_curve(bad, risk, weight)
    return float(np.max(np.abs(true_positive - false_positive)))


def evaluate(
    bad: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    firm: Sequence[object] | NDArray[np.generic],
    *,
    seed: int,
) -> Evaluation:
    """Evaluate calibrated log-odds on labels.

    Parameters
    ----------
    bad
        Shape (n,): 1 for bad, 0 for good.
    log_odds
        Shape (n,): log-odds of a default.
    firm
        Shape (n,): firm of each application.
    seed
        Of the bootstrap.

    Raises
    ------
    ModelError
        If good or bad is absent.
    """
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    auc = area_under_curve(bad, log_odds)
    low, high = auc_interval(bad, log_odds, firm, seed=seed)
    share = float(bad.mean())
    metrics = {
        "applications": float(len(bad)),
        "bads": float(bad.sum()),
        "bad_share": share,
        "mean_probability": float(probability.mean()),
        "auc": auc,
        "auc_low": low,
        "auc_high": high,
        "gini": 2.0 * auc - 1.0,
        "ks": kolmogorov_smirnov(bad, log_odds),
        "brier": float(np.mean((probability - bad) ** 2)),
        "brier_constant": share * (1.0 - share),
    }
    # A small holdout can be separated completely; the two figures are then absent, not wrong.
    with contextlib.suppress(ModelError):
        metrics["calibration_intercept"], metrics["calibration_slope"] = fit_logistic(log_odds, bad)
    false_positive, true_positive = roc_curve(bad, log_odds)
    return Evaluation(
        metrics=metrics,
        deciles=_deciles(bad, probability),
        roc=pl.DataFrame({"false_positive_rate": false_positive, "true_positive_rate": true_positive}),
    )


def deciles_of(probability: NDArray[np.float64]) -> NDArray[np.int8]:
    """Group of each row, shape (n,), 1 the safest tenth to 10; equal probabilities share a group."""
    rank = pl.Series(probability).rank("average")
    return (rank * 10.0 / max(len(probability), 1)).ceil().clip(1, 10).cast(pl.Int8).to_numpy()


def _deciles(bad: NDArray[np.float64], probability: NDArray[np.float64]) -> pl.DataFrame:
    """Ten groups by probability."""
    return (
        pl.DataFrame({"bad": bad, "probability": probability, "decile": deciles_of(probability)})
        .sort("probability", "bad")
        .group_by("decile", maintain_order=True)
        .agg(
            applications=pl.len(),
            bads=pl.col("bad").sum(),
            mean_probability=pl.col("probability").mean(),
            bad_share=pl.col("bad").mean(),
        )
    )
