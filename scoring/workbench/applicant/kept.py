"""The basis of a batch (facts, factors, policy, model), read once and kept while its files stay."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import GreenCreditError
from scoring.basis import BASIS, firm_of, read_basis

if TYPE_CHECKING:
    from pathlib import Path

    from features.intake import Dataset
    from scoring.basis import Basis

__all__ = ["basis_of", "own_dataset"]

_BATCHES_KEPT = 8
"""Models and factors of so many batches stay in memory; people mostly look at the latest two."""


def basis_of(folder: Path) -> Basis | None:
    """Return what a batch rests on; ``None`` where it kept no basis.

    Parameters
    ----------
    folder
        The results of the batch.

    Raises
    ------
    GreenCreditError
        If a file of the basis cannot be read.
    """
    place = folder / BASIS
    if not place.is_dir():
        return None
    return _read(folder, place.stat().st_mtime_ns)


@lru_cache(maxsize=_BATCHES_KEPT)
def _read(folder: Path, _changed: int) -> Basis:
    return read_basis(folder)


def own_dataset(basis: Basis, firm_id: str, application_id: str) -> Dataset:
    """Return the facts of one firm with this one of its applications.

    Raises
    ------
    GreenCreditError
        If the basis does not hold the application.
    """
    facts = firm_of(basis, firm_id)
    own = facts.tables["applications"].filter(pl.col("application_id") == application_id)
    if own.is_empty():
        raise GreenCreditError(
            f"The basis of the batch does not hold the application {application_id}.",
            where=str(basis.folder),
            mend="Restore the folder from a backup of the batch.",
        )
    return replace(facts, tables=MappingProxyType({**facts.tables, "applications": own}))
