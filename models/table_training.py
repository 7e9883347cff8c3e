"""Training on a plain table: judged on rows the model has not seen, then logged; never registered.

With a time the latest rows are the judges, as in :mod:`models.training`; without one every row is judged by a model
of other folds. No group stands on both sides. The figures are those of the same estimator that a dataset trains, so
a team can hold it against what it has.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.errors import InputError
from models import store
from models.estimator import GreenCreditModel, Provenance
from models.evaluation import Evaluation, area_under_curve, evaluate
from models.hashing import hash_texts
from models.run_files import as_json
from models.splits import days, out_of_time
from models.tracking import connect, experiment_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from models.plain_table import PlainTable

__all__ = ["TABLE_OPTIONS", "TableJudgement", "TableTraining", "grouped_folds", "judge_table", "train_table"]

TABLE_OPTIONS: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.1,
    "min_child_samples": 20,
    "reg_lambda": 1.0,
    "colsample": 0.5,
}
"""Options for a plain table. The estimator's own are for rare defaults among many applications with weak facts; a
table of financial ratios is smaller and its signal stronger, and 200 slow trees with leaves of 100 rows underfit it."""

FOLDS = 5
HOLDOUT_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class TableJudgement:
    """How a model of the table does on rows it has not seen.

    Parameters
    ----------
    evaluation
        Of all judged rows together.
    fold_auc
        AUC of each fold; one entry out of time.
    predictions
        ``id``, ``fold``, ``bad`` and ``log_odds`` of every judged row.
    design
        ``out of fold`` or ``out of time``.
    model
        The model to keep: of all rows, or of those before the holdout.
    """

    evaluation: Evaluation
    fold_auc: tuple[float, ...]
    predictions: pl.DataFrame
    design: str
    model: GreenCreditModel

    @property
    def metrics(self) -> dict[str, float]:
        """Figures by the names under which a run logs them."""
        folds = np.array(self.fold_auc)
        found = dict(self.evaluation.metrics)
        found["brier_share_of_constant"] = found["brier"] / found["brier_constant"]
        if len(folds) > 1:
            found |= {"auc_fold_mean": float(folds.mean()), "auc_fold_deviation": float(folds.std(ddof=1))}
        return found


@dataclass(frozen=True, kw_only=True)
class TableTraining:
    """A judged and logged model of a plain table, with the id of its MLflow run."""

    judgement: TableJudgement
    run_id: str


def grouped_folds(
    groups: NDArray[Any], bad: NDArray[np.float64], *, folds: int, seed: int
) -> NDArray[np.intp]:
    """Fold of each row, shape (n,): whole groups, bad ones and good ones dealt out evenly, whatever the row order.

    Parameters
    ----------
    groups
        Shape (n,).
    bad
        Shape (n,), 1 for bad: a group with a bad row counts as bad.
    folds
        Number of folds.
    seed
        Another seed deals the groups otherwise.

    Raises
    ------
    InputError
        If there are fewer groups of one kind than folds.
    """
    names, codes = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    is_bad = np.bincount(codes, weights=bad) > 0
    keys = hash_texts(f"{seed}:{name}" for name in names)
    of_group = np.empty(len(names), dtype=np.intp)
    for kind, what in ((True, "bad"), (False, "good")):
        members = np.flatnonzero(is_bad == kind)
        if len(members) < folds:
            raise InputError(
                f"{folds} folds need {folds} {what} groups at least. Got {len(members)} instead.",
                where="target",
                mend="Hand in more rows.",
            )
        of_group[members[np.argsort(keys[members], kind="stable")]] = np.arange(len(members)) % folds
    return of_group[codes]


def judge_table(
    table: PlainTable, *, options: Mapping[str, Any] | None = None, folds: int = FOLDS, seed: int = 0
) -> TableJudgement:
    """Fit and judge.

    Parameters
    ----------
    table
        As :func:`models.plain_table.read_plain_table` gives it.
    options
        Parameters of the estimator, over ``TABLE_OPTIONS``.
    folds
        Where the table has no time.
    seed
        Of estimator, folds and intervals.

    Raises
    ------
    ModelError
        If the target has not two values, or no split or no model is possible.
    """
    bad, groups = _bad(table), table.group_names()
    days_ = None if table.times is None else days(table.times.to_numpy())

    def fitted(rows: NDArray[np.bool_]) -> GreenCreditModel:
        model = GreenCreditModel(
            random_state=seed,
            directions=table.directions,
            categories=table.categories,
            **(TABLE_OPTIONS | dict(options or {})),
        )
        return model.fit(
            table.features.filter(pl.Series(rows)),
            bad[rows],
            as_of=None if days_ is None else table.times.to_numpy()[rows],  # type: ignore[union-attr]
            firm_id=groups[rows],
        )

    log_odds, fold = np.full(len(bad), np.nan), np.full(len(bad), -1)
    if days_ is None:
        fold = grouped_folds(groups, bad, folds=folds, seed=seed)
        for number in range(folds):
            judged = fold == number
            log_odds[judged] = fitted(~judged).decision_function(table.features.filter(pl.Series(judged)))
        model = fitted(np.ones(len(bad), dtype=np.bool_))
    else:
        split = out_of_time(days_, groups, share=HOLDOUT_SHARE)
        model = fitted(split.early)
        log_odds[split.late] = model.decision_function(table.features.filter(pl.Series(split.late)))
        fold[split.late] = 0
    seen = fold >= 0
    return TableJudgement(
        evaluation=evaluate(bad[seen], log_odds[seen], groups[seen], seed=seed),
        fold_auc=tuple(
            area_under_curve(bad[fold == number], log_odds[fold == number])
            for number in np.unique(fold[seen])
        ),
        predictions=pl.DataFrame({"id": table.ids, "fold": fold, "bad": bad, "log_odds": log_odds}).filter(
            pl.Series(seen)
        ),
        design="out of fold" if days_ is None else "out of time",
        model=model,
    )


def train_table(
    table: PlainTable,
    *,
    options: Mapping[str, Any] | None = None,
    folds: int = FOLDS,
    seed: int = 0,
    experiment: str = "green-credit-tables",
    progress: Callable[[str], None] | None = None,
) -> TableTraining:
    """Judge and log to MLflow: figures, predictions, and the stored model under ``model``.

    Parameters
    ----------
    table, options, folds, seed
        As :func:`judge_table` takes them.
    experiment
        In MLflow.
    progress
        Called with the name of each step.

    Raises
    ------
    ModelError
        As :func:`judge_table` does.
    """
    say = progress or (lambda _: None)
    say("fit")
    judged = judge_table(table, options=options, folds=folds, seed=seed)
    model = judged.model
    settings = {
        "dataset_hash": table.content_hash,
        "design": judged.design,
        "rows": len(table.bad),
        "features": table.features.width,
    }
    model.provenance_ = Provenance(training=settings)
    say("log")
    with connect() as mlflow, tempfile.TemporaryDirectory() as scratch:
        store.save(model, Path(scratch) / "model")
        judged.predictions.write_parquet(Path(scratch) / "predictions.parquet")
        judged.evaluation.deciles.write_csv(Path(scratch) / "deciles.csv")
        with mlflow.start_run(
            experiment_id=experiment_id(mlflow, experiment), tags={"dataset_hash": table.content_hash}
        ) as run:
            hidden = {"directions", "categories", "sections"}
            mlflow.log_params(
                {name: value for name, value in model.get_params(deep=False).items() if name not in hidden}
                | settings
            )
            mlflow.log_metrics(judged.metrics)
            mlflow.log_artifacts(scratch)
            mlflow.log_text(
                as_json({"fold_auc": list(judged.fold_auc), "columns": table.features.columns}), "table.json"
            )
    return TableTraining(judgement=judged, run_id=str(run.info.run_id))


def _bad(table: PlainTable) -> NDArray[np.float64]:
    """Target as 1 (the greater value) and 0, shape (n,)."""
    values = table.bad.unique().sort().to_list()
    if len(values) != 2:
        raise InputError(
            f"The target must have two values. Got {len(values)} instead.",
            where=f"column {table.bad.name}",
            mend="1 is bad and 0 is good; of two other values the greater one is bad.",
        )
    found: NDArray[np.float64] = (table.bad == values[1]).to_numpy().astype(np.float64)
    return found
