"""Exact contributions in points: path-dependent TreeSHAP, scaled by the calibration and the points scale.

    base + sum of contributions = score

holds on every row, and is checked on every row against a score that was computed without the contributions.
Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees",
Nature Machine Intelligence 2 (2020).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE, FAMILIES, PILLARS
from features.errors import ExactnessError
from models.hashing import combine, hash_numbers

if TYPE_CHECKING:
    import lightgbm
    from numpy.typing import NDArray

    from models.calibration import Calibration
    from models.points import PointsScale

__all__ = ["TOLERANCE", "Contributions", "explain"]

TOLERANCE = 1e-9
"""Largest gap (points) at which base plus contributions still is the score."""

_MEND = "Do not use this model: restore it from the registry, or train it again."


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """What each indicator gives, in points, for n rows.

    Parameters
    ----------
    base
        Points of the average training row, weighted by cover; the same for every row.
    values
        Shape (n, indicators), points; columns in catalogue order, index of the table that was explained.
    points
        Shape (n,): the score, computed without the contributions.
    data
        Shape (n, indicators): the values as a person reads them, relative indicators computed.
    additivity_gap
        Largest |base + contributions - score| over all rows, in points.
    booster_gap
        Largest |score - score by LightGBM's own prediction| over a sample, in points.
    sampled_rows
        Size of that sample.
    """

    base: float
    values: pd.DataFrame
    points: NDArray[np.float64]
    data: pd.DataFrame
    additivity_gap: float
    booster_gap: float
    sampled_rows: int

    def by_family(self) -> pd.DataFrame:
        """Sum by family, shape (n, families), points."""
        return self._summed({family: [family] for family in FAMILIES})

    def by_pillar(self) -> pd.DataFrame:
        """Sum by pillar (E, S, G, context), shape (n, 4), points."""
        return self._summed(
            {p: [name for name, family in FAMILIES.items() if family.pillar == p] for p in PILLARS}
        )

    def esg_part(self) -> NDArray[np.float64]:
        """Give the ESG part, shape (n,), points: the sum of E, S and G, without context."""
        pillars = self.by_pillar()
        return _add_up(pillars[[pillar for pillar in PILLARS if pillar != "context"]])

    def to_shap(self) -> Any:  # noqa: ANN401  (shap is imported late)
        """Make a ``shap.Explanation`` in points, for every plot of shap."""
        with warnings.catch_warnings():
            # shap sets up its colours with a function that matplotlib is going to retire.
            warnings.filterwarnings(
                "ignore", message="The set_(bad|over|under) function", category=PendingDeprecationWarning
            )
            import shap  # noqa: PLC0415  (takes seconds)

        return shap.Explanation(
            values=self.values.to_numpy(),
            base_values=np.full(len(self.values), self.base),
            data=self.data.to_numpy(dtype=object),
            feature_names=list(self.values.columns),
        )

    def _summed(self, groups: dict[str, list[str]]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                name: _add_up(
                    self.values[[c for c in self.values.columns if CATALOGUE[c].family in families]]
                )
                for name, families in groups.items()
            },
            index=self.values.index,
        )


def _add_up(columns: pd.DataFrame) -> NDArray[np.float64]:
    """Row sums, shape (n,), added column by column: the same bits whatever the number of rows."""
    total = np.zeros(len(columns), dtype=np.float64)
    for name in columns.columns:
        total += columns[name].to_numpy()
    return total


def _sample(matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows to compare: 1 %, at least 1,000, at most 10,000, chosen by content so that row order plays no part."""
    size = min(len(matrix), max(1_000, min(10_000, len(matrix) // 100)))
    keys = combine([hash_numbers(column) for column in matrix.T], rows=len(matrix))
    return np.sort(np.argsort(keys, kind="stable")[:size])


def explain(
    booster: lightgbm.Booster,
    matrix: NDArray[np.float64],
    *,
    raw: NDArray[np.float64],
    base_raw: float,
    calibration: Calibration,
    scale: PointsScale,
    data: pd.DataFrame,
    threads: int = 0,
) -> Contributions:
    """Contributions of every row, checked to add up.

    One unit of raw score is ``-b * scale.factor`` points, so a contribution in raw score times that is one in
    points, and the base is the points of ``base_raw``.

    Parameters
    ----------
    booster
        Gives the contributions.
    matrix
        Shape (n, indicators), prepared.
    raw
        Shape (n,): raw score, from the stored leaf values.
    base_raw
        Stored base, in raw score.
    calibration, scale
        From raw score to points.
    data
        Shape (n, indicators): values to show; its columns and index name the contributions.
    threads
        Threads; 0 uses every core.

    Raises
    ------
    ExactnessError
        If the gap exceeds ``TOLERANCE`` on any row; it is named in points.
    """
    points = scale.of_log_odds(calibration.log_odds(raw))
    base = float(scale.of_log_odds(calibration.log_odds(np.array([base_raw])))[0])
    if not len(matrix):
        empty = pd.DataFrame(columns=data.columns, index=data.index, dtype=np.float64)
        return Contributions(
            base=base,
            values=empty,
            points=points,
            data=data,
            additivity_gap=0.0,
            booster_gap=0.0,
            sampled_rows=0,
        )
    shap_values = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=threads))
    values = pd.DataFrame(
        shap_values[:, :-1] * (-calibration.b * scale.factor), columns=data.columns, index=data.index
    )
    gaps = np.abs(base + _add_up(values) - points)
    worst = int(np.argmax(gaps))
    if not gaps[worst] <= TOLERANCE:
        raise ExactnessError(
            f"Base plus contributions is not the score: the gap is {gaps[worst]:.6g} points, more than {TOLERANCE:g}.",
            where=f"row {data.index[worst]} of {len(matrix)}",
            mend=_MEND,
        )
    rows = _sample(matrix)
    again = np.asarray(booster.predict(matrix[rows], raw_score=True, num_threads=threads))
    booster_gap = float(np.max(np.abs(scale.of_log_odds(calibration.log_odds(again)) - points[rows])))
    if not booster_gap <= TOLERANCE:
        raise ExactnessError(
            f"The score from the leaf values is not LightGBM's: the gap is {booster_gap:.6g} points, "
            f"more than {TOLERANCE:g}.",
            where=f"a sample of {len(rows)} rows",
            mend=_MEND,
        )
    return Contributions(
        base=base,
        values=values,
        points=points,
        data=data,
        additivity_gap=float(gaps[worst]),
        booster_gap=booster_gap,
        sampled_rows=len(rows),
    )
