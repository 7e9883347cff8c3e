"""The gate's verdict in MLflow: written into the challenger's run, found again by whoever promotes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models.gate.result import SCHEMA_VERSION
from models.registry import CHALLENGER, NAME, version_of
from models.run_files import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.gate.result import GateResult

__all__ = ["RESULT", "log_result", "read_result", "run_metrics"]

RESULT = "gate/result.json"
"""The latest verdict on a version, among the artefacts of its run."""


def log_result(mlflow: Any, result: GateResult, *, moved_csv: str) -> None:  # noqa: ANN401  (MLflow is untyped)
    """Write verdict and evidence into the run of the challenger, and give it the alias ``challenger``.

    Parameters
    ----------
    mlflow
        As :func:`models.tracking.connect` gives it.
    result
        The verdict.
    moved_csv
        Who moves across a cut-off, as CSV.
    """
    client = mlflow.MlflowClient()
    found = version_of(mlflow, result.challenger)
    text = as_json(result.as_dict())
    # The latest stands under one name; each is kept beside the champion and the gate that it was held against.
    kept = f"gate/against-{result.champion or 'other'}-{result.gate_sha256[:12]}"
    for place in (RESULT, f"{kept}/result.json"):
        client.log_text(found.run_id, text, place)
    for place in ("gate/moved.csv", f"{kept}/moved.csv"):
        client.log_text(found.run_id, moved_csv, place)
    client.set_tag(found.run_id, "gate", "passed" if result.passed else "refused")
    tags = {
        "gate": "passed" if result.passed else "refused",
        "gate_refused_by": ", ".join(result.refused_by),
        "gate_against": result.champion,
        "gate_sha256": result.gate_sha256,
    }
    for name, value in tags.items():
        client.set_model_version_tag(NAME, result.challenger, name, value)
    client.set_registered_model_alias(NAME, CHALLENGER, result.challenger)


def run_metrics(mlflow: Any, run_id: str) -> dict[str, float]:  # noqa: ANN401
    """Metrics that a training run logged; none without a run."""
    return dict(mlflow.get_run(run_id).data.metrics) if run_id else {}


def read_result(mlflow: Any, version: str) -> Mapping[str, Any] | None:  # noqa: ANN401
    """Read the latest verdict on a version; ``None`` where there is none.

    Raises
    ------
    ModelError
        If what is there cannot be read, or is on another version.
    """
    found = version_of(mlflow, version)
    present = {entry.path for entry in mlflow.MlflowClient().list_artifacts(found.run_id, "gate")}
    if RESULT not in present:
        return None
    try:
        content = json.loads(mlflow.artifacts.load_text(f"runs:/{found.run_id}/{RESULT}"))
        sound = content["schema_version"] == SCHEMA_VERSION and content["challenger"] == version
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(version, str(error)) from error
    if not sound:
        raise _unreadable(version, "it is of another version or another release")
    found_result: Mapping[str, Any] = content
    return found_result


def _unreadable(version: str, why: str) -> ModelError:
    return ModelError(
        f"The gate's verdict cannot be read ({why}).",
        where=f"{RESULT} of version {version}",
        mend=f"Judge it again: greencredit compare DATASET --challenger models:/{NAME}/{version}.",
    )
