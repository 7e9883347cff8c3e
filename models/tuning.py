"""Tuning: trials of the estimator's options, out of time and by firm, recorded so that they can be gone on with.

The objective is the log loss on later applications of other firms, averaged over the folds. Grades, limits and prices
are cut on the probability, so an objective has to see its level and not only the order: the log loss is a proper score,
the one that the trees themselves minimise, and AUC, which sees no level, is shown beside it. The holdout of the later
training takes no part.

A trial draws from a generator seeded by the study's seed and the number of trials done, and every study begins with the
defaults. So a study that was interrupted and resumed is the study that was not, and its best is never worse than the
defaults on its folds. Options that cannot be fitted on a fold are told with the reason, and passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.estimator import GreenCreditModel
from models.evaluation import area_under_curve
from models.leak_guards import examine
from models.leaks import LeakBounds
from models.options_file import options_text, plain_defaults
from models.run_files import as_json
from models.search_space import SPACE, space_as_dict, suggest
from models.splits import days, out_of_time_folds
from models.study import Study, open_study
from models.tracking import connect, experiment_id
from models.training import HOLDOUT_SHARE, split_labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from models.leaks import Finding
    from models.search_space import Bounds
    from models.splits import Split

__all__ = ["FOLDS", "FOLD_SHARE", "Tuned", "tune"]

FOLDS = 3
"""Slices of time on which every trial is judged."""

FOLD_SHARE = 0.6
"""Share of the training applications, the latest, that lie in some slice; the rest is the first slice's past."""


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a study found.

    Parameters
    ----------
    study, run_id
        Name of the study, and its run in MLflow with a nested run per trial.
    options
        The best of the space, with what was held fixed.
    log_loss, auc
        Of the best, on the folds.
    default_log_loss, default_auc
        Of the defaults on the same folds; ``None`` where they cannot be fitted there.
    trials
        A row per trial that counts: ``number``, ``state`` (complete, pruned or failed), ``folds`` done,
        ``log_loss``, ``auc``, each option, and ``reason`` of a failure.
    notes
        Lines that say the same, for the head of a file of options.
    """

    study: str
    run_id: str
    options: dict[str, Any]
    log_loss: float
    auc: float
    default_log_loss: float | None
    default_auc: float | None
    trials: pl.DataFrame
    notes: tuple[str, ...]

    @property
    def options_text(self) -> str:
        """The options as the TOML file that training takes."""
        return options_text(self.options, notes=self.notes)


@dataclass(frozen=True, kw_only=True)
class _Folds:
    """The training applications and how they are cut."""

    table: pd.DataFrame
    bad: NDArray[np.float64]
    day: NDArray[np.generic]
    firm: NDArray[np.generic]
    splits: tuple[Split, ...]

    def figures(self, new_model: Callable[[], GreenCreditModel]) -> Iterator[tuple[float, float]]:
        """Yield log loss and AUC of each fold, fitting only when asked for the next."""
        for split in self.splits:
            model = new_model().fit(
                self.table[split.early],
                self.bad[split.early],
                as_of=self.day[split.early],
                firm_id=self.firm[split.early],
            )
            log_odds, bad = model.decision_function(self.table[split.late]), self.bad[split.late]
            # log(1 + exp(x)) - bad * x is the loss without a detour over a rounded probability.
            yield (
                float(np.mean(np.logaddexp(0.0, log_odds) - bad * log_odds)),
                area_under_curve(bad, log_odds),
            )


def tune(
    values: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    dataset_hash: str,
    trials: int = 50,
    folds: int = FOLDS,
    seed: int = 0,
    study: str | None = None,
    resume: bool = False,
    sections: Mapping[str, str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    space: Mapping[str, Bounds] = SPACE,
    holdout_share: float = HOLDOUT_SHARE,
    context: Mapping[str, Any] | None = None,
    leak_bounds: LeakBounds | None = None,
    findings: Sequence[Finding] = (),
    experiment: str = "green-credit-tuning",
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Search the options that give the lowest log loss on later applications of other firms.

    Parameters
    ----------
    values, labels, sections, holdout_share
        As :func:`models.training.train` takes them; the holdout is set aside first and never looked at.
    dataset_hash
        Of the content of the dataset.
    trials
        That the study has when it is done, those of before included.
    folds
        Slices of time on which every trial is judged.
    seed
        Of the search and of every model in it.
    study
        Its name; from the dataset and the seed where ``None``.
    resume
        Whether to go on with a study of this name.
    fixed
        Options that every trial has, such as ``interactions``.
    space
        What a trial may change.
    context
        How values and labels were computed; a study is gone on with only where it is the same.
    leak_bounds, findings
        As :func:`models.training.train` takes them.
    experiment
        In MLflow.
    progress
        Called with the trials done and all.

    Raises
    ------
    ModelError
        If the data know the outcome or are too few for the folds, a study of the name exists and is not to be gone on
        with, or it was made of other data or settings.
    """
    if trials < 1:
        raise ModelError(f"A study needs 1 trial at least. Got {trials} instead.", mend="Use 50 trials.")
    tell = progress or (lambda _done, _total: None)
    cut = _cut(values, labels, holdout_share, folds, leak_bounds or LeakBounds(), findings)
    name = study or f"tune-{dataset_hash[:8]}-seed-{seed}"
    held = dict(fixed or {})
    identity = {
        "dataset_hash": dataset_hash,
        "seed": seed,
        "folds": folds,
        "holdout_share": holdout_share,
        "fixed": held,
        "space": space_as_dict(space),
        **(context or {}),
    }
    start = {option: plain_defaults()[option] for option in space}
    with (
        open_study(name, identity=identity, resume=resume, seed=seed, start=start) as opened,
        connect() as mlflow,
        _parent_run(mlflow, opened, experiment, dataset_hash) as run,
    ):
        tell(opened.done, trials)
        while opened.done < trials:
            _one_trial(mlflow, opened, cut, sections=sections, seed=seed, held=held, space=space)
            tell(opened.done, trials)
        found = _tuned(opened, run_id=run.info.run_id, held=held, start=start)
        mlflow.log_params({**identity, "space": len(space)})
        mlflow.log_metrics({"best_log_loss": found.log_loss})
        mlflow.log_text(found.options_text, "tuning/options.toml")
        mlflow.log_text(found.trials.write_csv(), "tuning/trials.csv")
        mlflow.log_text(as_json(identity), "tuning/study.json")
    return found


