"""The population stability index, and how large it gets from sampling noise alone.

    PSI = sum over bins of (q - p) * ln(q / p)

with the shares ``p`` of the reference and ``q`` of the recent population: the symmetrised divergence of Kullback and
Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22 (1951), as scorecards use it (Siddiqi,
"Credit Risk Scorecards", 2006). Where both populations are draws from one distribution,

    PSI ~ (1/n + 1/m) * chi-square with (bins - 1) degrees of freedom

approximately, for n and m independent applications: Yurdakul, "Statistical properties of population stability
index", Western Michigan University (2018). So a PSI without its sample sizes says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SMOOTHING", "Noise", "independent_rows", "psi", "psi_noise", "shares"]

SMOOTHING = 0.5
"""Added to the count of every bin, so that an empty bin gives no infinite PSI: the prior of Jeffreys."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """The PSI of two draws from one distribution.

    Parameters
    ----------
    expected
        Its mean.
    q95, q99
        Its 95 % and 99 % quantiles.
    limit
        Its quantile at the confidence that was asked for.
    """

    expected: float
    q95: float
    q99: float
    limit: float


def shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smoothed shares, shape (bins,), of counts, shape (bins,); they add up to 1."""
    smoothed = np.asarray(counts, dtype=np.float64) + SMOOTHING
    found: NDArray[np.float64] = smoothed / smoothed.sum()
    return found


def psi(reference: NDArray[np.float64], recent: NDArray[np.float64]) -> float:
    """Give the population stability index of two vectors of counts, each of shape (bins,), over the same bins.

    Examples
    --------
    >>> psi(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    0.0
    >>> round(psi(np.array([500.0, 500.0]), np.array([300.0, 700.0])), 3)
    0.169
    """
    p, q = shares(reference), shares(recent)
    return float(np.sum((q - p) * np.log(q / p)))


def psi_noise(*, bins: int, reference: float, recent: float, confidence: float) -> Noise:
    """Say how large the PSI gets from sampling noise alone.

    Parameters
    ----------
    bins
        Two or more.
    reference, recent
        Independent applications in each population, more than 0.
    confidence
        Of the limit, between 0 and 1.

    Examples
    --------
    >>> noise = psi_noise(bins=10, reference=10_000, recent=1_000, confidence=0.99)
    >>> round(noise.expected, 4), round(noise.q95, 4), round(noise.limit, 4)
    (0.0099, 0.0186, 0.0238)
    """
    scale, degrees = 1.0 / reference + 1.0 / recent, bins - 1

    def quantile(level: float) -> float:
        # A chi-square with k degrees of freedom is twice a gamma variable of shape k / 2.
        return float(scale * 2.0 * gammaincinv(degrees / 2.0, level))

    return Noise(expected=scale * degrees, q95=quantile(0.95), q99=quantile(0.99), limit=quantile(confidence))


def independent_rows(firm_codes: NDArray[np.int64]) -> float:
    """Count applications as if they were independent: n squared over the sum of squares of each firm's applications.

    The applications of one firm say nearly the same; n of them by firms of equal size count as that many firms.
    Source: Kish, "Survey Sampling" (1965), the design effect of clusters that agree within.

    Parameters
    ----------
    firm_codes
        Shape (n,): a code from 0 on for the firm of each application.

    Examples
    --------
    >>> independent_rows(np.array([0, 0, 1, 1])), independent_rows(np.array([0, 1, 2]))
    (2.0, 3.0)
    """
    sizes = np.bincount(firm_codes).astype(np.float64)
    return float(sizes.sum() ** 2 / np.sum(sizes**2)) if len(firm_codes) else 0.0
