"""The registry: versions of ``green-credit`` in MLflow, written once and found again."""

from __future__ import annotations

import importlib.metadata
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models import stored
from models.champions import CHAMPIONS, in_force, read_terms
from models.served import input_example, signature
from models.tracking import connect

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from models.stored import AnyModel

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "NAME",
    "PREVIOUS",
    "RegisteredModel",
    "load",
    "log_version",
    "version_of",
]

NAME = "green-credit"
CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"
_DEFAULT = f"models:/{NAME}@{CHAMPION}"
_ARTIFACT = "stored_model"
_PINNED = ("lightgbm", "mlflow", "numpy", "pandas", "polars", "scikit-learn")


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A loaded model and where it came from.

    Parameters
    ----------
    model
        Ready to score.
    name, version
        In the registry; empty for a run or a plain folder.
    run_id
        The training run; empty for a plain folder.
    uri
        What was asked for; for the champion, the version it stood for.
    label_origin
        ``observed``, ``simulated``, ``declared`` (a scorecard, without outcomes) or empty.
    demonstration
        Whether the model may only demonstrate.
    """

    model: AnyModel
    name: str
    version: str
    run_id: str
    uri: str
    label_origin: str
    demonstration: bool


def load(uri: str | None = None, *, on: dt.date | None = None) -> RegisteredModel:
    """Load a model.

    Parameters
    ----------
    uri
        ``models:/green-credit@champion`` (the default), ``models:/green-credit/3``, ``runs:/RUN/model``, or a
        folder that holds a stored model.
    on
        Day of the decision: a champion that holds from a later day is not used yet, its predecessor is. Without it
        the champion is the latest one.

    Raises
    ------
    ModelError
        If nothing is found there, no champion holds on that day, or what is found is not what was stored.
    """
    asked = uri or _DEFAULT
    if not re.match(r"(models|runs|m-|mlflow-artifacts):?/", asked):
        return _registered(stored.load(_folder_in(Path(asked))), uri=asked)
    with connect() as mlflow:
        if on is not None and asked == _DEFAULT:
            asked = _in_force(mlflow, on)
        name, version, run_id = _resolve(mlflow, asked)
        exact = f"models:/{name}/{version}" if name else asked
        with tempfile.TemporaryDirectory() as scratch:
            try:
                local = mlflow.artifacts.download_artifacts(artifact_uri=exact, dst_path=scratch)
            except (mlflow.exceptions.MlflowException, OSError) as error:
                raise ModelError(
                    f"The model cannot be fetched ({error}).",
                    where=asked,
                    mend="Check that the artifact store of the registry can be reached.",
                ) from error
            return _registered(
                stored.load(_folder_in(Path(local))), uri=exact, name=name, version=version, run_id=run_id
            )


def log_version(
    mlflow: Any,  # noqa: ANN401  (MLflow is untyped)
    model: AnyModel,
    *,
    tags: Mapping[str, str],
    champion: bool,
) -> tuple[str, str | None]:
    """Log a model to the running MLflow run and register it.

    Parameters
    ----------
    mlflow
        As :func:`models.tracking.connect` gives it, with a run under way.
    model
        Fitted, or a declared scorecard.
    tags
        Of the version.
    champion
        Whether the version becomes champion if no version is.

    Returns
    -------
    tuple
        Version, and the alias that was set or ``None``.
    """
    with tempfile.TemporaryDirectory() as scratch:
        stored.save(model, Path(scratch) / _ARTIFACT)
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("pyfunc_code.py")),
            artifacts={_ARTIFACT: str(Path(scratch) / _ARTIFACT)},
            pip_requirements=[f"{package}=={importlib.metadata.version(package)}" for package in _PINNED],
            signature=signature(mlflow, model),
            input_example=input_example(model),
        )
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name='{NAME}'"):
        client.create_registered_model(
            NAME, description="Green-credit ESG score: probability of default in points."
        )
    version = client.create_model_version(
        NAME, source=logged.model_uri, run_id=logged.run_id, tags=dict(tags), model_id=logged.model_id
    ).version
    taken = CHAMPION in client.get_registered_model(NAME).aliases
    if not champion or taken:
        return str(version), None
    client.set_registered_model_alias(NAME, CHAMPION, version)
    return str(version), CHAMPION


def _resolve(mlflow: Any, uri: str) -> tuple[str, str, str]:  # noqa: ANN401
    """Name, version and run id behind a URI; name and version are empty for a run."""
    if not (match := re.fullmatch(r"models:/([^/@]+)(?:@([^/]+)|/(\d+))", uri)):
        run = re.match(r"runs:/([^/]+)", uri)
        return "", "", run.group(1) if run else ""
    name, alias, number = match.groups()
    client = mlflow.MlflowClient()
    try:
        found = (
            client.get_model_version_by_alias(name, alias)
            if alias
            else client.get_model_version(name, number)
        )
    except mlflow.exceptions.MlflowException as error:
        registered = [model.name for model in client.search_registered_models(f"name='{name}'")]
        mend = (
            f"Name a version with --model models:/{name}/VERSION, or give one the alias; a model of simulated labels "
            "gets it only with --demonstration."
            if registered
            else "Train a model first: greencredit train DATASET."
        )
        raise ModelError(
            f"No such model is registered: {uri}.", where=mlflow.get_tracking_uri(), mend=mend
        ) from error
    return name, str(found.version), str(found.run_id or "")


def version_of(mlflow: Any, version: str) -> Any:  # noqa: ANN401
    """Find a version of ``green-credit``.

    Raises
    ------
    ModelError
        If there is none of that number.
    """
    try:
        return mlflow.MlflowClient().get_model_version(NAME, version)
    except mlflow.exceptions.MlflowException as error:
        raise ModelError(
            f"No version {version!r} of {NAME} is registered.",
            where=mlflow.get_tracking_uri(),
            mend="Name the number that greencredit train printed.",
        ) from error


def _in_force(mlflow: Any, on: dt.date) -> str:  # noqa: ANN401
    """URI of the champion of a day; the alias itself where no model is registered or no version has it."""
    found = mlflow.MlflowClient().search_registered_models(f"name='{NAME}'")
    if not found or CHAMPION not in found[0].aliases:
        return _DEFAULT
    terms = read_terms(found[0].tags.get(CHAMPIONS), champion=str(found[0].aliases[CHAMPION]))
    term = in_force(terms, on)
    if term is None:
        raise ModelError(
            f"No champion holds on {on}: version {terms[0].version} holds from {terms[0].holds_from}.",
            where=NAME,
            mend=f"Wait until then, or name a version with --model models:/{NAME}/VERSION.",
        )
    return f"models:/{NAME}/{term.version}"


def _folder_in(root: Path) -> Path:
    """Find the folder under ``root`` that holds a stored model: itself, or the artifact folder of an MLflow model."""
    for folder in (root, root / "artifacts" / _ARTIFACT):
        if stored.holds_model(folder):
            return folder
    return root


def _registered(
    model: AnyModel, *, uri: str, name: str = "", version: str = "", run_id: str = ""
) -> RegisteredModel:
    return RegisteredModel(
        model=model,
        name=name,
        version=version,
        run_id=run_id,
        uri=uri,
        label_origin=model.provenance_.label_origin,
        demonstration=model.provenance_.demonstration,
    )
