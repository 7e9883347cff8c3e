"""The declared scorecard: points by weights and breakpoints that a bank wrote down, for a bank without outcomes.

Every indicator has bands, from the worst to the best, and a mark per band from 0 (worst) to 1 (best)::

    contribution = weight * (mark of the applicant's band - mark of the reference applicant's band)
    points       = points of the reference applicant + sum of the contributions

The reference applicant is declared too: its value of each indicator, and its probability of default, which the points
scale turns into the base. A missing value stands in the worst band, so handing in a fact never lowers the score.
The marks never fall from the worst band to the best, so the score is monotone by construction.

It answers as :class:`models.estimator.GreenCreditModel` does, so it is explained, registered and used like one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.errors import ExactnessError
from models.calibration import sigmoid
from models.estimator import Provenance
from models.explain import TOLERANCE, Contributions
from models.frames import check_inputs, numbers
from models.sums import add_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.points import PointsScale

__all__ = ["LABEL_ORIGIN", "DeclaredIndicator", "DeclaredScorecard", "ScorecardColumns"]

LABEL_ORIGIN = "declared"
"""Label origin of a scorecard: no outcome stands behind it."""


@dataclass(frozen=True, kw_only=True)
class DeclaredIndicator:
    """What a scorecard says of one indicator.

    Parameters
    ----------
    id
        In the catalogue; it has a direction and is not relative.
    weight
        Points between the worst and the best band, positive.
    breakpoints
        k values in the indicator's unit, from the worst to the best: they rise where higher is better and fall where
        lower is better. A value that equals a breakpoint has reached the better side.
    marks
        k + 1 marks of the bands, from the worst to the best: from 0 to 1, never falling.
    reference
        Value of the reference applicant, in the indicator's unit.
    """

    id: str
    weight: float
    breakpoints: tuple[float, ...]
    marks: tuple[float, ...]
    reference: float

    def band(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """Count the breakpoints reached, shape (n,), by values, shape (n,): 0 is the worst band, and that of NaN."""
        direction = CATALOGUE[self.id].direction
        # Mirrored where lower is better, so that a higher number is always the better one.
        reached = np.searchsorted(
            direction * np.array(self.breakpoints), direction * values + 0.0, side="right"
        )
        return np.where(np.isnan(values), 0, reached)

    def points(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points above the worst band, shape (n,), of values, shape (n,)."""
        return self.weight * np.array(self.marks)[self.band(values)]


@dataclass(frozen=True, kw_only=True)
class ScorecardColumns:
    """What a scorecard asks of a table, under the names that a trained model's preparation has.

    Parameters
    ----------
    inputs
        Columns asked of every table, in catalogue order.
    features
        Columns of the contributions: the same.
    """

    inputs: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DeclaredScorecard:
    """Points, probability and exact contributions by declaration.

    Parameters
    ----------
    version
        As the bank names it.
    title
        What it is for.
    points_scale
        From log-odds to points.
    reference_probability
        Probability of default of the reference applicant; the base is its points.
    indicators
        In catalogue order.
    text
        The file it was read from; stored as it is.
    provenance_
        Label origin ``declared``, never a demonstration.
    """

    version: str
    title: str
    points_scale: PointsScale
    reference_probability: float
    indicators: tuple[DeclaredIndicator, ...]
    text: str = field(repr=False, default="")
    provenance_: Provenance = field(default_factory=lambda: Provenance(label_origin=LABEL_ORIGIN))

    sectors_ = None
    """No training rows, so no means by sector."""

    distributions_ = None
    """No training rows, so no quantiles by sector either."""

    @cached_property
    def preparation_(self) -> ScorecardColumns:
        """Columns that it asks for and explains."""
        names = tuple(item.id for item in self.indicators)
        return ScorecardColumns(inputs=names, features=names)

    @cached_property
    def classes_(self) -> NDArray[np.int64]:
        """0 for good, 1 for bad."""
        return np.array([0, 1])

    @property
    def base_points(self) -> float:
        """Base of the contributions: points of the reference applicant."""
        return float(self.points_scale.of_probability(np.array([self.reference_probability]))[0])

    @property
    def lowest_points(self) -> float:
        """Points of an applicant in the worst band of everything, as one who hands in nothing is."""
        start = self.base_points
        for item in self.indicators:
            start -= float(item.points(np.array([item.reference]))[0])
        return start

    @property
    def highest_points(self) -> float:
        """Points of an applicant in the best band of everything."""
        total = self.lowest_points
        for item in self.indicators:
            total += item.weight
        return total

    def predict_points(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803  (scikit-learn's name)
        """Points, shape (n,): summed from the worst upwards, without the contributions.

        Raises
        ------
        ModelError
            If a column is absent or not numeric.
        """
        check_inputs(X, self.preparation_.inputs)
        total = np.full(len(X), self.lowest_points)
        for item in self.indicators:
            total += item.points(numbers(X, item.id))
        return total

    def decision_function(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds of a default, shape (n,)."""
        return self.points_scale.log_odds(self.predict_points(X))

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of good and bad, shape (n, 2)."""
        bad = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """1 where a default is more likely than not, shape (n,); a credit decision uses points and a policy."""
        return (self.decision_function(X) > 0.0).astype(np.int64)

    def explain(self, X: pd.DataFrame) -> Contributions:  # noqa: N803
        """Exact contributions in points: what each indicator gives beyond the reference applicant.

        Raises
        ------
        ModelError
            If a column is absent or not numeric.
        ExactnessError
            If base plus contributions is not the score.
        """
        points = self.predict_points(X)
        columns = {item.id: numbers(X, item.id) for item in self.indicators}
        values = pd.DataFrame(
            {
                item.id: item.points(columns[item.id]) - item.points(np.array([item.reference]))
                for item in self.indicators
            },
            index=X.index,
        )
        base = self.base_points
        gaps = np.abs(base + add_up(values) - points)
        # Written so that a gap that is no number is refused too.
        if not (gaps <= TOLERANCE).all():
            raise ExactnessError(
                f"Base plus contributions is not the score: the gap is {np.max(gaps):.6g} points, more than "
                f"{TOLERANCE:g}.",
                where=f"row {X.index[int(np.argmax(gaps))]} of {len(X)}",
                mend="Do not use this scorecard: weights this far apart cannot be added exactly.",
            )
        return Contributions(
            base=base,
            values=values,
            points=points,
            data=pd.DataFrame(columns, index=X.index),
            additivity_gap=float(np.max(gaps)) if len(gaps) else 0.0,
            probability=sigmoid(self.points_scale.log_odds(points)),
            # There is no second implementation in a library to compare with.
            booster_gap=0.0,
            contribution_gap=0.0,
            sampled_rows=0,
            kernel="scorecard",
        )

    def notes(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """List what was replaced: nothing, since silence is a band; the columns of a trained model's notes."""
        check_inputs(X, self.preparation_.inputs)
        return pd.DataFrame(
            {"row": np.array([], dtype=np.int64), "indicator": [], "status": [], "detail": []}
        )
