"""Which indicators may act together: groups for LightGBM's interaction constraints, and the test that finds them.

A tree path may mix only indicators of one group, so a model with small groups can be read as a sum of small tables.

The test is FAST (Lou, Caruana, Gehrke and Hooker, "Accurate intelligible models with pairwise interactions", KDD
2013), which explainable boosting machines use, on what an additive model of the same settings leaves over. Every
indicator is cut into bins, each pair gives a two-dimensional histogram, and cumulative sums give the four quadrants
of every pair of cuts at once. Two things differ from the paper:

- The gain is that of the interaction alone. Quadrants with sums of residuals T and of Newton weights W,
  ``W = sum p (1 - p)``, have log-odds ``m = T / W``; the contrast ``c = m11 - m12 - m21 + m22`` has variance
  ``sum 1 / W``, and the gain ``c^2 / sum(1 / W)`` is the fall of the weighted sum of squares when a product term
  joins two main effects. A main effect that the additive model has missed therefore earns nothing.
- A pair must exceed chance. Labels are drawn again from the additive model's own probabilities, in which nothing
  interacts, and every pair is searched again. The share of gains by chance that reach a pair's gain is its p-value,
  and pairs are found at a false discovery rate of ``FALSE_DISCOVERIES`` (Benjamini and Hochberg, "Controlling the
  false discovery rate", Journal of the Royal Statistical Society B 1995): of the pairs found, at most that share is
  expected to be chance, however many were tried, and none above ``LARGEST_P_VALUE``. Many cuts or
  categories buy nothing, unlike with split gains.

A cut counts only where each part holds enough rows and a weight of ``LEAST_WEIGHT``, about as many bads by
expectation: with few bads a thinner part has a heavy tail by chance, which would hide every real pair.

A triple is tested likewise on three-dimensional histograms, on what a model of the pairs leaves over, and only where
two of its pairs stand (Bien, Taylor and Tibshirani, "A lasso for hierarchical interactions", Annals of Statistics
2013: heredity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import FAMILIES
from models.columns import OTHER, family_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

__all__ = [
    "FALSE_DISCOVERIES",
    "INTERACTIONS",
    "LARGEST_P_VALUE",
    "LEAST_WEIGHT",
    "InteractionTest",
    "TestedGroup",
    "allowed_groups",
    "find_pairs",
    "find_triples",
]

INTERACTIONS = ("none", "families", "additive", "pairs", "triples")
"""``none``: no constraint. ``families``: within a family. ``additive``: no two together. ``pairs``, ``triples``:
only those that the test finds."""

FALSE_DISCOVERIES = 0.5
"""Share of the groups found that may be expected to be chance. High on purpose: each group found is more likely real
than not, and a noise pair costs a model nothing but a little simplicity, where a missed one costs it its rank. The
p-value of each stands in the run's ``interactions.json``. The number was chosen on the simulation, where the
customary 0.05 and 0.2 found none of the pairs that are known to be there."""

LARGEST_P_VALUE = 0.01
"""Beyond it no group is found, however few were tested."""

LEAST_WEIGHT = 10.0
"""Sum of p (1 - p) that each part of a cut needs."""

_DRAWS, _CHANCES = 19, 199  # draws of the labels, and gains by chance at least: few groups take more draws
_ROWS = 50_000
_BINS = {2: 16, 3: 8}


@dataclass(frozen=True, kw_only=True)
class TestedGroup:
    """A pair or triple, its gain, how often chance gives as much, and whether it was found."""

    __test__ = False  # no test case, whatever its name

    indicators: tuple[str, ...]
    gain: float
    p_value: float
    found: bool


@dataclass(frozen=True, kw_only=True)
class InteractionTest:
    """What a simpler model leaves over, ready to be searched.

    Parameters
    ----------
    names
        Of the k columns.
    matrix
        Shape (n, k), prepared; NaN is a bin of its own, before all others.
    bad
        Shape (n,): 1 for bad, 0 for good.
    probability
        Shape (n,): of the simpler model, additive for pairs, of the pairs for triples.
    codes
        Positions of the categories, whose bins are ordered by their share of bads (Fisher 1958).
    least
        Rows that each quadrant needs.
    seed
        Of the draws; the rows must come in an order of their own content.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    bad: NDArray[np.float64]
    probability: NDArray[np.float64]
    codes: Collection[int]
    least: int
    seed: int

    def ranked(self, groups: Sequence[tuple[int, ...]]) -> tuple[TestedGroup, ...]:
        """Test groups of columns, all of one size, strongest first.

        Parameters
        ----------
        groups
            Positions of columns, ascending within a group.
        """
        if not groups:
            return ()
        size = len(groups[0])
        # Rows stand in an order of their content, so equal steps are a random sample.
        rows = np.unique(np.linspace(0, len(self.bad) - 1, min(len(self.bad), _ROWS)).astype(np.intp))
        p = self.probability[rows]
        random = np.random.default_rng(self.seed)
        draws = max(_DRAWS, -(-_CHANCES // len(groups)))
        drawn = random.random((draws, len(rows))) < p
        residuals = np.vstack([self.bad[rows] - p, drawn - p])
        weights = p * (1.0 - p)
        bins = _BINS[size]
        binned = [self._binned(column, rows, bins=bins) for column in range(len(self.names))]
        gains = np.array(
            [
                _gains(
                    [binned[column] for column in group], residuals, weights, bins=bins + 1, least=self.least
                )
                for group in groups
            ]
        )
        by_chance = np.sort(gains[:, 1:], axis=None)
        reached = len(by_chance) - np.searchsorted(by_chance, gains[:, 0], side="left")
        p_values = (1 + reached) / (1 + len(by_chance))
        order = sorted(range(len(groups)), key=lambda place: (-gains[place, 0], groups[place]))
        shares = FALSE_DISCOVERIES * np.arange(1, len(order) + 1) / len(order)
        small = p_values[order] <= np.minimum(shares, LARGEST_P_VALUE)
        found = int(np.flatnonzero(small)[-1]) + 1 if small.any() else 0
        return tuple(
            TestedGroup(
                indicators=tuple(self.names[column] for column in groups[place]),
                gain=float(gains[place, 0]),
                p_value=float(p_values[place]),
                found=rank < found,
            )
            for rank, place in enumerate(order)
        )

    def _binned(self, column: int, rows: NDArray[np.intp], *, bins: int) -> NDArray[np.intp]:
        """Bin of each row, shape (rows,), from 0 (missing) to ``bins``; bins hold about equally many rows."""
        values = self.matrix[rows, column]
        known = ~np.isnan(values)
        if column in self.codes and known.any():
            values = values.copy()
            values[known] = _by_bad_share(values[known], self.bad[rows][known])
        if not known.any():
            return np.zeros(len(rows), dtype=np.intp)
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
        return np.where(known, 1 + np.searchsorted(edges, values, side="left"), 0)


def find_pairs(test: InteractionTest, *, most: int) -> tuple[TestedGroup, ...]:
    """Test every pair of columns; the strongest ``most`` at most are found."""
    pairs = list(combinations(range(len(test.names)), 2))
    return _at_most(test.ranked(pairs), most)


def find_triples(
    test: InteractionTest, pairs: Sequence[TestedGroup], *, most: int
) -> tuple[TestedGroup, ...]:
    """Test the triples that hold at least two pairs of ``pairs`` that were found; see :func:`find_pairs`."""
    place = {name: position for position, name in enumerate(test.names)}
    found = [{place[name] for name in pair.indicators} for pair in pairs if pair.found]
    triples = {tuple(sorted(one | other)) for one, other in combinations(found, 2) if len(one | other) == 3}
    return _at_most(test.ranked(sorted(triples)), most)


def allowed_groups(
    rule: str, names: Sequence[str], tested: Sequence[TestedGroup] = ()
) -> tuple[tuple[str, ...], ...] | None:
    """Give the groups of indicators that a tree path may mix, ``None`` where it may mix all.

    LightGBM never uses a column that stands in no group, so every indicator stands in at least one: alone, where
    it may act with no other. A group inside a larger one is left out.

    Parameters
    ----------
    rule
        One of ``INTERACTIONS``.
    names
        Of the columns.
    tested
        Pairs and triples; those that were found become groups.

    Examples
    --------
    >>> allowed_groups("additive", ["coal_share", "leverage"])
    (('coal_share',), ('leverage',))
    """
    if rule == "none":
        return None
    if rule == "families":
        by_family = [
            tuple(name for name in names if family_of(name) == family) for family in (*FAMILIES, OTHER)
        ]
        return tuple(group for group in by_family if group)
    found = [group.indicators for group in tested if group.found]
    inside = [group for group in found if not any(set(group) < set(other) for other in found)]
    joined = {name for group in inside for name in group}
    return (*inside, *((name,) for name in names if name not in joined))


def _at_most(tested: tuple[TestedGroup, ...], most: int) -> tuple[TestedGroup, ...]:
    """Take back what was found beyond the strongest ``most``."""
    return tuple(replace(group, found=group.found and place < most) for place, group in enumerate(tested))


def _by_bad_share(codes: NDArray[np.float64], bad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank of each row's category by its share of bads, shape (n,); ties by code."""
    _, inverse = np.unique(codes, return_inverse=True)
    share = np.bincount(inverse, weights=bad) / np.bincount(inverse)
    rank = np.empty(len(share))
    rank[np.argsort(share, kind="stable")] = np.arange(len(share))
    return rank[inverse]


def _gains(
    columns: Sequence[NDArray[np.intp]],
    residuals: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    bins: int,
    least: int,
    least_weight: float = LEAST_WEIGHT,
) -> NDArray[np.float64]:
    """Largest gain over all cuts, shape (r,), for each of r rows of residuals; 0 where no cut leaves enough rows.

    Parameters
    ----------
    columns
        Bins of each of d columns, each of shape (n,).
    residuals
        Shape (r, n).
    weights
        Shape (n,), Newton weights.
    bins
        Number of bins.
    least, least_weight
        Rows, and weight, that each of the 2^d parts needs.
    """
    size = len(columns)
    cell = np.ravel_multi_index(tuple(columns), (bins,) * size)
    histograms = np.empty((2 + len(residuals), bins**size))
    histograms[0] = np.bincount(cell, minlength=bins**size)
    for place, values in enumerate((weights, *residuals), start=1):
        histograms[place] = np.bincount(cell, weights=values, minlength=bins**size)
    parts = _parts(histograms.T.reshape(*(bins,) * size, -1))
    sides = tuple(range(size))
    enough = ((parts[..., 0] >= least) & (parts[..., 1] >= least_weight)).all(axis=sides)
    if not enough.any():
        return np.zeros(len(residuals))
    weight, sums = parts[..., 1][..., enough], parts[..., 2:][(slice(None),) * size + (enough,)]
    signs = np.array([(-1.0) ** sum(side) for side in product((0, 1), repeat=size)]).reshape((2,) * size)
    contrast = ((signs[..., np.newaxis] / weight)[..., np.newaxis] * sums).sum(axis=sides)
    variance = (1.0 / weight).sum(axis=sides)
    best: NDArray[np.float64] = (contrast**2 / variance[:, np.newaxis]).max(axis=0)
    return best


def _parts(histograms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum each of the 2^d parts at every cut, shape (2,) * d + (bins - 1,) * d + (r,), of r histograms of d dimensions.

    Parameters
    ----------
    histograms
        Shape (bins,) * d + (r,).
    """
    size = histograms.ndim - 1
    found = histograms
    for axis in range(size):
        # Each turn has put a side in front and left the bins behind it, so the next column's bins stand here.
        along = (slice(None),) * (2 * axis)
        below = np.cumsum(found, axis=2 * axis)
        total, below = below[(*along, slice(-1, None))], below[(*along, slice(None, -1))]
        found = np.stack([below, total - below])
    # The last column's side stands first; in the order of the columns they are easier to reason about.
    return np.transpose(found, (*range(size - 1, -1, -1), *range(size, 2 * size + 1)))
