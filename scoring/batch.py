"""The batch: a dataset in, graded and explained decisions out.

Flow: indicators (``features.pipeline``) -> score and exact contributions (the model) -> decisions (the policy)
-> files. Everything between reading and writing is a pure function of dataset, model, policy and settings, so
equal input gives equal bytes in every file but ``run.json``, for any order of rows and any size of shard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from features.asof import facts
from features.catalogue import CATALOGUE
from features.pipeline import compute
from features.settings import Settings
from scoring import outputs
from scoring.contributions import contributions
from scoring.manifest import manifest, reconcile, run_record
from scoring.policy import decide, policy_facts
from scoring.report import report
from scoring.results import Results
from scoring.sectors import sector_table
from scoring.shadow import shadow_record, shadow_table
from scoring.telling import grade_label, is_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from features.intake import Dataset
    from features.pipeline import Indicators
    from models.registry import RegisteredModel
    from scoring.policy import Policy

__all__ = ["BatchResult", "score"]


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What a batch gave.

    Parameters
    ----------
    out
        Folder of the files.
    results
        The tables and the manifest that were written.
    """

    out: Path
    results: Results


def score(
    dataset: Dataset,
    *,
    model: RegisteredModel,
    policy: Policy,
    out: Path,
    shadow: RegisteredModel | None = None,
    settings: Settings | None = None,
    firms_per_shard: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> BatchResult:
    """Score a dataset and write the results.

    Parameters
    ----------
    dataset
        From ``features.intake`` or ``features.registers``.
    model
        A registered model.
    policy
        The bank's rules.
    out
        Folder to write; earlier results in it are replaced, a folder with other files is refused.
    shadow
        A challenger that scores the same batch; nothing of a decision depends on it. Its scores go to
        ``shadow.parquet``, its name to the manifest.
    settings
        How the indicators are computed; the defaults where ``None``.
    firms_per_shard
        Firms whose indicators are computed at a time; bounds memory, changes no result.
    progress
        Called with phase, done and total.

    Returns
    -------
    BatchResult
        Where the files are, and the tables.

    Raises
    ------
    ExactnessError
        If base plus contributions is not the score on any row; nothing is written then.
    GreenCreditError
        If ``out`` may not be written, or the counts do not reconcile.
    """
    settings = settings or Settings()
    tell = progress or _silent
    outputs.check_target(out)
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
    decisions = _decisions(
        dataset,
        indicators,
        explained,
        model=model,
        policy=policy,
        settings=settings,
        demonstration=demonstration,
    )
    reconcile(dataset, scored=decisions.height)
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
    )
    beside = None
    if shadow is not None:
        beside = shadow_table(indicators.values, decisions, shadow=shadow, policy=policy)
        record = shadow_record(shadow, file=outputs.SHADOW)
        results = replace(results, manifest={**results.manifest, "shadow": record})
    with outputs.staged(out) as stage:
        if beside is not None:
            outputs.write_parquet(beside, stage / outputs.SHADOW)
        _write(results, stage, dataset=dataset, tell=tell)
    return BatchResult(out=out, results=results)


def _decisions(
    dataset: Dataset,
    indicators: Indicators,
    explained: pl.DataFrame,
    *,
    model: RegisteredModel,
    policy: Policy,
    settings: Settings,
    demonstration: bool,
) -> pl.DataFrame:
    # The rules ask for incidents as they were known; no other table is needed for that.
    needed = {"firms", "applications", "incidents"}
    tables = {name: table if name in needed else table.clear() for name, table in dataset.tables.items()}
    seen = facts(replace(dataset, tables=tables), settings)
    warned = (
        indicators.cross_checks.filter(pl.col("severity") == "warning")
        .group_by("application_id")
        .agg(cross_check_warnings=pl.len().cast(pl.Int32))
    )
    frame = (
        indicators.values.join(
            explained.select(
                "application_id",
                "points",
                "probability",
                "esg_points",
            ),
            on="application_id",
            validate="1:1",
        )
        .join(policy_facts(seen), on="application_id", how="left", validate="1:1")
        .join(
            seen.applications.select("application_id", firm_name="name"),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .join(warned, on="application_id", how="left", validate="1:1")
        .with_columns(pl.col("cross_check_warnings").fill_null(0))
    )
    decided = decide(frame, policy=policy)
    return decided.sort("application_id").select(
        "application_id",
        "firm_id",
        "firm_name",
        "as_of",
        "industry_division",
        "probability",
        "points",
        "points_shown",
        "esg_points",
        "grade",
        _grade_label(policy, demonstration=demonstration),
        "grade_before_caps",
        "risk_class",
        "risk_class_basis",
        "risk_class_unconfirmed",
        "rules_fired",
        "review",
        "review_reasons",
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


def _write(
    results: Results,
    stage: Path,
    *,
    dataset: Dataset,
    tell: Callable[[str, int, int], None],
) -> None:
    tables: Mapping[str, pl.DataFrame] = {
        outputs.DECISIONS: results.decisions,
        outputs.CONTRIBUTIONS: results.contributions,
        outputs.SECTORS: results.sectors,
        outputs.INDICATORS: results.indicators,
        outputs.DATA_QUALITY: results.data_quality,
        outputs.CROSS_CHECKS: results.cross_checks,
        outputs.QUARANTINE: results.quarantine,
    }
    for done, (name, table) in enumerate(tables.items()):
        tell("files", done, len(tables) + 1)
        outputs.write_parquet(table, stage / name)
    outputs.write_json(results.manifest, stage / outputs.MANIFEST)
    (stage / outputs.REPORT).write_text(report(results), encoding="utf-8")
    outputs.write_json(run_record(dataset, stage=stage), stage / outputs.RUN)
    tell("files", len(tables) + 1, len(tables) + 1)


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
