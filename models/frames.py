"""The edge to pandas, Polars and NumPy: a table is checked and read once, into plain NumPy columns.

LightGBM scores columns in whatever order they come, without a word. Here the columns of a frame are taken by name;
those of an array, which has no names, by position, and only where the model was trained on an array too. What is
missing, of the wrong type or infinite is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
from sklearn.utils.validation import check_array

from features.catalogue import CATALOGUE
from features.errors import InputError
from models.columns import ColumnRoles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Table", "check_inputs", "column_names", "has_names", "numbers", "shown_numbers"]

_FEW = 16
"""Rows up to which a pandas frame is read as objects; it changes no result."""

_MEND_TYPE = (
    "Hand in numbers as numbers and categories as texts; nothing is converted by guessing. A column of texts can be "
    "declared in categories."
)


def has_names(X: object) -> bool:  # noqa: N803  (scikit-learn's name)
    """Tell whether a table names its columns: a Polars frame, or a pandas frame whose labels are all texts."""
    if isinstance(X, pl.DataFrame):
        return True
    return isinstance(X, pd.DataFrame) and (
        X.columns.dtype == "str" or all(isinstance(name, str) for name in X.columns.tolist())
    )


def column_names(X: Any) -> list[str]:  # noqa: ANN401, N803
    """Names of the columns of a training table; ``x0``, ``x1`` and so on for an array.

    Raises
    ------
    InputError
        If a name stands twice, or ``X`` is no table.

    Examples
    --------
    >>> column_names(np.zeros((1, 2)))
    ['x0', 'x1']
    """
    if not has_names(X):
        return [f"x{place}" for place in range(_array(X).shape[1])]
    names = [str(name) for name in X.columns]
    if len(set(names)) < len(names):
        _refuse_doubled(names)
    if not names:
        # In the words of scikit-learn, whose tools look for them.
        raise InputError(
            f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.", where="X"
        )
    return names


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns of a table as NumPy arrays, checked.

    Parameters
    ----------
    block
        Shape (n, numbers): all numbers, NaN where missing.
    places
        Number column to its place in ``block``.
    texts
        Category to its texts, each of shape (n,), ``None`` where missing.
    index
        Labels of the rows.
    """

    block: NDArray[np.float64]
    places: dict[str, int]
    texts: dict[str, NDArray[np.object_]]
    index: pd.Index[Any]

    def __len__(self) -> int:
        return len(self.index)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """One column of numbers, shape (n,), NaN where missing."""
        return self.block[:, self.places[name]]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Table:
        """Rows by position or by a mask."""
        where = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        block = np.empty((len(where), self.block.shape[1]), order="F")
        for place, column in enumerate(self.block.T):
            np.take(column, where, out=block[:, place])
        return Table(
            block=block,
            places=self.places,
            texts={name: column[where] for name, column in self.texts.items()},
            index=self.index[where],
        )

    @classmethod
    def of(cls, X: Any, roles: ColumnRoles, *, named: bool = True) -> Table:  # noqa: ANN401, N803
        """Check and read a table; one that was read already is handed back.

        Parameters
        ----------
        X
            Shape (n, columns): a pandas or Polars frame, or an array.
        roles
            What is asked of it. A frame may hold other columns too, in any order.
        named
            Whether the model was trained on names. An array then is refused: nobody could tell whether its columns
            stand in their places.

        Raises
        ------
        InputError
            Naming every column that is absent, doubled, of the wrong type or infinite.

        Examples
        --------
        >>> from models.columns import ColumnRoles
        >>> Table.of(pd.DataFrame({"coal_share": ["much"]}), ColumnRoles.declared(["coal_share"]))
        Traceback (most recent call last):
        features.errors.InputError: Columns of the wrong type: coal_share must be numbers and holds string. ...
        """
        if isinstance(X, Table):
            return X
        numbers = [name for name in roles.inputs if name not in roles.categories]
        places = {name: place for place, name in enumerate(numbers)}
        if not has_names(X):
            if named:
                raise InputError(
                    f"The model was trained on a frame with column names. Got {type(X).__name__} without them instead.",
                    where="X",
                    mend="Hand in a pandas or Polars frame with the columns of the training table.",
                )
            block, texts, index = _from_array(X, roles)
        else:
            at = _positions(X, roles.inputs)
            reader = _from_polars if isinstance(X, pl.DataFrame) else _from_pandas
            block, texts = reader(X, at, numbers, roles.categories)
            index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(X.height)
        _refuse_infinite(block, numbers, index)
        return cls(block=block, places=places, texts=texts, index=index)


