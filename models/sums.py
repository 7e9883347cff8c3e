"""Sums of contributions by family and pillar, and contributions as shap takes them; whatever the base is."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalogue import FAMILIES, PILLARS
from models.columns import OTHER, family_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

__all__ = ["add_columns", "add_up", "as_explanation", "sums_by_family", "sums_by_pillar"]


def add_up(columns: pd.DataFrame) -> NDArray[np.float64]:
    """Row sums, shape (n,), added column by column: the same bits whatever the number of rows."""
    return add_columns(columns.to_numpy(dtype=np.float64))


def add_columns(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row sums, shape (n,), of a block, shape (n, k), added column by column as :func:`add_up` does."""
    total = np.zeros(len(block), dtype=np.float64)
    for column in block.T:
        total += column
    return total


def sums_by_family(values: pd.DataFrame) -> pd.DataFrame:
    """Sum by family, shape (n, families), of contributions, shape (n, indicators).

    Columns that are no catalogue indicators add up under ``other``, which stands last and only where there are some.
    """
    return _summed(values, {family: [family] for family in FAMILIES})


def sums_by_pillar(values: pd.DataFrame) -> pd.DataFrame:
    """Sum by pillar (E, S, G, context), shape (n, 4), of contributions, shape (n, indicators).

    Columns that are no catalogue indicators add up under ``other``, which stands last and only where there are some.
    """
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
        if not pd.api.types.is_numeric_dtype(data[name].dtype):
            codes, _ = pd.factorize(data[name], sort=True)
            numbers[:, place] = np.where(codes < 0, np.nan, codes)
        else:
            numbers[:, place] = data[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _summed(values: pd.DataFrame, groups: Mapping[str, Collection[str]]) -> pd.DataFrame:
    block = values.to_numpy(dtype=np.float64)
    own = [family_of(str(name)) for name in values.columns]
    if OTHER in own:
        groups = {**groups, OTHER: [OTHER]}
    sums = np.empty((len(block), len(groups)), order="F")
    for place, families in enumerate(groups.values()):
        sums[:, place] = add_columns(block[:, [k for k, family in enumerate(own) if family in families]])
    return pd.DataFrame(sums, columns=list(groups), index=values.index)
