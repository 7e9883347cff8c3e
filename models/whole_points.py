"""Points as they are shown and as grades are cut: whole, half away from zero."""

from __future__ import annotations

import polars as pl

__all__ = ["shown_points"]


def shown_points(points: pl.Expr) -> pl.Expr:
    """Round to whole points, half away from zero.

    Examples
    --------
    >>> frame = pl.DataFrame({"points": [600.5, 599.49, -0.5, 0.49999999999999994]})
    >>> frame.select(shown_points(pl.col("points")))["points"].to_list()
    [601, 599, -1, 0]
    """
    size = points.abs()
    whole = size.floor()
    # size - whole is exact; size + 0.5 is not and would lift 0.49999999999999994 to 1.
    rounded = whole + (size - whole >= 0.5).cast(pl.Float64)
    return (rounded * points.sign()).cast(pl.Int32)
