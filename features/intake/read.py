"""The front door for datasets on disk: a folder of CSV or Parquet files, or an Excel workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import DatasetError
from features.intake.folder import read_folder
from features.intake.headers import refuse_truth
from features.intake.validate import Purpose, validate_raw
from features.intake.workbook import WORKBOOKS, read_workbook

if TYPE_CHECKING:
    from features.intake.dataset import Dataset

__all__ = ["read_dataset"]


def read_dataset(path: str | Path, *, purpose: Purpose = "score") -> Dataset:
    """Read and validate a dataset.

    Parameters
    ----------
    path
        A folder with a ``.csv`` or ``.parquet`` file per table, or an ``.xlsx`` workbook with a sheet per table.
    purpose
        ``score`` needs the tables firms and applications, ``train`` outcomes besides, ``check`` only firms.

    Raises
    ------
    DatasetError
        If there is no dataset, a file cannot be read, the truth of a simulation is in it, or a required table or
        column is missing.
    """
    path = Path(path)
    whole = path.resolve()
    refuse_truth([whole.name.split(".")[0], whole.parent.name], source=str(path))
    if path.is_dir():
        found = read_folder(path)
    elif not path.exists():
        raise DatasetError("There is no such dataset.", where=str(path), mend="Check the path.")
    elif path.suffix.lower() in WORKBOOKS:
        found = read_workbook(path)
    else:
        raise DatasetError(
            "A dataset is a folder of CSV or Parquet files, or an .xlsx workbook.",
            where=str(path),
            mend="Hand in the folder that holds the file, or save the workbook as .xlsx.",
        )
    return validate_raw(found, purpose=purpose)
