"""What the ESG block adds, what a missing rule costs, what other methods reach: refits, judged on the same holdout.

Without its ESG indicators the model has context only, so that is one refit: what a bank knows without any of this.
The refits take every setting of the model; where the training rows are many, all of them, the model's own included,
are fitted on the same sample of firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from features.errors import ModelError
from models.bootstrap import figure
from models.calibration import sigmoid
from models.challengers import CHALLENGERS
from models.columns import pillar_of
from models.evaluation import area_under_curve
from models.evaluation_figures import brier, paired_differences
from models.hashing import hash_texts
from models.preparation import MISSING_RULES
from models.withholding import withholding_gain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from models.bootstrap import FirmBootstrap
    from models.estimator import GreenCreditModel

__all__ = ["MOST_ROWS", "LabelledRows", "Refits", "one_row_per_firm"]

MOST_ROWS = 20_000
"""Training rows of a refit, at most."""

_MOST_FIRMS = 300
"""Firms of the holdout whose facts are deleted: a share is then known to about three percentage points."""


@dataclass(frozen=True, kw_only=True)
class LabelledRows:
    """Labelled applications.

    Parameters
    ----------
    table
        Shape (n, indicators).
    bad
        Shape (n,): 1 for bad, 0 for good.
    as_of, firm
        Shape (n,): day of decision and firm.
    """

    table: pd.DataFrame
    bad: NDArray[np.float64]
    as_of: NDArray[Any]
    firm: NDArray[Any]

    def take(self, rows: NDArray[np.bool_]) -> LabelledRows:
        """Give some of the rows."""
        return LabelledRows(
            table=self.table[rows], bad=self.bad[rows], as_of=self.as_of[rows], firm=self.firm[rows]
        )

    def sample(self, most: int) -> LabelledRows:
        """Give all applications of the firms with the lowest hashes, about ``most`` of them; all where they are few."""
        if len(self.bad) <= most:
            return self
        names, codes = np.unique(self.firm.astype(str), return_inverse=True)
        order = np.argsort(hash_texts(names), kind="stable")
        rows = np.cumsum(np.bincount(codes)[order])
        return self.take(np.isin(codes, order[rows <= most]))


def one_row_per_firm(rows: LabelledRows, *, most: int = _MOST_FIRMS) -> pd.DataFrame:
    """Give the first application of each of the firms with the lowest hashes, shape (at most ``most``, indicators)."""
    names, first = np.unique(rows.firm.astype(str), return_index=True)
    chosen = np.argsort(hash_texts(names), kind="stable")[:most]
    return rows.table.iloc[np.sort(first[chosen])]


class Refits:
    """The model fitted again in other ways, each way once.

    Parameters
    ----------
    model
        Fitted; it is not changed.
    early
        What it was fitted on.
    holdout
        What the refits are judged on.
    draws
        Of the holdout's firms.
    most_rows
        Training rows, at most.
    """

    def __init__(
        self,
        model: GreenCreditModel,
        *,
        early: LabelledRows,
        holdout: LabelledRows,
        draws: FirmBootstrap,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self.model = model
        self.training = early.sample(most_rows)
        self.sampled = len(self.training.bad) < len(early.bad)
        self.holdout = holdout
        self.draws = draws
        self._reference = self._fit() if self.sampled else model

    def blocks(self) -> dict[str, Any]:
        """Judge the model with all indicators, with context only (without the ESG block), and with ESG only.

        ``gain`` is the AUC and Brier score of all indicators less those of the part, with intervals: what the other
        block adds.
        """
        found: dict[str, Any] = {"rows": len(self.training.bad), "sampled": self.sampled}
        own = self._reference.decision_function(self.holdout.table)
        found["all"] = self._figures(own)
        for name, context in (("context_only", True), ("esg_only", False)):
            columns = [
                column
                for column in self.model.preparation_.inputs
                if (pillar_of(column) == "context") == context
            ]
            try:
                part = self._fit(columns=columns).decision_function(self.holdout.table)
            except ModelError as error:
                found[name] = {"figures": None, "why": str(error)}
                continue
            found[name] = {
                "indicators": len(columns),
                **self._figures(part),
                "gain": paired_differences(self.holdout.bad, own, part, self.draws),
            }
        return found

    def missing_rules(self) -> dict[str, Any]:
        """Judge both missing rules: AUC, Brier score, and who gains by silence; ``difference`` is worst less learned."""
        firms = one_row_per_firm(self.holdout)
        found: dict[str, Any] = {"rows": len(self.training.bad), "sampled": self.sampled}
        scores = {}
        for rule in MISSING_RULES:
            try:
                model = self._reference if rule == self.model.missing else self._fit(missing=rule)
            except ModelError as error:
                found[rule] = {"figures": None, "why": str(error)}
                continue
            scores[rule] = model.decision_function(self.holdout.table)
            found[rule] = {
                **self._figures(scores[rule]),
                "withholding": withholding_gain(model, firms).as_dict(),
            }
        if len(scores) == len(MISSING_RULES):
            found["difference"] = paired_differences(
                self.holdout.bad, scores["worst"], scores["learned"], self.draws
            )
        return found

    def challengers(self) -> dict[str, Any]:
        """Judge independent methods on the matrix of the model's own preparation, beside the model.

        ``model_less_challenger`` is the model's AUC and Brier score less the challenger's, with intervals.
        """
        found: dict[str, Any] = {"rows": len(self.training.bad), "sampled": self.sampled}
        own = self._reference.decision_function(self.holdout.table)
        found["model"] = self._figures(own)
        prepared = self._reference.preparation_
        training, holdout = prepared.matrix(self.training.table), prepared.matrix(self.holdout.table)
        for name, method in CHALLENGERS.items():
            challenger = method().fit(training, self.training.bad, categories=prepared.code_places)
            other = challenger.log_odds(holdout)
            found[name] = {
                **self._figures(other),
                "model_less_challenger": paired_differences(self.holdout.bad, own, other, self.draws),
            }
        return found

    def _fit(self, *, columns: list[str] | None = None, missing: str | None = None) -> GreenCreditModel:
        rows = self.training
        # One thread: these are small fits, and the result does not depend on it.
        again: GreenCreditModel = clone(self.model).set_params(
            n_jobs=1, missing=missing or self.model.missing
        )
        return again.fit(
            rows.table if columns is None else rows.table[columns],
            rows.bad,
            as_of=rows.as_of,
            firm_id=rows.firm,
        )

    def _figures(self, log_odds: NDArray[np.float64]) -> dict[str, Any]:
        bad, probability = self.holdout.bad, sigmoid(log_odds)
        return {
            "auc": figure(lambda weight: area_under_curve(bad, log_odds, weight), self.draws),
            "brier": figure(lambda weight: brier(bad, probability, weight), self.draws),
        }
