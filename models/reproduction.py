"""The record from which a run can be trained again, and the checks that it was.

Everything that decides the booster stands in one file of the run: the hash of the data, how indicators and labels were
made of them, the split, the seed and the options; and, to hold the new one against, the hash of the booster.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models.tracking import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.estimator import GreenCreditModel

__all__ = ["RECORD", "Recorded", "booster_sha256", "check_booster", "check_data", "record_of", "recorded"]

RECORD = "configuration/training.json"
"""Path of the record among the artifacts of a run."""

_VERSIONS = ("lightgbm", "numpy")
"""Packages that the booster may depend on."""

_APART = ("random_state", "sections", "points_scale", "n_jobs")
"""Parameters that stand elsewhere in the record, or decide nothing about the booster."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What decides a booster, and its hash.

    Parameters
    ----------
    run_id
        Of the run that recorded it; empty while it is being recorded.
    dataset_hash
        Of the content of the dataset.
    sections_sha256
        Of the mapping from industry division to section.
    context
        How indicators and labels were made, as the caller of ``train`` says.
    holdout_share, seed, options
        As ``train`` took them; ``options`` with every default written out, but for those that are ``None``.
    versions
        Of the packages that the booster may depend on.
    booster_sha256
        Of the booster's text.
    """

    run_id: str
    dataset_hash: str
    sections_sha256: str
    context: Mapping[str, Any]
    holdout_share: float
    seed: int
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    booster_sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain values, without the run that it stands in."""
        return {name: value for name, value in asdict(self).items() if name != "run_id"}


def booster_sha256(model: GreenCreditModel) -> str:
    """Hash of the booster's text."""
    return hashlib.sha256(model.booster_.model_to_string().encode()).hexdigest()


def record_of(
    model: GreenCreditModel,
    *,
    dataset_hash: str,
    sections: Mapping[str, str] | None,
    holdout_share: float,
    context: Mapping[str, Any] | None,
) -> Recorded:
    """Record a fitted model."""
    parameters = model.get_params(deep=False)
    return Recorded(
        run_id="",
        dataset_hash=dataset_hash,
        sections_sha256=_sections_sha256(sections),
        context=dict(context or {}),
        holdout_share=holdout_share,
        seed=int(parameters["random_state"]),
        options={
            name: value for name, value in parameters.items() if name not in _APART and value is not None
        },
        versions={name: importlib.metadata.version(name) for name in _VERSIONS},
        booster_sha256=booster_sha256(model),
    )


def recorded(run_id: str) -> Recorded:
    """Read the record of a run.

    Raises
    ------
    ModelError
        If there is no such run, or it has no record.
    """
    with connect() as mlflow, TemporaryDirectory() as scratch:
        try:
            path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=RECORD, dst_path=scratch)
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ModelError(
                f"The run {run_id} has no record to train again from ({str(error).splitlines()[0]}).",
                where=mlflow.get_tracking_uri(),
                mend="Name a run of greencredit train; its id is told at its end and shown by MLflow.",
            ) from error
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    return Recorded(run_id=run_id, **content)


def check_data(
    again: Recorded,
    *,
    dataset_hash: str,
    sections: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Refuse other data than those of the record, or the same ones read in another way.

    Parameters
    ----------
    again
        The record.
    dataset_hash
        Of what was handed in.
    sections, context
        As ``train`` takes them; not looked at where ``None``.

    Raises
    ------
    ModelError
        Naming what differs, with both values.
    """
    pairs = {"dataset_hash": (again.dataset_hash, dataset_hash)}
    if sections is not None:
        pairs["sections_sha256"] = (again.sections_sha256, _sections_sha256(sections))
    if context is not None:
        plain = json.loads(json.dumps(dict(context)))
        pairs |= {
            name: (again.context.get(name), plain.get(name)) for name in sorted({*again.context, *plain})
        }
    different = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if different:
        told = "; ".join(f"{name} was {was} and is {now}" for name, (was, now) in different.items())
        raise ModelError(
            f"The run {again.run_id} was trained on something else: {told}.",
            where=", ".join(different),
            mend="Hand in the dataset, the own reference tables and the settings of that run.",
        )


def check_booster(again: Recorded, model: GreenCreditModel) -> None:
    """Refuse a booster that is not, to the last bit, the recorded one.

    Raises
    ------
    ModelError
        With both hashes, and the versions of packages that differ.
    """
    found = booster_sha256(model)
    if found == again.booster_sha256:
        return
    now = {name: importlib.metadata.version(name) for name in again.versions}
    changed = [
        f"{name} was {was} and is {now[name]}" for name, was in again.versions.items() if was != now[name]
    ]
    raise ModelError(
        f"Training again gave another booster: sha256 was {again.booster_sha256} and is {found}.",
        where=f"run {again.run_id}",
        mend=f"Install the versions of that run: {'; '.join(changed)}."
        if changed
        else "The packages are those of that run, so the product's own code has changed: use its release.",
    )


def _sections_sha256(sections: Mapping[str, str] | None) -> str:
    return hashlib.sha256(json.dumps(sorted((sections or {}).items())).encode()).hexdigest()
