"""Sums of contributions by family and pillar, and contributions as shap takes them; whatever the base is."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE, FAMILIES, PILLARS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

__all__ = ["add_up", "as_explanation", "sums_by_family", "sums_by_pillar"]


def add_up(columns: pd.DataFrame) -> NDArray[np.float64]:
    """Row sums, shape (n,), added column by column: the same bits whatever the number of rows."""
    total = np.zeros(len(columns), dtype=np.float64)
    for name in columns.columns:
        total += columns[name].to_numpy()
    return total


def sums_by_family(values: pd.DataFrame) -> pd.DataFrame:
    """Sum by family, shape (n, families), of contributions, shape (n, indicators)."""
    return _summed(values, {family: [family] for family in FAMILIES})


def sums_by_pillar(values: pd.DataFrame) -> pd.DataFrame:
    """Sum by pillar (E, S, G, context), shape (n, 4), of contributions, shape (n, indicators)."""
    return _summed(
        values, {p: [name for name, family in FAMILIES.items() if family.pillar == p] for p in PILLARS}
    )


def as_explanation(values: pd.DataFrame, *, base: NDArray[np.float64], data: pd.DataFrame) -> Any:  # noqa: ANN401  (shap is imported late)
    """Make a ``shap.Explanation``, for every plot of shap.

    Parameters
    ----------
    values
        Shape (n, indicators), points.
    base
        Shape (n,), points.
    data
        Shape (n, indicators): values to show. shap computes and colours with numbers, so a category stands there
        as its place in the order of names, and under ``display_data`` as it is read.
    """
    with warnings.catch_warnings():
        # shap sets up its colours with a function that matplotlib is going to retire.
        warnings.filterwarnings(
            "ignore", message="The set_(bad|over|under) function", category=PendingDeprecationWarning
        )
        import shap  # noqa: PLC0415  (takes seconds)

    return shap.Explanation(
        values=values.to_numpy(),
        base_values=base,
        data=_as_numbers(data),
        display_data=data.to_numpy(dtype=object),
        feature_names=list(values.columns),
    )


def _as_numbers(data: pd.DataFrame) -> NDArray[np.float64]:
    """Values, shape (n, k), NaN where missing; categories by their place among the sorted names."""
    numbers = np.empty(data.shape, dtype=np.float64)
    for place, name in enumerate(data.columns):
        if CATALOGUE[name].is_category:
            codes, _ = pd.factorize(data[name], sort=True)
            numbers[:, place] = np.where(codes < 0, np.nan, codes)
        else:
            numbers[:, place] = data[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _summed(values: pd.DataFrame, groups: Mapping[str, Collection[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: add_up(values[[c for c in values.columns if CATALOGUE[c].family in families]])
            for name, families in groups.items()
        },
        index=values.index,
    )
