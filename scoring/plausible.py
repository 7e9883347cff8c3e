"""The score over what is plausible: unknown indicators at the ends that their sector's firms reach, by the real model.

A missing indicator with a direction has its worst and its best plausible value: the 5 % and 95 % quantile of the firm's
sector (``models.distributions``), whichever is worse and better. The model is monotone in it, so the highest score over
all that is plausible stands where each has its best, and one re-score finds it exactly. With ``missing="worst"`` silence
is lower than anything plausible, so what stays unknown is its own low end; with ``missing="learned"`` the low end
stands where each has its worst.

An indicator without direction (size, age, tenor) may move the score either way, so its ends tell nothing: one after the
other, in catalogue order, each is tried at every quantile kept from 5 % to 95 % and left missing, and what gives the
lowest (highest) score stays. Of one such indicator that is the exact end over these quantiles; of several at once it is
an end that can be reached, and there may be a further one.

Relative indicators follow their base. Categories (industry, region, purpose) are taken as they are: they are known of
every application or do not exist for it. An indicator that nobody handed in when the model was trained stays missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.distributions import QUANTILES
from models.sectors import GROUP

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from models.distributions import SectorDistributions
    from models.estimator import GreenCreditModel
    from models.frames import Table

__all__ = ["HIGH", "LOW", "Plausible", "plausible_values"]

LOW, HIGH = 0.05, 0.95
"""Quantiles of a sector between which a value is plausible."""

_GRID = tuple(quantile for quantile in QUANTILES if LOW <= quantile <= HIGH)

_ROWS = 16_384
"""Rows scored at a time, to bound memory; it changes no result."""


@dataclass(frozen=True, kw_only=True)
class Plausible:
    """Applications as the model reads them, beside the ends of what is plausible for each.

    Parameters
    ----------
    model
        A trained model that has distributions.
    table
        The n applications.
    codes
        Shape (n,): the row of ``worst``, ``best`` and ``grid`` that holds for each application's sector.
    worst, best
        Shape (sectors, numbers): plausible ends, in the order of the columns of ``table.block``; NaN where the
        indicator has no direction or no distribution.
    grid
        Shape (quantiles, sectors, numbers): every plausible quantile, for indicators without direction.
    direction
        Shape (numbers,): +1, -1 or 0.
    """

    model: GreenCreditModel
    table: Table
    codes: NDArray[np.intp]
    worst: NDArray[np.float64]
    best: NDArray[np.float64]
    grid: NDArray[np.float64]
    direction: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that the model reads, in the order of the columns of ``table.block``."""
        return tuple(self.table.places)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Shape (n, numbers): what was not handed in."""
        return np.isnan(self.table.block)

    def ends(
        self,
        rows: NDArray[np.intp],
        open_cells: NDArray[np.bool_],
        *,
        points: NDArray[np.float64],
        better: dict[str, NDArray[np.float64]] | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest score of some applications over what is plausible.

        Parameters
        ----------
        rows
            Shape (m,): positions of applications; one may stand several times.
        open_cells
            Shape (m, numbers): what is unknown. A cell that holds a value is kept at the low end, and at the high end
            becomes the best plausible value where that is better.
        points
            Shape (m,): scores as they are.
        better
            Indicator to values, shape (m,), that hold at both ends, whatever else is unknown.

        Returns
        -------
        low, high : ndarray
            Shape (m,), points: never above, and never below, the score as it is.
        """
        low, high = points.copy(), points.copy()
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            known = {name: values[part] for name, values in (better or {}).items()}
            at_low, at_high = self._block_ends(rows[part], open_cells[part], known)
            # What is not known may also stay unknown.
            np.minimum(low[part], at_low, out=low[part])
            np.minimum(low[part], at_high, out=low[part])
            np.maximum(high[part], at_high, out=high[part])
        return low, high

    def _block_ends(
        self, rows: NDArray[np.intp], open_cells: NDArray[np.bool_], known: dict[str, NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        table = self.table.take(rows)
        for name, values in known.items():
            table.block[:, table.places[name]] = values
        block, codes = table.block, self.codes[rows]
        gone = open_cells & np.isnan(block)
        best = self.best[codes]
        # The better of both; of a missing value and a plausible one, the plausible one.
        better = np.where(self.direction > 0, np.fmax(block, best), np.fmin(block, best))
        highest = np.where(open_cells & (self.direction != 0), better, block)
        at_high = self._swept(replace(table, block=highest), codes, gone, sign=1.0)
        if self.model.preparation_.missing == "worst":
            # Silence is lower than anything plausible; only what has no direction can take the score lower still.
            lower = np.flatnonzero((gone & (self.direction == 0)).any(axis=1))
            at_low = np.full(len(rows), np.inf)
            at_low[lower] = self._swept(table.take(lower), codes[lower], gone[lower], sign=-1.0)
            return at_low, at_high
        lowest = np.where(gone, self.worst[codes], block)
        return self._swept(replace(table, block=lowest), codes, gone, sign=-1.0), at_high

    def _swept(
        self, table: Table, codes: NDArray[np.intp], gone: NDArray[np.bool_], *, sign: float
    ) -> NDArray[np.float64]:
        """Score rows whose directed indicators stand at an end, with the undirected ones tried one after the other."""
        points = self._score(table)
        for place in np.flatnonzero(self.direction == 0):
            rows = np.flatnonzero(gone[:, place])
            if not len(rows):
                continue
            tried = table.take(rows)
            chosen, reached = tried.block[:, place].copy(), points[rows]
            for values in self.grid[:, codes[rows], place]:
                tried.block[:, place] = values
                scored = self._score(tried)
                further = sign * scored > sign * reached
                chosen, reached = np.where(further, values, chosen), np.where(further, scored, reached)
            table.block[rows, place] = chosen
            points[rows] = reached
        return points

    def _score(self, table: Table) -> NDArray[np.float64]:
        model = self.model
        raw = model.engine.raw_score(model.preparation_.matrix(table))
        return model.points_scale.of_log_odds(model.calibration_.log_odds(raw))


def plausible_values(
    model: GreenCreditModel, distributions: SectorDistributions, values: pl.DataFrame
) -> Plausible:
    """Read applications and look up what is plausible for each.

    Parameters
    ----------
    model
        A trained model.
    distributions
        The model's own.
    values
        The catalogue's indicators that are not relative, one row per application.
    """
    table = model.preparation_.read(values)
    names = tuple(table.places)
    division = table.texts.get(GROUP)
    known = [] if division is None else sorted({name for name in division if name is not None})
    sectors = np.array([*known, None], dtype=object)
    place = {name: code for code, name in enumerate(known)}
    codes = (
        np.full(len(table), len(known), dtype=np.intp)
        if division is None
        else np.array([place.get(name, len(known)) for name in division], dtype=np.intp)
    )

    def at(quantile: float) -> NDArray[np.float64]:
        return distributions.rows(sectors, names, quantile, rows=len(sectors))

    direction = np.array([model.preparation_.roles.directions[name] for name in names], dtype=np.int64)
    low, high = at(LOW), at(HIGH)
    worst = np.where(direction > 0, low, np.where(direction < 0, high, np.nan))
    best = np.where(direction > 0, high, np.where(direction < 0, low, np.nan))
    return Plausible(
        model=model,
        table=table,
        codes=codes,
        worst=worst,
        best=best,
        grid=np.stack([at(quantile) for quantile in _GRID]),
        direction=direction,
    )
