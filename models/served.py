"""What a registered version answers where MLflow serves it: score, what a grade is cut on, and contributions.

The schemas are declared from the model's own columns, and the example is put together from the catalogue: no
applicant of the training data stands in a stored file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl

from features.catalogue import CATALOGUE
from models.whole_points import shown_points

if TYPE_CHECKING:
    from models.stored import AnyModel

__all__ = ["answer", "input_example", "signature"]

_NUMBERS = ("points", "probability", "esg_points", "base")
_WHOLE = "shown_points"
"""No name of the head begins as a contribution does, so that base and ``points_*`` can be added up."""


def answer(model: AnyModel, table: pd.DataFrame) -> pd.DataFrame:
    """Score and explain rows.

    Parameters
    ----------
    model
        A stored model of either kind.
    table
        Shape (n, indicators); missing values are NaN or None.

    Returns
    -------
    pandas.DataFrame
        ``points``, ``probability`` (of default), ``esg_points`` (the sum of the contributions of E, S and G), ``base``
        (points), ``shown_points`` (whole points, on which grades are cut; the policy's own rules ask for more than
        a model knows) and one ``points_<indicator>`` per contribution in points; base and contributions add up to
        the points.
    """
    found = model.explain(_typed(model, table))
    shown = pl.DataFrame({"points": found.points}).select(shown_points(pl.col("points")))
    head = pd.DataFrame(
        {
            "points": found.points,
            "probability": found.probability,
            "esg_points": found.esg_part(),
            "base": found.base,
            _WHOLE: shown["points"].to_numpy().astype(np.int64),
        },
        index=table.index,
    )
    return pd.concat([head, found.values.add_prefix("points_")], axis=1)


def signature(mlflow: Any, model: AnyModel) -> Any:  # noqa: ANN401  (MLflow is untyped)
    """Declare inputs and outputs; nothing is inferred from data.

    Every input column is asked for, and every value may be missing.
    """
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415  (takes seconds)

    contributions = [f"points_{name}" for name in model.preparation_.features]
    return mlflow.models.ModelSignature(
        inputs=Schema(
            [
                ColSpec("string" if _is_category(name) else "double", name=name)
                for name in model.preparation_.inputs
            ]
        ),
        outputs=Schema(
            [
                *(ColSpec("double", name=name) for name in _NUMBERS),
                ColSpec("long", name=_WHOLE),
                *(ColSpec("double", name=name) for name in contributions),
            ]
        ),
    )


def input_example(model: AnyModel) -> pd.DataFrame:
    """Make up two applicants: one whose figures are the catalogue's neutral ones, one that handed in next to nothing."""
    vocabulary = getattr(model.preparation_, "vocabulary", {})
    columns: dict[str, list[Any]] = {}
    for name in model.preparation_.inputs:
        if _is_category(name):
            word = next(iter(vocabulary.get(name, ())), "none")
            columns[name] = [word, word]
        else:
            item = CATALOGUE.get(name)
            columns[name] = [item.neutral if item and item.neutral is not None else 0.0, np.nan]
    return pd.DataFrame(columns)


def _typed(model: AnyModel, table: pd.DataFrame) -> pd.DataFrame:
    """Read numbers as numbers: a column that was sent as JSON with nothing but nulls has no type of its own."""
    untyped = [
        name
        for name in model.preparation_.inputs
        if name in table.columns and not _is_category(name) and table[name].dtype == object
    ]
    return table.astype(dict.fromkeys(untyped, np.float64)) if untyped else table


def _is_category(name: str) -> bool:
    return name in CATALOGUE and CATALOGUE[name].is_category
