"""What silence pays: every single fact of every firm deleted in turn, and the score computed again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from models.estimator import GreenCreditModel

__all__ = ["WithholdingGain", "withholding_gain"]

_NOTHING = 1e-9
"""Points below which a difference is rounding."""


@dataclass(frozen=True, kw_only=True)
class WithholdingGain:
    """Who gains by handing in one fact less.

    Parameters
    ----------
    firms
        Firms whose facts were deleted.
    deletions
        Facts that were deleted, one at a time.
    share_of_firms
        Share of the firms for which some deletion raises the score.
    largest_points
        Largest gain of any deletion, points; 0 where none gains.
    by_indicator
        Indicator whose deletion pays somebody, to its largest gain, points; the largest first.
    """

    firms: int
    deletions: int
    share_of_firms: float
    largest_points: float
    by_indicator: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return asdict(self)


def withholding_gain(model: GreenCreditModel, table: pd.DataFrame) -> WithholdingGain:
    """Delete every single fact with a direction in turn.

    Facts without a direction (size, age, industry) are left alone: nobody can say which value is the worse one, and
    an application without its size goes to review.

    Parameters
    ----------
    model
        Fitted.
    table
        Shape (n, indicators), one application per firm.
    """
    prepared = model.preparation_
    facts = [name for name in prepared.inputs if prepared.roles.directions.get(name, 0)]
    before = model.predict_points(table)
    best = np.zeros(len(table))
    paying: dict[str, float] = {}
    deletions = 0
    for name in facts:
        known = table[name].notna().to_numpy()
        deletions += int(known.sum())
        if not known.any():
            continue
        gain = model.predict_points(table[known].assign(**{name: np.nan})) - before[known]
        best[known] = np.maximum(best[known], gain)
        if gain.max() > _NOTHING:
            paying[name] = float(gain.max())
    return WithholdingGain(
        firms=len(table),
        deletions=deletions,
        share_of_firms=float((best > _NOTHING).mean()) if len(table) else 0.0,
        largest_points=max(paying.values(), default=0.0),
        by_indicator=dict(sorted(paying.items(), key=lambda item: (-item[1], item[0]))),
    )
