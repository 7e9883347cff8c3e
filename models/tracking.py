"""The edge to MLflow: where runs go, with telemetry off and without its chatter.

``MLFLOW_TRACKING_URI`` is respected; without it runs go to ``mlflow.db`` in the current directory, artifacts to
``mlartifacts`` beside it. This is the only module of the package that changes a process-wide setting.
"""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["beside_store", "connect", "experiment_id", "import_mlflow", "missing_store"]

_QUIET = ("mlflow", "alembic")

_OWN_WARNINGS = (
    ".*Any type hint is inferred as AnyType",  # at import
    "The ``noload`` loader strategy is deprecated",  # its database models under SQLAlchemy 2.1
    "Operation with range is deprecated",  # how it looks at the columns of an input example under pandas 3
)


def import_mlflow() -> ModuleType:
    """Import MLflow with telemetry off; it warns about its own type hints while it is imported."""
    # Both must stand before MLflow is imported: it reads them once.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning
        )
        import mlflow  # noqa: PLC0415  (takes seconds)
        import mlflow.pyfunc  # noqa: PLC0415
    return mlflow


@contextmanager
def connect() -> Iterator[ModuleType]:
    """Give MLflow, set to the tracking store, quiet while the block runs."""
    mlflow = import_mlflow()
    levels = {name: logging.getLogger(name).level for name in _QUIET}
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(_uri())
    try:
        with warnings.catch_warnings():
            _ignore_own_warnings()
            yield mlflow
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _ignore_own_warnings() -> None:
    """Silence what MLflow says about its own code; a warning about ours still is heard."""
    for message in _OWN_WARNINGS:
        warnings.filterwarnings("ignore", message=message)


def _uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path.cwd() / 'mlflow.db'}"


def experiment_id(mlflow: Any, name: str) -> str:  # noqa: ANN401  (MLflow is untyped)
    """Id of the experiment ``name``, made where it does not exist yet.

    With SQLite the artifacts go to ``mlartifacts`` beside the database; a server has its own place for them.
    """
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    location = beside_store("mlartifacts").as_uri() if _uri().startswith("sqlite:///") else None
    return str(mlflow.create_experiment(name, artifact_location=location))


def beside_store(name: str) -> Path:
    """Path of a file or folder beside the SQLite database of the store; in the current directory for a server."""
    uri = _uri()
    folder = (
        Path(uri.removeprefix("sqlite:///")).resolve().parent if uri.startswith("sqlite:///") else Path.cwd()
    )
    return folder / name


def missing_store() -> Path | None:
    """Path of the SQLite database of the store where there is none yet: whoever only reads must not make one."""
    uri = _uri()
    if not uri.startswith("sqlite:///"):
        return None
    file = Path(uri.removeprefix("sqlite:///"))
    return None if file.is_file() else file
