"""One portfolio decided under one set of circumstances: indicators, score and decision, kept in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.pipeline import compute
from scoring.contributions import contributions
from scoring.judged import with_score_facts
from scoring.policy import decide
from scoring.policy_frame import policy_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from features.intake import Dataset
    from features.settings import Settings
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["Portfolio", "decided_portfolio"]

_FIRMS_PER_SHARD = 10_000


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """A portfolio that was decided.

    Parameters
    ----------
    decisions
        As :func:`scoring.policy.decide` gives them, sorted by ``application_id``.
    values
        ``application_id`` and the indicators that are not relative, sorted by ``application_id``.
    contributions
        ``application_id``, ``base`` and a column per indicator used (points), sorted by ``application_id``.
    policy
        That decided.
    """

    decisions: pl.DataFrame
    values: pl.DataFrame
    contributions: pl.DataFrame
    policy: Policy


def decided_portfolio(
    dataset: Dataset,
    *,
    model: AnyModel,
    policy: Policy,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> Portfolio:
    """Score and decide every application of a dataset, under the reference tables in force.

    Parameters
    ----------
    dataset
        What intake gave under these tables.
    model
        Fitted, or a declared scorecard.
    policy, settings
        The bank's rules, and how the indicators are computed.
    progress
        Called with applications done and in all.

    Raises
    ------
    ExactnessError
        If base plus contributions is not the score on any row.
    """
    indicators = compute(dataset, settings=settings, firms_per_shard=_FIRMS_PER_SHARD, progress=progress)
    explained, shown, _ = contributions(model, indicators.values)
    frame, _ = with_score_facts(
        policy_frame(dataset, indicators, explained, settings=settings),
        model=model,
        explained=explained,
        shown=shown,
        data_quality=indicators.data_quality,
        policy=policy,
    )
    return Portfolio(
        decisions=decide(frame, policy=policy).sort("application_id"),
        values=indicators.values,
        contributions=explained,
        policy=policy,
    )
