"""From a dataset to what training and tuning take: indicators, labels, what was found on the way, and how it was made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features import reference
from features.errors import DatasetError
from features.pipeline import compute
from features.settings import Settings
from models.labels import label
from scoring.leaks import changed_by_later_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from features.intake import Dataset
    from models.leaks import Finding

__all__ = ["TrainingTables", "dataset_hash", "training_tables"]

_FIRMS_PER_SHARD = 10_000
"""Firms whose indicators are computed at a time: bounds memory, changes no result."""


@dataclass(frozen=True, kw_only=True)
class TrainingTables:
    """Indicators and labels of a dataset.

    Parameters
    ----------
    values, labels
        As ``models.training.train`` takes them.
    findings
        Indicators that rows of later days change.
    label_origin
        ``observed`` or ``simulated``.
    dataset_hash
        Of the content of the dataset.
    sections
        Industry division to section.
    context
        How values and labels were made, as plain values: ``window_months``, ``indicator_settings``, ``factor_set``.
    """

    values: pl.DataFrame
    labels: pl.DataFrame
    findings: tuple[Finding, ...]
    label_origin: str
    dataset_hash: str
    sections: Mapping[str, str]
    context: Mapping[str, Any]


def training_tables(
    dataset: Dataset,
    *,
    settings: Settings | None = None,
    window_months: int = 12,
    progress: Callable[[int, int], None] | None = None,
) -> TrainingTables:
    """Compute indicators and labels.

    Parameters
    ----------
    dataset
        Read with ``purpose="train"``.
    settings
        How the indicators are computed; the defaults where ``None``.
    window_months
        Length of the label's window.
    progress
        Called with the applications done and all.

    Raises
    ------
    DatasetError
        If the dataset has no outcomes.
    """
    if dataset.label_origin is None:
        raise DatasetError(
            "The dataset has no outcomes, so there is nothing to learn from.",
            where="outcomes",
            mend="Hand in the table outcomes with label_origin.",
        )
    chosen = settings or Settings()
    values = compute(dataset, settings=chosen, firms_per_shard=_FIRMS_PER_SHARD, progress=progress).values
    return TrainingTables(
        values=values,
        labels=label(dataset.tables["applications"], dataset.tables["outcomes"], window_months=window_months),
        findings=tuple(changed_by_later_rows(dataset, values, settings=chosen)),
        label_origin=dataset.label_origin,
        dataset_hash=dataset_hash(dataset),
        sections=dict(reference.table("industries").select("code", "section").iter_rows()),
        context={
            "window_months": window_months,
            "indicator_settings": chosen.as_dict(),
            "factor_set": reference.set_version(),
        },
    )


def dataset_hash(dataset: Dataset) -> str:
    """Return one hash of a dataset's content, independent of row order and of the form of its files."""
    text = json.dumps(dict(sorted(dataset.content_hashes.items())), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