def _positions(X: pd.DataFrame | pl.DataFrame, inputs: Sequence[str]) -> dict[str, int]:  # noqa: N803
    """Place of every input among the columns of a frame."""
    names = X.columns if isinstance(X, pl.DataFrame) else X.columns.tolist()
    at = {name: place for place, name in enumerate(names)}
    if len(at) < len(names):
        _refuse_doubled(names)
    if absent := [name for name in inputs if name not in at]:
        raise InputError(
            f"The table lacks columns that the model was trained with: {', '.join(absent)}.",
            where="columns of X",
            mend="Hand in every column; a fact that nobody knows is an empty column, not an absent one.",
        )
    return at


def _from_pandas(
    frame: pd.DataFrame, at: dict[str, int], numbers: Sequence[str], categories: Sequence[str]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.object_]]]:
    dtypes = frame.dtypes.to_numpy()
    numeric: dict[Any, bool] = {}
    odd = []
    for name in numbers:
        dtype = dtypes[at[name]]
        if dtype not in numeric:
            numeric[dtype] = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
        if not numeric[dtype]:
            odd.append(name)
    # Taking a few rows out as objects at once is much faster than asking for column after column, and slower for many.
    whole = frame.to_numpy(dtype=object) if len(frame) <= _FEW else None

    def read(name: str) -> tuple[NDArray[np.object_], str]:
        place = at[name]
        column = np.array(frame.iloc[:, place], dtype=object) if whole is None else whole[:, place].copy()
        column[pd.isna(column)] = None
        return column, pd.api.types.infer_dtype(column, skipna=True)

    texts, empty = _texts(read, numbers=odd, categories=categories)
    filled = [place for place, name in enumerate(numbers) if name not in empty]
    places = [at[numbers[place]] for place in filled]
    if whole is None or not all(isinstance(dtype, np.dtype) for dtype in numeric):
        picked = frame.iloc[:, places].to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        picked = whole[:, places].astype(np.float64)
    if not empty:
        return picked, texts
    block = np.full((len(frame), len(numbers)), np.nan, order="F")
    block[:, filled] = picked
    return block, texts


def _from_polars(
    frame: pl.DataFrame, at: dict[str, int], numbers: Sequence[str], categories: Sequence[str]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.object_]]]:
    def read(name: str) -> tuple[NDArray[np.object_], str]:
        column = frame[name]
        if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
            column = column.cast(pl.String)
        kind = "string" if column.dtype == pl.String else str(column.dtype).lower()
        return np.array(column.to_list(), dtype=object), kind

    kinds = frame.dtypes
    odd = [n for n in numbers if not (kinds[at[n]].is_numeric() or kinds[at[n]] == pl.Boolean)]
    texts, empty = _texts(read, numbers=odd, categories=categories)
    picked = frame.select(
        pl.lit(None, pl.Float64).alias(name) if name in empty else pl.col(name).cast(pl.Float64)
        for name in numbers
    )
    block = np.empty((frame.height, len(numbers)), order="F")
    for place, column in enumerate(picked.get_columns()):
        block[:, place] = column.fill_null(float("nan")).to_numpy()
    return block, texts


def _from_array(
    X: object,  # noqa: N803
    roles: ColumnRoles,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.object_]], pd.Index[Any]]:
    array = _array(X)
    names = [name for name in roles.inputs if name not in roles.relative]
    if array.shape[1] != len(names):
        # In the words of scikit-learn, whose tools look for them.
        raise InputError(
            f"X has {array.shape[1]} features, but GreenCreditModel is expecting {len(names)} features as input.",
            where="X",
            mend="Hand in the columns of the training table, in their order.",
        )
    index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(array))
    places = [place for place, name in enumerate(names) if name not in roles.categories]
    texts = {}
    for place, name in enumerate(names):
        if name in roles.categories:
            codes, words = pd.factorize(pd.Series(array[:, place], dtype=object))
            told = [word if isinstance(word, str) else f"{word:g}" for word in words]
            texts[name] = np.array([*told, None], dtype=object)[codes]
    try:
        block = np.asarray(array[:, places], dtype=np.float64)
    except (TypeError, ValueError) as error:
        # In the words of scikit-learn, whose tools look for them.
        raise InputError(
            f"Columns of the wrong type: an entry of X is neither a number nor missing ({error}); the argument must be "
            "a string or a number.",
            where="X",
            mend=_MEND_TYPE,
        ) from error
    return block, texts, index


