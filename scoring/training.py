"""From a dataset to a registered model: the walk that ``greencredit train`` makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.errors import ReferenceDataError
from features.settings import Settings
from features.simulate import ceilings
from models.reproduction import check_data, recorded
from models.training import HOLDOUT_SHARE, train
from scoring.training_tables import dataset_hash, training_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.intake import Dataset
    from models.leaks import LeakBounds
    from models.training import TrainingResult

__all__ = ["Training", "dataset_hash", "train_dataset"]


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training run, and what it is held against.

    Parameters
    ----------
    result
        Of ``models.training``.
    label_origin
        ``observed`` or ``simulated``.
    ceilings
        What a model can reach at most on the product's own simulation; ``None`` for observed outcomes, or where
        they were not measured (``ceilings_note`` says so).
    ceilings_note
        Why there are none.
    """

    result: TrainingResult
    label_origin: str
    ceilings: Mapping[str, Any] | None
    ceilings_note: str = ""


def train_dataset(
    dataset: Dataset,
    *,
    demonstration: bool = False,
    settings: Settings | None = None,
    interactions: str = "none",
    stability: bool = True,
    refits: bool = True,
    options: Mapping[str, Any] | None = None,
    from_run: str | None = None,
    leak_bounds: LeakBounds | None = None,
    window_months: int = 12,
    progress: Callable[[str, int, int], None] | None = None,
) -> Training:
    """Compute indicators and labels, train, and register the model.

    Parameters
    ----------
    dataset
        Read with ``purpose="train"``.
    demonstration
        Whether a model of simulated outcomes may become champion.
    settings
        How the indicators are computed; the defaults where ``None``.
    interactions
        Which indicators may act together; see ``models.GreenCreditModel``.
    stability
        Whether to measure how stable the reasons are; that fits the model twice more.
    refits
        Whether to fit the model again without the ESG block, without context, and under the other missing rule, and
        two challengers beside it.
    options
        Further options of the model, as :func:`models.options_file.read_options` gives them; they go before
        ``interactions``.
    from_run
        Run to be trained again: its seed, options, window and settings count, and not the ones handed in.
    leak_bounds
        Bounds and waivers of the leak guards; the defaults where ``None``.
    window_months
        Length of the label's window.
    progress
        Called with phase, done and total.

    Raises
    ------
    DatasetError
        If the dataset has no outcomes.
    ModelError
        If nothing can be trained on it, it knows the outcome, or ``from_run`` had another dataset or gave
        another booster.
    """
    tell = progress or _silent
    again = recorded(from_run) if from_run else None
    if again is not None:
        check_data(again, dataset_hash=dataset_hash(dataset))
        window_months = again.context["window_months"]
        settings = Settings(**again.context["indicator_settings"])
    tables = training_tables(
        dataset,
        settings=settings,
        window_months=window_months,
        progress=lambda done, total: tell("indicators", done, total),
    )
    measured, note = _ceilings(tables.label_origin)
    steps = ("leaks", "fit", "evaluate", "validate", "stability", "log", "register")
    result = train(
        tables.values,
        tables.labels,
        label_origin=tables.label_origin,
        dataset_hash=tables.dataset_hash,
        demonstration=demonstration,
        ceilings=_plain_ceilings(measured),
        sections=tables.sections,
        holdout_share=again.holdout_share if again else HOLDOUT_SHARE,
        seed=again.seed if again else 0,
        options=again.options if again else {"interactions": interactions, **(options or {})},
        stability=stability,
        refits=refits,
        leak_bounds=leak_bounds,
        findings=tables.findings,
        context=tables.context,
        again=again,
        progress=lambda name: tell("model", steps.index(name) if name in steps else 0, len(steps)),
    )
    tell("model", len(steps), len(steps))
    return Training(result=result, label_origin=tables.label_origin, ceilings=measured, ceilings_note=note)


def _ceilings(label_origin: str) -> tuple[Mapping[str, Any] | None, str]:
    if label_origin != "simulated":
        return None, ""
    try:
        return ceilings(), ""
    except ReferenceDataError as error:
        # The ceilings are shown beside the result and change nothing in it.
        return None, str(error)


def _plain_ceilings(measured: Mapping[str, Any] | None) -> dict[str, float] | None:
    if measured is None:
        return None
    return {
        "visible": float(measured["visible_auc"]["value"]),
        "true_probability": float(measured["true_auc"]["value"]),
    }


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
