"""Trees as arrays, read from LightGBM's text; what the kernel does not support is refused by name.

The text is checked as if a stranger had written it: whatever passes here can be followed from the root to every
leaf without leaving an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import ModelError
from models.trees import parse_leaves, tree_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["TreeArrays", "parse_trees"]

_CATEGORY, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO = 0, 1


@dataclass(frozen=True, kw_only=True)
class TreeArrays:
    """One tree: m splits and m + 1 leaves. A child is a split's number, or ``-1 - leaf``; it stands after its parent.

    Parameters
    ----------
    feature
        Shape (m,), int32: column that a split reads.
    threshold
        Shape (m,): a number goes left where it is at most this.
    is_category
        Shape (m,): the split asks for membership in a set.
    missing_is_zero
        Shape (m,): a missing number counts as 0; else it goes to its default side.
    default_left
        Shape (m,): the default side is left.
    left, right
        Shape (m,), int32: children.
    left_share, right_share
        Shape (m,): share of the split's training rows that went to each side.
    categories
        By split: the 32-bit words of the set of categories that go left; empty for numbers.
    value
        Shape (m + 1,): leaf values (raw score).
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    is_category: NDArray[np.bool_]
    missing_is_zero: NDArray[np.bool_]
    default_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    left_share: NDArray[np.float64]
    right_share: NDArray[np.float64]
    categories: tuple[NDArray[np.uint32], ...]
    value: NDArray[np.float64]

    @property
    def features(self) -> tuple[int, ...]:
        """Columns that any split reads, in order."""
        return tuple(sorted(set(self.feature.tolist())))


def parse_trees(text: str) -> tuple[tuple[TreeArrays, ...], int]:
    """Read every tree of LightGBM's text, and the number of columns that the booster was trained on.

    Raises
    ------
    ModelError
        If a tree cannot be read, or is of a kind that is not supported: linear leaves, ``zero_as_missing``,
        several classes, averaged trees (random forest), a split without training rows.
    """
    values, _ = parse_leaves(text)
    header = dict(
        line.split("=", 1) for line in text.split("Tree=", maxsplit=1)[0].split("\n") if "=" in line
    )
    n_features = int(header.get("max_feature_idx", "-1")) + 1
    if header.get("num_tree_per_iteration", "1") != "1":
        raise _refused("several classes: one score an applicant is explained", "Train with one class.")
    if "average_output" in text.split("Tree=", maxsplit=1)[0].split("\n"):
        raise _refused("averaged trees (boosting=rf)", "Train with boosting=gbdt.")
    trees = []
    for number, fields in enumerate(tree_fields(text)):
        try:
            trees.append(_tree(number, fields, values[number], n_features))
        except (KeyError, ValueError, OverflowError) as error:
            raise ModelError(
                f"Tree {number} of the booster cannot be read ({error}).",
                where="booster.txt",
                mend="Restore it from the registry.",
            ) from error
    return tuple(trees), n_features


def _tree(number: int, fields: dict[str, str], value: Sequence[float], n_features: int) -> TreeArrays:
    leaves = len(value)
    if leaves == 1:
        return _constant(value)
    splits = leaves - 1
    decision = _integers(fields, "decision_type", splits)
    is_category = decision & _CATEGORY != 0
    missing = decision >> 2 & 3
    if ((missing == _MISSING_ZERO) & ~is_category).any():
        raise _refused("zero_as_missing", "Train without zero_as_missing.")
    left, right = _integers(fields, "left_child", splits), _integers(fields, "right_child", splits)
    feature = _integers(fields, "split_feature", splits)
    threshold = _numbers(fields, "threshold", splits)
    _check_shape(number, left, right, leaves)
    if feature.min() < 0 or feature.max() >= n_features:
        raise ValueError("a split reads a column that the booster does not have")
    if np.isnan(threshold).any():
        raise ValueError("a threshold is no number")
    left_share, right_share = _shares(number, fields, left, right, leaves)
    return TreeArrays(
        feature=feature.astype(np.int32),
        threshold=threshold,
        is_category=is_category,
        missing_is_zero=missing == _MISSING_NONE,
        default_left=decision & _DEFAULT_LEFT != 0,
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        left_share=left_share,
        right_share=right_share,
        categories=_categories(fields, is_category, threshold),
        value=np.array(value),
    )


def _constant(value: Sequence[float]) -> TreeArrays:
    none, no, integers = np.empty(0), np.empty(0, dtype=np.bool_), np.empty(0, dtype=np.int32)
    return TreeArrays(
        feature=integers,
        threshold=none,
        is_category=no,
        missing_is_zero=no,
        default_left=no,
        left=integers,
        right=integers,
        left_share=none,
        right_share=none,
        categories=(),
        value=np.array(value),
    )


def _check_shape(number: int, left: NDArray[np.int64], right: NDArray[np.int64], leaves: int) -> None:
    """Refuse children that are not those of one tree: each split but the root and each leaf has one parent."""
    children = np.concatenate([left, right])
    expected = np.arange(-leaves, leaves - 1)
    splits = np.arange(leaves - 1)
    once = np.array_equal(np.sort(children), expected[expected != 0])
    later = all(((side < 0) | (side > splits)).all() for side in (left, right))
    if not once or not later:
        raise ValueError(f"the children of tree {number} do not form one tree")


def _shares(
    number: int, fields: dict[str, str], left: NDArray[np.int64], right: NDArray[np.int64], leaves: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inner, outer = _numbers(fields, "internal_count", leaves - 1), _numbers(fields, "leaf_count", leaves)
    if not (inner > 0).all() or not (outer >= 0).all():
        raise _refused(
            f"a split without training rows in tree {number}, so that covers weigh nothing",
            "Train the model with this LightGBM.",
        )
    cover = [
        np.where(side < 0, outer[np.where(side < 0, ~side, 0)], inner[np.maximum(side, 0)])
        for side in (left, right)
    ]
    return cover[0] / inner, cover[1] / inner


def _categories(
    fields: dict[str, str], is_category: NDArray[np.bool_], threshold: NDArray[np.float64]
) -> tuple[NDArray[np.uint32], ...]:
    none = np.empty(0, dtype=np.uint32)
    if not is_category.any():
        return (none,) * len(is_category)
    edges = [int(edge) for edge in fields["cat_boundaries"].split()]
    words = np.array([int(word) for word in fields["cat_threshold"].split()], dtype=np.uint32)
    if edges != sorted(edges) or edges[0] != 0 or edges[-1] != len(words):
        raise ValueError("the sets of categories do not fit their bounds")
    sets = []
    for asks, place in zip(is_category, threshold, strict=True):
        if asks and not 0 <= place < len(edges) - 1:
            raise ValueError("a split asks for a set of categories that is not there")
        sets.append(words[edges[int(place)] : edges[int(place) + 1]] if asks else none)
    return tuple(sets)


def _numbers(fields: dict[str, str], name: str, size: int) -> NDArray[np.float64]:
    found = np.array([float(number) for number in fields[name].split()])
    if len(found) != size:
        raise ValueError(f"{name} has {len(found)} entries, not {size}")
    return found


def _integers(fields: dict[str, str], name: str, size: int) -> NDArray[np.int64]:
    found = np.array([int(number) for number in fields[name].split()], dtype=np.int64)
    if len(found) != size:
        raise ValueError(f"{name} has {len(found)} entries, not {size}")
    return found


def _refused(what: str, mend: str) -> ModelError:
    return ModelError(f"The explanation kernel does not support {what}.", where="booster.txt", mend=mend)
