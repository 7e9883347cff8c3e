from __future__ import annotations

import numpy as np
import pytest

from features.errors import ModelError
from models.bootstrap import FirmBootstrap, figure, figures, weighted_mean

FIRMS = np.array(["a", "a", "b", "c", "c", "c"])


def test_whole_firms_are_drawn_as_many_as_there_are():
    draws = FirmBootstrap.of(FIRMS, seed=3, replicates=50)
    for row in draws.counts:
        assert row[0] == row[1]
        assert row[3] == row[4] == row[5]
        assert row[0] + row[2] + row[3] == 3
    assert len({tuple(row) for row in draws.counts}) > 3


def test_draws_depend_on_the_seed_and_on_firms_not_on_their_rows():
    one = FirmBootstrap.of(FIRMS, seed=3)
    np.testing.assert_array_equal(one.counts, FirmBootstrap.of(FIRMS, seed=3).counts)
    assert (one.counts != FirmBootstrap.of(FIRMS, seed=4).counts).any()
    order = np.array([5, 2, 0, 1, 4, 3])
    np.testing.assert_array_equal(FirmBootstrap.of(FIRMS[order], seed=3).counts, one.counts[:, order])
    np.testing.assert_array_equal(one.take(FIRMS == "c").counts, one.counts[:, 3:])


def test_the_interval_is_that_of_a_loop_over_drawn_rows():
    rng = np.random.default_rng(1)
    firms, x = rng.integers(0, 80, 200), rng.normal(size=200)
    draws = FirmBootstrap.of(firms, seed=5)
    means = [float(np.mean(np.repeat(x, row))) for row in draws.counts]
    found = figure(lambda weight: weighted_mean(x, weight), draws)
    assert found["value"] == pytest.approx(x.mean())
    assert found["low"] == pytest.approx(np.quantile(means, 0.025))
    assert found["high"] == pytest.approx(np.quantile(means, 0.975))


def test_the_interval_of_a_mean_covers_as_it_says():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        x = rng.normal(size=60)
        found = figure(
            lambda weight, x=x: weighted_mean(x, weight),
            FirmBootstrap.of(range(60), seed=int(rng.integers(1e6))),
        )
        covered += found["low"] <= 0.0 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.985


def test_what_cannot_be_computed_is_none_and_draws_without_it_are_left_out():
    draws = FirmBootstrap.of(FIRMS, seed=3)

    def refuses(weight):
        raise ModelError("nothing")

    assert figure(refuses, draws) == {"value": None, "low": None, "high": None}
    assert figure(lambda _: float("nan"), draws)["value"] is None

    def needs_b(weight):
        if weight[2] == 0:
            raise ModelError("no b")
        return float(weight[2])

    assert figure(needs_b, draws)["low"] == 1.0
    two = figures(lambda weight: (1.0, float(weight[2])), draws)
    assert two[0] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert two[1]["low"] == 0.0
