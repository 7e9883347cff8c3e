"""Reading what a batch rests on, and scoring a firm again from it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from features.errors import GreenCreditError
from features.intake.clean_folder import CleanFolder
from features.reference import kept_set, overlaid
from features.settings import Settings
from models import stored
from models.registry import RegisteredModel
from scoring import outputs
from scoring.basis.keep import BASIS, FACTORS, FACTS, HASHES, MODEL, POLICY, REGISTERED, SETTINGS
from scoring.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.reference import FactorSet

__all__ = ["Basis", "changed_files", "read_basis"]

_MEND = "Restore the folder from a backup, or score the batch again."


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a batch rests on.

    Parameters
    ----------
    folder
        Where it is kept.
    facts
        The clean tables, read firm by firm.
    factors
        The whole set of reference tables that was in force.
    policy, settings, model
        As the batch had them.
    """

    folder: Path
    facts: CleanFolder
    factors: FactorSet
    policy: Policy
    settings: Settings
    model: RegisteredModel

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Put the batch's reference tables in force for the block."""
        with overlaid(self.factors):
            yield

    def changed_files(self) -> list[str]:
        """Files that are not what the batch wrote, are gone, or were added; empty where the basis is whole."""
        return changed_files(self.folder)


def changed_files(folder: Path) -> list[str]:
    """Return what :meth:`Basis.changed_files` does, of a basis that need not be readable.

    Raises
    ------
    GreenCreditError
        If the list of what was written cannot be read.
    """
    known = _json(folder / HASHES)
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != HASHES
    }
    altered = [
        name
        for name, digest in known.items()
        if name not in present or outputs.file_sha256(present[name]) != digest
    ]
    return sorted({*altered, *(present.keys() - known.keys())})


def read_basis(results: Path) -> Basis:
    """Read what a batch rests on.

    Parameters
    ----------
    results
        The result folder of the batch.

    Raises
    ------
    GreenCreditError
        If the batch kept no basis, or a file of it cannot be read.
    ModelError
        If the stored model is not what was stored.
    """
    folder = results / BASIS
    if not folder.is_dir():
        raise GreenCreditError(
            "The batch kept no basis (facts, factors, policy, model): it cannot be computed again.",
            where=str(results),
            mend="Score again without --no-basis.",
        )
    registered = _json(folder / REGISTERED)
    try:
        return Basis(
            folder=folder,
            facts=CleanFolder(folder=folder / FACTS),
            factors=kept_set(folder / FACTORS),
            policy=Policy.model_validate(_json(folder / POLICY)),
            settings=Settings(**_json(folder / SETTINGS)),
            model=RegisteredModel(model=stored.load(folder / MODEL), **registered),
        )
    except (ValidationError, TypeError) as error:
        raise GreenCreditError(
            f"The basis of the batch cannot be read ({str(error).splitlines()[0]}).",
            where=str(folder),
            mend=_MEND,
        ) from None


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GreenCreditError(
            f"The basis of the batch cannot be read ({str(error).splitlines()[0]}).",
            where=str(path),
            mend=_MEND,
        ) from None
    if not isinstance(content, dict):
        raise GreenCreditError("A file of the basis is not as written.", where=str(path), mend=_MEND)
    return content
