from __future__ import annotations

import struct
from hashlib import blake2b

import numpy as np
import pytest

from models.hashing import combine, hash_numbers, hash_texts

LIMIT = 2**64


def naive_mix(state):
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % LIMIT
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB % LIMIT
    return state ^ (state >> 31)


def naive_number(value):
    if value != value:  # noqa: PLR0124
        return naive_mix(int(np.array([np.nan]).view(np.uint64)[0]))
    return naive_mix(struct.unpack("<Q", struct.pack("<d", 0.0 if value == 0 else value))[0])


def naive_text(text):
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@pytest.mark.parametrize("rows", [0, 1, 7, 8192, 20_001])
def test_hashes_are_the_naive_ones_whatever_the_number_of_rows(rows):
    rng = np.random.default_rng(rows)
    numbers = rng.choice(np.array([0.0, -0.0, np.nan, 1e-300, 3.5, np.inf]), size=rows)
    texts = rng.choice(np.array(["a", "钢铁", ""], dtype=object), size=rows)
    found = combine([hash_texts(texts), numbers], rows=rows)
    assert (found == combine([hash_texts(texts), hash_numbers(numbers)], rows=rows)).all()
    start = 0x9E3779B97F4A7C15
    for k in range(0, rows, max(1, rows // 50)):
        state = start
        for value in (naive_text(texts[k]), naive_number(numbers[k])):
            state = naive_mix((state * start + value) % LIMIT)
        assert int(found[k]) == state


def test_hashing_leaves_its_input_alone():
    numbers = np.array([1.0, -0.0, np.nan])
    kept = numbers.copy()
    combine([numbers], rows=3)
    assert np.array_equal(numbers, kept, equal_nan=True)
    assert np.signbit(numbers[1])
