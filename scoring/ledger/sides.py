"""One of the two batches of a ledger: its results, and what is needed to score its applications another way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, ModelError
from scoring import outputs
from scoring.ledger.causes import content_hashes, model_hash
from scoring.manifest import content_sha256
from scoring.policy import Policy
from scoring.results import read_results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from features.intake import Dataset
    from features.reference import FactorSet
    from models.registry import RegisteredModel
    from scoring.results import Results

__all__ = ["Side", "read_side"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One batch.

    Parameters
    ----------
    name
        ``old`` or ``new``, for messages.
    results
        What ``score`` wrote.
    files
        Hashes of the files that were handed in, by name; empty where they are not known.
    load_model
        Gives the model that scored it; called only where it is needed.
    read_dataset
        Reads the dataset that was scored, under the reference tables in force; None where it was not named.
    factors
        The bank's own reference tables, a folder or what was read from it; None for the shipped set.
    """

    name: str
    results: Results
    files: Mapping[str, str]
    load_model: Callable[[], RegisteredModel]
    read_dataset: Callable[[], Dataset] | None = None
    factors: Path | FactorSet | None = None

    @property
    def policy(self) -> Policy:
        """The policy that decided, as the manifest holds it."""
        recorded = self.results.manifest["policy"]
        return Policy.model_validate(
            {key: value for key, value in recorded.items() if key not in {"version_id", "sha256"}}
        )

    def model(self) -> RegisteredModel:
        """Return the model that scored the batch.

        Raises
        ------
        ModelError
            If what is found there is another model than the one that scored the batch.
        """
        found = self.load_model()
        recorded = model_hash(self.results.manifest)
        if model_hash({"model": content_sha256(found)}) != recorded:
            raise ModelError(
                f"The model found is not the one that scored the {self.name} batch.",
                where=found.uri,
                mend=f"Name it with --{self.name}-model; the manifest says {self.results.manifest['model']['uri']}.",
            )
        return found

    def dataset(self) -> Dataset:
        """Read the dataset that was scored, under the reference tables in force.

        Raises
        ------
        GreenCreditError
            If it was not named.
        """
        if self.read_dataset is None:
            raise GreenCreditError(
                "The batches differ in data and in factors or settings: to tell the two apart, indicators must be "
                "computed anew, and a result folder does not hold the data. "
                "两批次的数据与因子（或参数）均有变化，需提供数据集以重新计算指标。",
                where=f"the dataset of the {self.name} batch",
                mend="Name both datasets with --old-dataset and --new-dataset, and where the bank laid tables of its own "
                "over the shipped ones, --old-factors and --new-factors.",
            )
        return self.read_dataset()

    def check_dataset(self, dataset: Dataset) -> None:
        """Raise GreenCreditError unless this is what the batch was scored from, read under its own factors."""
        recorded = content_hashes(self.results.manifest)
        other = sorted(
            name
            for name, digest in dataset.content_hashes.items()
            # A table that a later release added to the contract is empty for a batch of before.
            if recorded.get(name, digest) != digest
        )
        if other:
            raise GreenCreditError(
                f"The dataset is not the one of the {self.name} batch: {', '.join(other)} differ.",
                where=dataset.source,
                mend=f"Name the dataset that was scored then with --{self.name}-dataset.",
            )


def read_side(
    folder: Path,
    *,
    name: str,
    load_model: Callable[[str], RegisteredModel],
    read_dataset: Callable[[], Dataset] | None = None,
    factors: Path | FactorSet | None = None,
) -> Side:
    """Read a result folder as one side of a ledger.

    Parameters
    ----------
    folder
        What ``score`` wrote.
    name
        ``old`` or ``new``.
    load_model
        Takes the manifest's URI of the model.
    read_dataset, factors
        As of :class:`Side`.

    Raises
    ------
    GreenCreditError
        If the folder holds no results.
    """
    results = read_results(folder)
    uri = str(results.manifest["model"]["uri"])
    return Side(
        name=name,
        results=results,
        files=_files(folder),
        load_model=lambda: load_model(uri),
        read_dataset=read_dataset,
        factors=factors,
    )


def _files(folder: Path) -> Mapping[str, str]:
    """Return the hashes of the files handed in; a database has none."""
    run: dict[str, Any] = json.loads((folder / outputs.RUN).read_text(encoding="utf-8"))
    return MappingProxyType(dict(run.get("input_files", {})))
