"""Fixed hashes of rows: an order and a choice of rows that depend on content only.

The same table in another row order, on another machine or under another ``PYTHONHASHSEED`` gives the same order,
the same folds and the same sample.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["combine", "hash_numbers", "hash_texts"]


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits, shape (n,): the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def hash_numbers(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Hash each number, shape (n,); 0.0 and -0.0 are equal, and so are all NaN."""
    numbers = np.array(values, dtype=np.float64) + 0.0  # + 0.0 turns -0.0 into 0.0
    numbers[np.isnan(numbers)] = np.nan
    return _mix(numbers.view(np.uint64))


def hash_texts(values: Iterable[object]) -> NDArray[np.uint64]:
    """Hash each text, shape (n,); every distinct text is hashed once."""
    texts = [str(value) for value in values]
    known = {
        text: int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") for text in set(texts)
    }
    return np.array([known[text] for text in texts], dtype=np.uint64)


def combine(columns: Iterable[NDArray[np.uint64]], *, rows: int) -> NDArray[np.uint64]:
    """One hash per row, shape (rows,), of column hashes, each of shape (rows,); the column order matters.

    Examples
    --------
    >>> a, b = hash_numbers(np.array([1.0, 2.0])), hash_numbers(np.array([2.0, 1.0]))
    >>> bool((combine([a, b], rows=2)[0] == combine([b, a], rows=2)[0]))
    False
    """
    state = np.full(rows, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for column in columns:
        state = _mix(state * np.uint64(0x9E3779B97F4A7C15) + column)
    return state
