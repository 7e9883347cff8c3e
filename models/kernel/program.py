"""From trees to a compiled program, and the door to running it.

Every split on one feature is numbered among all thresholds that the model has on it: the *code* of a value is the
number of thresholds below it, and a split becomes ``code <= cut``. Trees that read like features stand together
as *bundles*, which the compiler may merge into one table.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from features.errors import ModelError
from models.kernel.text import TreeArrays, parse_trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.trees import LeafTable

__all__ = ["CellTables"]

_FLUSHED_TO_ZERO = float(np.float32(1e-35))
_MOST_CODES = 65_000
"""A code is of 16 bits at most."""
_SHARED_ROWS = 1024.0
"""Rows that are assumed to share the fetching of a table when groups are priced."""
_ROWS_A_PART = 4096
"""Fewer are not worth handing to a thread."""
_PARTS_A_THREAD = 4
"""So that a thread whose core is busy with something else leaves the rest to the others."""


class CellTables:
    """A booster compiled to cell tables.

    Parameters
    ----------
    text
        LightGBM's text of the booster.
    stored
        Leaf values (raw score) by tree and leaf from which the score is summed; the booster's own where None. The
        contributions always come from the booster.

    Raises
    ------
    ModelError
        If the booster is of a kind that is not supported, named, or ``stored`` is of another shape.
    """

    def __init__(self, text: str, *, stored: LeafTable | None = None) -> None:
        from models.kernel import _cells  # noqa: PLC0415  (absent where no compiler was at hand)

        trees, self.n_features = parse_trees(text)
        values = [tree.value for tree in trees]
        scores = values if stored is None else [np.array(leaves, dtype=np.float64) for leaves in stored]
        if [len(leaves) for leaves in scores] != [len(leaves) for leaves in values]:
            raise ModelError(
                "The stored leaf values are not of the booster's trees.",
                where="booster.txt",
                mend="Restore the model from the registry.",
            )
        bundles = _bundles(trees)
        order = [tree for bundle in bundles for tree in bundle]
        codes = _Codes.of(trees, self.n_features)
        ordered = [trees[tree] for tree in order]
        splits = [len(tree.feature) for tree in ordered]
        cut, words, missing_left, category_words = codes.splits(ordered)
        nodes, weights = _quadrature(max((len(t.features) for t in trees), default=0))

        def joined(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(tree, name) for tree in ordered])

        self._program = _cells.Program(
            n_features=self.n_features,
            threshold_offset=_offsets([len(found) for found in codes.thresholds]),
            thresholds=np.concatenate([*codes.thresholds, np.empty(0)]),
            categories=codes.categories,
            node_offset=_offsets(splits),
            leaf_offset=_offsets([len(tree.value) for tree in ordered]),
            feature=joined("feature"),
            cut=cut,
            words=words,
            missing_left=missing_left,
            left=joined("left"),
            right=joined("right"),
            left_share=joined("left_share"),
            right_share=joined("right_share"),
            category_words=category_words,
            value=joined("value"),
            stored=np.concatenate([scores[tree] for tree in order]),
            bundles=_offsets([len(bundle) for bundle in bundles]),
            nodes=nodes,
            weights=weights,
            block=_SHARED_ROWS,
        )

    def describe(self) -> dict[str, int]:
        """Sizes of what was compiled: groups, leaves without a table, cells, table columns, bytes, rows a block."""
        sizes: dict[str, int] = self._program.describe()
        return sizes

    def raw_score(
        self, rows: NDArray[np.float64] | Sequence[NDArray[np.float64]], *, threads: int = 1
    ) -> NDArray[np.float64]:
        """Raw score, shape (n,), summed from the leaf values.

        Parameters
        ----------
        rows
            Shape (n, features), in any order of memory, or one array a feature.
        threads
            Threads at most. The bits do not depend on it.
        """
        return self._run(rows, contributions=False, threads=threads)[0]

    def contributions(
        self, rows: NDArray[np.float64] | Sequence[NDArray[np.float64]], *, threads: int = 1
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Raw score, shape (n,), and contributions to it, shape (n, features), column by column in memory.

        The score is summed from the leaf values, without the contributions.

        Parameters
        ----------
        rows, threads
            As in :meth:`raw_score`.
        """
        raw, found = self._run(rows, contributions=True, threads=threads)
        if found is None:  # pragma: no cover  (for the type checker)
            raise AssertionError
        return raw, found

    def _run(
        self, rows: NDArray[np.float64] | Sequence[NDArray[np.float64]], *, contributions: bool, threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        handed: NDArray[np.float64] | list[NDArray[np.float64]]
        if isinstance(rows, np.ndarray):
            handed, n = np.asarray(rows, dtype=np.float64), len(rows)
        else:
            handed = [np.asarray(column, dtype=np.float64) for column in rows]
            n = len(handed[0]) if handed else 0
        raw = np.empty(n)
        found = np.empty((n, self.n_features), order="F") if contributions else None
        parts = 1 if threads < 2 else max(1, min(_PARTS_A_THREAD * threads, n // _ROWS_A_PART))
        edges = [n * part // parts for part in range(parts + 1)]
        if parts == 1:
            self._program.run(handed, found, raw, 0, n, 0)
        else:
            with ThreadPoolExecutor(min(threads, parts)) as pool:
                runs = [
                    pool.submit(self._program.run, handed, found, raw, first, last, 0)
                    for first, last in itertools.pairwise(edges)
                ]
                for run in runs:
                    run.result()
        return raw, found


@dataclass(frozen=True, kw_only=True)
class _Codes:
    """The thresholds of every feature in order, and for category features the number of categories (else 0)."""

    thresholds: list[NDArray[np.float64]]
    categories: NDArray[np.int32]

    @classmethod
    def of(cls, trees: Sequence[TreeArrays], n_features: int) -> _Codes:
        category = np.zeros(n_features, dtype=np.int32)
        numbers = np.zeros(n_features, dtype=np.bool_)
        for tree in trees:
            numbers[tree.feature[~tree.is_category]] = True
            for feature, words in zip(tree.feature, tree.categories, strict=True):
                if len(words):
                    category[feature] = max(category[feature], 32 * len(words))
            category[tree.feature[tree.is_category]] = np.maximum(category[tree.feature[tree.is_category]], 1)
        if (numbers & (category > 0)).any():
            raise ModelError(
                "The explanation kernel does not support a column that is a number in one tree and a category in another.",
                where=f"booster.txt, column {int(np.flatnonzero(numbers & (category > 0))[0])}",
                mend="Train the model in one go.",
            )
        features = np.concatenate(
            [*(tree.feature[~tree.is_category] for tree in trees), np.empty(0, np.int32)]
        )
        cuts = np.concatenate([*(tree.threshold[~tree.is_category] for tree in trees), np.empty(0)])
        order = np.argsort(features, kind="stable")
        edges = np.searchsorted(features[order], np.arange(n_features + 1))
        thresholds = [np.unique(cuts[order][edges[k] : edges[k + 1]]) for k in range(n_features)]
        widest = max([len(found) for found in thresholds] + category.tolist(), default=0)
        if widest > _MOST_CODES:
            raise ModelError(
                f"The explanation kernel does not support more than {_MOST_CODES} thresholds or categories on one "
                f"column; the booster has {widest}.",
                where="booster.txt",
                mend="Train with fewer bins (max_bin).",
            )
        return cls(thresholds=thresholds, categories=category)

    def splits(
        self, trees: Sequence[TreeArrays]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint32]]:
        """Per split: place of the threshold (or of the set's words), number of words, and where a missing value goes."""
        feature = np.concatenate([tree.feature for tree in trees])
        threshold = np.concatenate([tree.threshold for tree in trees])
        is_category = np.concatenate([tree.is_category for tree in trees])
        as_zero = np.concatenate([tree.missing_is_zero for tree in trees])
        default_left = np.concatenate([tree.default_left for tree in trees])
        sets = [words for tree in trees for words in tree.categories]
        words = np.array([len(found) for found in sets], dtype=np.int32)
        cut = np.zeros(len(feature), dtype=np.int32)
        for column in np.unique(feature[~is_category]):
            here = (feature == column) & ~is_category
            cut[here] = np.searchsorted(self.thresholds[column], threshold[here])
        cut[is_category] = (np.cumsum(words) - words)[is_category]
        missing_left = np.where(as_zero, threshold >= 0.0, default_left) & ~is_category
        return cut, words, missing_left.astype(np.uint8), np.concatenate([*sets, np.empty(0, np.uint32)])


def _bundles(trees: Sequence[TreeArrays]) -> list[list[int]]:
    """Trees by the features they read, those that read fewer with one that reads more; in the order of their first."""
    read = [frozenset(tree.features) for tree in trees]
    largest = sorted(
        set(read), key=lambda found: (-len(found), min(k for k, other in enumerate(read) if other == found))
    )
    kept: list[frozenset[int]] = []
    home: dict[frozenset[int], frozenset[int]] = {}
    for found in largest:
        home[found] = next((other for other in kept if found <= other), found)
        if home[found] is found:
            kept.append(found)
    bundles: dict[frozenset[int], list[int]] = {}
    for tree, found in enumerate(read):
        bundles.setdefault(home[found], []).append(tree)
    return list(bundles.values())


def _offsets(sizes: Sequence[int]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)


def _quadrature(features: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of Gauss-Legendre on [0, 1] with 1, 2, ... nodes, one after the other.

    With ``ceil(m / 2)`` nodes it is exact for the polynomials of a path that reads m features.
    """
    rules = [leggauss(n) for n in range(1, (features + 1) // 2 + 1)]
    nodes = np.concatenate([*((x + 1.0) / 2.0 for x, _ in rules), np.empty(0)])
    weights = np.concatenate([*(w / 2.0 for _, w in rules), np.empty(0)])
    return nodes, weights
