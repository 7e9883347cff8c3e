"""GreenCreditModel: indicators to probability, points and exact contributions in points.

Everything after the booster is linear, so contributions in points add up to the score::

    raw    = sum of one leaf value per tree
    logit  = a + b * raw                                  b > 0, fitted on the latest part of the training period
    points = 600 + 20 / ln 2 * (-logit - ln 30)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import lightgbm
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from features.errors import ModelError
from models.boosting import grow
from models.calibration import Calibration, sigmoid
from models.explain import Contributions, explain
from models.frames import categories, check_inputs, check_training_columns
from models.interactions import INTERACTIONS
from models.kernel import engine_of
from models.points import PointsScale
from models.preparation import MISSING_RULES, Preparation, used_indicators
from models.rows import TrainingRows
from models.sectors import GROUP, SectorMeans
from models.trees import LeafTable, expected_raw_score, parse_leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from models.interactions import TestedGroup
    from models.kernel import Engine
    from models.splits import Split

__all__ = ["GreenCreditModel", "Provenance"]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a model comes from; it travels with the stored model.

    Parameters
    ----------
    label_origin
        ``observed``, ``simulated``, or empty where the model was fitted without saying.
    demonstration
        Whether the model may only demonstrate: its labels are simulated.
    training
        Settings and counts of the training, without any clock.
    """

    label_origin: str = ""
    demonstration: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)


class GreenCreditModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Probability of default within the label's window, in points, from catalogue indicators.

    Parameters
    ----------
    missing
        ``worst`` (a missing value of an indicator with a direction stands just beyond the worst training value,
        so that handing in a fact never lowers the score) or ``learned`` (LightGBM's own branch).
    max_depth
        Depth of each tree.
    n_estimators, learning_rate
        Number of trees and shrinkage.
    min_child_samples
        Applications in a leaf, at least: with few bads a leaf of few rows is noise.
    reg_lambda
        L2 penalty on leaf values.
    colsample
        Share of the indicators that a tree may use.
    interactions
        Which indicators may act together: ``none`` (no constraint), ``families`` (within a family only),
        ``additive`` (no two), ``pairs`` or ``triples`` (those that a test finds; see :mod:`models.interactions`).
    most_interactions
        Pairs, and triples, at most.
    points_scale
        From log-odds to points.
    sections
        Industry division to section, for divisions with fewer than 30 firms; without it they are held against
        all firms.
    calibration_share
        Share of the training rows, the latest, on which ``a`` and ``b`` are fitted.
    random_state
        Seed of the column sampling.
    n_jobs
        Threads; ``None`` uses every core. The result does not depend on it.

    Attributes
    ----------
    preparation_ : Preparation
        Peer medians, worst values and vocabularies, fitted on the boosting rows only.
    booster_ : lightgbm.Booster
    leaves_ : LeafTable
        Leaf values (raw score); the score is summed from them, the contributions come from ``booster_``.
    calibration_ : Calibration
    base_ : float
        Raw score of the average training row: the cover-weighted mean of the booster's leaves.
    interaction_groups_ : tuple of tuples of str, or None
        Indicators that a tree path may mix; ``None`` where it may mix all.
    tested_interactions_ : tuple of TestedGroup
        Pairs and triples that were tested, strongest first; not stored.
    sectors_ : SectorMeans or None
        Mean contributions by sector over the boosting rows; ``None`` for a model stored by an earlier release.
    split_counts_ : dict
        Rows used for ``boosting`` and ``calibration``, and ``left_out`` because their firm stands in the latter.
    provenance_ : Provenance
    classes_, n_features_in_, feature_names_in_
        As scikit-learn defines them; ``feature_names_in_`` are the columns that every table must have.
    """

    preparation_: Preparation
    booster_: lightgbm.Booster
    leaves_: LeafTable
    calibration_: Calibration
    base_: float
    interaction_groups_: tuple[tuple[str, ...], ...] | None
    tested_interactions_: tuple[TestedGroup, ...]
    sectors_: SectorMeans | None
    split_counts_: dict[str, int]
    provenance_: Provenance

    def __init__(
        self,
        *,
        missing: str = "worst",
        max_depth: int = 4,
        n_estimators: int = 200,
        learning_rate: float = 0.03,
        min_child_samples: int = 100,
        reg_lambda: float = 20.0,
        colsample: float = 0.3,
        interactions: str = "none",
        most_interactions: int = 20,
        points_scale: PointsScale = PointsScale(),  # noqa: B008  (frozen)
        sections: Mapping[str, str] | None = None,
        calibration_share: float = 0.15,
        random_state: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.missing = missing
        self.max_depth = max_depth
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.colsample = colsample
        self.interactions = interactions
        self.most_interactions = most_interactions
        self.points_scale = points_scale
        self.sections = sections
        self.calibration_share = calibration_share
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803  (scikit-learn's name)
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
    ) -> Self:
        """Fit medians, worst values, booster and sector means on the early rows, and the calibration on the latest.

        Parameters
        ----------
        X
            Shape (n, indicators): catalogue indicators that are not relative. Those the model may not use are
            ignored.
        y
            Shape (n,): 1 for bad, 0 for good.
        as_of
            Shape (n,): day of decision. Without it the calibration rows are drawn by hash.
        firm_id
            Shape (n,): no firm stands on both sides of the calibration split. Without it every row is a firm.

        Raises
        ------
        ModelError
            If a parameter, a column or a label is not as declared, or the calibration slope is not positive.
        """
        rows, split = self._fit_trees(X, y, as_of=as_of, firm_id=firm_id)
        late = self.preparation_.matrix(rows.table[split.late])
        self.calibration_ = Calibration.fit(self._raw(late), rows.bad[split.late])
        self.split_counts_ = {
            "boosting": int(split.early.sum()),
            "calibration": int(split.late.sum()),
            "left_out": int(split.left_out.sum()),
        }
        self.provenance_ = Provenance()
        early = rows.table[split.early]
        self.sectors_ = SectorMeans.fit(
            self.explain(early).values,
            categories(early, GROUP) if GROUP in early.columns else None,
            rows.firm[split.early],
            section_of=self.sections or {},
        )
        return self

    def with_other_trees(
        self,
        X: pd.DataFrame,  # noqa: N803  (scikit-learn's name)
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
    ) -> Self:
        """Fit medians, worst values and booster on other rows under this model's settings and calibration.

        For comparing what two models say about the same applicant: on one scale, and where the rows are too few
        to calibrate anew. The result is no model to decide with, and has no sector means.

        Parameters
        ----------
        X, y, as_of, firm_id
            As :meth:`fit` takes them.

        Raises
        ------
        ModelError
            If a parameter, a column or a label is not as declared.
        """
        check_is_fitted(self)
        other: Self = clone(self)
        other._fit_trees(X, y, as_of=as_of, firm_id=firm_id)
        other.calibration_ = self.calibration_
        return other

    def decision_function(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Calibrated log-odds of a default, shape (n,)."""
        matrix = self._matrix(X)
        return self.calibration_.log_odds(self._raw(matrix))

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of good and bad, shape (n, 2)."""
        bad = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:  # noqa: N803
        """1 where a default is more likely than not, shape (n,); a credit decision uses points and a policy."""
        return (self.decision_function(X) > 0.0).astype(np.int64)

    def predict_points(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        """Points, shape (n,): from the leaf values, without the contributions."""
        return self.points_scale.of_log_odds(self.decision_function(X))

    @property
    def base_points(self) -> float:
        """Base of the contributions: points of the average training row."""
        check_is_fitted(self)
        return float(self.points_scale.of_log_odds(self.calibration_.log_odds(np.array([self.base_])))[0])

    def explain(self, X: pd.DataFrame) -> Contributions:  # noqa: N803
        """Exact contributions in points for every row; see :func:`models.explain.explain`.

        Raises
        ------
        ExactnessError
            If base plus contributions is not the score.
        """
        matrix = self._matrix(X)
        explained = explain(
            self.engine,
            self.booster_,
            matrix,
            base_raw=self.base_,
            calibration=self.calibration_,
            scale=self.points_scale,
            data=self.preparation_.indicators(X),
            threads=self.n_jobs or 0,
        )
        return replace(explained, sectors=self.sectors_)

    def notes(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Say what was replaced while preparing the rows; see :meth:`Preparation.notes`."""
        check_is_fitted(self)
        check_inputs(X, self.preparation_.inputs)
        return self.preparation_.notes(X)

    def _fit_trees(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None,
    ) -> tuple[TrainingRows, Split]:
        """Check everything, and fit what the early rows decide but for the sector means, which need points."""
        self._check_parameters()
        check_training_columns(X)
        inputs = used_indicators(X.columns)
        if not inputs:
            raise ModelError(
                "The training table has no indicator that the model may use.", where="columns of X"
            )
        check_inputs(X, inputs)
        rows = TrainingRows.of(X, inputs, y, as_of=as_of, firm_id=firm_id)
        split = rows.split(share=self.calibration_share)
        early = rows.table[split.early]
        self.preparation_ = Preparation.fit(
            early, rows.firm[split.early], missing=self.missing, sections=self.sections or {}
        )
        self._grow(self.preparation_.matrix(early), rows.bad[split.early])
        self.sectors_ = None
        self._describe()
        return rows, split

    def _matrix(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        check_is_fitted(self)
        check_inputs(X, self.preparation_.inputs)
        return self.preparation_.matrix(X)

    def _raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw score, shape (n,), summed from the leaf values."""
        return self.engine.raw_score(matrix)

    @property
    def engine(self) -> Engine:
        """What scores and explains, in raw score: compiled once for a booster and its leaf values.

        Raises
        ------
        ModelError
            If the booster is of a kind that cannot be explained.
        """
        of = (self.booster_, self.leaves_)
        compiled = self.__dict__.get("_compiled")
        if compiled is None or compiled[0][0] is not of[0] or compiled[0][1] is not of[1]:
            compiled = (of, engine_of(*of, threads=self.n_jobs or 0))
            self._compiled = compiled
        engine: Engine = compiled[1]
        return engine

    def __getstate__(self) -> dict[str, Any]:
        """Give what is copied: everything but the engine, which is compiled again where it is needed."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_compiled"}

    def _grow(self, matrix: NDArray[np.float64], bad: NDArray[np.float64]) -> None:
        """Train the booster and read its leaves back from the text that is stored."""
        grown = grow(
            matrix,
            bad,
            features=self.preparation_.features,
            settings={
                "objective": "binary",
                "deterministic": True,
                "force_row_wise": True,
                "num_threads": self.n_jobs or 0,
                "seed": self.random_state,
                "max_depth": self.max_depth,
                "num_leaves": 2**self.max_depth,
                "learning_rate": self.learning_rate,
                "min_data_in_leaf": self.min_child_samples,
                "lambda_l2": self.reg_lambda,
                "feature_fraction": self.colsample,
                "verbosity": -1,
            },
            trees=self.n_estimators,
            interactions=self.interactions,
            most_interactions=self.most_interactions,
        )
        self.interaction_groups_, self.tested_interactions_ = grown.groups, grown.tested
        self._take_booster(grown.text)

    def _take_booster(self, text: str) -> None:
        self.booster_ = lightgbm.Booster(model_str=text)
        self.leaves_, covers = parse_leaves(text)
        self.base_ = expected_raw_score(self.leaves_, covers)

    def _describe(self) -> None:
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(self.preparation_.inputs)
        self.feature_names_in_ = np.array(self.preparation_.inputs, dtype=object)

    def _check_parameters(self) -> None:
        if self.missing not in MISSING_RULES:
            raise ModelError(
                f"The missing parameter of GreenCreditModel must be one of {', '.join(MISSING_RULES)}. "
                f"Got {self.missing!r} instead.",
                mend="Keep missing='worst' unless your bank has decided to let silence pay.",
            )
        if self.interactions not in INTERACTIONS:
            raise ModelError(
                f"The interactions parameter of GreenCreditModel must be one of {', '.join(INTERACTIONS)}. "
                f"Got {self.interactions!r} instead.",
                mend="Keep interactions='none' unless your bank wants a simpler model.",
            )
        for name, low, high in (
            ("max_depth", 1, 16),
            ("n_estimators", 1, 100_000),
            ("learning_rate", 1e-6, 1.0),
            ("min_child_samples", 1, 1_000_000_000),
            ("reg_lambda", 0.0, float("inf")),
            ("colsample", 1e-6, 1.0),
            ("most_interactions", 1, 10_000),
            ("calibration_share", 0.01, 0.5),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ModelError(
                    f"The {name} parameter of GreenCreditModel must be from {low} to {high}. Got {value} instead.",
                    mend=f"Set {name} within these bounds.",
                )
