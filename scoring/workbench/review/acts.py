"""Each move of a person as one transaction: check it, record it in the audit, keep the standing beside the record."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from features.errors import StoreError
from scoring.workbench.audit import append
from scoring.workbench.review.limits import checked
from scoring.workbench.review.standing import Standing, standing_after
from scoring.workbench.store.schema import reviews, scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from scoring.policy import Policy
    from scoring.workbench.audit import AuditKey, Record

__all__ = ["Act", "act", "open_review", "standing_of"]


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a person does to one application.

    Parameters
    ----------
    kind
        ``agree``, ``override``, ``correction``, ``send_back``, ``appeal``, ``signature`` or ``refusal``.
    batch_id, application_id
        Which application.
    actor
        Login of the person.
    says
        What else is recorded: ``text``; ``grade``, ``reason`` and ``expires_on`` of an override; ``documents`` of what
        is sent back; ``facts`` of a correction.
    computed
        What the server found out and records beside it: :data:`~scoring.workbench.review.standing.FACT_SEALS`. Never a
        field of a form.
    seen
        Number of the last record that the person saw on the page; another one since is a conflict. ``None`` skips that.
    """

    kind: str
    batch_id: str
    application_id: str
    actor: str
    says: Mapping[str, Any] = field(default_factory=dict)
    computed: Mapping[str, Any] = field(default_factory=dict)
    seen: int | None = None


def standing_of(connection: Connection, batch_id: str, application_id: str) -> Standing:
    """Return where an application stands, overrides that ended not yet taken away (:meth:`Standing.on`).

    Raises
    ------
    StoreError
        If the store has no such application.
    """
    kept = connection.execute(
        reviews.select().where(reviews.c.batch_id == batch_id, reviews.c.application_id == application_id)
    ).one_or_none()
    if kept is not None:
        return _read(kept)
    row = connection.execute(
        sa.select(scored.c.grade, scored.c.points_shown).where(
            scored.c.batch_id == batch_id, scored.c.application_id == application_id
        )
    ).one_or_none()
    if row is None:
        raise StoreError(
            f"There is no application {application_id} in the batch {batch_id}.",
            where="workbench",
            mend="Choose it from the list of the batch.",
        )
    return Standing(state="automatic", origin="", policy_grade=row.grade, points_shown=row.points_shown)


def open_review(connection: Connection, batch_id: str, application_id: str, *, origin: str) -> None:
    """Put an application into the queue; one that is there stays as it is."""
    standing = standing_of(connection, batch_id, application_id)
    if standing.state == "automatic":
        _keep(connection, batch_id, application_id, replace(standing, state="open", origin=origin))


def act(
    connection: Connection, move: Act, *, key: AuditKey, policy: Policy, at: dt.datetime
) -> tuple[Standing, Record]:
    """Make a move: recorded, and the standing kept, in the caller's transaction.

    Parameters
    ----------
    connection
        From :meth:`scoring.workbench.store.Store.write`.
    move
        What is done.
    key
        Seals the record.
    policy
        Grades, who must sign, reasons for an override.
    at
        Now, with its time zone.

    Returns
    -------
    standing : Standing
        After it.
    record : Record
        As sealed.

    Raises
    ------
    StoreError
        If the move is not allowed, says too little, or somebody acted meanwhile.
    """
    _lock(connection)
    standing = standing_of(connection, move.batch_id, move.application_id).on(at.date())
    if move.seen is not None and move.seen != standing.sequence:
        raise StoreError(
            "Somebody acted on this application since the page was loaded; nothing was recorded.",
            where=f"{move.batch_id}/{move.application_id}",
            mend="Load the page again, read what was done, and decide anew.",
        )
    row = connection.execute(
        sa.select(scored.c.amount, scored.c.record_hash).where(
            scored.c.batch_id == move.batch_id, scored.c.application_id == move.application_id
        )
    ).one()
    content: dict[str, Any] = {
        **checked(move.kind, move.says, policy=policy, amount=row.amount, today=at.date()),
        **move.computed,
        "batch_id": move.batch_id,
        "application_id": move.application_id,
        "actor": move.actor,
        "grade_before": standing.grade,
        "policy_version": policy.version_id,
        "record_hash": row.record_hash,
    }
    # Refused before anything is written; the number of the record is known once it is.
    standing_after(standing, move.kind, content, sequence=standing.sequence)
    record = append(connection, key=key, kind=move.kind, content=content, at=at)
    after = standing_after(standing, move.kind, content, sequence=record.link.sequence)
    _keep(connection, move.batch_id, move.application_id, after)
    return after, record


def _lock(connection: Connection) -> None:
    """Let moves follow one another: SQLite's writers do, PostgreSQL's wait for the chain's end."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT sequence FROM chain_head WHERE id = 1 FOR UPDATE"))


def _keep(connection: Connection, batch_id: str, application_id: str, standing: Standing) -> None:
    values = {
        "state": standing.state,
        "origin": standing.origin,
        "points_shown": standing.points_shown,
        "policy_grade": standing.policy_grade,
        "grade": standing.grade,
        "override_grade": standing.override_grade,
        "expires_on": standing.expires_on.isoformat() if standing.expires_on else None,
        "proposal": json.dumps(standing.proposal, ensure_ascii=False) if standing.proposal else None,
        "signers": json.dumps(standing.signers, ensure_ascii=False),
        "signatures_needed": standing.signatures_needed,
        "sequence": standing.sequence,
    }
    where = (reviews.c.batch_id == batch_id, reviews.c.application_id == application_id)
    if connection.execute(reviews.update().where(*where).values(**values)).rowcount == 0:
        connection.execute(
            reviews.insert().values(batch_id=batch_id, application_id=application_id, **values)
        )


def _read(row: sa.Row[Any]) -> Standing:
    return Standing(
        state=row.state,
        origin=row.origin,
        points_shown=row.points_shown,
        policy_grade=row.policy_grade,
        override_grade=row.override_grade,
        expires_on=dt.date.fromisoformat(row.expires_on) if row.expires_on else None,
        proposal=json.loads(row.proposal) if row.proposal else None,
        signers=tuple(json.loads(row.signers)),
        signatures_needed=row.signatures_needed,
        sequence=row.sequence,
    )
