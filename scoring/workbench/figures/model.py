"""What is known of the model behind a batch: its card, gate, calibration and stability; and the challenger beside it.

The card comes from the training run in MLflow. Where that cannot be reached, the batch's own basis (its stored model)
tells less, and its manifest least; the page says which it is.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError, ModelError
from models import stored
from models.card import CARD_JSON
from models.gate.record import RESULT
from models.run_reading import run_text
from models.scorecard import DeclaredScorecard
from scoring import outputs
from scoring.basis import BASIS
from scoring.basis.keep import MODEL
from scoring.workbench.batches.one import manifest_of
from scoring.workbench.figures.overview import grade_names
from scoring.workbench.figures.runs import reading_runs, told
from scoring.workbench.figures.summaries import keep

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from scoring.workbench.store import Store

__all__ = ["KNOWN", "SWAP", "keep_model", "swap_set", "what_the_batch_holds"]

KNOWN, SWAP = "model.1", "swap.1"
"""Names of the summaries."""

_MOST_LISTED = 50


def keep_model(store: Store, batch_id: str, folder: Path, *, at: dt.datetime) -> dict[str, Any]:
    """Fetch what MLflow knows of a batch's model and keep it; what the batch itself holds where that cannot be had.

    Parameters
    ----------
    store
        Where it is kept.
    batch_id
        Of the batch.
    folder
        What ``score`` wrote.
    at
        Now, with its time zone.
    """
    try:
        known = _from_run(folder)
    except GreenCreditError as error:
        known = {**what_the_batch_holds(folder), "missing": told(error)}
    with store.write() as connection:
        keep(connection, batch_id, KNOWN, known, at=at)
    return known


def _from_run(folder: Path) -> dict[str, Any]:
    run_id = str(manifest_of(folder)["model"].get("run_id") or "")
    if not run_id:
        raise ModelError(
            "The batch was scored with a model from a plain folder, which has no training run.",
            where="manifest.json, model.run_id",
            mend="Score with a registered version: greencredit score --model models:/green-credit/VERSION.",
        )
    with reading_runs():
        card = json.loads(run_text(run_id, CARD_JSON, what="model card", mend="Train the model again."))
        deciles = _if_there(run_id, "evaluation/deciles.csv")
        stability = _if_there(run_id, "evaluation/stability.json")
        gate = _if_there(run_id, RESULT)
    return {
        "source": "run",
        "missing": None,
        "card": card,
        "deciles": None if deciles is None else pl.read_csv(io.StringIO(deciles)).to_dicts(),
        "stability": None if stability is None else json.loads(stability),
        "gate": None if gate is None else json.loads(gate),
    }


def _if_there(run_id: str, path: str) -> str | None:
    try:
        return run_text(run_id, path, what=path, mend="")
    except ModelError:
        return None


def what_the_batch_holds(folder: Path) -> dict[str, Any]:
    """Return what a batch's own files tell of its model: from its basis, else from its manifest alone.

    Returns
    -------
    dict
        ``source`` (``basis`` or ``manifest``), ``training`` (plain values) and ``indicators`` (id, names, direction).
    """
    try:
        model = stored.load(folder / BASIS / MODEL)
    except GreenCreditError:
        rows = manifest_of(folder)["model"].get("training_applications", {})
        return {"source": "manifest", "training": dict(rows), "indicators": []}
    directions = {} if isinstance(model, DeclaredScorecard) else model.preparation_.roles.directions
    return {
        "source": "basis",
        "training": {
            name: value
            for name, value in sorted(model.provenance_.training.items())
            if isinstance(value, (str, int, float, bool))
        },
        "indicators": [
            {
                "indicator": name,
                "en": CATALOGUE[name].en if name in CATALOGUE else name,
                "zh": CATALOGUE[name].zh if name in CATALOGUE else "",
                "direction": directions.get(name, 0),
            }
            for name in model.preparation_.features
        ],
    }


def swap_set(folder: Path) -> dict[str, Any] | None:
    """Return who would change grade under the challenger that scored in the shadow; ``None`` where none did.

    Returns
    -------
    dict
        ``challenger`` (what the manifest says of it), ``applications``, ``mean_difference`` (points), ``moved``, ``moved_further``
        (by more than one grade), ``grades``, ``matrix`` (rows by the decision's grade before caps, columns by the
        challenger's) and ``rows``: those that move farthest, at most 50.
    """
    file = folder / outputs.SHADOW
    if not file.is_file():
        return None
    try:
        table = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise GreenCreditError(
            f"The shadow's scores cannot be read ({str(error).splitlines()[0]}).",
            where=str(file),
            mend="Restore the folder where it was, or score the batch again.",
        ) from None
    names = grade_names(folder)
    place = {name: at for at, name in enumerate(names)}

    def at(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(place, return_dtype=pl.Int32)

    table = table.with_columns(steps=at("shadow_grade_before_caps") - at("grade_before_caps"))
    counted = table.group_by("grade_before_caps", "shadow_grade_before_caps").len()
    cells = {(own, other): count for own, other, count in counted.iter_rows()}
    moved = table.filter(pl.col("steps") != 0).sort(
        [pl.col("steps").abs(), pl.col("difference").abs(), pl.col("application_id")],
        descending=[True, True, False],
    )
    return {
        "challenger": dict(manifest_of(folder).get("shadow", {})),
        "applications": table.height,
        "mean_difference": None if table.is_empty() else int(table["difference"].sum()) / table.height,
        "moved": moved.height,
        "moved_further": moved.filter(pl.col("steps").abs() > 1).height,
        "grades": names,
        "matrix": [[cells.get((own, other), 0) for other in names] for own in names],
        "rows": moved.head(_MOST_LISTED).to_dicts(),
    }
