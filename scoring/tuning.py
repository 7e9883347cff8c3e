"""From a dataset to the best options: the walk that ``greencredit tune`` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.tuning import FOLDS, Tuned, tune
from scoring.columns_text import columns_text
from scoring.training_tables import training_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.intake import Dataset
    from features.settings import Settings
    from models.leaks import LeakBounds

__all__ = ["tune_dataset", "tuned_text"]


def tune_dataset(
    dataset: Dataset,
    *,
    trials: int = 50,
    folds: int = FOLDS,
    seed: int = 0,
    study: str | None = None,
    resume: bool = False,
    interactions: str = "none",
    settings: Settings | None = None,
    leak_bounds: LeakBounds | None = None,
    window_months: int = 12,
    progress: Callable[[str, int, int], None] | None = None,
) -> Tuned:
    """Compute indicators and labels, and search the options of the model.

    Parameters
    ----------
    dataset, interactions, settings, leak_bounds, window_months
        As ``scoring.training.train_dataset`` takes them.
    trials, folds, seed, study, resume
        As ``models.tuning.tune`` takes them.
    progress
        Called with phase, done and total.

    Raises
    ------
    DatasetError
        If the dataset has no outcomes.
    ModelError
        If nothing can be trained on it, or the study cannot be begun or gone on with.
    """
    tell = progress or (lambda _phase, _done, _total: None)
    tables = training_tables(
        dataset,
        settings=settings,
        window_months=window_months,
        progress=lambda done, total: tell("indicators", done, total),
    )
    return tune(
        tables.values,
        tables.labels,
        dataset_hash=tables.dataset_hash,
        trials=trials,
        folds=folds,
        seed=seed,
        study=study,
        resume=resume,
        sections=tables.sections,
        fixed={"interactions": interactions},
        context=tables.context,
        leak_bounds=leak_bounds,
        findings=tables.findings,
        progress=lambda done, total: tell("trials", done, total),
    )


def tuned_text(tuned: Tuned) -> str:
    """Return what a study found, the best beside the defaults."""
    states = dict(tuned.trials.group_by("state").len().iter_rows())
    counted = ", ".join(
        f"{states[name]:,} {name}" for name in ("complete", "pruned", "failed") if name in states
    )
    rows = [
        ["out of time, by firm", "log loss", "AUC"],
        ["defaults", *_figures(tuned.default_log_loss, tuned.default_auc)],
        ["best", *_figures(tuned.log_loss, tuned.auc)],
    ]
    chosen = [
        [name, f"{value:.6g}" if isinstance(value, float) else str(value)]
        for name, value in tuned.options.items()
    ]
    return "\n".join(
        [
            f"Study {tuned.study}: {tuned.trials.height:,} trials, {counted}; run {tuned.run_id}.",
            "",
            columns_text(rows, right=(1, 2)),
            "",
            columns_text(chosen, right=(1,)),
            "",
            "The folds lie before the holdout, so training with these options is still judged on days that nothing saw.",
        ]
    )


def _figures(log_loss: float | None, auc: float | None) -> list[str]:
    """Write two figures, or that there are none because the options cannot be fitted on a fold."""
    return ["no fit" if log_loss is None else f"{log_loss:.5f}", "" if auc is None else f"{auc:.4f}"]