def _array(X: object) -> NDArray[Any]:  # noqa: N803
    """Check an array as scikit-learn does: two dimensions, rows and columns, not sparse, not complex."""
    try:
        return np.asarray(check_array(X, dtype=None, ensure_all_finite=False))
    except (TypeError, ValueError) as error:
        raise InputError(str(error), where="X", mend="Hand in a table with a row per application.") from error


def _texts(
    read: Callable[[str], tuple[NDArray[np.object_], str]],
    *,
    numbers: Sequence[str],
    categories: Sequence[str],
) -> tuple[dict[str, NDArray[np.object_]], set[str]]:
    """Read columns that are no numbers: texts of the categories, and names of numbers that are wholly missing."""
    wrong, empty, texts = [], set(), {}
    for name in numbers:
        column, kind = read(name)
        if all(value is None for value in column):
            empty.add(name)
        else:
            wrong.append(f"{name} must be numbers and holds {kind}")
    for name in categories:
        column, kind = read(name)
        if kind not in {"string", "categorical"} and any(value is not None for value in column):
            wrong.append(f"{name} must be texts and holds {kind}")
        texts[name] = column
    if wrong:
        raise InputError(
            f"Columns of the wrong type: {'; '.join(wrong)}.", where="columns of X", mend=_MEND_TYPE
        )
    return texts, empty


def _refuse_infinite(block: NDArray[np.float64], names: Sequence[str], index: pd.Index[Any]) -> None:
    if not len(block):
        return
    # The largest and the smallest value, NaN aside: two passes that copy nothing.
    suspect = np.isinf(np.fmax.reduce(block, axis=0)) | np.isinf(np.fmin.reduce(block, axis=0))
    for place in np.flatnonzero(suspect).tolist()[:1]:
        infinite = np.isinf(block[:, place])
        raise InputError(
            f"The indicator {names[place]} is infinite in {int(infinite.sum())} of {len(block)} rows.",
            where=f"column {names[place]}, first in row {index[int(np.argmax(infinite))]}",
            mend="A ratio without a denominator is missing, not infinite.",
        )


def _refuse_doubled(names: Sequence[str]) -> None:
    doubled = sorted({str(name) for name in names if list(names).count(name) > 1})
    raise InputError(
        f"Columns stand twice in the table: {', '.join(doubled)}.",
        where="columns of X",
        mend="Keep one of each.",
    )


def check_inputs(X: object, names: Sequence[str]) -> Table:  # noqa: N803
    """Check and read catalogue indicators of a frame; see :meth:`Table.of`."""
    return Table.of(X, ColumnRoles.of_catalogue(names, names))


def numbers(X: pd.DataFrame, name: str) -> NDArray[np.float64]:  # noqa: N803
    """One column of a frame as numbers, shape (n,), NaN where missing."""
    return X[name].to_numpy(dtype=np.float64, na_value=np.nan)


def shown_numbers(X: object, roles: ColumnRoles) -> dict[str, NDArray[np.float64]]:  # noqa: N803
    """Read the indicators that a frame holds and the model only shows, each of shape (n,), NaN where missing.

    Nothing is refused here: what the model does not use may be of any type, and what is no finite number is missing.
    """
    if not isinstance(X, pd.DataFrame | pl.DataFrame) or not has_names(X):
        return {}
    found = {}
    for name in X.columns:
        item = CATALOGUE.get(name)
        if item is None or item.used_by_model or item.is_category or name in roles.features:
            continue
        column = X[name].to_pandas() if isinstance(X, pl.DataFrame) else X[name]
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
            found[name] = np.where(np.isfinite(values), values, np.nan)
    return found
