"""Taking a batch in: what lists show goes into the store, everything else stays in the result folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from features.errors import GreenCreditError, StoreError
from scoring import outputs
from scoring.basis.keep import HASHES
from scoring.workbench.audit import append, export_head, head_of
from scoring.workbench.batches.sampling import LEAST_SHARE, sample
from scoring.workbench.store.schema import batches, reviews, scored
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from scoring.workbench.audit import AuditKey
    from scoring.workbench.store import Store

__all__ = ["HEAD", "batch_id_of", "take_in"]

HEAD = outputs.AUDIT_HEAD
"""Beside the results: the audit's end after the batch was taken in, to keep where the database is not."""

_ROWS_AT_ONCE = 20_000


def take_in(
    store: Store,
    folder: Path,
    *,
    key: AuditKey,
    actor: str,
    at: dt.datetime,
    share: float = LEAST_SHARE,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Register a result folder; one that was taken in before is not taken in again.

    Parameters
    ----------
    store
        Where to.
    folder
        What ``score`` wrote.
    key
        Seals the record.
    actor
        Who takes it in.
    at
        Now, with its time zone.
    share
        Of the automatic decisions, at least this share is drawn for review (see :func:`sample`).
    progress
        Called with rows done and in all.

    Returns
    -------
    str
        The batch's id: the first digits of its manifest's SHA-256, so that equal results are one batch.

    Raises
    ------
    GreenCreditError
        If the folder holds no complete results.
    StoreError
        If a batch of that id is there with another folder.
    """
    manifest, digest = _manifest(folder)
    batch_id = batch_id_of(digest)
    decisions = _decisions(folder)
    drawn = sample(store, decisions, batch_id=batch_id, least_share=share)
    with store.write() as connection:
        known = connection.execute(
            sa.select(batches.c.folder).where(batches.c.batch_id == batch_id)
        ).scalar_one_or_none()
        if known is not None:
            return batch_id
        _insert_batch(connection, batch_id, folder, manifest, decisions.height, at)
        _insert_rows(connection, batch_id, decisions, drawn, progress)
        content = {
            "actor": actor,
            "batch_id": batch_id,
            "manifest_sha256": digest,
            "scored": decisions.height,
            "review": int(decisions["review"].sum()),
            "drawn": len(drawn),
            "sample": sorted(drawn),
            "model_version": str(manifest["model"]["version"]),
            "policy_version": str(manifest["policy"]["version_id"]),
            "basis_sha256": _basis_sha256(folder),
        }
        append(connection, key=key, kind="batch", content=content, at=at)
        head = head_of(connection, key)
    _export(folder / HEAD, export_head(head))
    return batch_id


def batch_id_of(manifest_sha256: str) -> str:
    """Return the id of a batch from the SHA-256 of its manifest."""
    return manifest_sha256[:16]


def _manifest(folder: Path) -> tuple[dict[str, Any], str]:
    missing = [name for name in outputs.FILES if not (folder / name).is_file()]
    if missing:
        raise GreenCreditError(
            f"The folder holds no complete results of a batch; missing: {', '.join(missing)}.",
            where=str(folder),
            mend="Name the folder that was given to `greencredit score --out`, or score again.",
        )
    file = folder / outputs.MANIFEST
    try:
        return json.loads(file.read_text(encoding="utf-8")), outputs.file_sha256(file)
    except (OSError, ValueError) as error:
        raise GreenCreditError(
            f"The manifest cannot be read ({str(error).splitlines()[0]}).",
            where=str(file),
            mend="Score the batch again.",
        ) from None


def _basis_sha256(folder: Path) -> str | None:
    """Return what stands for the kept facts, factors, policy and model; ``None`` where the batch kept none."""
    file = folder / outputs.BASIS / HASHES
    return outputs.file_sha256(file) if file.is_file() else None


def _decisions(folder: Path) -> pl.DataFrame:
    """Read what the lists show; results of an earlier release lack amounts and hashes."""
    try:
        found = pl.scan_parquet(folder / outputs.DECISIONS)
        names = found.collect_schema().names()
        optional = [
            (pl.col(name) if name in names else pl.lit(None, dtype=kind)).alias(name)
            for name, kind in (("amount", pl.Float64), ("record_hash", pl.String))
        ]
        return found.select(
            "application_id",
            "firm_id",
            "firm_name",
            "as_of",
            "industry_division",
            "points_shown",
            "grade",
            "risk_class",
            "review",
            "review_reasons",
            *optional,
        ).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise GreenCreditError(
            f"The decisions cannot be read ({str(error).splitlines()[0]}).",
            where=str(folder / outputs.DECISIONS),
            mend="Score the batch again.",
        ) from None


def _insert_batch(
    connection: Connection, batch_id: str, folder: Path, manifest: dict[str, Any], rows: int, at: dt.datetime
) -> None:
    counts = manifest["applications"]
    now = utc_text(at)
    connection.execute(
        batches.insert().values(
            batch_id=batch_id,
            folder=str(folder.resolve()),
            state="done",
            done=rows,
            total=rows,
            started_at=now,
            finished_at=now,
            rows_in=counts["in"],
            scored=counts["scored"],
            quarantined=counts["refused"],
            model_version=str(manifest["model"]["version"]),
            policy_version=str(manifest["policy"]["version_id"]),
            label_origin=str(manifest["model"]["label_origin"]),
            demonstration=bool(manifest["demonstration"]),
            manifest=json.dumps(manifest, ensure_ascii=False, sort_keys=True),
        )
    )


def _insert_rows(
    connection: Connection,
    batch_id: str,
    decisions: pl.DataFrame,
    drawn: set[str],
    progress: Callable[[int, int], None] | None,
) -> None:
    done = 0
    for part in decisions.iter_slices(_ROWS_AT_ONCE):
        rows = part.with_columns(
            as_of=pl.col("as_of").dt.to_string("iso"),
            review_reasons=pl.col("review_reasons").list.join(" "),
        ).to_dicts()
        for row in rows:
            row["batch_id"] = batch_id
        connection.execute(scored.insert(), rows)
        waiting = [
            {
                "batch_id": batch_id,
                "application_id": row["application_id"],
                "state": "open",
                "origin": "policy" if row["review"] else "sample",
                "points_shown": row["points_shown"],
                "policy_grade": row["grade"],
                "grade": row["grade"],
                "signers": "[]",
                "signatures_needed": 1,
                "sequence": 0,
            }
            for row in rows
            if row["review"] or row["application_id"] in drawn
        ]
        if waiting:
            connection.execute(reviews.insert(), waiting)
        done += len(rows)
        if progress is not None:
            progress(done, decisions.height)


def _export(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The batch was taken in, but the audit's head cannot be written ({error.strerror}).",
            where=str(file),
            mend="Write it elsewhere with `greencredit audit head`, and keep it where the database is not.",
        ) from None
