"""Registering a declared scorecard: a run without training, and a version like any other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from models.registry import log_version
from models.scorecard import LABEL_ORIGIN
from models.tracking import connect, experiment_id

if TYPE_CHECKING:
    from models.scorecard import DeclaredScorecard

__all__ = ["RegisteredScorecard", "register_scorecard"]


@dataclass(frozen=True, kw_only=True)
class RegisteredScorecard:
    """Where a scorecard was registered.

    Parameters
    ----------
    run_id, version
        In MLflow.
    alias
        ``champion`` where no other version was, else ``None``.
    """

    run_id: str
    version: str
    alias: str | None


def register_scorecard(card: DeclaredScorecard, *, experiment: str = "green-credit") -> RegisteredScorecard:
    """Log a scorecard to MLflow and register it as a version of ``green-credit``.

    It becomes champion where no version is: a bank without outcomes starts with it.

    Parameters
    ----------
    card
        As read from its file.
    experiment
        In MLflow.
    """
    tags = {
        "label_origin": LABEL_ORIGIN,
        "demonstration": "false",
        "scorecard_sha256": sha256(card.text.encode()).hexdigest(),
    }
    with (
        connect() as mlflow,
        mlflow.start_run(experiment_id=experiment_id(mlflow, experiment), tags=tags) as run,
    ):
        mlflow.log_params(
            {
                "scorecard_version": card.version,
                "scorecard_title": card.title,
                "scorecard_indicators": len(card.indicators),
                "reference_probability": card.reference_probability,
                "points_scale": asdict(card.points_scale),
            }
        )
        mlflow.log_metrics(
            {
                "base_points": card.base_points,
                "lowest_points": card.lowest_points,
                "highest_points": card.highest_points,
            }
        )
        version, alias = log_version(mlflow, card, tags=tags, champion=True)
    return RegisteredScorecard(run_id=run.info.run_id, version=version, alias=alias)
