"""Discrimination and calibration of every section of industries and every size, where there are enough outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.evaluation import area_under_curve
from models.evaluation_segments import segments_of, size_edges
from models.gate.figures import intercept_in_the_large

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Segment", "judge_segments", "segment_names"]

_ASKED = ("section", "size")
_SIZE = "log_revenue"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment.

    Parameters
    ----------
    name
        ``section C``, ``size small``, ``size unknown`` ...
    applications, bads
        Counts.
    auc, intercept
        ``None`` where there are too few bads or goods to tell.
    """

    name: str
    applications: int
    bads: int
    auc: float | None
    intercept: float | None


def segment_names(
    table: pd.DataFrame, as_of: NDArray[np.generic], sections: Mapping[str, str]
) -> dict[str, NDArray[np.str_]]:
    """Name the segments of every application: its section and its size, a third of those that are judged.

    Parameters
    ----------
    table
        Shape (n, indicators); what is absent divides nothing.
    as_of
        Shape (n,): day of decision.
    sections
        Industry division to section.
    """
    edges = (
        size_edges(table[_SIZE].to_numpy(dtype=np.float64, na_value=np.nan))
        if _SIZE in table.columns
        else None
    )
    found = segments_of(table, as_of, edges=edges, sections=sections)
    return {
        kind: np.array([f"{kind} {name or 'unknown'}" for name in found[kind]])
        for kind in _ASKED
        if kind in found
    }


def judge_segments(
    names: Mapping[str, NDArray[np.str_]],
    bad: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    *,
    least_bads: int,
) -> list[Segment]:
    """Measure every segment that has so many bads and so many goods; the others are counted only.

    Parameters
    ----------
    names
        As :func:`segment_names` gives them.
    bad, log_odds
        Shape (n,): label and log-odds of a default.
    least_bads
        Bads, and goods, from which on a segment is judged.
    """
    found = []
    for column in names.values():
        for name in np.unique(column):
            rows = column == name
            bads = int(bad[rows].sum())
            enough = bads >= least_bads and int(rows.sum()) - bads >= least_bads
            found.append(
                Segment(
                    name=str(name),
                    applications=int(rows.sum()),
                    bads=bads,
                    auc=area_under_curve(bad[rows], log_odds[rows]) if enough else None,
                    intercept=intercept_in_the_large(bad[rows], log_odds[rows]) if enough else None,
                )
            )
    return found
