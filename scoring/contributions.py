"""The model's contributions as a table: one row per application, in points, with its sums by family and pillar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from models.explain import Contributions
    from models.stored import AnyModel

__all__ = ["Exactness", "contributions"]

_BLOCK = 100_000
"""Applications explained at a time. Blocks follow the sorted applications, not the shards, so the sample that the
model compares with LightGBM's own prediction is the same for every size of shard."""


@dataclass(frozen=True, kw_only=True)
class Exactness:
    """How exact the explanations of a batch are.

    Parameters
    ----------
    additivity_gap
        Largest |base + contributions - score| over all rows, in points.
    booster_gap
        Largest |score - score by the booster's own prediction| over the sample, in points.
    contribution_gap
        Largest |contribution - contribution by the booster's own explanation| over a part of the sample, in points.
    rows, sampled_rows
        Rows of the first and of the second check.
    kernel
        What explained: ``compiled``, ``lightgbm`` or ``scorecard``.
    """

    additivity_gap: float
    booster_gap: float
    contribution_gap: float
    rows: int
    sampled_rows: int
    kernel: str


def contributions(
    model: AnyModel,
    values: pl.DataFrame,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, Exactness]:
    """Score and explain applications.

    Parameters
    ----------
    model
        A fitted model, or a declared scorecard.
    values
        ``application_id`` and the catalogue's indicators that are not relative.
    progress
        Called with applications done and in all.

    Returns
    -------
    contributions : pl.DataFrame
        ``application_id``, ``base``, one column per indicator used (points), ``family_<id>``, ``pillar_<id>``,
        and ``esg_points``, ``points`` and ``probability``; sorted by ``application_id``.
    shown : pl.DataFrame
        ``application_id`` and the values that the model used, relative indicators computed.
    exactness : Exactness
        The gaps.

    Raises
    ------
    ExactnessError
        If base plus contributions is not the score on any row.
    """
    ordered = values.sort("application_id")
    tables: list[pl.DataFrame] = []
    shown: list[pl.DataFrame] = []
    parts: list[Contributions] = []
    # An empty batch still gives tables with their columns.
    for start in range(0, max(ordered.height, 1), _BLOCK):
        block = ordered.slice(start, _BLOCK)
        ids = block["application_id"]
        part = model.explain(_pandas(block))
        tables.append(_table(ids, part))
        shown.append(_shown(ids, part))
        parts.append(part)
        if progress:
            progress(min(start + _BLOCK, ordered.height), ordered.height)
    exactness = Exactness(
        additivity_gap=max(part.additivity_gap for part in parts),
        booster_gap=max(part.booster_gap for part in parts),
        contribution_gap=max(part.contribution_gap for part in parts),
        rows=ordered.height,
        sampled_rows=sum(part.sampled_rows for part in parts),
        kernel=parts[0].kernel,
    )
    return pl.concat(tables), pl.concat(shown), exactness


def _pandas(block: pl.DataFrame) -> pd.DataFrame:
    """Return the indicators as scikit-learn takes them; NaN stands for missing there and only there."""
    return block.select(name for name in block.columns if name in CATALOGUE).to_pandas()


def _table(ids: pl.Series, part: Contributions) -> pl.DataFrame:
    columns: dict[str, np.ndarray | pl.Series] = {
        "application_id": ids,
        "base": np.full(len(ids), part.base),
    }
    columns |= {name: part.values[name].to_numpy() for name in part.values.columns}
    columns |= {f"family_{name}": sums.to_numpy() for name, sums in part.by_family().items()}
    columns |= {f"pillar_{name}": sums.to_numpy() for name, sums in part.by_pillar().items()}
    columns |= {"esg_points": part.esg_part(), "points": part.points, "probability": part.probability}
    numbers = {name: pl.Float64 for name in columns if name != "application_id"}
    return pl.DataFrame(columns, schema_overrides=numbers)


def _shown(ids: pl.Series, part: Contributions) -> pl.DataFrame:
    columns = {"application_id": ids}
    for name in part.data.columns:
        if CATALOGUE[name].is_category:
            columns[name] = pl.Series(name, part.data[name].tolist(), dtype=pl.String, strict=False)
        else:
            # The model says NaN where a bank's table says nothing.
            columns[name] = pl.Series(name, part.data[name].to_numpy(dtype=float)).fill_nan(None)
    return pl.DataFrame(columns)
