"""The corners between two batches: applications with their old or new data, factors and model.

Only the causes that differ make corners. The all-old and the all-new corner are what the two result folders hold; the
others are scored here: with stored indicators where the factors are the data's own, with indicators computed anew where
old data meet new factors or new data old ones (:mod:`scoring.ledger.indicated`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from features.errors import ModelError
from scoring.contributions import contributions
from scoring.judged import with_score_facts
from scoring.ledger.indicated import computed_indicated, given_indicators, own_indicated
from scoring.ledger.shapley import corners
from scoring.what_if import judged_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from models.registry import RegisteredModel
    from scoring.ledger.indicated import Indicated
    from scoring.ledger.shapley import Corner
    from scoring.ledger.sides import Side
    from scoring.policy import Policy

__all__ = ["Rescorer", "State"]

_TOLERANCE = 1e-9
"""Largest gap (points) between the stored score and the model's own score of the stored indicators."""

_CHECKED = 1_000
"""Applications on which a model is held against its own batch."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Whose data, factors and model a corner takes: the new batch's where True."""

    data: bool
    factors: bool
    model: bool


class Rescorer:
    """Scores the corners of two batches; indicators and models are fetched where a corner needs them, and once.

    Parameters
    ----------
    old, new
        The batches.
    causes
        The causes of points that differ, in the corners' order.
    applications
        Ids of the compared applications in the old and in the new batch, row by row.
    progress
        Called with phase, done and total.
    """

    def __init__(
        self,
        old: Side,
        new: Side,
        *,
        causes: tuple[str, ...],
        applications: tuple[pl.Series, pl.Series],
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._sides = (old, new)
        self._causes = causes
        self._applications = applications
        self._progress = progress
        self._indicated: dict[tuple[bool, bool], Indicated] = {}
        self._models: dict[bool, RegisteredModel] = {}
        self._explained: dict[Corner, tuple[pl.DataFrame, pl.DataFrame]] = {}

    def state(self, corner: Corner) -> State:
        """Return what a corner takes; a cause that does not differ follows one that does."""
        given = dict(zip(self._causes, corner, strict=True))
        # With the same data in both batches, what the other factors make of them is what the other batch holds.
        data = given.get("data", given.get("factors", given.get("model", False)))
        return State(data=data, factors=given.get("factors", data), model=given.get("model", data))

    def side(self, *, new: bool) -> Side:
        """Return the old or the new batch."""
        return self._sides[new]

    def ordered(self, table: pl.DataFrame, corner: Corner) -> pl.DataFrame:
        """Return the rows of a table for the compared applications of a corner, in their order."""
        ids = self._applications[self.state(corner).data].alias("application_id").to_frame()
        return ids.join(table, on="application_id", how="left", maintain_order="left", validate="1:1")

    def scored(self) -> Mapping[Corner, pl.DataFrame]:
        """Return each corner's scores.

        Returns
        -------
        dict
            Corner to ``points``, ``probability``, ``esg_points``, ``base`` and ``family_<id>`` (points), one row per compared
            application, in their order.

        Raises
        ------
        GreenCreditError
            If a dataset or a set of factors is needed and was not named, or is another one.
        ModelError
            If a model does not give the stored scores.
        """
        found: dict[Corner, pl.DataFrame] = {}
        wanted = corners(len(self._causes))
        for done, corner in enumerate(wanted):
            found[corner] = self._stored(corner) if _is_stored(corner) else self._scored(corner)
            self._progress("corners", done + 1, len(wanted))
        return MappingProxyType(found)

    def judged(self, corner: Corner, *, policy: Policy) -> pl.DataFrame:
        """Return what a policy judges at a corner: indicators, score, and the facts of firm and score.

        Raises
        ------
        GreenCreditError
            If a result folder holds no facts for a policy.
        """
        state = self.state(corner)
        if _is_stored(corner):
            return self.ordered(judged_again(self.side(new=state.data).results), corner)
        explained, shown = self._explained[corner]
        indicated = self._indicators(state)
        scores = explained.select("application_id", "points", "probability", "esg_points")
        frame = indicated.facts().drop("points", "probability", "esg_points")
        judged, _ = with_score_facts(
            frame.join(scores, on="application_id", validate="1:1").sort("application_id"),
            model=self._model(new=state.model).model,
            explained=explained,
            shown=shown,
            data_quality=indicated.data_quality,
            policy=policy,
        )
        return self.ordered(judged, corner)

    def _stored(self, corner: Corner) -> pl.DataFrame:
        results = self.side(new=self.state(corner).data).results
        scores = results.decisions.select("application_id", "points", "probability", "esg_points")
        return self.ordered(scores.join(results.contributions, on="application_id", validate="1:1"), corner)

    def _scored(self, corner: Corner) -> pl.DataFrame:
        state = self.state(corner)
        model = self._model(new=state.model)
        explained, shown, _ = contributions(model.model, self._indicators(state).values)
        self._explained[corner] = explained, shown
        return self.ordered(explained, corner)

    def _indicators(self, state: State) -> Indicated:
        key = (state.data, state.factors)
        if key not in self._indicated:
            side, ids = self._sides[state.data], self._applications[state.data].unique()
            self._indicated[key] = (
                own_indicated(side, ids)
                if state.data == state.factors
                else computed_indicated(side, ids, under=self._sides[state.factors], progress=self._progress)
            )
        return self._indicated[key]

    def _model(self, *, new: bool) -> RegisteredModel:
        if new not in self._models:
            side = self._sides[new]
            self._models[new] = side.model()
            _check_model(side, self._models[new])
        return self._models[new]


def _is_stored(corner: Corner) -> bool:
    """Whether a corner is all old or all new: then a result folder holds it."""
    return len(set(corner)) < 2


def _check_model(side: Side, model: RegisteredModel) -> None:
    """Raise ModelError unless the model gives the stored scores of its own batch."""
    results = side.results
    sample = results.decisions.select("application_id", "points").head(_CHECKED)
    values = sample.join(results.indicators, on="application_id", how="left", maintain_order="left")
    scored = model.model.predict_points(values.select(given_indicators(values)).to_pandas())
    gap = abs(sample["points"].to_numpy() - scored).max(initial=0.0)
    if gap > _TOLERANCE:
        raise ModelError(
            f"The model scores the stored indicators of the {side.name} batch otherwise than the batch says: the "
            f"largest gap is {gap:.3g} points.",
            where=model.uri,
            mend=f"Score the {side.name} batch again with this release.",
        )
