"""The training run of a batch's model, read from MLflow: what is there, and why where something is not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError
from models.tracking import import_mlflow, missing_store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["reading_runs", "told"]


@contextmanager
def reading_runs() -> Iterator[None]:
    """Turn a store of MLflow that is not there, or cannot be reached, into one message; make none.

    Raises
    ------
    GreenCreditError
        If runs cannot be read.
    """
    absent = missing_store()
    if absent is not None:
        raise GreenCreditError(
            "There is no MLflow store here, so nothing is known of the model's training run.",
            where=str(absent),
            mend="Start the server with MLFLOW_TRACKING_URI set to the store in which the model was trained.",
        )
    mlflow = import_mlflow()
    try:
        yield
    except mlflow.exceptions.MlflowException as error:
        raise GreenCreditError(
            f"The MLflow store cannot be used: {str(error).splitlines()[0]}",
            where=str(mlflow.get_tracking_uri()),
            mend="Check MLFLOW_TRACKING_URI, and that the server or file it names can be reached.",
        ) from error


def told(error: GreenCreditError) -> dict[str, Any]:
    """Return an error as a summary keeps it."""
    return {"what": error.what, "where": error.where, "mend": error.mend}
