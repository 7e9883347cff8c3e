"""Training rows in one order for every order in which they come.

Float sums, LightGBM's bins and every split depend on the order of rows; here the rows are checked and then
ordered by a hash of their content, so that a shuffled table trains the identical model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.frames import categories, numbers
from models.hashing import combine, hash_numbers, hash_texts
from models.splits import Split, by_content, days, out_of_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["TrainingRows"]

_Entry = TypeVar("_Entry", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """Checked and ordered training rows.

    Parameters
    ----------
    table
        Shape (n, inputs).
    bad
        Shape (n,): 1 for bad, 0 for good.
    day
        Shape (n,), days since 1970-01-01, or ``None``.
    firm
        Shape (n,), a code per firm; every row is a firm of its own where no firm was given.
    """

    table: pd.DataFrame
    bad: NDArray[np.float64]
    day: NDArray[np.int64] | None
    firm: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        inputs: tuple[str, ...],
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[Any] | pd.Series[Any] | None,
        firm_id: Sequence[object] | NDArray[Any] | pd.Series[Any] | None,
    ) -> TrainingRows:
        """Check labels, days and sizes, and order the rows.

        Raises
        ------
        ModelError
            If a label is not 0 or 1, only one of them occurs, a day is missing, or a length differs.
        """
        rows = len(table)
        bad = _sized(np.asarray(y, dtype=np.float64), rows, "y")
        if not np.isin(bad, (0.0, 1.0)).all() or len(np.unique(bad)) < 2:
            raise ModelError(
                "The labels must be 0 (good) and 1 (bad), and both must occur.",
                where="y",
                mend="Leave indeterminate applications out; hand in outcomes that hold both.",
            )
        day = None if as_of is None else _sized(days(np.asarray(as_of)), rows, "as_of")
        names = None if firm_id is None else _sized(np.asarray(firm_id, dtype=object), rows, "firm_id")
        hashes = [hash_numbers(bad)]
        hashes += [] if day is None else [hash_numbers(day.astype(np.float64))]
        hashes += [] if names is None else [hash_texts(names)]
        for name in inputs:
            if CATALOGUE[name].is_category:
                hashes.append(hash_texts(categories(table, name).fillna("")))
            else:
                hashes.append(hash_numbers(numbers(table, name)))
        order = np.argsort(combine(hashes, rows=rows), kind="stable")
        firm = np.arange(rows) if names is None else pd.factorize(names[order].astype(str), sort=True)[0]
        return cls(
            table=table[list(inputs)].iloc[order],
            bad=bad[order],
            day=None if day is None else day[order],
            firm=firm.astype(np.int64),
        )

    def split(self, *, share: float) -> Split:
        """Put the latest ``share`` apart, or the share with the lowest hashes where no day is known."""
        if self.day is None:
            return by_content(self.firm, self.bad, share=share)
        return out_of_time(self.day, self.firm, share=share)


def _sized(values: NDArray[_Entry], rows: int, name: str) -> NDArray[_Entry]:
    if values.shape != (rows,):
        raise ModelError(
            f"{name} must have shape ({rows},), one entry per row of X. Got {values.shape} instead.",
            where=name,
            mend="Take X, y, as_of and firm_id from the same rows.",
        )
    return values
