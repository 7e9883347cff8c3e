from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.labels import REASONS
from models.ranges import DECISIONS, score_ranges


@given(rows=st.lists(st.tuples(st.sampled_from(REASONS), st.integers(300, 900)), max_size=40))
def test_ranges_are_the_quantiles_of_each_decision(rows):
    points = np.array([float(number) for _, number in rows])
    found = score_ranges(pl.Series([reason for reason, _ in rows], dtype=pl.String), points)
    assert found["decision"].to_list() == list(DECISIONS)
    assert found["applications"].sum() == len(rows)
    of = {
        decision: [
            number
            for reason, number in rows
            if (reason if reason in {"declined", "withdrawn"} else "accepted") == decision
        ]
        for decision in DECISIONS
    }
    accepted = of["accepted"]
    for row in found.iter_rows(named=True):
        mine = of[row["decision"]]
        assert row["applications"] == len(mine)
        if not mine:
            assert row["median"] is None
            continue
        quantiles = [row[name] for name in ("lowest", "low", "median", "high", "highest")]
        assert quantiles == pytest.approx(np.quantile(mine, [0, 0.05, 0.5, 0.95, 1]))
        if accepted:
            low, high = np.quantile(accepted, [0.05, 0.95])
            assert row["below_accepted"] == pytest.approx(np.mean([x < low - 1e-9 for x in mine]))
            assert row["above_accepted"] == pytest.approx(np.mean([x > high + 1e-9 for x in mine]))
        else:
            assert row["below_accepted"] is None


def test_lengths_must_agree():
    with pytest.raises(ModelError, match="points for each of 2 applications"):
        score_ranges(pl.Series(["observed", "declined"]), np.array([600.0]))
