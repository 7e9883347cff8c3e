"""Stored models of either kind: trained (:mod:`models.store`) or declared, told apart by the files of the folder.

A declared scorecard is stored as ``scorecard.toml``, the file the bank wrote, and ``scorecard.json`` with its hash and
the directions its indicators had. Nothing is pickled, and reading validates as the first reading did.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models import store
from models.estimator import GreenCreditModel
from models.scorecard import DeclaredScorecard
from models.scorecard_file import parse_scorecard

__all__ = ["SCHEMA_VERSION", "SCORECARD", "SCORECARD_PARAMETERS", "AnyModel", "holds_model", "load", "save"]

AnyModel = GreenCreditModel | DeclaredScorecard
"""What can be registered, scored with and explained."""

SCORECARD, SCORECARD_PARAMETERS = "scorecard.toml", "scorecard.json"
SCHEMA_VERSION = 1
"""Of ``scorecard.json``; raised by one whenever an older one could be misread."""

_MEND = "Restore it from the registry, or register the bank's own file again."


def save(model: AnyModel, directory: Path | str) -> None:
    """Write a model into ``directory``; the same model gives the same bytes.

    Raises
    ------
    ModelError
        If a scorecard was put together without a file: it has no text to store.
    """
    if isinstance(model, GreenCreditModel):
        store.save(model, directory)
        return
    if not model.text:
        raise ModelError(
            "The scorecard has no text to store.",
            where=SCORECARD,
            mend="Read it with models.scorecard_file.read_scorecard.",
        )
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    text = model.text.encode()
    content = {
        "schema_version": SCHEMA_VERSION,
        "sha256": sha256(text).hexdigest(),
        "directions": {item.id: CATALOGUE[item.id].direction for item in model.indicators},
    }
    (folder / SCORECARD).write_bytes(text)
    (folder / SCORECARD_PARAMETERS).write_bytes(
        (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()
    )


def holds_model(folder: Path) -> bool:
    """Whether a folder holds a stored model of either kind."""
    return any((folder / name).is_file() for name in (store.PARAMETERS, SCORECARD_PARAMETERS))


def load(directory: Path | str) -> AnyModel:
    """Read a model that :func:`save` wrote, and check that it is the one that was written.

    Raises
    ------
    ExactnessError
        See :func:`models.store.load`.
    ModelError
        If a file is absent, unreadable, of another schema version or changed, or if the catalogue has changed under
        the model.
    """
    folder = Path(directory)
    if not (folder / SCORECARD_PARAMETERS).is_file():
        return store.load(folder)
    try:
        content = json.loads((folder / SCORECARD_PARAMETERS).read_bytes())
        text = (folder / SCORECARD).read_bytes()
    except (ValueError, OSError) as error:
        raise ModelError(
            f"The stored scorecard cannot be read ({error}).", where=str(folder), mend=_MEND
        ) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise ModelError(
            f"The stored scorecard has schema version {version}; this release reads {SCHEMA_VERSION}.",
            where=str(folder / SCORECARD_PARAMETERS),
            mend="Load it with the release that wrote it, or register the bank's own file again.",
        )
    if sha256(text).hexdigest() != content.get("sha256"):
        raise ModelError(
            "The scorecard was changed after it was stored.", where=str(folder / SCORECARD), mend=_MEND
        )
    card = parse_scorecard(text.decode(), file=str(folder / SCORECARD))
    if {item.id: CATALOGUE[item.id].direction for item in card.indicators} != content.get("directions"):
        raise ModelError(
            "The catalogue has changed under the scorecard: an indicator has another direction.",
            where=str(folder / SCORECARD_PARAMETERS),
            mend="Register the bank's own file again, with breakpoints in the order that now holds.",
        )
    return card
