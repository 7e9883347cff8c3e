"""How stable a model's reasons are: who would be told other reasons by a model of other training firms.

Two models are fitted with the same settings on two resamples of the training firms (bootstrap: firms are drawn with
replacement, and a firm brings all its applications as often as it was drawn). Both explain the same applicants.

A reason is an indicator and the way it points, up or down. An applicant's top reasons are the ``TOP`` indicators
with the largest absolute contribution in points; their order is left aside, and one that gives no points is no
reason. The applicant's reasons change where the two sets differ. The same is counted for sums by family, which is
what a loan officer reads first.

The figure is about the training data, not about the explanation, which is exact for either model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.sums import sums_by_family

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from models.estimator import GreenCreditModel

__all__ = ["TOP", "ReasonStability", "compare_reasons", "firm_resample", "reason_stability"]

TOP = 4
"""Reasons that are told first."""


@dataclass(frozen=True, kw_only=True)
class ReasonStability:
    """How far two explanations of the same applicants differ in their top reasons.

    Parameters
    ----------
    applicants
        Number of applicants.
    changed_by_indicator, changed_by_family
        Share of applicants whose top reasons are not the same set.
    replaced_by_indicator, replaced_by_family
        Share of the first explanation's top reasons that the second does not give.
    top
        Reasons counted per applicant.
    """

    applicants: int
    changed_by_indicator: float
    changed_by_family: float
    replaced_by_indicator: float
    replaced_by_family: float
    top: int = TOP

    def metrics(self) -> dict[str, float]:
        """Figures by the names under which a training run logs them."""
        return {
            "reasons_changed_by_indicator": self.changed_by_indicator,
            "reasons_changed_by_family": self.changed_by_family,
            "reasons_replaced_by_indicator": self.replaced_by_indicator,
            "reasons_replaced_by_family": self.replaced_by_family,
        }

    def as_dict(self) -> dict[str, Any]:
        """All figures, and what counts as a top reason, as JSON takes them."""
        return {"top": self.top, "resamples": 2, "applicants": self.applicants, **self.metrics()}


def firm_resample(firms: Sequence[object] | NDArray[Any], *, seed: int) -> NDArray[np.intp]:
    """Draw as many firms as there are, with replacement; give the positions of their rows.

    Parameters
    ----------
    firms
        Shape (n,): the firm of each row. The result depends on the order of rows only in its own order.
    seed
        Of the draw.

    Examples
    --------
    >>> firms = np.array(["a", "b", "b", "c"])
    >>> firms[firm_resample(firms, seed=1)].tolist()
    ['b', 'b', 'b', 'b', 'c']
    """
    _, codes = np.unique(np.asarray(firms).astype(str), return_inverse=True)
    count = int(codes.max()) + 1 if len(codes) else 0
    drawn = np.random.default_rng(seed).integers(0, max(count, 1), size=count)
    times = np.bincount(drawn, minlength=count)
    order = np.argsort(codes, kind="stable")
    return np.repeat(order, times[codes[order]])


def compare_reasons(one: pd.DataFrame, other: pd.DataFrame) -> ReasonStability:
    """Compare two explanations of the same applicants, each of shape (n, indicators), points.

    Parameters
    ----------
    one, other
        Contributions of the same indicators, in the same order of rows and columns.
    """
    changed, replaced = {}, {}
    for level, (first, second) in {
        "indicator": (one, other),
        "family": (sums_by_family(one), sums_by_family(other)),
    }.items():
        told, again = _top_reasons(first.to_numpy()), _top_reasons(second.to_numpy())
        lost = (told != again) & (told != 0)
        differs = (told != again).any(axis=1)
        changed[level] = float(differs.mean()) if len(differs) else 0.0
        replaced[level] = float(lost.sum() / max(int((told != 0).sum()), 1))
    return ReasonStability(
        applicants=len(one),
        changed_by_indicator=changed["indicator"],
        changed_by_family=changed["family"],
        replaced_by_indicator=replaced["indicator"],
        replaced_by_family=replaced["family"],
    )


def reason_stability(
    model: GreenCreditModel,
    X: pd.DataFrame,  # noqa: N803  (scikit-learn's name)
    y: NDArray[Any],
    *,
    as_of: NDArray[Any],
    firm_id: NDArray[Any],
    applicants: pd.DataFrame,
    seeds: tuple[int, int] = (1, 2),
) -> ReasonStability:
    """Fit the model's settings on two resamples of the training firms and compare their reasons.

    Parameters
    ----------
    model
        A fitted model: gives the settings, and the calibration, which moves no reason before another. It is not
        changed.
    X, y, as_of, firm_id
        Training rows, as :meth:`GreenCreditModel.fit` takes them.
    applicants
        Shape (m, indicators): who is explained.
    seeds
        Of the two resamples.

    Raises
    ------
    ModelError
        If a resample cannot be trained on: it holds no bads.
    """
    explained = []
    for seed in seeds:
        rows = firm_resample(firm_id, seed=seed)
        again = model.with_other_trees(X.iloc[rows], y[rows], as_of=as_of[rows], firm_id=firm_id[rows])
        explained.append(again.explain(applicants).values)
    return compare_reasons(*explained)


def _top_reasons(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """Sign of each entry that is among its row's ``TOP`` largest, 0 elsewhere, shape (n, k); ties by column."""
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :TOP]
    found = np.zeros(values.shape, dtype=np.int8)
    np.put_along_axis(
        found, order, np.sign(np.take_along_axis(values, order, axis=1)).astype(np.int8), axis=1
    )
    return found
