"""The registered model as MLflow runs it: code and text, nothing pickled.

MLflow stores this file beside ``booster.txt`` and ``model.json`` and runs it wherever the model is loaded; the
``greencredit`` packages have to be installed there.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from models import store
from models.tracking import import_mlflow

__all__ = ["GreenCreditPyfunc"]

mlflow = import_mlflow()


class GreenCreditPyfunc(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]  # MLflow is untyped
    """Points, probability, base and contributions for each row of indicators."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401  (MLflow is untyped)
        """Load the stored model from the artifact folder ``stored_model``."""
        self.model = store.load(context.artifacts["stored_model"])

    def predict(
        self,
        context: Any,  # noqa: ANN401, ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Score and explain rows.

        Parameters
        ----------
        context
            Not used; MLflow hands it in.
        model_input
            Shape (n, indicators).
        params
            Not used; the model has no parameters at scoring.

        Returns
        -------
        pandas.DataFrame
            ``points``, ``probability`` (of default), ``base`` (points) and one ``points_<indicator>`` column for
            each contribution in points; base and contributions add up to the points.
        """
        found = self.model.explain(model_input)
        answer = pd.DataFrame(
            {
                "points": found.points,
                "probability": self.model.points_scale.probability(found.points),
                "base": found.base,
            },
            index=model_input.index,
        )
        return pd.concat([answer, found.values.add_prefix("points_")], axis=1)


mlflow.models.set_model(GreenCreditPyfunc())
