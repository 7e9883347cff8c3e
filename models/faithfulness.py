"""Faithfulness: a reason that is told must be one. Take it away and the score moves the stated way, or it is not told.

Each reason's indicators are set to where those of the firm's sector stand (:class:`models.typical.TypicalFirms`), all
else stays, and the real model scores again: what lifted the score must now lower it, and the other way round. For a
reason of what was not handed in the sector's medians stand in for what is missing. All reasons of all applications are
one matrix and one pass.

The **rate** counts the reasons that would be told without this test: the ``most`` largest of each direction among those
of at least ``minimum`` whole points whose lead stands on the stated side of the sector's median. It is the share of them
whose own re-score moves the stated way. Reasons without such a lead are set aside before anything is scored again, and
counted: every value of theirs equals the median or lies on its other side, and their points are what these values do to
the effect of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.estimator import GreenCreditModel
    from models.reasons import Reasons
    from models.typical import TypicalFirms

__all__ = ["ASKED", "MOVES", "Faithfulness", "moves_as_stated", "rescore"]

ASKED = 0.95
"""Share of the told reasons that must pass before those that do not are left out."""

MOVES = 1e-9
"""Points by which a score must change to have moved: the tolerance of the explanations themselves."""


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """How many reasons pass their own re-score.

    Parameters
    ----------
    told
        Reasons that would be told without the test.
    passed
        Those of them whose score moves the stated way.
    set_aside
        Reasons large enough to be told that have no lead on the stated side of the sector's median; not in ``told``.
    """

    told: int
    passed: int
    set_aside: int

    def __add__(self, other: Faithfulness) -> Faithfulness:
        """Count two parts of a batch together."""
        return Faithfulness(
            told=self.told + other.told,
            passed=self.passed + other.passed,
            set_aside=self.set_aside + other.set_aside,
        )

    @property
    def rate(self) -> float | None:
        """Share that passes; ``None`` where nothing would be told."""
        return self.passed / self.told if self.told else None

    def as_dict(self) -> dict[str, int | float | None]:
        """Give counts and rate as JSON takes them."""
        return {
            "told": self.told,
            "passed": self.passed,
            "set_aside": self.set_aside,
            "rate": self.rate,
            "asked": ASKED,
        }


def rescore(
    model: GreenCreditModel,
    matrix: NDArray[np.float64],
    reasons: Reasons,
    typical: TypicalFirms,
    asked: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score every reason that is asked for again, its indicators where those of the sector stand.

    Parameters
    ----------
    model
        The real model.
    matrix
        Shape (n, k): the applications as its booster reads them.
    reasons
        Of the same n applications; p of them.
    typical
        The sectors' typical firms.
    asked
        Shape (n, p): which to score.

    Returns
    -------
    ndarray
        Shape (n, p), points; NaN where not asked. An indicator of which the sector shows nothing stays as it is.
    """
    found = np.full(asked.shape, np.nan)
    for reason in range(asked.shape[1]):
        rows = np.flatnonzero(asked[:, reason])
        if not len(rows):
            continue
        # Only a family's columns are looked at; the other seventy or so are copied and left.
        own = np.flatnonzero((reasons.part == reason).any(axis=0))
        moved = matrix[rows]
        other = typical.matrix[:, own][typical.codes[rows]]
        keeps = (reasons.part[:, own][rows] != reason) | np.isnan(other)
        moved[:, own] = np.where(keeps, moved[:, own], other)
        raw = model.engine.raw_score(moved)
        found[rows, reason] = model.points_scale.of_log_odds(model.calibration_.log_odds(raw))
    return found


def moves_as_stated(
    points: NDArray[np.float64], reasons: NDArray[np.float64], rescored: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which reasons move the score the stated way, shape (n, p).

    Parameters
    ----------
    points
        Shape (n,): the scores.
    reasons
        Shape (n, p): what each reason gives, points.
    rescored
        Shape (n, p), as :func:`rescore` gives it; what is NaN does not move.

    Examples
    --------
    >>> moves_as_stated(np.array([600.0]), np.array([[5.0, -5.0, 5.0]]), np.array([[596.0, 596.0, 600.0]])).tolist()
    [[True, False, False]]
    """
    moves: NDArray[np.bool_] = (points[:, None] - rescored) * np.sign(reasons) > MOVES
    return moves
