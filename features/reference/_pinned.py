"""A set of reference tables kept with a batch, so that a score can be computed again years and releases later.

The whole set is kept, not only what a bank laid over: a later release ships other editions, and a replayed score must
not see them.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import FactorSet
from features.reference._load import overlay_version, shipped, table, version
from features.reference._overlay_changes import CHANGES_SCHEMA
from features.reference._schema import REFERENCE_TABLES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_kept_set", "keep_set", "kept_set"]

_VERSIONS = "set.json"


def keep_set(folder: Path) -> None:
    """Write every table of the set in force into a new folder, one Parquet file each, and the set's versions beside them."""
    folder.mkdir(parents=True)
    for name in REFERENCE_TABLES:
        table(name).write_parquet(folder / f"{name}.parquet", statistics=False)
    versions = {"version": version(), "overlay": overlay_version()}
    (folder / _VERSIONS).write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def is_kept_set(folder: Path) -> bool:
    """Tell whether a folder holds a whole set that was kept, rather than tables to lay over the shipped ones."""
    return (folder / _VERSIONS).is_file()


def kept_set(folder: Path) -> FactorSet:
    """Read back what :func:`keep_set` wrote; :func:`features.reference.overlaid` puts it in force.

    A table or a column that this release knows and that one did not is empty.

    Raises
    ------
    ReferenceDataError
        If the folder holds no kept set, or a file of it cannot be read.
    """
    try:
        versions = json.loads((folder / _VERSIONS).read_text(encoding="utf-8"))
        tables = {
            name: _as_declared(pl.read_parquet(folder / f"{name}.parquet"), name)
            if (folder / f"{name}.parquet").is_file()
            else shipped(name).clear()
            for name in REFERENCE_TABLES
        }
        found = FactorSet(
            tables=MappingProxyType(tables),
            overlay=MappingProxyType(dict(versions["overlay"])),
            changes=pl.DataFrame(schema=dict(CHANGES_SCHEMA)),
            pinned=MappingProxyType(dict(versions["version"])),
        )
    except (OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        raise ReferenceDataError(
            f"This is no kept set of reference tables ({str(error).splitlines()[0]}).",
            where=str(folder),
            mend="Restore the folder from a backup of the batch.",
        ) from None
    return found


def _as_declared(kept: pl.DataFrame, name: str) -> pl.DataFrame:
    """Give a kept table the columns of this release, in their order; what stood beside them (a confirmation) follows."""
    declared = shipped(name).schema
    beside = [column for column in kept.columns if column not in declared]
    filled = [
        pl.col(column).cast(kind) if column in kept.columns else pl.lit(None, dtype=kind).alias(column)
        for column, kind in declared.items()
    ]
    return kept.select(*filled, *beside)
