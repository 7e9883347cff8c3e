"""Exact contributions in points: path-dependent TreeSHAP, scaled by the calibration and the points scale.

    base + sum of contributions = score

holds on every row, and is checked on every row against a score that was computed without the contributions.
Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees",
Nature Machine Intelligence 2 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalogue import PILLARS
from features.errors import ExactnessError, ModelError
from models.calibration import sigmoid
from models.hashing import combine
from models.sectors import GROUP, AgainstSector
from models.sums import add_columns, as_explanation, sums_by_family, sums_by_pillar
from models.sums import add_up as _add_up

if TYPE_CHECKING:
    import lightgbm
    from numpy.typing import NDArray

    from models.calibration import Calibration
    from models.kernel import Engine
    from models.points import PointsScale
    from models.sectors import SectorMeans

__all__ = ["REFERENCES", "TOLERANCE", "Contributions", "explain"]

TOLERANCE = 1e-9
"""Largest gap (points) at which base plus contributions still is the score."""

REFERENCES = ("portfolio", "sector")
"""What contributions may be held against: the average training row, or that of the firm's own sector."""

_MOST_CONTRIBUTION_ROWS = 50
"""Rows on which contributions are compared one by one: LightGBM takes a hundred times the kernel's time for a row."""

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
    probability
        Shape (n,): probability of a default.
    booster_gap
        Largest |score - score by LightGBM's own prediction| over a sample, in points.
    contribution_gap
        Largest |contribution - contribution by LightGBM's ``pred_contrib``| over the first few rows of that sample,
        in points.
    sampled_rows
        Size of that sample.
    kernel
        What explained: ``compiled`` or ``lightgbm``.
    sectors
        Mean contributions by sector; ``None`` where the model has none.
    """

    base: float
    values: pd.DataFrame
    points: NDArray[np.float64]
    probability: NDArray[np.float64]
    data: pd.DataFrame
    additivity_gap: float
    booster_gap: float
    contribution_gap: float
    sampled_rows: int
    kernel: str
    sectors: SectorMeans | None = None

    def by_family(self) -> pd.DataFrame:
        """Sum by family, shape (n, families), points."""
        return sums_by_family(self.values)

    def by_pillar(self) -> pd.DataFrame:
        """Sum by pillar (E, S, G, context), shape (n, 4), points."""
        return sums_by_pillar(self.values)

    def esg_part(self) -> NDArray[np.float64]:
        """Give the ESG part, shape (n,), points: the sum of E, S and G, without context."""
        pillars = self.by_pillar()
        return _add_up(pillars[[pillar for pillar in PILLARS if pillar != "context"]])

    def against_sector(self) -> AgainstSector:
        """Hold every row against the average training application of its own sector.

        Raises
        ------
        ModelError
            If the model was stored before sector means were.
        ExactnessError
            If sector base plus differences is not the score on any row.
        """
        if self.sectors is None:
            raise ModelError(
                "The model has no sector means: it was stored by an earlier release.",
                where="against_sector",
                mend="Train it again, or hold it against the portfolio.",
            )
        group = self.data[GROUP] if GROUP in self.data.columns else None
        means, level = self.sectors.rows(group, rows=len(self.values))
        base = np.full(len(self.values), self.base)
        for mean in means.T:
            base += mean
        values = self.values - means
        gaps = np.abs(base + _add_up(values) - self.points)
        if not (gaps <= TOLERANCE).all():
            raise ExactnessError(
                f"Sector base plus differences is not the score: the gap is {np.max(gaps):.6g} points, more than "
                f"{TOLERANCE:g}.",
                where=f"row {self.data.index[int(np.argmax(gaps))]} of {len(gaps)}",
                mend=_MEND,
            )
        return AgainstSector(base=base, values=values, points=self.points, data=self.data, level=level)

    def to_shap(self, *, reference: str = "portfolio") -> Any:  # noqa: ANN401  (shap is imported late)
        """Make a ``shap.Explanation`` in points, for every plot of shap.

        Parameters
        ----------
        reference
            ``portfolio`` (one base for all rows) or ``sector`` (each row has the base of its own sector).

        Raises
        ------
        ModelError
            If the reference is neither, or see :meth:`against_sector`.
        """
        if reference not in REFERENCES:
            raise ModelError(
                f"The reference parameter of to_shap must be one of {', '.join(REFERENCES)}. Got {reference!r} instead.",
                mend="Use reference='portfolio' or reference='sector'.",
            )
        if reference == "sector":
            return self.against_sector().to_shap()
        return as_explanation(self.values, base=np.full(len(self.values), self.base), data=self.data)


def _sample(matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows to compare: 1 %, at least 1,000, at most 10,000, chosen by content so that row order plays no part."""
    size = min(len(matrix), max(1_000, min(10_000, len(matrix) // 100)))
    if size == len(matrix):
        return np.arange(size)
    keys = combine(matrix.T, rows=len(matrix))
    return np.sort(np.argsort(keys, kind="stable")[:size])


def explain(
    engine: Engine,
    booster: lightgbm.Booster,
    matrix: NDArray[np.float64],
    *,
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
    engine
        Gives the score from the stored leaf values, and the contributions.
    booster
        What both are held against on a sample.
    matrix
        Shape (n, indicators), prepared.
    base_raw
        Stored base, in raw score.
    calibration, scale
        From raw score to points.
    data
        Shape (n, indicators): values to show; its columns and index name the contributions.
    threads
        Threads of the booster; 0 uses every core.

    Raises
    ------
    ExactnessError
        If a gap exceeds ``TOLERANCE``; it is named in points.
    """
    raw, shap_values = engine.contributions(matrix)
    log_odds = calibration.log_odds(raw)
    points = scale.of_log_odds(log_odds)
    base = float(scale.of_log_odds(calibration.log_odds(np.array([base_raw])))[0])
    factor = -calibration.b * scale.factor
    shap_values *= factor
    values = pd.DataFrame(shap_values, columns=data.columns, index=data.index, copy=False)
    gaps = np.abs(base + add_columns(shap_values) - points)
    worst = int(np.argmax(gaps)) if len(gaps) else -1
    # Written so that a gap that is no number is refused too.
    if len(gaps) and not gaps[worst] <= TOLERANCE:
        raise ExactnessError(
            f"Base plus contributions is not the score: the gap is {gaps[worst]:.6g} points, more than {TOLERANCE:g}.",
            where=f"row {data.index[worst]} of {len(matrix)}",
            mend=_MEND,
        )
    rows = _sample(matrix)
    booster_gap = contribution_gap = 0.0
    if len(rows):
        again = np.asarray(booster.predict(matrix[rows], raw_score=True, num_threads=threads))
        booster_gap = float(np.max(np.abs(scale.of_log_odds(calibration.log_odds(again)) - points[rows])))
    few = rows[: min(_MOST_CONTRIBUTION_ROWS, len(rows) // 20)]
    if len(few):
        oracle = np.asarray(booster.predict(matrix[few], pred_contrib=True, num_threads=threads))
        contribution_gap = float(np.max(np.abs(oracle[:, :-1] * factor - shap_values[few])))
    for gap, what, compared in (
        (booster_gap, "The score from the leaf values is", len(rows)),
        (contribution_gap, "The contributions are", len(few)),
    ):
        if not gap <= TOLERANCE:
            raise ExactnessError(
                f"{what} not LightGBM's: the gap is {gap:.6g} points, more than {TOLERANCE:g}.",
                where=f"a sample of {compared} rows",
                mend=_MEND,
            )
    return Contributions(
        base=base,
        values=values,
        points=points,
        probability=sigmoid(log_odds),
        data=data,
        additivity_gap=float(gaps[worst]) if len(gaps) else 0.0,
        booster_gap=booster_gap,
        contribution_gap=contribution_gap,
        sampled_rows=len(rows),
        kernel=engine.name,
    )
