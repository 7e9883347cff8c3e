"""The batch: a dataset in, graded and explained decisions out.

Flow: dataset -> results (``scoring.evaluate``) -> files. Everything between reading and writing is a pure function of dataset, model, policy and settings, so
equal input gives equal bytes in every file but ``run.json``, for any order of rows and any size of shard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from features.settings import Settings
from scoring import outputs
from scoring.basis import BASIS, keep_basis
from scoring.evaluate import evaluate
from scoring.manifest import run_record
from scoring.report import report
from scoring.shadow import shadow_record, shadow_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import polars as pl

    from features.intake import Dataset
    from models.registry import RegisteredModel
    from scoring.improve.costs import Costs
    from scoring.policy import Policy
    from scoring.results import Results

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
    costs: Costs | None = None,
    settings: Settings | None = None,
    firms_per_shard: int | None = None,
    basis: bool = True,
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
    costs
        Quotes for the way to the next grade, for the applicants that the policy names.
    settings
        How the indicators are computed; the defaults where ``None``.
    firms_per_shard
        Firms whose indicators are computed at a time; bounds memory, changes no result.
    basis
        Whether facts, factors, policy and model are kept with the results: a replay computes them again from these.
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
    results = evaluate(
        dataset,
        model=model,
        policy=policy,
        costs=costs,
        settings=settings,
        firms_per_shard=firms_per_shard,
        progress=tell,
    )
    beside = None
    if shadow is not None:
        absolute = [
            name
            for name in results.indicators.columns
            if name not in CATALOGUE or CATALOGUE[name].base is None
        ]
        beside = shadow_table(
            results.indicators.select(absolute), results.decisions, shadow=shadow, policy=policy
        )
        record = shadow_record(shadow, file=outputs.SHADOW)
        results = replace(results, manifest={**results.manifest, "shadow": record})
    with outputs.staged(out) as stage:
        if beside is not None:
            outputs.write_parquet(beside, stage / outputs.SHADOW)
        kept = None
        if basis:
            kept = keep_basis(stage / BASIS, dataset=dataset, model=model, policy=policy, settings=settings)
        _write(results, stage, dataset=dataset, tell=tell, basis_sha256=kept)
    return BatchResult(out=out, results=results)


def _write(
    results: Results,
    stage: Path,
    *,
    dataset: Dataset,
    tell: Callable[[str, int, int], None],
    basis_sha256: str | None,
) -> None:
    tables: Mapping[str, pl.DataFrame] = {
        outputs.DECISIONS: results.decisions,
        outputs.CONTRIBUTIONS: results.contributions,
        outputs.SECTORS: results.sectors,
        outputs.INDICATORS: results.indicators,
        outputs.DATA_QUALITY: results.data_quality,
        outputs.CROSS_CHECKS: results.cross_checks,
        outputs.QUARANTINE: results.quarantine,
        outputs.REASONS: results.reasons,
        outputs.ASKS: results.asks,
        outputs.POLICY_FACTS: results.policy_facts,
        outputs.CERTIFICATES: results.certificates,
        # Not looked for is not the same as not found.
        **({outputs.IMPROVEMENTS: results.improvements} if results.improvements.columns else {}),
    }
    for done, (name, table) in enumerate(tables.items()):
        tell("files", done, len(tables) + 1)
        outputs.write_parquet(table, stage / name)
    outputs.write_json(results.manifest, stage / outputs.MANIFEST)
    (stage / outputs.REPORT).write_text(report(results), encoding="utf-8")
    # Not in the manifest: the facts keep the rows of the source, in which equal runs may differ.
    run = {**run_record(dataset, stage=stage), "basis_sha256": basis_sha256}
    outputs.write_json(run, stage / outputs.RUN)
    tell("files", len(tables) + 1, len(tables) + 1)


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
