"""The registered model as MLflow runs it: code and text, nothing pickled.

MLflow stores this file beside ``booster.txt`` and ``model.json``, or ``scorecard.toml`` and ``scorecard.json``, and
runs it wherever the model is loaded; the ``greencredit`` packages have to be installed there.
"""

from __future__ import annotations

from typing import Any

import pandas as pd  # noqa: TC002  (MLflow reads the type hints)

from models import stored
from models.served import answer
from models.tracking import import_mlflow

__all__ = ["GreenCreditPyfunc"]

mlflow = import_mlflow()


class GreenCreditPyfunc(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]  # MLflow is untyped
    """Points, probability, base and contributions for each row of indicators."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401  (MLflow is untyped)
        """Load the stored model from the artifact folder ``stored_model``."""
        self.model = stored.load(context.artifacts["stored_model"])

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
            See :func:`models.served.answer`.
        """
        return answer(self.model, model_input)


mlflow.models.set_model(GreenCreditPyfunc())
