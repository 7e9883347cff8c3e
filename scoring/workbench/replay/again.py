"""Computing a decision again from what its batch kept, and saying whether it is the one that was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from features.errors import GreenCreditError, StoreError
from scoring import outputs
from scoring.basis import BASIS, changed_files, firm_of, read_basis, rescored
from scoring.basis.keep import HASHES
from scoring.results import one_application
from scoring.workbench.audit import read_record
from scoring.workbench.audit.verify import check_record
from scoring.workbench.batches.one import application_results, folder_of
from scoring.workbench.replay.altered import AlteredFact, AlteredFile, altered_facts, file_kind
from scoring.workbench.replay.compare import (
    Moved,
    compared_values,
    hash_of,
    hash_with_labels_of,
    moved,
    versions,
)
from scoring.workbench.review import FACT_SEALS
from scoring.workbench.store.schema import records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from scoring.workbench.audit import AuditKey, Finding

__all__ = ["Known", "Replay", "replay_application", "replay_record"]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the audit remembers of a decision; of an application without a record nothing.

    Parameters
    ----------
    record
        Number of the record; ``None`` without one.
    kind
        Of the record.
    record_hash
        Hash of the decision that was decided on.
    seals
        Of every fact; ``None`` where the record has none.
    manifest_sha256, basis_sha256
        Of the record of the batch; ``None`` where the batch has none, or it was erased.
    findings
        What is wrong with either record itself.
    """

    record: int | None = None
    kind: str = ""
    record_hash: str | None = None
    seals: Mapping[str, Mapping[str, str]] | None = None
    manifest_sha256: str | None = None
    basis_sha256: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The outcome of a replay.

    Parameters
    ----------
    batch, application_id
        Which decision: the batch's id, or its folder where it was named by that.
    known
        What the audit remembers.
    hash_recorded, hash_kept, hash_again
        Of the decision's record: as recorded, as the stored rows make it, as the rows computed again make it; ``None``
        where there is none.
    compared
        Values that were compared.
    moved
        Values that are not what was kept.
    versions
        Versions that differ from those of the batch, which is no difference of the decision by itself.
    facts
        Stored facts that are not what the record sealed.
    files
        Stored files that are not what the batch wrote.
    problem
        Why it cannot be computed; ``None`` where it was.
    """

    batch: str
    application_id: str
    known: Known
    hash_recorded: str | None
    hash_kept: str | None
    hash_again: str | None = None
    compared: int = 0
    moved: tuple[Moved, ...] = ()
    versions: tuple[Moved, ...] = ()
    facts: tuple[AlteredFact, ...] = ()
    files: tuple[AlteredFile, ...] = ()
    problem: GreenCreditError | None = None

    @property
    def identical(self) -> bool:
        """Whether the decision computed again is the recorded one, bit for bit."""
        if self.problem is not None:
            return False
        if self.hash_recorded is None:
            return not self.moved
        return self.hash_again == self.hash_recorded

    @property
    def untouched(self) -> bool:
        """Whether everything stored is what it was, and the records are whole."""
        return not (self.facts or self.files or self.moved or self.known.findings)

    @property
    def verdict(self) -> str:
        """``identical``, ``identical_altered``, ``moved`` or ``not_computed``."""
        if self.problem is not None:
            return "not_computed"
        if self.identical:
            return "identical" if self.untouched else "identical_altered"
        return "moved"


def replay_record(
    connection: Connection, sequence: int, *, key: AuditKey, folder: Path | None = None
) -> Replay:
    """Replay the decision that a record is about.

    Parameters
    ----------
    connection
        Of the store, reading.
    sequence
        Number of the record.
    key
        Seals records: one that was altered is told.
    folder
        Results of the batch, where they are not where the store says.

    Raises
    ------
    StoreError
        If there is no such record, it is about no application, or its content was erased.
    GreenCreditError
        If the results of the batch cannot be read.
    """
    record = read_record(connection, sequence)
    content = record.content
    if content is None or not content.get("application_id"):
        raise StoreError(
            f"The record {sequence} was erased by rule: it no longer says what was decided on."
            if content is None
            else f"The record {sequence} is about no application.",
            where="audit",
            mend="Choose a record of a decision, an upload or a correction.",
        )
    batch_id = str(content["batch_id"])
    of_batch, findings = _batch_record(connection, batch_id, key=key)
    known = Known(
        record=sequence,
        kind=record.link.kind,
        record_hash=content.get("record_hash"),
        seals=content.get(FACT_SEALS),
        manifest_sha256=of_batch.get("manifest_sha256"),
        basis_sha256=of_batch.get("basis_sha256"),
        findings=(*check_record(connection, sequence, key=key), *findings),
    )
    place = folder if folder is not None else folder_of(connection, batch_id)
    return _replayed(place, str(content["application_id"]), batch=batch_id, known=known)


def replay_application(folder: Path, application_id: str) -> Replay:
    """Replay the decision on an application from a batch's folder alone: what the audit remembers is not looked at.

    Raises
    ------
    StoreError
        If the batch has no such application.
    GreenCreditError
        If the results of the batch cannot be read.
    """
    return _replayed(folder, application_id, batch=str(folder), known=Known())


def _batch_record(
    connection: Connection, batch_id: str, *, key: AuditKey
) -> tuple[Mapping[str, Any], tuple[Finding, ...]]:
    """Return what the record of a batch says, and what is wrong with it; nothing where it was erased."""
    sequence = (
        connection.execute(
            sa.select(records.c.sequence).where(
                records.c.batch_id == batch_id, records.c.application_id.is_(None), records.c.kind == "batch"
            )
        )
        .scalars()
        .first()
    )
    if sequence is None:
        return {}, ()
    return read_record(connection, sequence).content or {}, check_record(connection, sequence, key=key)


def _replayed(folder: Path, application_id: str, *, batch: str, known: Known) -> Replay:
    kept = application_results(folder, application_id)
    row = kept.decisions.row(0, named=True)
    own_hash = row.get("record_hash")
    hash_kept = None if own_hash is None else hash_of(kept)
    recorded = known.record_hash or own_hash
    outcome: dict[str, Any] = {
        "batch": batch,
        "application_id": application_id,
        "known": known,
        "hash_recorded": recorded,
        "hash_kept": hash_kept,
    }
    try:
        files = _altered_files(
            folder, known, results_whole=recorded in {own_hash, None} and hash_kept == own_hash
        )
    except GreenCreditError as problem:
        return Replay(**outcome, problem=problem)
    outcome["files"] = files
    try:
        basis = read_basis(folder)
        facts = firm_of(basis, row["firm_id"])
        if known.seals is not None:
            outcome["facts"] = altered_facts(known.seals, facts)
        again = one_application(rescored(basis, facts), application_id)
    except GreenCreditError as problem:
        return Replay(**outcome, problem=problem)
    return Replay(
        **outcome,
        hash_again=None if own_hash is None else hash_with_labels_of(kept, again),
        compared=compared_values(kept),
        moved=moved(kept, again),
        versions=versions(kept, again),
    )


def _altered_files(folder: Path, known: Known, *, results_whole: bool) -> tuple[AlteredFile, ...]:
    found = []
    if not (folder / BASIS).is_dir():
        # Says that none was kept, and what to do.
        read_basis(folder)
    if known.manifest_sha256 not in {None, outputs.file_sha256(folder / outputs.MANIFEST)}:
        found.append(AlteredFile(name=outputs.MANIFEST, kind="manifest"))
    if not results_whole:
        found.append(AlteredFile(name=outputs.DECISIONS, kind="results"))
    hashes = folder / BASIS / HASHES
    if not hashes.is_file() or known.basis_sha256 not in {None, outputs.file_sha256(hashes)}:
        found.append(AlteredFile(name=f"{BASIS}/{HASHES}", kind="hashes"))
    found += [
        AlteredFile(name=f"{BASIS}/{name}", kind=file_kind(name)) for name in changed_files(folder / BASIS)
    ]
    return tuple(found)
