"""Where a batch's results are written: a folder that holds all of them or none of them.

Results are written into a temporary folder beside the target and moved into place at the end, so a run that
is stopped leaves no half result. Nothing in the files but ``run.json`` may differ between equal runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl

__all__ = [
    "ASKS",
    "AUDIT_HEAD",
    "BASIS",
    "CERTIFICATES",
    "CONTRIBUTIONS",
    "CROSS_CHECKS",
    "DATA_QUALITY",
    "DECISIONS",
    "FILES",
    "IMPROVEMENTS",
    "INDICATORS",
    "MANIFEST",
    "OPTIONAL",
    "POLICY_FACTS",
    "QUARANTINE",
    "REASONS",
    "REPORT",
    "RUN",
    "SECTORS",
    "SHADOW",
    "check_target",
    "file_sha256",
    "staged",
    "write_json",
    "write_parquet",
]

DECISIONS = "decisions.parquet"
CONTRIBUTIONS = "contributions.parquet"
INDICATORS = "indicators.parquet"
DATA_QUALITY = "data_quality.parquet"
SECTORS = "sectors.parquet"
CROSS_CHECKS = "cross_checks.parquet"
QUARANTINE = "quarantine.parquet"
MANIFEST = "manifest.json"
RUN = "run.json"
REPORT = "report.html"
SHADOW = "shadow.parquet"
"""Only where a challenger scored in the shadow."""
POLICY_FACTS = "policy_facts.parquet"
"""What the policy judged beside the indicators; results of older versions have none."""

REASONS = "reasons.parquet"
"""The reasons of each application, a row each."""
ASKS = "asks.parquet"
"""The documents to ask for, of the applicants that the policy names; empty where it names nobody."""
IMPROVEMENTS = "improvements.parquet"
CERTIFICATES = "certificates.parquet"
"""The certificates of each application as they stand on its day; results of older versions have none."""

FILES = (
    DECISIONS,
    CONTRIBUTIONS,
    SECTORS,
    INDICATORS,
    DATA_QUALITY,
    CROSS_CHECKS,
    QUARANTINE,
    MANIFEST,
    RUN,
    REPORT,
)
"""Every file that a result folder always has."""

BASIS = "basis"
"""Folder with what the batch rests on; see ``scoring.basis``."""

AUDIT_HEAD = "audit_head.json"
"""End of the workbench's audit when it took the batch in."""

OPTIONAL = (SHADOW, REASONS, ASKS, IMPROVEMENTS, CERTIFICATES, POLICY_FACTS, BASIS, AUDIT_HEAD)
"""Files that a result folder may have as well."""

_ROWS_PER_GROUP = 65_536


def check_target(out: Path) -> None:
    """Raise GreenCreditError where ``out`` may not be written: a file, or a folder with files of others."""
    if not out.exists():
        return
    if not out.is_dir():
        raise GreenCreditError(
            "The results need a folder, and there is a file of that name.",
            where=str(out),
            mend="Name another folder with --out.",
        )
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in {*FILES, *OPTIONAL})
    if foreign:
        listed = ", ".join(foreign[:5]) + (" ..." if len(foreign) > 5 else "")
        raise GreenCreditError(
            f"The folder holds files that are not results of a batch ({listed}); they would be lost.",
            where=str(out),
            mend="Name an empty or new folder with --out, or move those files away.",
        )


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a temporary folder whose files become ``out`` when the block ends without an error.

    Parameters
    ----------
    out
        Target folder; earlier results in it are replaced as a whole.

    Yields
    ------
    Path
        The folder to write into.

    Raises
    ------
    GreenCreditError
        If the target may not be written.
    """
    out = out.resolve()
    check_target(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise _cannot_write(out, error) from None
    try:
        yield stage
        stage.chmod(0o777 & ~_umask())
        try:
            _move_into_place(stage, out)
        except OSError as error:
            raise _cannot_write(out, error) from None
    finally:
        # Still there only where something failed.
        shutil.rmtree(stage, ignore_errors=True)


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a table; the bytes depend on its content alone, not on how it was put together."""
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=3, statistics=True, row_group_size=_ROWS_PER_GROUP
    )


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON with sorted keys, readable and the same for the same content."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _move_into_place(stage: Path, out: Path) -> None:
    if not out.exists():
        stage.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".old", dir=out.parent))
    try:
        # rename replaces an empty folder, so the earlier results move as a whole.
        out.rename(old)
        stage.rename(out)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    # The umask can only be read by setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _cannot_write(out: Path, error: OSError) -> GreenCreditError:
    return GreenCreditError(
        f"The results cannot be written ({error.strerror or error}).",
        where=str(out),
        mend="Name a folder that you may write, with room on its disk.",
    )