def _cut(
    values: pl.DataFrame,
    labels: pl.DataFrame,
    holdout_share: float,
    folds: int,
    bounds: LeakBounds,
    findings: Sequence[Finding],
) -> _Folds:
    labelled, split = split_labelled(values, labels, holdout_share=holdout_share)
    examine(labelled, split, bounds=bounds, findings=findings)
    rows = labelled.filter(pl.Series(split.early))
    plain = [name for name, item in CATALOGUE.items() if item.base is None and name in rows.columns]
    as_of, firm = rows["as_of"].to_numpy(), rows["firm_id"].to_numpy()
    return _Folds(
        table=rows.select(plain).to_pandas(),
        bad=rows["bad"].to_numpy().astype(np.float64),
        day=as_of,
        firm=firm,
        splits=out_of_time_folds(days(as_of), firm, folds=folds, share=FOLD_SHARE),
    )


def _parent_run(mlflow: Any, opened: Study, experiment: str, dataset_hash: str) -> Any:  # noqa: ANN401  (MLflow is untyped)
    """Start the run of the study, or go on with it."""
    known = opened.attribute("mlflow_run_id")
    if known is not None:
        return mlflow.start_run(run_id=known)
    run = mlflow.start_run(
        experiment_id=experiment_id(mlflow, experiment),
        run_name=opened.name,
        tags={"study": opened.name, "dataset_hash": dataset_hash},
    )
    opened.set_attribute("mlflow_run_id", run.info.run_id)
    return run


def _one_trial(
    mlflow: Any,  # noqa: ANN401  (MLflow is untyped)
    opened: Study,
    cut: _Folds,
    *,
    sections: Mapping[str, str] | None,
    seed: int,
    held: Mapping[str, Any],
    space: Mapping[str, Bounds],
) -> None:
    """Fit and judge one draw of options fold by fold, as long as it is better than half of those before."""
    with opened.trial() as trial:
        options = suggest(trial, space)

        def new_model() -> GreenCreditModel:
            return GreenCreditModel(random_state=seed, sections=sections, **held, **options)

        # A nested run goes to the default experiment unless it is told where its parent is.
        place = mlflow.active_run().info.experiment_id
        with mlflow.start_run(experiment_id=place, run_name=f"trial-{trial.number}", nested=True):
            mlflow.log_params(options)
            losses: list[float] = []
            areas: list[float] = []
            try:
                for fold, (loss, area) in enumerate(cut.figures(new_model)):
                    losses.append(loss)
                    areas.append(area)
                    mlflow.log_metrics({"log_loss": loss, "auc": area}, step=fold)
                    trial.report(float(np.mean(losses)), fold)
                    trial.set_user_attr("auc", float(np.mean(areas)))
                    if fold + 1 < len(cut.splits) and trial.should_prune():
                        break
            except ModelError as error:
                opened.fail(trial, str(error))
                mlflow.set_tag("state", "failed")
                return
            mlflow.log_metrics({"mean_log_loss": float(np.mean(losses)), "mean_auc": float(np.mean(areas))})
            if len(losses) < len(cut.splits):
                opened.prune(trial)
                mlflow.set_tag("state", "pruned")
            else:
                opened.complete(trial, float(np.mean(losses)))
                mlflow.set_tag("state", "complete")


def _tuned(opened: Study, *, run_id: str, held: Mapping[str, Any], start: Mapping[str, Any]) -> Tuned:
    trials = opened.table(list(start))
    complete = trials.filter(pl.col("state") == "complete").sort("log_loss", "number")
    default = trials.row(0, named=True)
    if complete.is_empty():
        raise ModelError(
            f"None of {trials.height} trials can be fitted on every fold; the first says: {default['reason']}",
            where=f"study {opened.name}",
            mend="Ask for fewer folds, or hand in more outcomes.",
        )
    best = complete.row(0, named=True)
    fitted = default["state"] == "complete"
    told = f"the defaults have {default['log_loss']:.6f}" if fitted else "the defaults cannot be fitted"
    return Tuned(
        study=opened.name,
        run_id=run_id,
        options={**held, **{option: best[option] for option in start}},
        log_loss=best["log_loss"],
        auc=best["auc"],
        default_log_loss=default["log_loss"] if fitted else None,
        default_auc=default["auc"] if fitted else None,
        trials=trials,
        notes=(
            f"Trial {best['number']} of {trials.height} of the study {opened.name}.",
            f"Log loss out of time {best['log_loss']:.6f}; {told}.",
        ),
    )
