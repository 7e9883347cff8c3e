"""Points as they are shown and as grades are cut: whole, half away from zero; and parts of them that still add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["shown_points", "whole_parts"]


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


def whole_parts(parts: NDArray[np.float64], *, totals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round the parts of many sums to whole points that add up to given totals: largest remainder, row by row.

    Every part is rounded down, then the parts with the largest remainders are raised by one until the total is
    reached; equal remainders in the order of the columns.

    Parameters
    ----------
    parts
        Shape (n, p), exact points.
    totals
        Shape (n,): the rows' sums rounded, either way.

    Returns
    -------
    ndarray
        Shape (n, p), each within one point of its exact value.

    Raises
    ------
    ModelError
        If a total is not the sum of its parts rounded up or down.

    Examples
    --------
    >>> whole_parts(np.array([[600.45, 7.3, -2.25]]), totals=np.array([606])).tolist()
    [[601, 7, -2]]
    """
    floors = np.floor(parts)
    lacking = totals - floors.sum(axis=1).astype(np.int64)
    wrong = (lacking < 0) | (lacking > parts.shape[1])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ModelError(
            f"Parts that sum to {parts[row].sum():.3f} cannot be rounded to add up to {totals[row]}.",
            where=f"row {row} of {len(parts)}",
            mend="Score the batch again: contributions and points do not belong together.",
        )
    order = np.argsort(floors - parts, axis=1, kind="stable")
    raised = np.zeros(parts.shape, dtype=np.bool_)
    np.put_along_axis(raised, order, np.arange(parts.shape[1]) < lacking[:, None], axis=1)
    return floors.astype(np.int64) + raised
