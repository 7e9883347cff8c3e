"""Leaf values read from LightGBM's text: the score without the contributions, and the base without either.

The score is the sum of one leaf value per tree. It is summed here, in the order of the trees, from a table of
leaf values that is stored beside the booster; the contributions come from the booster itself. That the two agree
is therefore a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "LeafDifference",
    "LeafTable",
    "canonical_text",
    "expected_raw_score",
    "largest_difference",
    "parse_leaves",
    "raw_score",
    "tree_fields",
]

LeafTable = tuple[tuple[float, ...], ...]
"""Leaf values (raw score) by tree and leaf."""


def canonical_text(text: str) -> str:
    """LightGBM's text without what depends on the machine: the number of threads."""
    lines = text.split("\n")
    return "\n".join("[num_threads: 0]" if line.startswith("[num_threads: ") else line for line in lines)


def tree_fields(text: str) -> Iterator[dict[str, str]]:
    r"""Yield the fields of every tree of LightGBM's text, unread.

    Examples
    --------
    >>> list(tree_fields("tree\n\nTree=0\nleaf_value=0.5 -1\n\nend of trees\nseed=1"))
    [{'leaf_value': '0.5 -1'}]
    """
    for tree in text.split("\nend of trees", maxsplit=1)[0].split("Tree=")[1:]:
        yield dict(line.split("=", 1) for line in tree.split("\n") if "=" in line)


def parse_leaves(text: str) -> tuple[LeafTable, LeafTable]:
    r"""Read leaf values (raw score) and leaf covers (training rows) of every tree in LightGBM's text.

    Raises
    ------
    ModelError
        If the text holds no trees, a leaf value is no number, or a tree form is not supported (linear leaves).

    Examples
    --------
    >>> parse_leaves("Tree=0\nleaf_value=0.5 -1\nleaf_count=3 1\nis_linear=0\n")
    (((0.5, -1.0),), ((3.0, 1.0),))
    """
    values: list[tuple[float, ...]] = []
    covers: list[tuple[float, ...]] = []
    try:
        for fields in tree_fields(text):
            if fields.get("is_linear", "0") != "0":
                raise ModelError(
                    "The booster has linear leaves.", where="booster", mend="Train without linear_tree."
                )
            leaf_values = tuple(float(number) for number in fields["leaf_value"].split())
            counts = tuple(float(number) for number in fields.get("leaf_count", "").split())
            values.append(leaf_values)
            # A tree that never split has no cover to weigh its one leaf with.
            covers.append(counts if len(counts) == len(leaf_values) > 1 else (1.0,) * len(leaf_values))
    except (KeyError, ValueError) as error:
        raise ModelError(
            f"The booster's text cannot be read ({error}).",
            where="booster.txt",
            mend="Restore it from the registry.",
        ) from error
    if not all(np.isfinite(tree_values).all() for tree_values in values):
        raise ModelError(
            "The booster has a leaf value that is not finite.",
            where="booster.txt",
            mend="Restore it from the registry.",
        )
    if not values:
        raise ModelError(
            "The booster has no trees.", where="booster.txt", mend="Restore it from the registry."
        )
    return tuple(values), tuple(covers)


def raw_score(leaves: NDArray[np.int32], values: LeafTable) -> NDArray[np.float64]:
    """Raw score, shape (n,): leaf values summed in the order of the trees.

    Parameters
    ----------
    leaves
        Shape (n, trees): the leaf each row falls into.
    values
        Leaf values by tree and leaf.
    """
    total = np.zeros(len(leaves), dtype=np.float64)
    for tree, leaf_values in enumerate(values):
        total += np.asarray(leaf_values)[leaves[:, tree]]
    return total


def expected_raw_score(values: LeafTable, covers: LeafTable) -> float:
    """Compute the base of the contributions (raw score): the sum over trees of the cover-weighted mean leaf value."""
    total = 0.0
    for leaf_values, cover in zip(values, covers, strict=True):
        total += sum(v * c for v, c in zip(leaf_values, cover, strict=True)) / sum(cover)
    return total


@dataclass(frozen=True, kw_only=True)
class LeafDifference:
    """Where two leaf tables differ most: tree and leaf numbers, and the gap (raw score)."""

    tree: int
    leaf: int
    gap: float


def largest_difference(stored: LeafTable, found: LeafTable) -> LeafDifference | None:
    """Find the largest difference between two leaf tables, ``None`` where they are equal.

    Raises
    ------
    ModelError
        If the tables have other shapes: trees or leaves were added or removed.
    """
    if [len(tree) for tree in stored] != [len(tree) for tree in found]:
        raise ModelError(
            f"The booster has {len(found)} trees with {sum(map(len, found))} leaves, the model was stored with "
            f"{len(stored)} trees with {sum(map(len, stored))} leaves.",
            where="booster.txt",
            mend="Restore the model from the registry.",
        )
    differences = [
        LeafDifference(tree=tree, leaf=leaf, gap=abs(one - other))
        for tree, (ones, others) in enumerate(zip(stored, found, strict=True))
        for leaf, (one, other) in enumerate(zip(ones, others, strict=True))
        if one != other
    ]
    return max(differences, key=lambda difference: difference.gap, default=None)
