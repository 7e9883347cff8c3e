"""Writing what a batch rests on into its result folder."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from features import reference
from features.intake.clean_folder import write_clean
from models import stored
from scoring import outputs
from scoring.outputs import BASIS

if TYPE_CHECKING:
    from pathlib import Path

    from features.intake import Dataset
    from features.settings import Settings
    from models.registry import RegisteredModel
    from scoring.policy import Policy

__all__ = ["BASIS", "FACTORS", "FACTS", "HASHES", "MODEL", "POLICY", "REGISTERED", "SETTINGS", "keep_basis"]

FACTS, FACTORS, MODEL = "facts", "factors", "model"
POLICY, SETTINGS, REGISTERED, HASHES = "policy.json", "settings.json", "registered.json", "hashes.json"


def keep_basis(
    folder: Path,
    *,
    dataset: Dataset,
    model: RegisteredModel,
    policy: Policy,
    settings: Settings,
) -> str:
    """Write what a batch rests on.

    Parameters
    ----------
    folder
        To be made: the results' ``basis``.
    dataset
        What intake gave. Personal data never passed it; outcomes and the quarantine stay out.
    model
        What scored.
    policy
        What decided.
    settings
        How the indicators were computed.

    Returns
    -------
    str
        SHA-256 of the list of every file's SHA-256: stands for the whole basis in the manifest and in the audit.
    """
    folder.mkdir(parents=True)
    write_clean(dataset, folder / FACTS)
    reference.keep_set(folder / FACTORS)
    stored.save(model.model, folder / MODEL)
    registered = {
        field.name: getattr(model, field.name) for field in dataclasses.fields(model) if field.name != "model"
    }
    outputs.write_json(registered, folder / REGISTERED)
    outputs.write_json(policy.content(), folder / POLICY)
    outputs.write_json(settings.as_dict(), folder / SETTINGS)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): outputs.file_sha256(path) for path in files}
    outputs.write_json(hashes, folder / HASHES)
    return outputs.file_sha256(folder / HASHES)
