"""A holdout by sector, size, region and year, and small firms against large at equal risk.

A segment with few bads has no figures, and says so: an AUC of five bads is a rumour.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.bootstrap import figure, weighted_mean
from models.calibration import sigmoid
from models.evaluation import area_under_curve
from models.evaluation_figures import brier, brier_constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.bootstrap import FirmBootstrap

__all__ = ["MINIMUM_BADS", "SIZES", "by_segment", "segments_of", "size_at_equal_risk", "size_edges"]

MINIMUM_BADS = 20
"""Bads, and goods, below which a segment has no figures: the standard error of an AUC is then beyond 0.06."""

SIZES = ("small", "middle", "large")
"""Thirds of the training applications by revenue."""

_SECTOR, _REGION, _SIZE = "industry_division", "region_group", "log_revenue"
_BANDS = 3


def size_edges(log_revenue: NDArray[np.float64]) -> tuple[float, float] | None:
    """Edges between the thirds of the training applications, ln(10k CNY); ``None`` where nobody states a revenue."""
    known = log_revenue[~np.isnan(log_revenue)]
    if not len(known):
        return None
    low, high = np.quantile(known, [1 / 3, 2 / 3])
    return float(low), float(high)


def segments_of(
    table: pd.DataFrame,
    as_of: NDArray[np.generic],
    *,
    edges: tuple[float, float] | None,
    sections: Mapping[str, str],
) -> dict[str, NDArray[np.object_]]:
    """Name the segment of every row, ``None`` where it is not known.

    Parameters
    ----------
    table
        Shape (n, indicators).
    as_of
        Shape (n,): day of decision.
    edges
        Of :func:`size_edges`.
    sections
        Industry division to section; may be empty.

    Returns
    -------
    dict
        ``year``, and ``section``, ``sector``, ``region`` and ``size`` where the table has their indicator; each of
        shape (n,).
    """
    found: dict[str, NDArray[np.object_]] = {}
    if _SECTOR in table.columns:
        sector = table[_SECTOR].astype(object)
        found["sector"] = _texts(sector)
        if sections:
            found["section"] = _texts(sector.map(dict(sections)))
    if _REGION in table.columns:
        found["region"] = _texts(table[_REGION].astype(object))
    if _SIZE in table.columns and edges is not None:
        revenue = table[_SIZE].to_numpy(dtype=np.float64, na_value=np.nan)
        names = np.array([*SIZES, None], dtype=object)
        found["size"] = names[np.where(np.isnan(revenue), len(SIZES), np.searchsorted(edges, revenue))]
    found["year"] = np.asarray(as_of).astype("datetime64[Y]").astype(str).astype(object)
    return found


def by_segment(
    bad: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    segment: NDArray[np.object_],
    draws: FirmBootstrap,
) -> list[dict[str, Any]]:
    """Figures of each segment, in the order of names; rows of no known segment stand under ``null``, last.

    Parameters
    ----------
    bad, log_odds
        Shape (n,): labels and log-odds of a default.
    segment
        Shape (n,): as :func:`segments_of` names it.
    draws
        Of the firms of the rows.
    """
    names: list[Any] = sorted({name for name in segment if name is not None})
    missing = np.array([name is None for name in segment], dtype=np.bool_)
    found = []
    for name in [*names, None]:
        rows = missing if name is None else segment == name
        if rows.any():
            found.append({"segment": name, **_figures(bad[rows], log_odds[rows], draws.take(rows))})
    return found


def size_at_equal_risk(
    bad: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    size: NDArray[np.object_],
    draws: FirmBootstrap,
) -> list[dict[str, Any]]:
    """Hold small firms against large ones within thirds of the score: who defaults more often than the model says.

    Parameters
    ----------
    bad, log_odds
        Shape (n,): labels and log-odds of a default.
    size
        Shape (n,): one of ``SIZES`` or ``None``.
    draws
        Of the firms of the rows.

    Returns
    -------
    list
        Per band of risk, the safest first: ``from_probability`` and ``to_probability``; for ``small`` and ``large``
        applications, bads, mean probability and bad share with its interval; and ``excess``, (bad share - mean
        probability) of small firms less that of large ones, with its interval. Above 0, small firms are worse than
        the model says when large ones are not. ``why`` stands instead where either has too few bads.
    """
    probability = sigmoid(log_odds)
    edges = np.quantile(probability, np.linspace(0.0, 1.0, _BANDS + 1))
    band = np.searchsorted(edges[1:-1], probability)
    gap = bad - probability
    found: list[dict[str, Any]] = []
    for number in range(_BANDS):
        inside = band == number
        groups = {name: inside & (size == name) for name in (SIZES[0], SIZES[-1])}
        entry: dict[str, Any] = {
            "band": number + 1,
            "from_probability": float(edges[number]),
            "to_probability": float(edges[number + 1]),
        }
        for name, rows in groups.items():
            entry[name] = {
                "applications": int(rows.sum()),
                "bads": int(bad[rows].sum()),
                "mean_probability": float(probability[rows].mean()) if rows.any() else None,
                "bad_share": float(bad[rows].mean()) if rows.any() else None,
            }
        few = [name for name, rows in groups.items() if bad[rows].sum() < MINIMUM_BADS]
        if few:
            entry |= {
                "excess": None,
                "why": f"fewer than {MINIMUM_BADS} bads among {' and '.join(few)} firms",
            }
        else:
            small, large = groups.values()
            entry["excess"] = figure(
                lambda weight, small=small, large=large: (  # type: ignore[misc]
                    weighted_mean(gap[small], weight[small]) - weighted_mean(gap[large], weight[large])
                ),
                draws,
            )
        found.append(entry)
    return found


def _figures(bad: NDArray[np.float64], log_odds: NDArray[np.float64], draws: FirmBootstrap) -> dict[str, Any]:
    bads, goods = int(bad.sum()), int((1.0 - bad).sum())
    counts = {"applications": len(bad), "bads": bads}
    short = [name for name, count in (("bads", bads), ("goods", goods)) if count < MINIMUM_BADS]
    if short:
        return {**counts, "figures": None, "why": f"fewer than {MINIMUM_BADS} {' and '.join(short)}"}
    probability = sigmoid(log_odds)
    return {
        **counts,
        "figures": {
            "auc": figure(partial(area_under_curve, bad, log_odds), draws),
            "brier": figure(partial(brier, bad, probability), draws),
            "brier_constant": figure(partial(brier_constant, bad), draws),
            "mean_probability": float(probability.mean()),
            "bad_share": figure(partial(weighted_mean, bad), draws),
        },
    }


def _texts(values: Sequence[Any] | pd.Series[Any]) -> NDArray[np.object_]:
    return np.array([None if pd.isna(value) else str(value) for value in values], dtype=object)
