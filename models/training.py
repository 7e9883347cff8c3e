"""One training run: split, fit, evaluate, draw, log, register; in this order."""

from __future__ import annotations

import importlib.metadata
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.card import CARD_HTML, CARD_JSON, PICTURES, card_page, model_card
from models.estimator import GreenCreditModel, Provenance
from models.evaluation import Evaluation, evaluate
from models.evaluation_refits import LabelledRows
from models.evaluation_report import FILE as EVALUATION
from models.evaluation_report import EvaluationReport, evaluation_report
from models.hashing import hash_texts
from models.labels import count_reasons
from models.leak_guards import examine
from models.leaks import LeakBounds
from models.ranges import score_ranges
from models.reference_profile import PROFILE, reference_profile
from models.registry import NAME, log_version
from models.reproduction import RECORD, check_booster, check_data, record_of
from models.run_files import as_json, write_run_files
from models.splits import days, out_of_time
from models.stability import reason_stability
from models.told_reasons import faithfulness_metrics
from models.tracking import connect, experiment_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from models.explain import Contributions
    from models.leaks import Finding, LeakReport
    from models.reproduction import Recorded
    from models.splits import Split
    from models.stability import ReasonStability

__all__ = ["HOLDOUT_SHARE", "OutOfTimeFit", "TrainingResult", "fit_out_of_time", "split_labelled", "train"]

HOLDOUT_SHARE = 0.2
"""Share of the labelled applications, the latest, on which the model is evaluated."""

_MOST_APPLICANTS = 2_000
"""Applicants of the holdout whose reasons are compared: the share is then known to about two percentage points."""

_IDENTIFIERS = ("application_id", "firm_id", "as_of")
_ORIGINS = ("observed", "simulated")


