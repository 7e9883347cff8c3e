"""From a dataset to a registered model: the walk that ``greencredit train`` makes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features import reference
from features.errors import DatasetError, ReferenceDataError
from features.pipeline import compute
from features.settings import Settings
from features.simulate import ceilings
from models.labels import label
from models.training import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.intake import Dataset
    from models.training import TrainingResult

__all__ = ["Training", "dataset_hash", "train_dataset"]


_FIRMS_PER_SHARD = 10_000
"""Firms whose indicators are computed at a time: bounds memory, changes no result."""


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


def dataset_hash(dataset: Dataset) -> str:
    """Return one hash of a dataset's content, independent of row order and of the form of its files."""
    text = json.dumps(dict(sorted(dataset.content_hashes.items())), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def train_dataset(
    dataset: Dataset,
    *,
    demonstration: bool = False,
    settings: Settings | None = None,
    interactions: str = "none",
    stability: bool = True,
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
    progress
        Called with phase, done and total.

    Raises
    ------
    DatasetError
        If the dataset has no outcomes.
    ModelError
        If nothing can be trained on it.
    """
    if dataset.label_origin is None:
        raise DatasetError(
            "The dataset has no outcomes, so there is nothing to learn from.",
            where="outcomes",
            mend="Hand in the table outcomes with label_origin.",
        )
    tell = progress or _silent
    indicators = compute(
        dataset,
        settings=settings or Settings(),
        firms_per_shard=_FIRMS_PER_SHARD,
        progress=lambda done, total: tell("indicators", done, total),
    )
    labels = label(dataset.tables["applications"], dataset.tables["outcomes"])
    measured, note = _ceilings(dataset.label_origin)
    steps = ("fit", "evaluate", "stability", "log", "register")
    result = train(
        indicators.values,
        labels,
        label_origin=dataset.label_origin,
        dataset_hash=dataset_hash(dataset),
        demonstration=demonstration,
        ceilings=_plain_ceilings(measured),
        sections=_sections(),
        options={"interactions": interactions},
        stability=stability,
        progress=lambda name: tell("model", steps.index(name) if name in steps else 0, len(steps)),
    )
    tell("model", len(steps), len(steps))
    return Training(result=result, label_origin=dataset.label_origin, ceilings=measured, ceilings_note=note)


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


def _sections() -> dict[str, str]:
    return dict(reference.table("industries").select("code", "section").iter_rows())


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
