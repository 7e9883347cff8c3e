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

_START = 0x9E3779B97F4A7C15


_ROWS = 8192
"""Rows hashed at a time: a block of them stays in the processor's cache. It changes no result."""


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits in place, shape (n,): the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state ^= state >> np.uint64(shift)
        state *= np.uint64(factor)
    state ^= state >> np.uint64(31)
    return state


def hash_numbers(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Hash each number, shape (n,); 0.0 and -0.0 are equal, and so are all NaN."""
    numbers = np.array(values, dtype=np.float64)
    numbers += 0.0  # turns -0.0 into 0.0
    numbers[np.isnan(numbers)] = np.nan
    return _mix(numbers.view(np.uint64))


def hash_texts(values: Iterable[object]) -> NDArray[np.uint64]:
    """Hash each text, shape (n,); every distinct text is hashed once."""
    texts = [value if isinstance(value, str) else str(value) for value in values]
    known = {
        text: int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") for text in set(texts)
    }
    return np.array([known[text] for text in texts], dtype=np.uint64)


def combine(columns: Iterable[NDArray[np.uint64] | NDArray[np.float64]], *, rows: int) -> NDArray[np.uint64]:
    """One hash per row, shape (rows,), of columns, each of shape (rows,); the column order matters.

    Parameters
    ----------
    columns
        Hashes, or numbers that are hashed on the way.
    rows
        Number of rows.

    Examples
    --------
    >>> a, b = np.array([1.0, 2.0]), np.array([2.0, 1.0])
    >>> bool((combine([a, b], rows=2)[0] == combine([b, a], rows=2)[0]))
    False
    >>> bool((combine([a, b], rows=2) == combine([hash_numbers(a), b], rows=2)).all())
    True
    """
    state = np.full(rows, _START, dtype=np.uint64)
    given = list(columns)
    for first in range(0, rows, _ROWS):
        part = state[first : first + _ROWS]
        for column in given:
            values = column[first : first + _ROWS]
            _join(part, values if values.dtype == np.uint64 else hash_numbers(values))  # type: ignore[arg-type]
    return state


def _join(state: NDArray[np.uint64], column: NDArray[np.uint64]) -> None:
    """Join one more column to the hashes of the rows, in place."""
    state *= np.uint64(_START)
    state += column
    _mix(state)
