"""GreenCreditModel: indicators to probability, points and exact contributions in points.

Everything after the booster is linear, so contributions in points add up to the score::

    raw    = sum of one leaf value per tree
    logit  = a + b * raw                                  b > 0, fitted on the latest part of the training period
    points = 600 + 20 / ln 2 * (-logit - ln 30)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import lightgbm
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from features.errors import InputError
from models.boosting import grow
from models.calibration import Calibration, sigmoid
from models.columns import ColumnRoles
from models.distributions import SectorDistributions
from models.explain import Contributions, explain
from models.frames import Table, column_names, has_names, shown_numbers
from models.interactions import INTERACTIONS
from models.kernel import engine_of
from models.points import PointsScale
from models.preparation import MISSING_RULES, Preparation
from models.rows import TrainingRows
from models.sectors import GROUP, SectorMeans
from models.trees import LeafTable, expected_raw_score, parse_leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from models.columns import Directions
    from models.interactions import TestedGroup
    from models.kernel import Engine
    from models.splits import Split

    TableLike = pd.DataFrame | pl.DataFrame | ArrayLike | Table

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
    """Probability of default within the label's window, in points, from indicators of the catalogue or of one's own.

    Catalogue indicators need no declaration. The columns of any other table, a frame or an array, are numbers without
    direction unless ``directions``, ``categories`` and ``relative`` say otherwise; :mod:`models.columns` holds the
    rule, and what such columns are to sums by family.

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
    directions
        Which way is better: +1 a higher value, -1 a lower one, 0 neither; by column name, or a sequence with one
        entry per column. ``None``, and what a mapping leaves out, is what the catalogue says, and 0 for a column
        that is no catalogue indicator.
    categories
        Columns that are categories, by name or position; ``None`` is what the catalogue says.
    relative
        Feature that the model computes to the pair of a number and a category: it is the number over its median in
        the category. ``None`` is what the catalogue says. The columns of an array are named ``x0``, ``x1`` and so on.
    sections
        Industry division to section, for divisions with fewer than 30 firms; without it they are held against
        all firms.
    calibration_share
        Share of the training rows, the latest, on which ``a`` and ``b`` are fitted. With 0 every row grows trees,
        ``a`` is 0 and ``b`` is 1: for rows too few to put any aside, or where another tool calibrates.
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
    distributions_ : SectorDistributions or None
        Quantiles of the indicators by sector over the boosting rows; ``None`` for a model stored by an earlier release.
    split_counts_ : dict
        Rows used for ``boosting`` and ``calibration``, and ``left_out`` because their firm stands in the latter.
    provenance_ : Provenance
    classes_ : ndarray
        The two labels, good before bad: of two labels other than 0 and 1 the greater one is bad.
    n_features_in_ : int
        Number of columns that every table must have.
    feature_names_in_ : ndarray
        Their names; absent where the model was fitted on an array. Of a frame the columns are taken by name, in any
        order and beside any others; an array must have the columns of the training array in their order.
    """

    preparation_: Preparation
    booster_: lightgbm.Booster
    leaves_: LeafTable
    calibration_: Calibration
    base_: float
    interaction_groups_: tuple[tuple[str, ...], ...] | None
    tested_interactions_: tuple[TestedGroup, ...]
    sectors_: SectorMeans | None
    distributions_: SectorDistributions | None
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
        directions: Directions | None = None,
        categories: Sequence[str | int] | None = None,
        relative: Mapping[str, tuple[str, str]] | None = None,
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
        self.directions = directions
        self.categories = categories
        self.relative = relative
        self.sections = sections
        self.calibration_share = calibration_share
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: TableLike,  # noqa: N803  (scikit-learn's name)
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
    ) -> Self:
        """Fit medians, worst values, booster and sector means on the early rows, and the calibration on the latest.

        Parameters
        ----------
        X
            Shape (n, columns): a pandas or Polars frame, or an array. Catalogue indicators that the model may not
            use are ignored; relative ones it computes itself.
        y
            Shape (n,): 1 for bad, 0 for good; of two other labels the greater one is bad.
        as_of
            Shape (n,): day of decision. Without it the calibration rows are drawn by hash.
        firm_id
            Shape (n,): no firm stands on both sides of the calibration split. Without it every row is a firm.

        Raises
        ------
        ModelError
            If a parameter, a column or a label is not as declared, or the calibration slope is not positive.
        """
        rows, split, matrix = self._fit_trees(X, y, as_of=as_of, firm_id=firm_id)
        if split.late.any():
            late = self.preparation_.matrix(rows.part(split.late))
            self.calibration_ = Calibration.fit(self._raw(late), rows.bad[split.late])
        else:
            self.calibration_ = Calibration(a=0.0, b=1.0)
        self.split_counts_ = {
            "boosting": int(split.early.sum()),
            "calibration": int(split.late.sum()),
            "left_out": int(split.left_out.sum()),
        }
        self.provenance_ = Provenance()
        contributions = self.engine.contributions(matrix)[1]
        contributions *= self._points_per_raw
        self.sectors_ = SectorMeans.fit(
            pd.DataFrame(contributions, columns=self.preparation_.features, copy=False),
            rows.texts(GROUP, split.early),
            rows.firm[split.early],
            section_of=self.sections or {},
        )
        self.distributions_ = self._distributions(X, rows, split)
        return self

    def with_other_trees(
        self,
        X: TableLike,  # noqa: N803  (scikit-learn's name)
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None = None,
    ) -> Self:
        """Fit medians, worst values and booster on other rows under this model's settings and calibration.

        For comparing what two models say about the same applicant: on one scale, and where the rows are too few
        to calibrate anew. The result is no model to decide with, and has no sector means and no distributions.

        Parameters
        ----------
        X, y, as_of, firm_id
            As :meth:`fit` takes them.

        Raises
        ------
        ModelError
            If a parameter, a column or a label is not as declared.
        """
        self._check_fitted()
        other: Self = clone(self)
        other._fit_trees(X, y, as_of=as_of, firm_id=firm_id)
        other.calibration_ = self.calibration_
        return other

    def decision_function(self, X: TableLike) -> NDArray[np.float64]:  # noqa: N803
        """Calibrated log-odds of a default, shape (n,)."""
        matrix = self._matrix(X)
        return self.calibration_.log_odds(self._raw(matrix))

    def predict_proba(self, X: TableLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of good and bad, shape (n, 2)."""
        bad = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: TableLike) -> NDArray[Any]:  # noqa: N803
        """Give the label of bad where a default is more likely than not, shape (n,); a credit decision uses points."""
        bad = self.decision_function(X) > 0.0
        found: NDArray[Any] = self.classes_[bad.astype(np.intp)]
        return found

    def predict_points(self, X: TableLike) -> NDArray[np.float64]:  # noqa: N803
        """Points, shape (n,): from the leaf values, without the contributions."""
        return self.points_scale.of_log_odds(self.decision_function(X))

    @property
    def base_points(self) -> float:
        """Base of the contributions: points of the average training row."""
        self._check_fitted()
        return float(self.points_scale.of_log_odds(self.calibration_.log_odds(np.array([self.base_])))[0])

    def explain(self, X: TableLike) -> Contributions:  # noqa: N803
        """Exact contributions in points for every row; see :func:`models.explain.explain`.

        Raises
        ------
        ExactnessError
            If base plus contributions is not the score.
        """
        self._check_fitted()
        table = self.preparation_.read(X)
        matrix = self.preparation_.matrix(table)
        explained = explain(
            self.engine,
            self.booster_,
            matrix,
            base_raw=self.base_,
            calibration=self.calibration_,
            scale=self.points_scale,
            data=self.preparation_.indicators(table),
            threads=self.n_jobs or 0,
        )
        return replace(explained, sectors=self.sectors_)

    def notes(self, X: TableLike) -> pd.DataFrame:  # noqa: N803
        """Say what was replaced while preparing the rows; see :meth:`Preparation.notes`."""
        self._check_fitted()
        return self.preparation_.notes(X)

    def _fit_trees(
        self,
        X: TableLike,  # noqa: N803
        y: ArrayLike,
        *,
        as_of: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None,
        firm_id: Sequence[object] | NDArray[np.generic] | pd.Series[Any] | None,
    ) -> tuple[TrainingRows, Split, NDArray[np.float64]]:
        """Check everything, and fit what the early rows decide but for the sector means, which need points.

        The matrix of the early rows is handed on: making it takes a tenth of the time of the trees.
        """
        self._check_parameters()
        roles = ColumnRoles.declared(
            column_names(X), directions=self.directions, categories=self.categories, relative=self.relative
        )
        named = has_names(X)
        table = Table.of(X, roles, named=named)
        rows = TrainingRows.of(table, roles.inputs, y, as_of=as_of, firm_id=firm_id)
        split = rows.split(share=self.calibration_share)
        early = rows.part(split.early)
        self.classes_ = rows.classes
        self.preparation_ = Preparation.fit(
            early,
            rows.firm[split.early],
            missing=self.missing,
            sections=self.sections or {},
            roles=roles,
            named=named,
        )
        matrix = self.preparation_.matrix(early)
        self._grow(matrix, rows.bad[split.early])
        self.sectors_ = self.distributions_ = None
        self._describe()
        return rows, split, matrix

    def _distributions(self, X: TableLike, rows: TrainingRows, split: Split) -> SectorDistributions:  # noqa: N803
        """Fit the quantiles of what the early rows hold: the model's features, and the indicators that it only shows."""
        early = rows.part(split.early)
        shown = shown_numbers(X, self.preparation_.roles)
        return SectorDistributions.fit(
            chain(
                (
                    (name, self.preparation_.column(early, name))
                    for name in self.preparation_.features
                    if name not in early.texts
                ),
                ((name, values[rows.order[split.early]]) for name, values in shown.items()),
            ),
            early.texts,
            early.texts.get(GROUP),
            rows.firm[split.early],
            section_of=self.sections or {},
        )

    def _matrix(self, X: TableLike) -> NDArray[np.float64]:  # noqa: N803
        self._check_fitted()
        return self.preparation_.matrix(X)

    @property
    def _points_per_raw(self) -> float:
        """Points of one unit of raw score."""
        return -self.calibration_.b * self.points_scale.factor

    def _check_fitted(self) -> None:
        # Asking scikit-learn each time takes a tenth of what one applicant takes.
        if "preparation_" not in self.__dict__:
            check_is_fitted(self)

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

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn's tools: two classes, and missing values may come."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Give what is copied: everything but the engine, which is compiled again where it is needed."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_compiled"}

    def _grow(self, matrix: NDArray[np.float64], bad: NDArray[np.float64]) -> None:
        """Train the booster and read its leaves back from the text that is stored."""
        grown = grow(
            matrix,
            bad,
            directions=self.preparation_.roles.directions,
            codes=self.preparation_.code_places,
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
        self.n_features_in_ = len(self.preparation_.inputs)
        if self.preparation_.named:
            self.feature_names_in_ = np.array(self.preparation_.inputs, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_parameters(self) -> None:
        if self.missing not in MISSING_RULES:
            raise InputError(
                f"The missing parameter of GreenCreditModel must be one of {', '.join(MISSING_RULES)}. "
                f"Got {self.missing!r} instead.",
                mend="Keep missing='worst' unless your bank has decided to let silence pay.",
            )
        if self.interactions not in INTERACTIONS:
            raise InputError(
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
            if name == "calibration_share" and value == 0.0:
                continue
            if not low <= value <= high:
                raise InputError(
                    f"The {name} parameter of GreenCreditModel must be from {low} to {high}. Got {value} instead.",
                    mend=f"Set {name} within these bounds.",
                )
