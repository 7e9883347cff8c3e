"""A challenger held against the champion on one dataset: the gate's verdict, and who moves across a cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.catalogue import CATALOGUE
from features.errors import DatasetError, ModelError
from features.pipeline import compute
from features.settings import Settings
from models.gate.judge import Case, judge
from models.gate.record import log_result, run_metrics
from models.gate.result import GateResult
from models.labels import label
from models.registry import NAME
from models.tracking import connect
from models.training import HOLDOUT_SHARE, split_labelled
from scoring.grades import grades_by_points
from scoring.policy import shown_points
from scoring.training_tables import dataset_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from features.intake import Dataset
    from models.gate.rules import Gate
    from models.registry import RegisteredModel
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["Comparison", "compare"]

_FIRMS_PER_SHARD = 10_000


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a comparison found.

    Parameters
    ----------
    result
        The gate's verdict, as it was logged.
    moved
        ``application_id``, ``firm_id``, ``points_old``, ``points_new`` (as shown), ``grade_old``, ``grade_new`` and
        ``steps`` (positive where the challenger's grade is worse) of every application whose grade by points changes.
    applications
        That both models graded.
    """

    result: GateResult
    moved: pl.DataFrame
    applications: int


def compare(
    dataset: Dataset,
    *,
    challenger: RegisteredModel,
    champion: RegisteredModel,
    gate: Gate,
    policy: Policy,
    demonstration: bool = False,
    share: float = HOLDOUT_SHARE,
    window_months: int = 12,
    settings: Settings | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Judge a challenger and log the verdict to its run.

    Discrimination, calibration, segments, withholding and exactness are judged on the latest ``share`` of the
    applications with a label; who moves across a cut-off, on all applications. Grades are those by points, before
    the policy's caps, which no model changes.

    Parameters
    ----------
    dataset
        With outcomes, read with ``purpose="train"``.
    challenger
        A registered version.
    champion
        What it is held against.
    gate, policy
        Thresholds, and cut-offs.
    demonstration
        Whether simulated outcomes are allowed, for demonstration.
    share
        Of the labelled applications, the latest; 1 for a dataset on which no model was fitted.
    window_months
        Length of the label's window.
    settings
        How the indicators are computed; the defaults where ``None``.
    progress
        Called with phase, done and total.

    Raises
    ------
    DatasetError
        If the dataset has no outcomes.
    ModelError
        If the challenger is no registered version, a model was fitted on what it would be judged on, or nothing can
        be judged.
    """
    if dataset.label_origin is None:
        raise DatasetError(
            "The dataset has no outcomes, so nothing can be judged.",
            where="outcomes",
            mend="Hand in the table outcomes with label_origin.",
        )
    if not challenger.version or challenger.name != NAME:
        raise ModelError(
            "The challenger is no registered version, so its verdict has no place.",
            where=challenger.uri,
            mend=f"Name it as models:/{NAME}/VERSION.",
        )
    tell = progress or _silent
    content = dataset_hash(dataset)
    for who in (challenger, champion):
        _check_unseen(who, content, share=share)
    indicators = compute(
        dataset,
        settings=settings or Settings(),
        firms_per_shard=_FIRMS_PER_SHARD,
        progress=lambda done, total: tell("indicators", done, total),
    )
    labels = label(dataset.tables["applications"], dataset.tables["outcomes"], window_months=window_months)
    judged = _latest(indicators.values, labels, share=share)
    grades, moved = _moved(indicators.values, challenger.model, champion.model, policy)
    with connect() as mlflow:
        stability = run_metrics(mlflow, challenger.run_id)
    case = Case(
        challenger=challenger.model,
        champion=champion.model,
        table=_pandas(judged),
        bad=judged["bad"].to_numpy().astype(np.float64),
        firm=judged["firm_id"].to_numpy(),
        as_of=judged["as_of"].to_numpy(),
        grades=grades,
        sections=dict(reference.table("industries").select("code", "section").iter_rows()),
        stability=stability,
        origins=(challenger.label_origin, dataset.label_origin),
        demonstration=demonstration,
    )
    result = GateResult(
        challenger=challenger.version,
        champion=champion.version,
        champion_uri=champion.uri,
        gate=gate.content(),
        gate_sha256=gate.sha256,
        dataset_hash=content,
        applications=judged.height,
        bads=int(judged["bad"].sum()),
        demonstration="simulated" in case.origins,
        findings=judge(case, gate, progress=lambda done, total: tell("gate", done, total)),
    )
    with connect() as mlflow:
        log_result(mlflow, result, moved_csv=moved.write_csv())
    return Comparison(result=result, moved=moved, applications=indicators.values.height)


def _moved(
    values: pl.DataFrame, challenger: AnyModel, champion: AnyModel, policy: Policy
) -> tuple[tuple[np.ndarray, np.ndarray], pl.DataFrame]:
    """Positions of both grades of every application, and the table of those that change."""
    ordered = values.sort("application_id")
    table = _pandas(ordered)
    names = dict(enumerate(policy.grade_names))

    def named(position: str) -> pl.Expr:
        return pl.col(position).replace_strict(names, return_dtype=pl.String)

    frame = (
        ordered.select("application_id", "firm_id")
        .with_columns(old=champion.predict_points(table), new=challenger.predict_points(table))
        .with_columns(points_old=shown_points(pl.col("old")), points_new=shown_points(pl.col("new")))
        .with_columns(
            old=grades_by_points(pl.col("points_old"), policy),
            new=grades_by_points(pl.col("points_new"), policy),
        )
    )
    moved = frame.filter(pl.col("old") != pl.col("new")).select(
        "application_id",
        "firm_id",
        "points_old",
        "points_new",
        grade_old=named("old"),
        grade_new=named("new"),
        steps=pl.col("new") - pl.col("old"),
    )
    return (frame["old"].to_numpy(), frame["new"].to_numpy()), moved


def _latest(values: pl.DataFrame, labels: pl.DataFrame, *, share: float) -> pl.DataFrame:
    if share == 1.0:
        kept = labels.select("application_id", "bad").drop_nulls("bad")
        return values.join(kept, on="application_id", validate="1:1").sort("application_id")
    labelled, split = split_labelled(values, labels, holdout_share=share)
    return labelled.filter(pl.Series(split.late))


def _check_unseen(model: RegisteredModel, content: str, *, share: float) -> None:
    training = model.model.provenance_.training
    kept = training.get("holdout_share", 0.0)
    if training.get("dataset_hash") == content and share > kept:
        raise ModelError(
            f"The model was fitted on this dataset and kept the latest {kept:.0%} apart; it cannot be judged on the "
            f"latest {share:.0%}.",
            where=model.uri,
            mend=f"Judge on --share {kept:g} or less, or on another dataset.",
        )


def _pandas(rows: pl.DataFrame) -> pd.DataFrame:
    return rows.select(name for name in rows.columns if name in CATALOGUE).to_pandas()


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
