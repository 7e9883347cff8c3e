"""Who would gain by withholding: every fact with a direction is deleted by itself, and the score is computed again.

A fact is an indicator that the applicant has and that the catalogue gives a direction. Facts without one (size, age,
industry) are not tried: without them a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from models.stored import AnyModel

__all__ = ["WithholdingGain", "withholding_gain"]


@dataclass(frozen=True, kw_only=True)
class WithholdingGain:
    """What silence pays.

    Parameters
    ----------
    firms
        Number of firms tried.
    share
        Of the firms that gain by at least one deletion on at least one application.
    largest
        Largest gain of one deletion, in points; 0 where nobody gains.
    indicator
        Whose deletion gives it; empty where nobody gains.
    """

    firms: int
    share: float
    largest: float
    indicator: str


def withholding_gain(
    model: AnyModel,
    table: pd.DataFrame,
    firm: Sequence[object] | NDArray[Any],
    *,
    tolerance: float = 1e-9,
) -> WithholdingGain:
    """Delete every fact of every application in turn.

    Parameters
    ----------
    model
        Gives points.
    table
        Shape (n, indicators).
    firm
        Shape (n,).
    tolerance
        Points that are no gain: the last digits of a sum.
    """
    before = model.predict_points(table)
    most = np.zeros(len(table))
    largest, indicator = 0.0, ""
    for name in model.preparation_.inputs:
        item = CATALOGUE[name]
        if item.is_category or not item.direction:
            continue
        gain = np.where(
            table[name].notna().to_numpy(), model.predict_points(table.assign(**{name: np.nan})) - before, 0.0
        )
        most = np.maximum(most, gain)
        if len(gain) and gain.max() > max(largest, tolerance):
            largest, indicator = float(gain.max()), name
    firms, codes = np.unique(np.asarray([str(name) for name in firm]), return_inverse=True)
    gains = np.zeros(len(firms), dtype=np.bool_)
    np.logical_or.at(gains, codes, most > tolerance)
    return WithholdingGain(
        firms=len(firms),
        share=float(gains.mean()) if len(firms) else 0.0,
        largest=largest,
        indicator=indicator,
    )
