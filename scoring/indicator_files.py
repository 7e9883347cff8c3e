"""The indicators of a dataset on disk, shard by shard: the memory is that of a shard, however many firms there are.

The folder holds ``indicators``, ``data_quality`` and ``cross_checks``, each a folder of Parquet parts in the order of the
firms' ids (all applications of a firm stand in one part), the ``quarantine.parquet`` of intake, and ``manifest.json``: what
went in, under which versions, and how many applications came out.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from features.errors import GreenCreditError
from features.intake import write_clean
from features.pipeline import compute_shards
from features.settings import Settings
from scoring import outputs
from scoring.manifest import application_counts, product_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.intake import Dataset

__all__ = ["PARTS", "check_new", "write_indicators"]

PARTS = ("indicators", "data_quality", "cross_checks")
"""Folders of parts; read one with ``polars.scan_parquet("FOLDER/indicators/*.parquet")``."""

_CLEAN = "clean"


def check_new(out: Path) -> None:
    """Raise GreenCreditError unless ``out`` is a new or an empty folder."""
    outputs.check_target(out)
    if out.exists() and any(out.iterdir()):
        raise GreenCreditError(
            "The folder for the indicators is not empty; what it holds would be lost.",
            where=str(out),
            mend="Name an empty or new folder with --out.",
        )


def write_indicators(
    read: Callable[[], Dataset],
    out: Path,
    *,
    firms_per_shard: int,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Compute and write the indicators of a dataset.

    Parameters
    ----------
    read
        Gives the dataset. It is called here so that nobody holds the tables while the shards are computed: intake reads a
        dataset whole, the clean tables then lie on disk.
    out
        New or empty folder; it holds everything or, where something fails, nothing.
    firms_per_shard
        Firms whose indicators are computed at a time; it changes how many parts there are, and no value.
    settings
        How the indicators are computed; the defaults where None.
    progress
        Called after every shard with the number of applications done and of all.

    Returns
    -------
    dict
        The content of ``manifest.json``.

    Raises
    ------
    GreenCreditError
        If the dataset or the folder cannot be used.
    """
    check_new(out)
    chosen = settings or Settings()
    with outputs.staged(out) as stage:
        dataset = read()
        clean = write_clean(dataset, stage / _CLEAN)
        outputs.write_parquet(dataset.quarantine, stage / outputs.QUARANTINE)
        record = _record(dataset, settings=chosen)
        del dataset
        for name in PARTS:
            (stage / name).mkdir()
        shards = compute_shards(clean, settings=chosen, firms_per_shard=firms_per_shard, progress=progress)
        parts = 0
        for shard in shards:
            checks = shard.cross_checks.sort(shard.cross_checks.columns)
            frames = (shard.values, shard.data_quality, checks)
            for name, frame in zip(PARTS, frames, strict=True):
                outputs.write_parquet(frame, stage / name / f"part-{parts:05d}.parquet")
            parts += 1
        shutil.rmtree(stage / _CLEAN)
        computed = pl.scan_parquet(stage / PARTS[0] / "*.parquet").select(pl.len()).collect().item()
        record |= {"parts": parts, "applications": {**record["applications"], "computed": computed}}
        outputs.write_json(record, stage / outputs.MANIFEST)
    return record


def _record(dataset: Dataset, *, settings: Settings) -> dict[str, Any]:
    """Return what went in and under which versions; equal runs share it."""
    counts = application_counts(dataset, scored=0)
    del counts["scored"]
    return {
        "product_version": product_version(),
        "content_sha256": dict(sorted(dataset.content_hashes.items())),
        "applications": counts,
        "settings": settings.as_dict(),
        "factor_set": reference.set_version(),
        "factors": dict(reference.version()),
    }
