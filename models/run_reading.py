"""Reading the text files of a run back from MLflow."""

from __future__ import annotations

import tempfile
from pathlib import Path

from features.errors import ModelError
from models.tracking import connect

__all__ = ["run_text"]


def run_text(run_id: str, path: str, *, what: str, mend: str) -> str:
    """Fetch a text file that a run logged.

    Parameters
    ----------
    run_id
        Of the run.
    path
        Of the file among the run's artifacts.
    what
        What the file is, for the message where it is not there.
    mend
        How to mend that.

    Raises
    ------
    ModelError
        If there is no such run, no such file, or the store cannot be reached.
    """
    where = f"runs:/{run_id}/{path}"
    with connect() as mlflow, tempfile.TemporaryDirectory() as scratch:
        try:
            file = mlflow.artifacts.download_artifacts(artifact_uri=where, dst_path=scratch)
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ModelError(
                f"The {what} cannot be fetched ({str(error).splitlines()[0]}).", where=where, mend=mend
            ) from error
        return Path(file).read_text(encoding="utf-8")