@dataclass(frozen=True, kw_only=True)
class OutOfTimeFit:
    """A model fitted on the early applications, and the late ones to judge it by.

    Parameters
    ----------
    model
        Fitted on applications before the holdout, of firms that are not in it.
    early
        Rows it was fitted on: identifiers, indicators and ``bad``.
    holdout
        Rows of the holdout: identifiers, indicators and ``bad``.
    counts
        Applications used for ``training`` and ``holdout``, ``left_out`` because their firm is in the holdout, and
        by reason of their label.
    """

    model: GreenCreditModel
    early: pl.DataFrame
    holdout: pl.DataFrame
    counts: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What a training run leaves behind.

    Parameters
    ----------
    run_id, version
        In MLflow.
    alias
        ``champion`` where the version became it, else ``None``.
    metrics
        As logged.
    evaluation
        Of the holdout, with the tables behind the metrics.
    model
        The registered model.
    counts
        See :class:`OutOfTimeFit`.
    stability
        How stable the model's reasons are; ``None`` where that was not asked for, or could not be measured
        (``stability_note`` says why).
    stability_note
        Why it is not known.
    leaks
        What the leak guards were waived for, and which waivers nobody needs.
    report
        Everything a validator asks, as it stands in the run's ``evaluation/evaluation.json``.
    ranges
        Points of accepted, declined and withdrawn applications; see :func:`models.ranges.score_ranges`.
    """

    run_id: str
    version: str
    alias: str | None
    metrics: dict[str, float]
    evaluation: Evaluation
    model: GreenCreditModel
    counts: dict[str, int]
    leaks: LeakReport
    report: EvaluationReport
    ranges: pl.DataFrame
    stability: ReasonStability | None = None
    stability_note: str = ""


def split_labelled(
    values: pl.DataFrame, labels: pl.DataFrame, *, holdout_share: float = HOLDOUT_SHARE
) -> tuple[pl.DataFrame, Split]:
    """Join indicators and labels, and put the latest applications apart.

    Parameters
    ----------
    values, labels, holdout_share
        As :func:`fit_out_of_time` takes them.

    Returns
    -------
    tuple
        The labelled applications, sorted by ``application_id``, with ``bad``; and their split.

    Raises
    ------
    ModelError
        If there is nothing to train on, or the split is impossible.
    """
    absent = [name for name in _IDENTIFIERS if name not in values.columns]
    if absent:
        raise ModelError(
            f"The indicators lack {', '.join(absent)}.",
            where="values",
            mend="Hand in what the pipeline gives.",
        )
    labelled = (
        values.join(labels.select("application_id", "bad"), on="application_id")
        .filter(pl.col("bad").is_not_null())
        .sort("application_id")
    )
    if labelled.is_empty():
        raise ModelError(
            "No application has a label that is bad or good.",
            where="outcomes and applications",
            mend="Hand in outcomes, and observed_until of loans that were observed to the end of the window.",
        )
    return labelled, out_of_time(
        days(labelled["as_of"].to_numpy()), labelled["firm_id"].to_numpy(), share=holdout_share
    )


def fit_out_of_time(
    values: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    sections: Mapping[str, str] | None = None,
    holdout_share: float = HOLDOUT_SHARE,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> OutOfTimeFit:
    """Fit on the early applications; out of time and grouped by firm.

    Parameters
    ----------
    values
        ``application_id``, ``firm_id``, ``as_of`` and indicators.
    labels
        As :func:`models.labels.label` gives them; indeterminate applications are counted and left out.
    sections
        Industry division to section.
    holdout_share
        Share of the labelled applications, the latest.
    seed
        Of the estimator.
    options
        Further parameters of :class:`GreenCreditModel`.

    Raises
    ------
    ModelError
        If there is nothing to train on, or the split is impossible.
    """
    labelled, split = split_labelled(values, labels, holdout_share=holdout_share)
    early = labelled.filter(pl.Series(split.early))
    model = GreenCreditModel(random_state=seed, sections=sections, **(options or {}))
    model.fit(
        _indicators(early).to_pandas(),
        early["bad"].to_numpy(),
        as_of=early["as_of"].to_numpy(),
        firm_id=early["firm_id"].to_numpy(),
    )
    counts = {
        "training": early.height,
        "holdout": int(split.late.sum()),
        "left_out": int(split.left_out.sum()),
        **count_reasons(labels),
    }
    return OutOfTimeFit(
        model=model, early=early, holdout=labelled.filter(pl.Series(split.late)), counts=counts
    )


def train(
    values: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    label_origin: str,
    dataset_hash: str,
    demonstration: bool = False,
    ceilings: Mapping[str, float] | None = None,
    sections: Mapping[str, str] | None = None,
    holdout_share: float = HOLDOUT_SHARE,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    stability: bool = True,
    refits: bool = True,
    leak_bounds: LeakBounds | None = None,
    findings: Sequence[Finding] = (),
    context: Mapping[str, Any] | None = None,
    again: Recorded | None = None,
    experiment: str = "green-credit",
    progress: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train, evaluate, log to MLflow and register ``green-credit``.

    The first version becomes champion; a model of simulated labels only where ``demonstration`` says so. The
    registered model is the evaluated one: it is not fitted again with the holdout.

    Parameters
    ----------
    values, labels, sections, holdout_share, seed, options
        See :func:`fit_out_of_time`.
    label_origin
        ``observed`` or ``simulated``.
    dataset_hash
        Of the content of the dataset.
    demonstration
        Whether a model of simulated labels may become champion. Of observed labels it says nothing.
    ceilings
        AUC that nothing can exceed on this simulation, by name (``visible``, ``true_probability``); shown beside
        the model's own, never used.
    stability
        Whether to measure how stable the reasons are; that fits the model twice more.
    refits
        Whether to fit the model again without the ESG block, without context, and under the other missing rule, and
        two challengers beside it; see :mod:`models.evaluation_report`.
    leak_bounds
        From where on a figure is a leak, and what is waived; the defaults of :class:`models.leaks.LeakBounds`
        where ``None``.
    findings
        Leaks that were found before, where the indicators were computed; judged with those found here.
    context
        How values and labels were made, as plain values; recorded, so that the run can be trained again.
    again
        The record of a run that is trained again: other data, or another booster, are refused.
    experiment
        In MLflow.
    progress
        Called with the name of each step.

    Raises
    ------
    ModelError
        If the labels have no known origin, there is nothing to train on, or the data know the outcome.
    """
    if label_origin not in _ORIGINS:
        raise ModelError(
            f"The label origin must be one of {', '.join(_ORIGINS)}. Got {label_origin!r} instead.",
            where="outcomes.label_origin",
            mend="State where the outcomes come from.",
        )
    say = progress or (lambda _: None)
    demonstration = demonstration and label_origin == "simulated"
    if again is not None:
        check_data(again, dataset_hash=dataset_hash, sections=sections or {}, context=context or {})
    say("leaks")
    leaks = examine(
        *split_labelled(values, labels, holdout_share=holdout_share),
        bounds=leak_bounds or LeakBounds(),
        findings=findings,
    )
    say("fit")
    fitted = fit_out_of_time(
        values, labels, sections=sections, holdout_share=holdout_share, seed=seed, options=options
    )
    model = fitted.model
    if again is not None:
        check_booster(again, model)
    record = record_of(
        model,
        dataset_hash=dataset_hash,
        sections=sections,
        holdout_share=holdout_share,
        context=context,
    )
    settings = _settings(model, dataset_hash=dataset_hash, holdout_share=holdout_share, counts=fitted.counts)
    model.provenance_ = Provenance(label_origin=label_origin, demonstration=demonstration, training=settings)
    say("evaluate")
    table, bad = _indicators(fitted.holdout).to_pandas(), fitted.holdout["bad"].to_numpy().astype(np.float64)
    evaluation = evaluate(
        bad, model.decision_function(table), fitted.holdout["firm_id"].to_numpy(), seed=seed
    )
    explained = model.explain(table)
    decided = values.join(labels.select("application_id", "reason"), on="application_id")
    ranges = score_ranges(decided["reason"], model.predict_points(_indicators(decided).to_pandas()))
    say("validate")
    report = evaluation_report(
        model,
        early=_labelled_rows(fitted.early),
        holdout=_labelled_rows(fitted.holdout),
        seed=seed,
        ceilings=ceilings,
        refits=refits,
    )
    say("stability")
    steady, note = _stability(fitted) if stability else (None, "It was not asked for.")
    metrics = {
        **evaluation.metrics,
        **report.metrics(),
        **_exactness(explained),
        **(steady.metrics() if steady else {}),
        **_ceilings(evaluation.metrics, ceilings or {}),
    }
    metrics |= faithfulness_metrics(model, explained, table)
    profile = reference_profile(model, fitted.early, metrics=metrics)
    say("log")
    with connect() as mlflow, tempfile.TemporaryDirectory() as scratch:
        write_run_files(
            Path(scratch),
            model=model,
            evaluation=evaluation,
            explained=explained,
            bad=bad,
            label_origin=label_origin,
            stability=steady,
            stability_note=note,
        )
        tags = {
            "label_origin": label_origin,
            "demonstration": str(demonstration).lower(),
            "dataset_hash": dataset_hash,
            **({"trained_again_from": again.run_id} if again else {}),
        }
        with mlflow.start_run(experiment_id=experiment_id(mlflow, experiment), tags=tags) as run:
            mlflow.log_params(
                {**model.get_params(deep=False) | {"sections": len(sections or {})}, **settings}
            )
            mlflow.log_metrics(metrics)
            mlflow.log_artifacts(scratch, "evaluation")
            mlflow.log_text(as_json(report.content), f"evaluation/{EVALUATION}")
            mlflow.log_text(as_json(profile.as_dict()), f"monitoring/{PROFILE}")
            mlflow.log_text(as_json(leaks.as_dict()), "guards/leaks.json")
            mlflow.log_text(as_json(record.as_dict()), RECORD)
            mlflow.log_text(as_json(fitted.counts), "labels/counts.json")
            mlflow.log_text(ranges.write_csv(), "labels/score_ranges.csv")
            say("register")
            version, alias = log_version(
                mlflow, model, tags=tags, champion=label_origin == "observed" or demonstration
            )
            card = model_card(
                model,
                name=NAME,
                version=version,
                run_id=run.info.run_id,
                metrics=metrics,
                counts=fitted.counts,
                stability_note=note,
            )
            drawn = {name: (Path(scratch) / f"{name}.svg").read_text(encoding="utf-8") for name in PICTURES}
            mlflow.log_text(as_json(card), CARD_JSON)
            mlflow.log_text(card_page(card, pictures=drawn), CARD_HTML)
    return TrainingResult(
        run_id=run.info.run_id,
        version=version,
        alias=alias,
        metrics=metrics,
        evaluation=evaluation,
        model=model,
        counts=fitted.counts,
        leaks=leaks,
        ranges=ranges,
        report=report,
        stability=steady,
        stability_note=note,
    )


