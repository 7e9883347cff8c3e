"""The edge to Optuna: a study in a SQLite file beside the MLflow store, gone on with only where it is the same.

How many trials are done counts what was finished. A trial that was interrupted is marked as failed and counts for
nothing: the next one draws from the same seed and the same history, and so draws the same.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl

from features.errors import ModelError
from models.tracking import beside_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["FILE", "STARTUP_TRIALS", "Study", "open_study"]

FILE = "optuna.db"
"""Beside the database of MLflow, or in the current directory where MLflow is a server."""

STARTUP_TRIALS = 10
"""Trials drawn evenly from the space, before what they found steers the search, and before any is pruned halfway."""

_IDENTITY = "identity"
_REASON = "reason"


class Study:
    """A study of Optuna that is open.

    Parameters
    ----------
    optuna
        The module.
    study
        An ``optuna.Study``.
    seed
        Of the search.
    """

    def __init__(self, optuna: Any, study: Any, *, seed: int) -> None:  # noqa: ANN401  (imported late)
        self._optuna = optuna
        self._study = study
        self._seed = seed

    @property
    def name(self) -> str:
        """Name of the study."""
        return str(self._study.study_name)

    @property
    def done(self) -> int:
        """Trials that count: complete, pruned, or failed for a reason."""
        return len(self._counted())

    def attribute(self, name: str) -> Any:  # noqa: ANN401  (plain values)
        """Return what was set under a name, or ``None``."""
        return self._study.user_attrs.get(name)

    def set_attribute(self, name: str, value: object) -> None:
        """Keep a plain value with the study."""
        self._study.set_user_attr(name, value)

    @contextmanager
    def trial(self) -> Iterator[Any]:
        """Give the next trial; what interrupts the block fails it without its being counted."""
        samplers = self._optuna.samplers
        # A stride keeps the seeds of neighbouring studies apart.
        self._study.sampler = samplers.TPESampler(
            seed=(self._seed * 1_000_003 + self.done) % 2**32, n_startup_trials=STARTUP_TRIALS
        )
        trial = self._study.ask()
        try:
            yield trial
        except BaseException:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL, skip_if_finished=True)
            raise

    def complete(self, trial: Any, value: float) -> None:  # noqa: ANN401  (imported late)
        """Record the value of a trial."""
        self._study.tell(trial, value)

    def prune(self, trial: Any) -> None:  # noqa: ANN401  (imported late)
        """Record that a trial was given up halfway."""
        self._study.tell(trial, state=self._optuna.trial.TrialState.PRUNED)

    def fail(self, trial: Any, reason: str) -> None:  # noqa: ANN401  (imported late)
        """Record that the options of a trial cannot be fitted."""
        trial.set_user_attr(_REASON, reason)
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def table(self, options: Sequence[str]) -> pl.DataFrame:
        """List the trials that count.

        Columns ``number`` (from 0), ``state`` (complete, pruned or failed), ``folds`` that were done, ``log_loss`` and
        ``auc`` over them, the options, and ``reason`` of a failure.
        """
        states = self._optuna.trial.TrialState
        names = {states.COMPLETE: "complete", states.PRUNED: "pruned", states.FAIL: "failed"}
        return pl.DataFrame(
            [
                {
                    "number": number,
                    "state": names[trial.state],
                    "folds": len(trial.intermediate_values),
                    "log_loss": trial.intermediate_values.get(trial.last_step),
                    "auc": trial.user_attrs.get("auc"),
                    **{option: trial.params[option] for option in options},
                    "reason": trial.user_attrs.get(_REASON),
                }
                for number, trial in enumerate(self._counted())
            ],
            infer_schema_length=None,
        )

    def _counted(self) -> list[Any]:
        states = self._optuna.trial.TrialState
        return [
            trial
            for trial in self._study.get_trials(deepcopy=False)
            if trial.state in {states.COMPLETE, states.PRUNED}
            or (trial.state == states.FAIL and _REASON in trial.user_attrs)
        ]


@contextmanager
def open_study(
    name: str, *, identity: Mapping[str, Any], resume: bool, seed: int, start: Mapping[str, Any]
) -> Iterator[Study]:
    """Begin a study, or go on with one.

    Parameters
    ----------
    name
        Of the study.
    identity
        What makes it the study it is: data, seed, folds, space; plain values.
    resume
        Whether to go on with a study of this name.
    seed
        Of the search.
    start
        Options of its first trial.

    Raises
    ------
    ModelError
        If there is such a study and ``resume`` is off, or none and it is on, or it is another one.
    """
    import optuna  # noqa: PLC0415  (takes a second)

    path = beside_store(FILE)
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    try:
        exists = name in optuna.study.get_all_study_names(storage)
        if exists and not resume:
            raise ModelError(
                f"There is a study {name} already.",
                where=str(path),
                mend="Go on with it with --resume, or name another one with --study.",
            )
        if resume and not exists:
            raise ModelError(
                f"There is no study {name} to go on with.",
                where=str(path),
                mend="Leave --resume out, or name a study of this file with --study.",
            )
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            direction="minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=0),
            load_if_exists=True,
        )
        if not exists:
            study.set_user_attr(_IDENTITY, json.dumps(dict(identity), sort_keys=True))
        _same(json.loads(study.user_attrs[_IDENTITY]), identity, name=name)
        opened = Study(optuna, study, seed=seed)
        _clear(optuna, study)
        if opened.done == 0:
            study.enqueue_trial(dict(start))
        yield opened
    finally:
        storage.remove_session()
        storage.engine.dispose()
        optuna.logging.set_verbosity(level)


def _same(recorded: Mapping[str, Any], asked: Mapping[str, Any], *, name: str) -> None:
    plain = json.loads(json.dumps(dict(asked)))
    different = [key for key in sorted({*recorded, *plain}) if recorded.get(key) != plain.get(key)]
    if different:
        told = "; ".join(f"{key} was {recorded.get(key)!r} and is {plain.get(key)!r}" for key in different)
        raise ModelError(
            f"The study {name} is another one: {told}.",
            where=", ".join(different),
            mend="Go on with the same data and settings, or name a new study with --study.",
        )


def _clear(optuna: Any, study: Any) -> None:  # noqa: ANN401  (imported late)
    """Fail what a killed run left under way or waiting."""
    states = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING, states.WAITING)):
        if trial.state == states.WAITING:
            study.ask()
        study.tell(trial.number, state=states.FAIL)
