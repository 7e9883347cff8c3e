"""The reasons of a batch from end to end: found, rounded, ranked, scored again, and those that may be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from models.estimator import GreenCreditModel
from models.faithfulness import Faithfulness, moves_as_stated, rescore
from models.reasons import find_reasons, ranks, sides
from models.sectors import GROUP
from models.stability import TOP
from models.typical import TypicalFirms
from models.whole_points import shown_points, whole_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.explain import Contributions
    from models.reasons import Reasons
    from models.stored import AnyModel

__all__ = ["BASES", "Explained", "ToldReasons", "faithfulness_metrics", "told_reasons"]

BASES = ("typical_firm", "sector_mean", "portfolio")
"""What an application may be held against: the firm at its sector's medians; where the model has no distributions the
sector's mean contributions; where it has no means either the portfolio's, or a declared scorecard's reference."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What is known of n applications once they are explained.

    Parameters
    ----------
    base
        Points to which the contributions add up.
    contributions
        Shape (n, k), points.
    points
        Shape (n,): the scores.
    numbers
        Shape (n, k): values in the indicators' units; NaN where missing, and for categories.
    missing
        Shape (n, k): whether the application has no value.
    divisions
        Shape (n,), industry division, ``None`` where not known; ``None`` where none is.
    """

    base: float
    contributions: NDArray[np.float64]
    points: NDArray[np.float64]
    numbers: NDArray[np.float64]
    missing: NDArray[np.bool_]
    divisions: NDArray[np.object_] | None

    @classmethod
    def of(cls, found: Contributions, *, categories: tuple[str, ...] = ()) -> Explained:
        """Take what a model's ``explain`` gave; ``categories`` are the features that are no numbers."""
        data = found.data
        numbers = np.full(data.shape, np.nan)
        for place, name in enumerate(data.columns):
            if name not in categories:
                numbers[:, place] = data[name].to_numpy(dtype=np.float64)
        divisions = None
        if GROUP in data.columns and GROUP in categories:
            column = data[GROUP]
            divisions = column.astype(object).where(column.notna(), None).to_numpy()
        return cls(
            base=found.base,
            contributions=found.values.to_numpy(),
            points=found.points,
            numbers=numbers,
            missing=data.isna().to_numpy(),
            divisions=divisions,
        )


@dataclass(frozen=True, kw_only=True)
class ToldReasons:
    """The p reasons of n applications, and which of them may be told.

    Parameters
    ----------
    reasons
        Points, leads and parts.
    typical
        The typical firms against which they are held; ``None`` where the model has none.
    against
        One of ``BASES``.
    whole
        Shape (n, p): whole points; with ``whole_base``, shape (n,), they add up to the score as shown.
    rank
        Shape (n, p): by size within the direction, 1 the largest; 0 where there are no points.
    rescored
        Shape (n, p): points with the reason's indicators where those of the sector stand; NaN where that was not
        asked or cannot be.
    printed
        Shape (n, p): may be told; at most ``most_up`` and ``most_down`` of an application.
    failed
        Shape (n,): reasons that would be told and do not pass their own re-score.
    faithfulness
        Counts; ``None`` where nothing can be scored again.
    """

    reasons: Reasons
    typical: TypicalFirms | None
    against: str
    whole: NDArray[np.int64]
    whole_base: NDArray[np.int64]
    rank: NDArray[np.int8]
    rescored: NDArray[np.float64]
    printed: NDArray[np.bool_]
    failed: NDArray[np.int64]
    faithfulness: Faithfulness | None


