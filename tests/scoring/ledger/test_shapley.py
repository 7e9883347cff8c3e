from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ledger.shapley import corners, shapley

NAMES = ("data", "factors", "model", "policy")


def by_orders(values, count):
    """The mean over all orders of what each cause moves when it changes in its turn."""
    parts = [0.0] * count
    orders = list(permutations(range(count)))
    for order in orders:
        corner = [False] * count
        for cause in order:
            before = values[tuple(corner)]
            corner[cause] = True
            parts[cause] = parts[cause] + (values[tuple(corner)] - before) / len(orders)
    return parts


@settings(max_examples=40)
@given(st.integers(1, 4), st.data())
def test_the_parts_are_the_mean_over_every_order_and_add_up(count, data):
    figures = st.floats(-500, 500)
    values = {
        corner: np.array(data.draw(st.lists(figures, min_size=3, max_size=3))) for corner in corners(count)
    }
    parts = shapley(values, NAMES[:count])
    for cause, twin in zip(NAMES, by_orders(values, count), strict=False):
        assert parts[cause] == pytest.approx(twin, abs=1e-9)
    change = values[(True,) * count] - values[(False,) * count]
    assert sum(parts.values()) == pytest.approx(change, abs=1e-9)


def test_one_cause_alone_gets_the_change_to_the_last_bit():
    old, new = np.array([0.1, 612.7]), np.array([0.3, 598.0000001])
    assert shapley({(False,): old, (True,): new}, ["data"])["data"].tolist() == (new - old).tolist()


def test_a_cause_that_moves_nothing_gets_nothing():
    moved = {False: 1.0, True: 7.5}
    values = {corner: np.array([moved[corner[1]]]) for corner in corners(3)}
    parts = shapley(values, NAMES[:3])
    assert [part.tolist() for part in parts.values()] == [[0.0], [6.5], [0.0]]


def test_nothing_differs():
    assert corners(0) == [()]
    assert shapley({(): np.zeros(2)}, ()) == {}
