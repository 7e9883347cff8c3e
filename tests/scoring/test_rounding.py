from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import GreenCreditError
from scoring.rounding import largest_remainder

PARTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.floats(-60, 60), min_size=1, max_size=12
)


@given(PARTS)
def test_parts_add_up_and_stay_within_one_point(parts):
    exact = math.fsum(parts.values())
    for total in {math.floor(exact), math.ceil(exact)}:
        whole = largest_remainder(parts, total=total)
        assert sum(whole.values()) == total
        assert all(abs(whole[name] - value) < 1 + 1e-9 for name, value in parts.items())


@given(PARTS)
def test_the_order_of_the_parts_changes_nothing(parts):
    total = math.floor(math.fsum(parts.values()))
    turned = dict(reversed(parts.items()))
    assert largest_remainder(parts, total=total) == largest_remainder(turned, total=total)


def test_the_largest_remainders_are_raised():
    assert largest_remainder({"a": 1.6, "b": 1.7, "c": 1.7}, total=5) == {"a": 1, "b": 2, "c": 2}


@pytest.mark.parametrize("total", [3, 7])
def test_a_total_that_is_not_the_sum_is_refused(total):
    with pytest.raises(GreenCreditError, match="cannot be rounded"):
        largest_remainder({"a": 2.2, "b": 2.9}, total=total)
