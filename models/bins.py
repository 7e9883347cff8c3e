"""Bins that are laid once, over the training population, and into which every later population is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["MOST_BINS", "Bins"]

MOST_BINS = 10
"""Bins of a number: tenths of the training population, fewer where many share a value."""

_LEAST_SHARE = 0.02
"""Categories rarer than this among the training population are counted together."""


@dataclass(frozen=True, kw_only=True)
class Bins:
    """Bins of one column and the training population in them.

    Parameters
    ----------
    edges
        Upper ends, each inside its bin, ascending; the last bin has none. Empty for categories, and for a number
        that has one value only.
    categories
        One bin each, and one more for whatever else comes; empty for a number.
    counts
        Training applications per bin.
    missing
        Training applications without a value.
    """

    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    counts: tuple[int, ...]
    missing: int

    @classmethod
    def of(cls, column: pl.Series) -> Bins:
        """Lay bins over a column, shape (n,); null and NaN are missing."""
        if _is_text(column):
            known = len(column) - column.null_count()
            counted = column.drop_nulls().cast(pl.String).value_counts(name="count")
            enough = counted.filter(pl.col("count") >= _LEAST_SHARE * known)
            names = tuple(sorted(str(name) for name in enough[column.name]))
            laid = cls(categories=names, counts=(), missing=0)
        else:
            laid = cls(edges=_edges(_numbers(column)), counts=(), missing=0)
        counts, missing = laid.count(column)
        return cls(
            edges=laid.edges,
            categories=laid.categories,
            counts=tuple(int(count) for count in counts),
            missing=missing,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What stands under each bin."""
        if self.categories:
            return (*self.categories, "other 其他")
        if not self.edges:
            return ("all 全部",)
        return (*(f"≤ {edge:.4g}" for edge in self.edges), f"> {self.edges[-1]:.4g}")

    def count(self, column: pl.Series) -> tuple[NDArray[np.float64], int]:
        """Count a column, shape (n,), into the bins; return counts, shape (bins,), and the number missing."""
        if self.categories or (_is_text(column) and not self.edges):
            known = column.drop_nulls().cast(pl.String)
            # What the training population did not have, or had rarely, goes into the last bin.
            codes = known.replace_strict(
                {name: code for code, name in enumerate(self.categories)},
                default=len(self.categories),
                return_dtype=pl.Int64,
            ).to_numpy()
        else:
            codes = np.searchsorted(np.array(self.edges), _numbers(column), side="left")
        bins = len(self.names)
        return np.bincount(codes, minlength=bins).astype(np.float64), len(column) - len(codes)

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "edges": list(self.edges),
            "categories": list(self.categories),
            "counts": list(self.counts),
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Bins:
        """Read back what :meth:`as_dict` gave."""
        return cls(
            edges=tuple(map(float, content["edges"])),
            categories=tuple(map(str, content["categories"])),
            counts=tuple(map(int, content["counts"])),
            missing=int(content["missing"]),
        )


def _is_text(column: pl.Series) -> bool:
    return not column.dtype.is_numeric() and column.dtype not in (pl.Boolean, pl.Null)


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    """Known numbers of a column, shape (known,)."""
    found: NDArray[np.float64] = column.cast(pl.Float64, strict=False).fill_nan(None).drop_nulls().to_numpy()
    return found


def _edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Upper ends of the bins: every value where there are few, tenths of the population otherwise.

    An edge is a value that occurs, so that equal values share a bin, and the largest value is none: the last bin
    would be empty.
    """
    values = np.unique(numbers)
    if len(values) <= MOST_BINS:
        return tuple(map(float, values[:-1]))
    tenths = np.quantile(numbers, np.arange(1, MOST_BINS) / MOST_BINS, method="inverted_cdf")
    return tuple(map(float, np.unique(np.minimum(tenths, values[-2]))))
