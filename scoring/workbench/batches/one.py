"""The results of one application, read from a batch's folder without reading the batch.

The files are sorted by application, so their statistics tell which few thousand rows may hold it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from features.errors import GreenCreditError, StoreError
from scoring import outputs
from scoring.results import Results
from scoring.workbench.store.schema import batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

__all__ = ["application_results", "folder_of", "manifest_of"]

_OF_THE_APPLICATION = {
    "decisions": outputs.DECISIONS,
    "contributions": outputs.CONTRIBUTIONS,
    "indicators": outputs.INDICATORS,
    "data_quality": outputs.DATA_QUALITY,
    "cross_checks": outputs.CROSS_CHECKS,
}
_IF_THERE = {
    "policy_facts": outputs.POLICY_FACTS,
    "certificates": outputs.CERTIFICATES,
    "reasons": outputs.REASONS,
    "asks": outputs.ASKS,
    "improvements": outputs.IMPROVEMENTS,
}
_MEND = "Restore the folder where it was, or score the batch again."


def folder_of(connection: Connection, batch_id: str) -> Path:
    """Return the result folder of a batch.

    Raises
    ------
    StoreError
        If there is no such batch, or its folder is gone.
    """
    folder = connection.execute(
        sa.select(batches.c.folder).where(batches.c.batch_id == batch_id)
    ).scalar_one_or_none()
    if folder is None:
        raise StoreError(
            f"There is no batch {batch_id}.", where="workbench", mend="Choose one from the list."
        )
    if not Path(folder).is_dir():
        raise StoreError("The result folder of the batch is gone.", where=str(folder), mend=_MEND)
    return Path(folder)


def application_results(folder: Path, application_id: str) -> Results:
    """Return the results of one application.

    Parameters
    ----------
    folder
        What ``score`` wrote.
    application_id
        One that was scored.

    Returns
    -------
    Results
        With the rows of this application only; the sectors and the manifest are the batch's, the quarantine is empty.

    Raises
    ------
    StoreError
        If it was not scored in this batch.
    GreenCreditError
        If a file cannot be read.
    """
    own = pl.col("application_id") == application_id
    try:
        frames = {
            name: pl.scan_parquet(folder / file).filter(own).collect()
            for name, file in (_OF_THE_APPLICATION | _IF_THERE).items()
            if name in _OF_THE_APPLICATION or (folder / file).is_file()
        }
        results = Results(
            **frames,
            sectors=pl.read_parquet(folder / outputs.SECTORS),
            quarantine=pl.scan_parquet(folder / outputs.QUARANTINE).head(0).collect(),
            manifest=manifest_of(folder),
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise GreenCreditError(
            f"A result file cannot be read ({str(error).splitlines()[0]}).", where=str(folder), mend=_MEND
        ) from None
    if results.decisions.is_empty():
        raise StoreError(
            f"There is no application {application_id} in this batch.",
            where=folder.name,
            mend="Choose it from the list of the batch.",
        )
    return results


def manifest_of(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of a batch; kept while its file does not change.

    Raises
    ------
    GreenCreditError
        If it cannot be read.
    """
    file = folder / outputs.MANIFEST
    try:
        return _manifest(file, file.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise GreenCreditError(
            f"The manifest cannot be read ({str(error).splitlines()[0]}).", where=str(file), mend=_MEND
        ) from None


@lru_cache(maxsize=64)
def _manifest(file: Path, _changed: int) -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
