"""Monitoring's edge to MLflow: the profile of the training population comes from the run, figures go to a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from features.errors import ModelError
from models.reference_profile import PROFILE, ReferenceProfile
from models.run_reading import run_text
from models.tracking import connect, experiment_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from models.drift import Drift
    from models.outcome_drift import OutcomeDrift

__all__ = ["EXPERIMENT", "drift_metrics", "load_profile", "log_monitoring"]

EXPERIMENT = "green-credit-monitoring"
_PREFIX = {"score": "psi_", "indicator": "psi_", "missing": "psi_missing_", "family": "psi_family_"}


def load_profile(run_id: str) -> ReferenceProfile:
    """Load the profile of the training population that a run stored.

    Raises
    ------
    ModelError
        If there is no such run, or it stored no profile.
    """
    path = f"monitoring/{PROFILE}"
    if not run_id:
        raise ModelError(
            "The batch was scored with a model from a plain folder; the profile of its training population is not "
            "known.",
            where="manifest.json, model.run_id",
            mend="Score with a registered version: greencredit score --model models:/green-credit/VERSION.",
        )
    text = run_text(
        run_id,
        path,
        what="profile of the training population",
        mend="Check MLFLOW_TRACKING_URI. A declared scorecard has no training population, and a model that an earlier "
        "release trained has no profile: train it again.",
    )
    return ReferenceProfile.from_json(text, where=f"runs:/{run_id}/{path}")


def drift_metrics(drift: Drift, outcomes: OutcomeDrift | None) -> dict[str, float]:
    """Return the figures of one batch under the names they have in MLflow."""
    found = {_PREFIX[shift.kind] + shift.name: shift.psi for shift in drift.shifts}
    found |= {
        f"noise_limit_{shift.name}": shift.noise.limit for shift in drift.shifts if shift.kind == "score"
    }
    found |= {"applications": float(drift.applications), "drifted": float(len(drift.drifted))}
    if outcomes is not None:
        found |= {f"outcome_{name}": value for name, value in outcomes.metrics.items()}
    return found


def log_monitoring(batches: Iterable[Mapping[str, float]], *, folder: Path, tags: Mapping[str, str]) -> str:
    """Log monitored batches as one run, each batch one step, and return the run's id.

    Parameters
    ----------
    batches
        Metrics of each, in order; see :func:`drift_metrics`.
    folder
        Its files become artifacts of the run.
    tags
        Of the run.
    """
    with (
        connect() as mlflow,
        mlflow.start_run(experiment_id=experiment_id(mlflow, EXPERIMENT), tags=dict(tags)) as run,
    ):
        for step, metrics in enumerate(batches):
            # MLflow takes letters, digits and a few marks; ids of indicators have no others.
            mlflow.log_metrics(
                {re.sub(r"[^\w./ -]", "_", name): value for name, value in metrics.items()}, step=step
            )
        mlflow.log_artifacts(str(folder))
        return str(run.info.run_id)
