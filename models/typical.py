"""The typical firm of each sector: the median of every number and the commonest of every category, as the model reads it.

Reasons are held against it: what does each family give beyond what it gives the typical firm, and what would the score
be if a reason's indicators stood where those of the sector stand? Both questions have one answer only where the two are
held against the same firm; the sector's *mean contribution* is that of no firm at all, and a value at the median often
stands a few points from it.
The medians come from :class:`models.distributions.SectorDistributions`, so from the training rows and never from the
batch. Relative indicators are not medians of their own: the estimator's preparation computes them from the typical
base, as it does for every applicant, so that an intensity and its ratio to the sector move together. A firm of unknown
industry is held against a firm at the medians of all, of the commonest industry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.estimator import GreenCreditModel
from models.sectors import GROUP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.distributions import SectorDistributions
    from models.stored import AnyModel

__all__ = ["TypicalFirms"]

_MEDIAN = 0.5


@dataclass(frozen=True, kw_only=True)
class TypicalFirms:
    """One typical firm for each of u sectors, and the sector of each of n rows.

    Parameters
    ----------
    codes
        Shape (n,): the row's sector, a place among the u.
    values
        Shape (u, k): medians in the indicator's unit, relative indicators computed; NaN for categories, and where
        nobody handed the indicator in when the model was trained.
    levels
        Shape (u, k): whose median it is, ``"group"`` (the division), ``"section"`` or ``"all"``; ``None`` where there
        is none.
    matrix
        Shape (u, k): the same as the booster reads it, categories as codes; NaN where nothing is known.
    points
        Shape (u,): score of the typical firm.
    contributions
        Shape (u, k): its contributions, points; an indicator of which nothing is known counts as not handed in.
    """

    codes: NDArray[np.intp]
    values: NDArray[np.float64]
    levels: NDArray[np.object_]
    matrix: NDArray[np.float64]
    points: NDArray[np.float64]
    contributions: NDArray[np.float64]

    @classmethod
    def of(cls, model: AnyModel, divisions: NDArray[np.object_] | None, *, rows: int) -> TypicalFirms | None:
        """Find the typical firm of each row's sector.

        Parameters
        ----------
        model
            A fitted model of k features, or a declared scorecard.
        divisions
            Shape (rows,), industry division, ``None`` where not known; ``None`` where none is.
        rows
            Number of rows.

        Returns
        -------
        TypicalFirms or None
            ``None`` where there are no distributions: a scorecard, or a model that an earlier release stored.
        """
        if not isinstance(model, GreenCreditModel) or model.distributions_ is None:
            return None
        found = model.distributions_
        codes, known = np.full(rows, -1, dtype=np.intp), pd.Index([])
        if divisions is not None:
            codes, known = pd.factorize(pd.Series(divisions, dtype=object), sort=True)
        # The last one answers code -1, the missing division.
        sectors: list[str | None] = [*map(str, known), None]
        prepared = model.preparation_
        table = _table(found, sectors, inputs=prepared.inputs, categories=prepared.roles.categories)
        shown = prepared.indicators(table)
        values = np.full(shown.shape, np.nan)
        absent = np.ones(shown.shape, dtype=np.bool_)
        for place, name in enumerate(prepared.features):
            absent[:, place] = shown[name].isna().to_numpy()
            if name not in prepared.vocabulary:
                values[:, place] = shown[name].to_numpy(dtype=np.float64)
        matrix = prepared.matrix(table)
        raw, contributions = model.engine.contributions(matrix)
        contributions *= -model.calibration_.b * model.points_scale.factor
        # A category that nobody had is code NaN to the booster as well, so nothing moves there either.
        matrix[absent] = np.nan
        bases = [
            prepared.roles.relative[name][0] if name in prepared.peers else name for name in prepared.features
        ]
        levels = found.levels(np.array(sectors, dtype=object), bases, rows=len(sectors))
        levels[absent] = None
        return cls(
            codes=np.where(codes < 0, len(known), codes),
            values=values,
            levels=levels,
            matrix=matrix,
            points=model.points_scale.of_log_odds(model.calibration_.log_odds(raw)),
            contributions=contributions,
        )

    def part(self, rows: slice) -> TypicalFirms:
        """Return the same sectors for some of the rows."""
        return replace(self, codes=self.codes[rows])


def _table(
    found: SectorDistributions,
    sectors: list[str | None],
    *,
    inputs: tuple[str, ...],
    categories: tuple[str, ...],
) -> pd.DataFrame:
    """Return an applicant per sector: medians, and the commonest value of each category but the sector itself."""
    numbers = [name for name in inputs if name not in categories]
    medians = found.rows(np.array(sectors, dtype=object), numbers, _MEDIAN, rows=len(sectors))
    columns: dict[str, Any] = dict(zip(numbers, medians.T, strict=True))
    for name in categories:
        columns[name] = pd.Series(
            [
                sector if name == GROUP and sector is not None else _commonest(found, sector, name)
                for sector in sectors
            ],
            dtype=object,
        )
    return pd.DataFrame({name: columns[name] for name in inputs})


def _commonest(found: SectorDistributions, sector: str | None, category: str) -> str | None:
    """Return the value with the largest share, the first by name of equal ones."""
    shares = found.shares(sector, category)
    return None if shares is None else min(shares[1], key=lambda word: (-shares[1][word], word))
