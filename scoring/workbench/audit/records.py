"""Records: what happened, appended to the chain in the transaction that does it, and never changed afterwards."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from features.errors import StoreError
from scoring.workbench.audit.chain import GENESIS, Head, Link, canonical, content_hash
from scoring.workbench.store.schema import chain_head, records
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from scoring.workbench.audit.chain import AuditKey

__all__ = ["KINDS", "SEARCHED", "Record", "append", "erase", "head_of", "read_record"]

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "batch": ("Batch taken in", "导入批次"),
        "agree": ("Decision agreed", "同意决定"),
        "override": ("Decision overridden", "人工推翻"),
        "signature": ("Second signature", "复核签字"),
        "refusal": ("Second signature refused", "拒绝复核签字"),
        "send_back": ("Sent back for evidence", "退回补充材料"),
        "appeal": ("Appeal", "申诉"),
        "correction": ("Fact corrected", "更正数据"),
        "upload": ("Workbook scored", "上传评分"),
        "person": ("Person added or changed", "用户变更"),
        "token": ("Token of the API issued or revoked", "接口令牌变更"),
        "erasure": ("Contents erased by rule", "按规则删除内容"),
    }
)
"""What may happen: kind to its name in English and Chinese."""

SEARCHED = ("batch_id", "application_id", "actor")
"""Keys of a content that are copied beside it, to search by."""

_SALT_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as it is stored.

    Parameters
    ----------
    link
        What its seal covers.
    seal
        The seal.
    content
        What it says; ``None`` where it was erased.
    """

    link: Link
    seal: str
    content: Mapping[str, Any] | None


def append(
    connection: Connection,
    *,
    key: AuditKey,
    kind: str,
    content: Mapping[str, Any],
    at: datetime,
) -> Record:
    """Append a record within a writing transaction.

    The transaction holds the chain's end until it is over, so records stand in the order of their commits.

    Parameters
    ----------
    connection
        From :meth:`scoring.workbench.store.Store.write`.
    key
        What seals.
    kind
        One of :data:`KINDS`.
    content
        What JSON can hold; ``batch_id``, ``application_id`` and ``actor`` are searched by where they are given.
    at
        When, with its time zone.

    Raises
    ------
    StoreError
        If the kind is unknown or the time has no zone.
    """
    if kind not in KINDS or at.tzinfo is None:
        raise StoreError(
            f"A record needs a kind of {', '.join(KINDS)} and a time with its zone. Got {kind!r} at {at!r} instead.",
            where="audit",
            mend="This is a defect of the product; report it.",
        )
    end = connection.execute(
        sa.select(chain_head.c.sequence, chain_head.c.seal).where(chain_head.c.id == 1).with_for_update()
    ).one()
    text = canonical(content)
    salt = secrets.token_hex(_SALT_BYTES)
    link = Link(
        sequence=end.sequence + 1,
        kind=kind,
        at=utc_text(at),
        content_hash=content_hash(salt, text),
        previous=end.seal,
    )
    seal = link.seal(key)
    connection.execute(
        records.insert().values(
            sequence=link.sequence,
            kind=kind,
            at=link.at,
            content=text,
            salt=salt,
            content_hash=link.content_hash,
            previous=link.previous,
            seal=seal,
            **{name: content.get(name) for name in SEARCHED},
        )
    )
    connection.execute(chain_head.update().values(sequence=link.sequence, seal=seal))
    return Record(link=link, seal=seal, content=dict(content))


def erase(
    connection: Connection,
    sequences: list[int],
    *,
    key: AuditKey,
    rule: str,
    actor: str,
    at: datetime,
) -> Record:
    """Blank what records say, and append a record that says so; the chain still verifies.

    Parameters
    ----------
    sequences
        Records to blank; those blank already stay so. Of a kind ``erasure`` none is: they say which blanks are by rule.
    rule
        The rule that asks for it.
    actor
        Who does it.

    Raises
    ------
    StoreError
        If one of them does not exist, or is an erasure.
    """
    found = connection.execute(
        sa.select(records.c.sequence, records.c.kind).where(records.c.sequence.in_(sequences))
    ).all()
    absent = sorted(set(sequences) - {row.sequence for row in found})
    kept = sorted(row.sequence for row in found if row.kind == "erasure")
    if absent or kept:
        raise StoreError(
            f"Records cannot be erased: {', '.join(map(str, absent + kept))} (not in the audit, or an erasure).",
            where="audit",
            mend="Name records that exist and are no erasures.",
        )
    connection.execute(
        records.update()
        .where(records.c.sequence.in_(sequences))
        .values(content=None, salt=None, **dict.fromkeys(SEARCHED))
    )
    content = {"actor": actor, "rule": rule, "erased": sorted(set(sequences))}
    return append(connection, key=key, kind="erasure", content=content, at=at)


def head_of(connection: Connection, key: AuditKey) -> Head:
    """Return the end of the chain."""
    end = connection.execute(sa.select(chain_head.c.sequence, chain_head.c.seal)).one_or_none()
    if end is None:
        return Head(sequence=0, seal=GENESIS, key=key.fingerprint)
    return Head(sequence=end.sequence, seal=end.seal, key=key.fingerprint)


def read_record(connection: Connection, sequence: int) -> Record:
    """Return one record.

    Raises
    ------
    StoreError
        If there is none of that number.
    """
    row = connection.execute(records.select().where(records.c.sequence == sequence)).one_or_none()
    if row is None:
        raise StoreError(
            f"There is no record {sequence}.", where="audit", mend="The audit page lists the records."
        )
    return Record(
        link=Link(
            sequence=row.sequence,
            kind=row.kind,
            at=row.at,
            content_hash=row.content_hash,
            previous=row.previous,
        ),
        seal=row.seal,
        content=None if row.content is None else json.loads(row.content),
    )
