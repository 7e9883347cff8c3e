"""Drift: how far a scored batch stands from the training population, beyond what sampling explains.

Compared are the values of each indicator among those who handed it in, the share that did not, the score, and the
contribution of each family. A shift counts as drift only where its PSI is both

- larger than sampling noise: above the quantile of two draws from one distribution, at 99 % over all comparisons of
  the batch together (Bonferroni), so that a hundred comparisons raise one false alarm in a hundred batches; and
- large enough to matter: :data:`MATERIAL` or more, the customary bound of a moderate shift (Siddiqi, "Credit Risk
  Scorecards", 2006, calls 0.10 to 0.25 small to moderate and more than 0.25 large).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from models.psi import Noise, psi, psi_noise

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from numpy.typing import NDArray

    from models.bins import Bins
    from models.reference_profile import Population, ReferenceProfile

__all__ = ["CONFIDENCE", "LARGE", "MATERIAL", "Drift", "Shift", "Verdict", "drift"]

MATERIAL = 0.10
LARGE = 0.25
CONFIDENCE = 0.99
"""Over all comparisons of a batch together."""

Kind = Literal["indicator", "missing", "score", "family"]
Verdict = Literal["noise", "small", "drift", "large"]
"""Within the noise; beyond the 99 % quantile of the noise, but no drift; drift; drift of a PSI above 0.25."""

_MISSING_NAMES = ("handed in 已提供", "not handed in 未提供")


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One comparison.

    Parameters
    ----------
    kind
        ``indicator`` (values), ``missing`` (whether there is a value), ``score`` or ``family`` (contribution).
    name
        Id of the indicator or family; ``points`` for the score.
    bins
        Names of the bins.
    reference, recent
        Applications per bin, shape (bins,).
    psi
        Population stability index.
    noise
        Of two draws from one distribution, of this many bins and independent applications.
    verdict
        See :data:`Verdict`.
    """

    kind: Kind
    name: str
    bins: tuple[str, ...]
    reference: tuple[int, ...]
    recent: tuple[int, ...]
    psi: float
    noise: Noise
    verdict: Verdict

    @property
    def drifted(self) -> bool:
        """Whether the shift counts as drift."""
        return self.verdict in ("drift", "large")


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A batch against the training population.

    Parameters
    ----------
    applications, independent
        Size of the batch, and the same counted as if its applications were independent.
    shifts
        Score first, then indicators, missingness and families, each by id as the profile has them.
    not_compared
        Indicators of the profile without a comparison of values, with the reason.
    """

    applications: int
    independent: float
    shifts: tuple[Shift, ...]
    not_compared: dict[str, str]

    @property
    def drifted(self) -> tuple[Shift, ...]:
        """The shifts that count as drift, the largest PSI first."""
        return tuple(
            sorted((one for one in self.shifts if one.drifted), key=lambda s: (-s.psi, s.kind, s.name))
        )


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Two vectors of counts over the same bins."""

    kind: Kind
    name: str
    bins: tuple[str, ...]
    reference: NDArray[np.float64]
    recent: NDArray[np.float64]

    @property
    def comparable(self) -> bool:
        return len(self.bins) > 1 and self.reference.sum() > 0 and self.recent.sum() > 0


def drift(profile: ReferenceProfile, population: Population) -> Drift:
    """Hold a batch against the training population.

    Parameters
    ----------
    profile
        Of the training run of the model that scored the batch.
    population
        The batch; columns that the profile does not know are left out.
    """
    pairs = list(_pairs(profile, population))
    compared = [pair for pair in pairs if pair.comparable]
    # Firms with several applications make either population smaller than it looks.
    training = profile.independent / max(profile.applications, 1)
    batch = population.independent / max(len(population.points), 1)
    confidence = 1.0 - (1.0 - CONFIDENCE) / max(len(compared), 1)
    absent = {name: "absent 缺列" for name in profile.indicators if name not in population.indicators.columns}
    uncompared = {
        pair.name: "no value or one value only 无值或单一值"
        for pair in pairs
        if pair.kind == "indicator" and not pair.comparable
    }
    return Drift(
        applications=len(population.points),
        independent=population.independent,
        shifts=tuple(_shift(pair, training, batch, confidence=confidence) for pair in compared),
        not_compared=absent | uncompared,
    )


def _pairs(profile: ReferenceProfile, population: Population) -> Iterator[_Pair]:
    yield _values("score", "points", profile.points, population.points)
    known = [
        (name, bins, population.indicators[name])
        for name, bins in profile.indicators.items()
        if name in population.indicators.columns
    ]
    for name, bins, column in known:
        yield _values("indicator", name, bins, column)
    for name, bins, column in known:
        counts, missing = bins.count(column)
        yield _Pair(
            kind="missing",
            name=name,
            bins=_MISSING_NAMES,
            reference=np.array([sum(bins.counts), bins.missing], dtype=np.float64),
            recent=np.array([counts.sum(), missing], dtype=np.float64),
        )
    for name, bins in profile.families.items():
        if name in population.families.columns:
            yield _values("family", name, bins, population.families[name])


def _values(kind: Kind, name: str, bins: Bins, column: pl.Series) -> _Pair:
    return _Pair(
        kind=kind,
        name=name,
        bins=bins.names,
        reference=np.array(bins.counts, dtype=np.float64),
        recent=bins.count(column)[0],
    )


def _shift(pair: _Pair, training: float, batch: float, *, confidence: float) -> Shift:
    index = psi(pair.reference, pair.recent)
    noise = psi_noise(
        bins=len(pair.bins),
        reference=float(pair.reference.sum()) * training,
        recent=float(pair.recent.sum()) * batch,
        confidence=confidence,
    )
    return Shift(
        kind=pair.kind,
        name=pair.name,
        bins=pair.bins,
        reference=tuple(int(count) for count in pair.reference),
        recent=tuple(int(count) for count in pair.recent),
        psi=index,
        noise=noise,
        verdict=_verdict(index, noise),
    )


def _verdict(index: float, noise: Noise) -> Verdict:
    if index > noise.limit and index >= MATERIAL:
        return "large" if index > LARGE else "drift"
    return "small" if index > noise.q99 else "noise"