def _labelled_rows(rows: pl.DataFrame) -> LabelledRows:
    return LabelledRows(
        table=_indicators(rows).to_pandas(),
        bad=rows["bad"].to_numpy().astype(np.float64),
        as_of=rows["as_of"].to_numpy(),
        firm=rows["firm_id"].to_numpy(),
    )


def _stability(fitted: OutOfTimeFit) -> tuple[ReasonStability | None, str]:
    """Measure the stability of the reasons on the holdout's applicants; a resample without a model says why."""
    early, holdout = fitted.early, fitted.holdout
    # The lowest hashes are a random sample that depends on no order.
    chosen = np.argsort(hash_texts(holdout["application_id"]), kind="stable")[:_MOST_APPLICANTS]
    try:
        found = reason_stability(
            fitted.model,
            _indicators(early).to_pandas(),
            early["bad"].to_numpy(),
            as_of=early["as_of"].to_numpy(),
            firm_id=early["firm_id"].to_numpy(),
            applicants=_indicators(holdout[np.sort(chosen).tolist()]).to_pandas(),
        )
    except ModelError as error:
        # The figure stands beside the model and changes nothing in it.
        return None, f"A resample of the training firms gave no model: {error}"
    return found, ""


def _indicators(rows: pl.DataFrame) -> pl.DataFrame:
    """Plain indicators among the columns, in catalogue order."""
    return rows.select(
        [name for name, item in CATALOGUE.items() if item.base is None and name in rows.columns]
    )


