"""Independent challengers: what other methods reach on the same rows, out of time.

A logistic scorecard, as banks have built them for decades, and an explainable boosting machine, additive as a
scorecard but free in the shape of each curve. Both learn from the matrix that the model's own preparation gives, and
neither knows a direction, so they also show what the model pays for its monotone constraints.

Sources: Siddiqi, "Credit Risk Scorecards" (2006), for weight of evidence; Nori, Jenkins, Koch and Caruana, "InterpretML:
A Unified Framework for Machine Learning Interpretability" (2019).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["CHALLENGERS", "Challenger", "ExplainableBoosting", "LogisticScorecard", "WeightOfEvidence"]

_BINS = 10
_PRIOR = 20.0
"""Applications of the average bad share that are added to every bin: a bin of few applications says little."""


class Challenger(Protocol):
    """Learns from a prepared matrix and gives log-odds of a default."""

    def fit(
        self, matrix: NDArray[np.float64], bad: NDArray[np.float64], *, categories: Sequence[int]
    ) -> Challenger:
        """Learn from rows, shape (n, features), with category codes in the columns ``categories``."""

    def log_odds(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a default, shape (n,)."""


@dataclass(frozen=True, kw_only=True)
class WeightOfEvidence:
    """One column in bins, each with its weight of evidence.

    A number stands in a tenth of the training values, a category in a bin of its own, and a missing value in the last
    bin. The weight of a bin is the log of its odds of bad to good, with ``_PRIOR`` average applications added to it,
    over the odds of all: 0 says nothing, above 0 is worse than the average.

    Parameters
    ----------
    edges
        Inner edges of the bins, rising; a value that equals an edge stands above it.
    weights
        Shape (edges + 2,): of the bins in order, and of a missing value.
    """

    edges: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def fit(
        cls, column: NDArray[np.float64], bad: NDArray[np.float64], *, is_category: bool
    ) -> WeightOfEvidence:
        """Fit on a column and labels, each of shape (n,)."""
        known = column[~np.isnan(column)]
        if is_category:
            edges = np.unique(known)[1:]
        elif len(known):
            edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))
        else:
            edges = np.empty(0)
        bins = _bins(column, edges)
        share = float(bad.mean())
        bads = np.bincount(bins, weights=bad, minlength=len(edges) + 2) + _PRIOR * share
        goods = np.bincount(bins, weights=1.0 - bad, minlength=len(edges) + 2) + _PRIOR * (1.0 - share)
        return cls(edges=edges, weights=np.log(bads / goods) - np.log(share / (1.0 - share)))

    def transform(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weight of each value, shape (n,)."""
        return self.weights[_bins(column, self.edges)]


class LogisticScorecard:
    """Logistic regression on weights of evidence, with scikit-learn's L2 penalty of 1."""

    def fit(
        self, matrix: NDArray[np.float64], bad: NDArray[np.float64], *, categories: Sequence[int]
    ) -> LogisticScorecard:
        """Learn bins and coefficients; see :class:`Challenger`."""
        self._columns = [
            WeightOfEvidence.fit(column, bad, is_category=place in categories)
            for place, column in enumerate(matrix.T)
        ]
        self._regression = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200)
        self._regression.fit(self._weights(matrix), bad)
        return self

    def log_odds(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a default, shape (n,)."""
        found: NDArray[np.float64] = self._regression.decision_function(self._weights(matrix))
        return found

    def _weights(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(
            [binned.transform(column) for binned, column in zip(self._columns, matrix.T, strict=True)]
        )


class ExplainableBoosting:
    """InterpretML's explainable boosting machine, seeded, in one thread, with few pairs and few rounds.

    Parameters
    ----------
    interactions
        Pairs of indicators that it may find, at most.
    max_rounds
        Rounds of boosting, at most: the figure bounds the time of a training run.
    seed
        Of its bags.
    """

    def __init__(self, *, interactions: int = 3, max_rounds: int = 300, seed: int = 0) -> None:
        self.interactions = interactions
        self.max_rounds = max_rounds
        self.seed = seed

    def fit(
        self, matrix: NDArray[np.float64], bad: NDArray[np.float64], *, categories: Sequence[int]
    ) -> ExplainableBoosting:
        """Learn the curves; see :class:`Challenger`."""
        from interpret.glassbox import (  # noqa: PLC0415  (takes seconds)
            ExplainableBoostingClassifier,
        )

        self._machine = ExplainableBoostingClassifier(
            feature_types=[
                "nominal" if place in categories else "continuous" for place in range(matrix.shape[1])
            ],
            interactions=self.interactions,
            max_rounds=self.max_rounds,
            learning_rate=0.04,
            max_bins=128,
            outer_bags=2,
            n_jobs=1,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # Missing values have a bin of their own; only its pictures leave them out.
            warnings.filterwarnings("ignore", message="Missing values detected", category=UserWarning)
            self._machine.fit(matrix, bad.astype(np.int64))
        return self

    def log_odds(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a default, shape (n,)."""
        found: NDArray[np.float64] = np.asarray(self._machine.decision_function(matrix), dtype=np.float64)
        return found


CHALLENGERS: dict[str, type[Any]] = {
    "logistic_scorecard": LogisticScorecard,
    "explainable_boosting": ExplainableBoosting,
}
"""Name in the documents of a run to the method."""


def _bins(column: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """Bin of each value, shape (n,): the number of edges reached; one past the last for a missing value."""
    return np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="right"))
