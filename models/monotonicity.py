"""Proof that a model is monotone: over the booster's own thresholds, not on a sample.

A tree cuts the space of indicators into boxes, one per leaf. With every other indicator held fixed the tree is, along
one indicator, a step function through those boxes that hold the fixed values. It is monotone for *every* choice of the
fixed values exactly where each pair of leaves that can hold the same fixed values, one below the other along the
indicator, has its values in order. There are finitely many pairs, and all are compared, so nothing is sampled.

A sum of monotone trees is monotone. A tree that is not can in principle be outweighed by others, so a violation
here is a failed proof for that tree, which is named, with the gap.

The preparation before the trees keeps order: clipping at the worst training value never falls, silence stands beyond
the worst value, and a ratio to a positive median rises with its base. Under ``missing="learned"`` the proof is about
values that are handed in; silence has a branch of its own and is judged by :mod:`models.withholding`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.kernel.text import parse_trees

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.estimator import GreenCreditModel
    from models.kernel.text import TreeArrays

__all__ = ["MonotonicityProof", "Violation", "prove_monotone", "prove_trees"]

_BLOCK = 1_024
"""Leaves compared with all others at a time; bounds memory."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A tree that pays for a worse value.

    Parameters
    ----------
    indicator
        Along which.
    tree
        Its number.
    worse_leaf, better_leaf
        Leaf on the worse and on the better side; the worse side has the lower risk.
    gap
        How much lower, in raw score.
    """

    indicator: str
    tree: int
    worse_leaf: int
    better_leaf: int
    gap: float


@dataclass(frozen=True, kw_only=True)
class MonotonicityProof:
    """What was compared, and what was found.

    Parameters
    ----------
    indicators
        Directed indicators that some tree reads.
    trees
        Trees of the booster.
    pairs
        Pairs of leaves that were held against each other.
    violations
        The largest of each tree and indicator; empty where the model is proven monotone.
    """

    indicators: int
    trees: int
    pairs: int
    violations: tuple[Violation, ...]

    @property
    def proven(self) -> bool:
        """Whether every tree is monotone along every directed indicator."""
        return not self.violations

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {"proven": self.proven, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class _Boxes:
    """The leaves of one tree as boxes over the f features that it reads.

    Parameters
    ----------
    features
        Columns, f of them.
    low, high
        Shape (f, leaves): a leaf holds numbers x with low < x <= high.
    missing
        Shape (f, leaves): a leaf holds the missing value.
    """

    features: tuple[int, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    missing: NDArray[np.bool_]
    categories: Mapping[int, NDArray[np.bool_]]
    """Place of a category feature to shape (leaves, codes + 1): which codes a leaf holds; the last column stands for
    every other code and for the missing one, which all go right."""

    def meet(self, place: int, rows: slice) -> NDArray[np.bool_]:
        """Whether two leaves can hold the same value of a feature, shape (rows, leaves)."""
        low, high, missing = self.low[place], self.high[place], self.missing[place]
        numbers = np.maximum.outer(low[rows], low) < np.minimum.outer(high[rows], high)
        found: NDArray[np.bool_] = numbers | (missing[rows, np.newaxis] & missing[np.newaxis, :])
        if place in self.categories:
            codes = self.categories[place].astype(np.float64)
            # A feature is asked for sets or for numbers, never both; both must meet in any case.
            found = found & (codes[rows] @ codes.T > 0.0)
        return found


def prove_monotone(model: GreenCreditModel) -> MonotonicityProof:
    """Prove that a model never pays for a worse value, or name the trees that do.

    Raises
    ------
    ModelError
        If the booster is of a kind that the kernel does not support.
    """
    trees, _ = parse_trees(model.booster_.model_to_string())
    prepared = model.preparation_
    return prove_trees(trees, names=prepared.features, directions=prepared.roles.directions)


def prove_trees(
    trees: Sequence[TreeArrays], *, names: Sequence[str], directions: Mapping[str, int]
) -> MonotonicityProof:
    """Prove that no tree gives a better value the higher risk.

    Parameters
    ----------
    trees
        Of a booster whose raw score is a risk.
    names
        Of its columns.
    directions
        Column name to +1 (higher is better), -1 or 0; what is absent has none.
    """
    violations: list[Violation] = []
    pairs = 0
    directed: set[str] = set()
    for number, tree in enumerate(trees):
        asked = [place for place in tree.features if directions.get(names[place], 0)]
        if not asked:
            continue
        boxes = _boxes(tree)
        directed |= {names[place] for place in asked}
        for column in asked:
            compared, found = _against_order(tree, boxes, column, directions[names[column]])
            pairs += compared
            if found is not None:
                worse, better, gap = found
                violations.append(
                    Violation(
                        indicator=names[column], tree=number, worse_leaf=worse, better_leaf=better, gap=gap
                    )
                )
    return MonotonicityProof(
        indicators=len(directed), trees=len(trees), pairs=pairs, violations=tuple(violations)
    )


def _against_order(
    tree: TreeArrays, boxes: _Boxes, column: int, direction: int
) -> tuple[int, tuple[int, int, float] | None]:
    """Pairs compared along one column, and the worst pair out of order, if any."""
    along = boxes.features.index(column)
    leaves = len(tree.value)
    holds = boxes.low[along] < boxes.high[along]
    pairs, worst = 0, None
    for start in range(0, leaves, _BLOCK):
        rows = slice(start, min(start + _BLOCK, leaves))
        comparable = boxes.high[along][rows, np.newaxis] <= boxes.low[along][np.newaxis, :]
        # A leaf that only the missing value reaches stands nowhere along the indicator.
        comparable &= holds[rows, np.newaxis] & holds[np.newaxis, :]
        for place in range(len(boxes.features)):
            if place != along:
                comparable &= boxes.meet(place, rows)
        pairs += int(comparable.sum())
        # Of a comparable pair the row stands below the column; risk must not rise towards the better side.
        rise = direction * (tree.value[np.newaxis, :] - tree.value[rows, np.newaxis])
        gaps = np.where(comparable, rise, 0.0)
        low, high = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
        gap = float(gaps[low, high])
        if gap > 0.0 and (worst is None or gap > worst[2]):
            ends = (start + int(low), int(high))
            worst = (*(ends if direction > 0 else ends[::-1]), gap)
    return pairs, worst


def _boxes(tree: TreeArrays) -> _Boxes:
    """Walk from the root to every leaf and cut the space at each split; a child stands after its parent."""
    features = tree.features
    places = {column: place for place, column in enumerate(features)}
    splits, leaves = len(tree.feature), len(tree.value)
    codes: dict[int, int] = {}
    for split in np.flatnonzero(tree.is_category).tolist():
        place = places[int(tree.feature[split])]
        codes[place] = max(codes.get(place, 0), 32 * len(tree.categories[split]))
    # One entry per split, then one per leaf; the root is the first.
    nodes = splits + leaves
    low = np.full((len(features), nodes), -np.inf)
    high = np.full((len(features), nodes), np.inf)
    missing = np.ones((len(features), nodes), dtype=np.bool_)
    sets = {place: np.ones((nodes, size + 1), dtype=np.bool_) for place, size in codes.items()}
    for split in range(splits):
        place = places[int(tree.feature[split])]
        for child, is_left in ((int(tree.left[split]), True), (int(tree.right[split]), False)):
            node = child if child >= 0 else splits + ~child
            low[:, node], high[:, node], missing[:, node] = low[:, split], high[:, split], missing[:, split]
            for kept in sets.values():
                kept[node] = kept[split]
            if tree.is_category[split]:
                inside = _members(tree.categories[split], sets[place].shape[1])
                sets[place][node] &= inside if is_left else ~inside
                continue
            threshold = float(tree.threshold[split])
            if is_left:
                high[place, node] = min(high[place, node], threshold)
            else:
                low[place, node] = max(low[place, node], threshold)
            goes_left = threshold >= 0.0 if tree.missing_is_zero[split] else bool(tree.default_left[split])
            missing[place, node] &= goes_left == is_left
    return _Boxes(
        features=features,
        low=low[:, splits:],
        high=high[:, splits:],
        missing=missing[:, splits:],
        categories={place: kept[splits:] for place, kept in sets.items()},
    )


def _members(words: NDArray[np.uint32], size: int) -> NDArray[np.bool_]:
    """Which codes stand in a set of 32-bit words, shape (size,); the last entry, every other code, does not."""
    bits = (words[:, np.newaxis] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    found = np.zeros(size, dtype=np.bool_)
    found[: bits.size] = bits.ravel().astype(np.bool_)
    found[-1] = False
    return found
