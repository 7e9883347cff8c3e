"""The gate as one call, on some firms of a dataset, and its result beside a registered version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from features.errors import ModelError
from models.registry import NAME, version_of
from models.tracking import connect
from scoring.gaming.library import MOVES
from scoring.gaming.stack import of_firms
from scoring.gaming.trial import trial
from scoring.gaming.verdict import GamingReport, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from features.intake import Dataset
    from features.settings import Settings
    from models.stored import AnyModel
    from scoring.gaming.move import Move
    from scoring.policy import Policy

__all__ = ["check_gaming", "gaming_gate", "record_gaming"]

_TAG = "gaming_gate"
_MOST_TOLD = 20


def gaming_gate(
    dataset: Dataset,
    *,
    model: AnyModel,
    policy: Policy,
    moves: Sequence[Move] = MOVES,
    most_firms: int | None = None,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GamingReport:
    """Let the firms of a dataset make every move, and judge what came of it.

    Parameters
    ----------
    dataset
        Honest facts.
    model, policy
        What judges.
    moves
        The moves; the whole library by default.
    most_firms
        Try the moves on so many firms, spread evenly over the sorted ids; all of them where None.
    settings
        How the indicators are computed; the defaults where None.
    progress
        Called with moves done and in all.
    """
    firms = dataset.tables["applications"]["firm_id"].unique().sort()
    if most_firms is not None and len(firms) > most_firms:
        firms = firms.gather([i * len(firms) // most_firms for i in range(most_firms)])
        dataset = of_firms(dataset, firms.to_list())
    tried = trial(dataset, moves, model=model, policy=policy, settings=settings, progress=progress)
    return verdict(tried, moves, applications=dataset.tables["applications"].height)


def record_gaming(version: str, report: GamingReport, *, policy: Policy) -> None:
    """Keep the gate's result with a registered version, where promotion reads it."""
    told = {
        "passed": report.passed,
        "applications": report.applications,
        "moves": report.table.height,
        "refused_by": list(report.refused_by[:_MOST_TOLD]),
        "policy": policy.version_id,
    }
    with connect() as mlflow:
        mlflow.MlflowClient().set_model_version_tag(
            NAME, version, _TAG, json.dumps(told, ensure_ascii=False, sort_keys=True)
        )


def check_gaming(version: str) -> bool:
    """Return whether the gate has let a version pass; False where it has not judged it.

    Raises
    ------
    ModelError
        If it refused the version.
    """
    with connect() as mlflow:
        kept = version_of(mlflow, version).tags.get(_TAG)
    if kept is None:
        return False
    result = json.loads(kept)
    if result["passed"]:
        return True
    raise ModelError(
        f"Gaming moves raise decisions of version {version}: {', '.join(result['refused_by'])}.",
        where=f"version {version}",
        mend=f"See what gets by: greencredit gaming DATASET --model models:/{NAME}/{version}.",
    )
