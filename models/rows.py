"""Training rows in one order for every order in which they come.

Float sums, LightGBM's bins and every split depend on the order of rows; here the rows are checked and then
ordered by a hash of their content, so that a shuffled table trains the identical model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, column_or_1d

from features.errors import InputError
from models.hashing import combine, hash_numbers, hash_texts
from models.splits import Split, by_content, days, out_of_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from models.frames import Table

__all__ = ["TrainingRows"]

_Entry = TypeVar("_Entry", bound=np.generic)

_MEND_LABELS = "Leave indeterminate applications out; hand in outcomes that hold good and bad."


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """Checked and ordered training rows.

    Parameters
    ----------
    table
        The inputs of n rows, as they came.
    order
        Shape (n,): the row of ``table`` that stands at each place of all that follows.
    bad
        Shape (n,): 1 for bad, 0 for good.
    classes
        The two labels as they came, good before bad.
    day
        Shape (n,), days since 1970-01-01, or ``None``.
    firm
        Shape (n,), a code per firm; every row is a firm of its own where no firm was given.
    """

    table: Table
    order: NDArray[np.intp]
    bad: NDArray[np.float64]
    classes: NDArray[Any]
    day: NDArray[np.int64] | None
    firm: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        table: Table,
        inputs: Sequence[str],
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[Any] | pd.Series[Any] | None,
        firm_id: Sequence[object] | NDArray[Any] | pd.Series[Any] | None,
    ) -> TrainingRows:
        """Check labels, days and sizes, and order the rows.

        Raises
        ------
        InputError
            If there are not two labels, a day is missing, or a length differs.
        """
        rows = len(table)
        bad, classes = _labels(y, rows)
        day = None if as_of is None else _sized(days(np.asarray(as_of)), rows, "as_of")
        names = None if firm_id is None else _sized(np.asarray(firm_id, dtype=object), rows, "firm_id")
        hashes = [hash_numbers(bad)]
        hashes += [] if day is None else [hash_numbers(day.astype(np.float64))]
        hashes += [] if names is None else [hash_texts(names)]
        columns = [*hashes, *(_hashable(table, name) for name in inputs)]
        order = np.argsort(combine(columns, rows=rows), kind="stable")
        firm = np.arange(rows) if names is None else pd.factorize(names[order].astype(str), sort=True)[0]
        return cls(
            table=table,
            order=order,
            bad=bad[order],
            classes=classes,
            day=None if day is None else day[order],
            firm=firm.astype(np.int64),
        )

    def part(self, rows: NDArray[np.bool_]) -> Table:
        """Take the inputs of some of the ordered rows, shape (n,), in their order."""
        return self.table.take(self.order[rows])

    def texts(self, name: str, rows: NDArray[np.bool_]) -> NDArray[np.object_] | None:
        """Take one category of some of the ordered rows; ``None`` where the model knows no such category."""
        column = self.table.texts.get(name)
        return None if column is None else column[self.order[rows]]

    def split(self, *, share: float) -> Split:
        """Put the latest ``share`` apart, or the share with the lowest hashes where no day is known; with 0 nothing."""
        if share == 0.0:
            everyone = np.ones(len(self.bad), dtype=np.bool_)
            return Split(early=everyone, late=~everyone, left_out=~everyone)
        if self.day is None:
            return by_content(self.firm, self.bad, share=share)
        return out_of_time(self.day, self.firm, share=share)


def _hashable(table: Table, name: str) -> NDArray[np.float64] | NDArray[np.uint64]:
    """Give a column of numbers as it is, of texts as their hashes."""
    if name in table.places:
        return table.numbers(name)
    return hash_texts("" if text is None else text for text in table.texts[name])


def _labels(y: ArrayLike, rows: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Labels as 0 (good) and 1 (bad), shape (n,), and the two labels as they came; the greater one is bad."""
    if y is None:
        raise InputError(
            "GreenCreditModel requires y to be passed, but the target y is None.",
            where="y",
            mend="Hand in 1 for bad and 0 for good.",
        )
    try:
        labels = column_or_1d(np.asarray(y), warn=True)
        _sized(labels, rows, "y")
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        kind = type_of_target(labels, input_name="y", raise_unknown=True)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(str(error), where="y", mend=_MEND_LABELS) from error
    if kind != "binary":
        # In the words of scikit-learn, whose tools look for them.
        raise InputError(
            f"Only binary classification is supported. The type of the target is {kind}.",
            where="y",
            mend=_MEND_LABELS,
        )
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise InputError(
            "The labels must be 0 (good) and 1 (bad), and both must occur. Got only one class.",
            where="y",
            mend=_MEND_LABELS,
        )
    if classes.dtype.kind in "biuf" and classes.astype(np.float64).tolist() == [0.0, 1.0]:
        classes = np.array([0, 1])
    return codes.astype(np.float64), classes


def _sized(values: NDArray[_Entry], rows: int, name: str) -> NDArray[_Entry]:
    if values.shape != (rows,):
        raise InputError(
            f"{name} must have shape ({rows},), one entry per row of X. Got {values.shape} instead.",
            where=name,
            mend="Take X, y, as_of and firm_id from the same rows.",
        )
    return values
