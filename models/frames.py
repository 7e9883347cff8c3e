"""The edge to pandas: names, types and values of a table are checked before anything is computed from it.

LightGBM scores columns in whatever order they come, without a word; here they are taken by name, and what is
missing, of the wrong type or infinite is refused by name.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["categories", "check_inputs", "check_training_columns", "numbers"]


def check_training_columns(table: pd.DataFrame) -> None:
    """Refuse a training table with columns that are no plain catalogue indicators.

    Raises
    ------
    ModelError
        Naming every column that is unknown, relative or doubled, with the nearest catalogue names.

    Examples
    --------
    >>> check_training_columns(pd.DataFrame({"coal_shar": [0.1]}))
    Traceback (most recent call last):
    features.errors.ModelError: The training table has columns that are no indicators of the catalogue: coal_shar
    (did you mean coal_share?). ...
    """
    _frame(table)
    unknown = [str(name) for name in table.columns if name not in CATALOGUE]
    if unknown:
        named = []
        for name in unknown:
            near = get_close_matches(name, list(CATALOGUE), n=1)
            named.append(f"{name} (did you mean {near[0]}?)" if near else name)
        raise ModelError(
            f"The training table has columns that are no indicators of the catalogue: {', '.join(named)}.",
            where="columns of X",
            mend="Keep catalogue indicators only; identifiers and days go into firm_id and as_of.",
        )
    relative = [str(name) for name in table.columns if CATALOGUE[name].base is not None]
    if relative:
        raise ModelError(
            f"The training table has relative indicators, which the model computes itself: {', '.join(relative)}.",
            where="columns of X",
            mend="Leave them out; hand in their base.",
        )


def check_inputs(table: pd.DataFrame, inputs: Sequence[str]) -> None:
    """Refuse a table that lacks one of ``inputs``, or holds one in a wrong type; other columns are ignored.

    Raises
    ------
    ModelError
        Naming every column that is absent or of the wrong type.

    Examples
    --------
    >>> check_inputs(pd.DataFrame({"coal_share": ["much"]}), ["coal_share"])
    Traceback (most recent call last):
    features.errors.ModelError: Columns of the wrong type: coal_share must be numbers and holds string. ...
    """
    _frame(table)
    absent = [name for name in inputs if name not in table.columns]
    if absent:
        raise ModelError(
            f"The table lacks columns that the model was trained with: {', '.join(absent)}.",
            where="columns of X",
            mend="Hand in every column; a fact that nobody knows is an empty column, not an absent one.",
        )
    wrong = []
    for name in inputs:
        kind = pd.api.types.infer_dtype(table[name], skipna=True)
        if table[name].isna().all():
            continue
        if CATALOGUE[name].is_category:
            if kind not in {"string", "categorical"}:
                wrong.append(f"{name} must be texts and holds {kind}")
        elif not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_complex_dtype(table[name]):
            wrong.append(f"{name} must be numbers and holds {kind}")
    if wrong:
        raise ModelError(
            f"Columns of the wrong type: {'; '.join(wrong)}.",
            where="columns of X",
            mend="Hand in numbers as numbers and categories as texts; nothing is converted by guessing.",
        )
    for name in inputs:
        if not CATALOGUE[name].is_category and (infinite := np.isinf(numbers(table, name))).any():
            raise ModelError(
                f"The indicator {name} is infinite in {int(infinite.sum())} of {len(table)} rows.",
                where=f"column {name}, first in row {table.index[int(np.argmax(infinite))]}",
                mend="A ratio without a denominator is missing, not infinite.",
            )


def numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """One column as numbers, shape (n,), NaN where missing."""
    return table[name].to_numpy(dtype=np.float64, na_value=np.nan)


def categories(table: pd.DataFrame, name: str) -> pd.Series[str]:
    """One column as texts, shape (n,), null where missing."""
    return table[name].astype(object)


def _frame(table: object) -> None:
    if not isinstance(table, pd.DataFrame):
        raise ModelError(
            f"X must be a pandas DataFrame of indicators. Got {type(table).__name__} instead.",
            where="X",
            mend="Give the columns their catalogue names; a polars table has to_pandas().",
        )
    doubled = sorted({str(name) for name in table.columns[table.columns.duplicated()]})
    if doubled:
        raise ModelError(
            f"Columns stand twice in the table: {', '.join(doubled)}.",
            where="columns of X",
            mend="Keep one of each.",
        )
