"""The files of a training run: tables, pictures, and what the model may mix, for people and for later runs."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from models.plots import write_plots

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from models.estimator import GreenCreditModel
    from models.evaluation import Evaluation
    from models.explain import Contributions
    from models.stability import ReasonStability

__all__ = ["as_json", "write_run_files"]


def write_run_files(
    folder: Path,
    *,
    model: GreenCreditModel,
    evaluation: Evaluation,
    explained: Contributions,
    bad: NDArray[np.float64],
    label_origin: str,
    stability: ReasonStability | None,
    stability_note: str,
) -> None:
    """Write the files of a run.

    Parameters
    ----------
    folder
        Where to; it exists.
    model
        The fitted model.
    evaluation
        Of the holdout.
    explained
        The holdout's contributions.
    bad
        Shape (n,): the holdout's labels.
    label_origin
        ``observed`` or ``simulated``.
    stability, stability_note
        Of the reasons, or why there is none.
    """
    evaluation.deciles.write_csv(folder / "deciles.csv")
    importance = explained.values.abs().mean()
    pl.DataFrame(
        {"indicator": list(importance.index), "mean_absolute_points": importance.to_numpy()}
    ).write_csv(folder / "importance.csv")
    _write_json(
        folder / "stability.json",
        {"measured": True, **stability.as_dict()}
        if stability
        else {"measured": False, "why": stability_note},
    )
    _write_json(
        folder / "interactions.json",
        {
            "interactions": model.interactions,
            "groups": model.interaction_groups_,
            "tested": [dataclasses.asdict(group) for group in model.tested_interactions_],
        },
    )
    write_plots(
        folder,
        evaluation,
        points=explained.points,
        bad=bad,
        contributions=explained.values,
        title=f"Holdout, {label_origin} outcomes",
    )


def as_json(content: Mapping[str, Any]) -> str:
    """Write plain values as the text that every file of a run has."""
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(as_json(content), encoding="utf-8")
