from __future__ import annotations

import polars as pl
import pytest

from features.text import formatted


def test_a_column_whose_first_chunk_is_empty_is_formatted():
    two = pl.concat(
        [pl.DataFrame({"n": [1, 2], "x": [0.5, 1.5]}), pl.DataFrame({"n": [3], "x": [2.5]})], rechunk=False
    )
    assert two["x"].n_chunks() == 2
    last = two.filter(pl.col("n") > 2)
    assert last.select(formatted("{} in {}.", "x", "n")).to_series().to_list() == ["2.5 in 3."]


@pytest.mark.parametrize("kind", [pl.Int32, pl.Float64, pl.String, pl.Date, pl.Boolean])
def test_it_is_what_polars_writes(kind):
    frame = pl.DataFrame({"a": pl.Series([1, None, 0]).cast(pl.Int32)}).with_columns(
        a=pl.col("a").cast(kind), b=pl.lit("z")
    )
    ours = frame.select(formatted("<{}|{}>", pl.col("a"), "b")).to_series()
    assert ours.equals(frame.select(pl.format("<{}|{}>", "a", "b")).to_series(), check_names=False)


def test_parts_must_fit_the_places():
    with pytest.raises(ValueError, match="2 parts for the 1 places"):
        formatted("{}", "a", "b")
