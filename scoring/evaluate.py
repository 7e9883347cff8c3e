"""A dataset to decisions, in memory: what the batch writes, the workbench shows, and a replay computes again.

Flow: indicators (``features.pipeline``) -> score and exact contributions (the model) -> decisions (the policy). A pure
function of dataset, model, policy and settings, under the reference tables in force.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.pipeline import compute
from features.settings import Settings
from scoring.asks import asks
from scoring.contributions import contributions
from scoring.improve.in_batch import improvement_record, ways_of_batch
from scoring.judged import with_score_facts
from scoring.manifest import manifest, reconcile
from scoring.memo.certificates import certificates
from scoring.memo.record import with_record_hash
from scoring.policy import decide
from scoring.policy.apply import DECIDED
from scoring.policy.facts import facts_table
from scoring.policy_frame import policy_frame
from scoring.ranges import RANGE_COLUMNS, range_record
from scoring.results import Results
from scoring.sectors import sector_table
from scoring.telling import grade_label, is_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.intake import Dataset
    from models.registry import RegisteredModel
    from scoring.improve.costs import Costs
    from scoring.policy import Policy

__all__ = ["evaluate"]


def evaluate(
    dataset: Dataset,
    *,
    model: RegisteredModel,
    policy: Policy,
    costs: Costs | None = None,
    settings: Settings | None = None,
    firms_per_shard: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Results:
    """Score a dataset and decide on each of its applications.

    Parameters
    ----------
    dataset
        From ``features.intake`` or ``features.registers``.
    model
        A registered model.
    policy
        The bank's rules.
    costs
        Quotes for the way to the next grade, for the applicants that the policy names.
    settings
        How the indicators are computed; the defaults where ``None``.
    firms_per_shard
        Firms whose indicators are computed at a time; bounds memory, changes no result.
    progress
        Called with phase, done and total.

    Returns
    -------
    Results
        The tables and the manifest; nothing is written.

    Raises
    ------
    ExactnessError
        If base plus contributions is not the score on any row.
    GreenCreditError
        If the counts do not reconcile.
    """
    settings = settings or Settings()
    tell = progress or _silent
    indicators = compute(
        dataset,
        settings=settings,
        firms_per_shard=firms_per_shard,
        progress=lambda done, total: tell("indicators", done, total),
    )
    explained, shown, exactness = contributions(
        model.model, indicators.values, progress=lambda done, total: tell("score", done, total)
    )
    demonstration = is_demonstration(model.label_origin, demonstration=model.demonstration)
    judged, told = with_score_facts(
        policy_frame(dataset, indicators, explained, settings=settings),
        model=model.model,
        explained=explained,
        shown=shown,
        data_quality=indicators.data_quality,
        policy=policy,
    )
    decisions = _decisions(dataset, judged, model=model, policy=policy, demonstration=demonstration)
    reconcile(dataset, scored=decisions.height)
    ways = ways_of_batch(
        dataset,
        judged,
        decisions,
        model=model.model,
        policy=policy,
        costs=costs,
        settings=settings,
        progress=lambda done, total: tell("improve", done, total),
    )
    results = Results(
        decisions=decisions,
        contributions=explained.drop("points", "probability", "esg_points"),
        sectors=sector_table(model.model, decisions["industry_division"]),
        indicators=_with_relative(indicators.values, shown),
        data_quality=indicators.data_quality,
        cross_checks=indicators.cross_checks,
        quarantine=dataset.quarantine,
        manifest=manifest(
            dataset,
            model=model,
            policy=policy,
            settings=settings,
            exactness=exactness,
            scored=decisions.height,
            demonstration=demonstration,
        ),
        reasons=told.table,
        asks=asks(dataset, indicators.values, decisions, model=model.model, policy=policy, settings=settings),
        policy_facts=facts_table(judged),
        certificates=certificates(dataset, settings=settings),
        improvements=ways,
    )
    beside_model = {
        "reasons": told.record,
        "ranges": range_record(model.model),
        "improvements": improvement_record(ways, costs),
    }
    results = replace(results, manifest={**results.manifest, **beside_model})
    return replace(results, decisions=with_record_hash(results))


def _decisions(
    dataset: Dataset, judged: pl.DataFrame, *, model: RegisteredModel, policy: Policy, demonstration: bool
) -> pl.DataFrame:
    asked = dataset.tables["applications"].select("application_id", "amount")
    decided = decide(judged, policy=policy).join(asked, on="application_id", how="left", validate="1:1")
    return decided.sort("application_id").select(
        "application_id",
        "firm_id",
        "firm_name",
        "as_of",
        "amount",
        "industry_division",
        "probability",
        "points",
        "points_shown",
        "esg_points",
        *RANGE_COLUMNS,
        "grade",
        _grade_label(policy, demonstration=demonstration),
        *(name for name in DECIDED if name not in {"points_shown", "grade"}),
        label_origin=pl.lit(model.label_origin),
        demonstration=pl.lit(demonstration),
        model_version=pl.lit(str(model.version)),
        policy_version=pl.lit(policy.version_id),
    )


def _grade_label(policy: Policy, *, demonstration: bool) -> pl.Expr:
    """Return the column ``grade_label``: the grade as it may be shown."""
    labels = {name: grade_label(name, demonstration=demonstration) for name in policy.grade_names}
    return pl.col("grade").replace_strict(labels, return_dtype=pl.String).alias("grade_label")


def _with_relative(values: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Add the relative indicators, which the model computed, in catalogue order."""
    relative = [name for name in shown.columns if name not in values.columns]
    joined = values.join(shown.select("application_id", *relative), on="application_id", how="left")
    leading = [name for name in values.columns if name not in CATALOGUE]
    return joined.select(*leading, *(name for name in CATALOGUE if name in joined.columns))


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