def _settings(
    model: GreenCreditModel, *, dataset_hash: str, holdout_share: float, counts: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "dataset_hash": dataset_hash,
        "holdout_share": holdout_share,
        "lightgbm_version": importlib.metadata.version("lightgbm"),
        **_mixing(model),
        **{f"applications_{name}": count for name, count in counts.items()},
        **{f"rows_{name}": count for name, count in model.split_counts_.items()},
    }


def _mixing(model: GreenCreditModel) -> dict[str, int]:
    """Count the groups of indicators that may act together; nothing where there is no constraint."""
    if model.interaction_groups_ is None:
        return {}
    return {"interaction_groups": sum(len(group) > 1 for group in model.interaction_groups_)}


def _exactness(explained: Contributions) -> dict[str, float]:
    return {"additivity_gap": explained.additivity_gap, "booster_gap": explained.booster_gap}


def _ceilings(metrics: Mapping[str, float], ceilings: Mapping[str, float]) -> dict[str, float]:
    """Ceilings of the simulation, and the share of the way from chance to each."""
    found: dict[str, float] = {}
    for name, ceiling in ceilings.items():
        found[f"simulated_ceiling_auc_{name}"] = float(ceiling)
        if ceiling > 0.5:
            found[f"simulated_ceiling_share_{name}"] = (metrics["auc"] - 0.5) / (ceiling - 0.5)
    return found
