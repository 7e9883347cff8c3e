"""The way to the next grade of one application, from its dataset, as the batch would judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.pipeline import compute
from features.settings import Settings
from scoring.contributions import contributions
from scoring.improve.dataset import of_applications
from scoring.improve.way import improvements
from scoring.judged import with_score_facts
from scoring.policy import decide
from scoring.policy_frame import policy_frame

if TYPE_CHECKING:
    import polars as pl

    from features.intake import Dataset
    from models.stored import AnyModel
    from scoring.improve.costs import Costs
    from scoring.policy import Policy

__all__ = ["judged_applications", "way_of"]


def judged_applications(
    dataset: Dataset, *, model: AnyModel, policy: Policy, settings: Settings | None = None
) -> pl.DataFrame:
    """Return what the policy judges of the applications of a dataset, as a batch puts it together."""
    settings = settings or Settings()
    indicators = compute(dataset, settings=settings)
    explained, shown, _ = contributions(model, indicators.values)
    judged, _ = with_score_facts(
        policy_frame(dataset, indicators, explained, settings=settings),
        model=model,
        explained=explained,
        shown=shown,
        data_quality=indicators.data_quality,
        policy=policy,
    )
    return judged


def way_of(
    dataset: Dataset,
    application_id: str,
    *,
    model: AnyModel,
    policy: Policy,
    costs: Costs | None = None,
    settings: Settings | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the way to the next grade of one application.

    Parameters
    ----------
    dataset
        What intake gave.
    application_id
        The application.
    model, policy, costs, settings
        As of :func:`scoring.improve.way.improvements`.

    Returns
    -------
    decision, found : pl.DataFrame
        What :func:`scoring.policy.decide` gives today, and the rows of :func:`~scoring.improve.way.improvements`.

    Raises
    ------
    GreenCreditError
        If there is no such application.
    """
    own = of_applications(dataset, [application_id])
    judged = judged_applications(own, model=model, policy=policy, settings=settings)
    found = improvements(own, judged, model=model, policy=policy, costs=costs, settings=settings)
    return decide(judged, policy=policy), found
