"""The front door for datasets: a folder of CSV or Parquet files, an Excel workbook, or a database by URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import DatasetError
from features.intake.declaration import DECLARATION, Declaration, Mark, read_declaration, refuse_commas
from features.intake.folder import read_folder
from features.intake.headers import refuse_truth
from features.intake.raw import spelled
from features.intake.urls import is_url, shown
from features.intake.validate import Purpose, validate_raw
from features.intake.workbook import WORKBOOKS, read_workbook

if TYPE_CHECKING:
    from features.intake.dataset import Dataset
    from features.intake.raw import RawDataset

__all__ = ["read_dataset"]


def read_dataset(path: str | Path, *, purpose: Purpose = "score", decimal: Mark | None = None) -> Dataset:
    """Read and validate a dataset.

    Parameters
    ----------
    path
        A folder with a ``.csv`` or ``.parquet`` file (or a folder of ``.parquet`` files) per table, an ``.xlsx``
        workbook with a sheet per table, or the URL of a database with a table or view per table:
        ``sqlite:///folder/file.db``, ``postgresql://user@host/database?schema=name``. A URL is text, not a ``Path``.
    purpose
        ``score`` needs the tables firms and applications, ``train`` outcomes besides, ``check`` only firms.
    decimal
        The decimal mark of numbers that are written as text, ``.`` or ``,``; a folder may declare it in its
        ``dataset.toml``. A point where neither does.

    Raises
    ------
    DatasetError
        If there is no dataset, a file or database cannot be read, the truth of a simulation is in it, or a required table or
        column is missing.
    """
    if decimal not in {None, ".", ","}:
        raise DatasetError(
            f"{decimal!r} is no decimal mark.", where="decimal", mend='Write decimal="." or decimal=",".'
        )
    if isinstance(path, str) and is_url(path):
        # What takes long to import is imported where it is used.
        from features.intake.database import read_database  # noqa: PLC0415

        found = read_database(path, declared=Declaration(decimal=decimal or "."))
    else:
        found = _read_path(Path(path), decimal=decimal)
    return validate_raw(found, purpose=purpose)


def _read_path(path: Path, *, decimal: Mark | None) -> RawDataset:
    try:
        whole = path.resolve()
        path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        # A name with a zero byte or too long, a link that leads to itself.
        raise DatasetError(
            f"The path cannot be looked up: {getattr(error, 'strerror', None) or error}.",
            where=shown(path),
            mend="Check the path.",
        ) from error
    refuse_truth([whole.name.split(".")[0], whole.parent.name], source=shown(path))
    if path.is_dir():
        return read_folder(path, declared=read_declaration(path / DECLARATION, decimal=decimal))
    if not path.exists():
        raise DatasetError(
            "There is no such dataset.",
            where=shown(path),
            mend="Check the path; the URL of a database is handed in as text.",
        )
    if path.suffix.lower() in WORKBOOKS:
        refuse_commas(Declaration(decimal=decimal or "."), source=spelled(path))
        return read_workbook(path)
    raise DatasetError(
        "A dataset is a folder of CSV or Parquet files, an .xlsx workbook, or the URL of a database.",
        where=spelled(path),
        mend="Hand in the folder that holds the file, save the workbook as .xlsx, or write sqlite:/// before a "
        "database's file.",
    )