def told_reasons(
    model: AnyModel,
    explained: Explained,
    *,
    typical: TypicalFirms | None,
    matrix: NDArray[np.float64] | None,
    most_up: int,
    most_down: int,
    minimum_points: int,
) -> ToldReasons:
    """Find the reasons of applications, and test each before it may be told.

    Parameters
    ----------
    model
        A fitted model of k features, or a declared scorecard.
    explained
        n applications.
    typical
        The typical firms of the applications' sectors, as :meth:`TypicalFirms.of` gives them.
    matrix
        Shape (n, k): the applications as the booster reads them; needed with ``typical`` only.
    most_up, most_down
        Reasons told, at most, in each direction.
    minimum_points
        Whole points that a reason must have to be told.

    Returns
    -------
    ToldReasons
        Where the model has distributions, a reason is printed only if its lead stands on the stated side of the
        sector's median and its own re-score moves the stated way; the next one in rank takes the place of one that
        fails. Where it has none, nothing can be tested, and reasons are printed by size alone.
    """
    base, differences, against = _held_against(model, explained, typical)
    features = model.preparation_.features
    side = None
    if typical is not None and isinstance(model, GreenCreditModel):
        directions = model.preparation_.roles.directions
        medians = typical.values[typical.codes]
        side = sides(explained.numbers, medians, features=features, directions=directions)
    found = find_reasons(differences, explained.missing, features=features, base=base, side=side)
    whole = whole_parts(np.column_stack([base, found.points]), totals=_shown(explained.points))
    whole_base, whole = whole[:, 0], whole[:, 1:]
    large = (np.abs(whole) >= max(minimum_points, 0)) & (found.points != 0.0)
    rank = ranks(found.points)
    most = np.where(found.points > 0.0, most_up, most_down)
    rescored = np.full(whole.shape, np.nan)
    failed = np.zeros(len(whole), dtype=np.int64)
    faithfulness = None
    if typical is None or matrix is None or not isinstance(model, GreenCreditModel):
        printed = large & (rank <= most)
    else:
        candidates = large & found.coherent
        rescored = rescore(model, matrix, found, typical, candidates)
        passes = candidates & moves_as_stated(explained.points, found.points, rescored)
        told = _first(candidates, found.points, most)
        printed = _first(passes, found.points, most)
        failed = (told & ~passes).sum(axis=1)
        faithfulness = Faithfulness(
            told=int(told.sum()),
            passed=int((told & passes).sum()),
            set_aside=int((large & (rank <= most) & ~found.coherent).sum()),
        )
    return ToldReasons(
        reasons=found,
        typical=typical,
        against=against,
        whole=whole,
        whole_base=whole_base,
        rank=rank,
        rescored=rescored,
        printed=printed,
        failed=failed,
        faithfulness=faithfulness,
    )


def faithfulness_metrics(
    model: GreenCreditModel, explained: Contributions, table: pd.DataFrame
) -> dict[str, float]:
    """Give the faithfulness rate of a model's reasons under the name by which a training run logs it.

    Parameters
    ----------
    model
        A fitted model.
    explained
        What it says about n applicants.
    table
        Shape (n, indicators): the applicants.

    Returns
    -------
    dict
        ``faithful_reasons_share``, of up to ``TOP`` reasons a direction with at least one whole point; empty where the
        applicants have no reason at all.
    """
    known = Explained.of(explained, categories=model.preparation_.roles.categories)
    told = told_reasons(
        model,
        known,
        typical=TypicalFirms.of(model, known.divisions, rows=len(known.points)),
        matrix=model.preparation_.matrix(table),
        most_up=TOP,
        most_down=TOP,
        minimum_points=1,
    )
    rate = None if told.faithfulness is None else told.faithfulness.rate
    return {} if rate is None else {"faithful_reasons_share": rate}


def _held_against(
    model: AnyModel, explained: Explained, typical: TypicalFirms | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Give base, shape (n,), differences, shape (n, k), both points, and which of ``BASES`` it is."""
    rows = len(explained.points)
    if typical is not None:
        other = typical.contributions[typical.codes]
        return typical.points[typical.codes], explained.contributions - other, BASES[0]
    base = np.full(rows, explained.base)
    means = model.sectors_
    if means is None:
        return base, explained.contributions, BASES[2]
    divisions = None if explained.divisions is None else pd.Series(explained.divisions, dtype=object)
    own, _ = means.rows(divisions, rows=rows)
    for mean in own.T:
        base += mean
    return base, explained.contributions - own, BASES[1]


def _first(
    chosen: NDArray[np.bool_], points: NDArray[np.float64], most: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which of the chosen are among the largest of their direction, shape (n, p)."""
    first: NDArray[np.bool_] = chosen & (ranks(np.where(chosen, points, 0.0)) <= most)
    return first


def _shown(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole points as they are shown, shape (n,)."""
    frame = pl.DataFrame({"points": points}, schema={"points": pl.Float64})
    return frame.select(shown_points(pl.col("points")))["points"].to_numpy().astype(np.int64)
