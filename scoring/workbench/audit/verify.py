"""Finding a broken chain: every record is read and sealed anew; nothing is trusted but the key."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoring.workbench.audit.chain import GENESIS, Link, canonical, content_hash
from scoring.workbench.audit.records import SEARCHED, head_of
from scoring.workbench.store.schema import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa
    from sqlalchemy import Connection

    from scoring.workbench.audit.chain import AuditKey, Head

__all__ = ["Finding", "Verification", "check_record", "verify"]

_AT_ONCE = 5_000
_MOST_FINDINGS = 100
"""One removed record can break no more than its neighbours; a wrong key breaks every seal, which need not be listed."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    sequence
        The record.
    what
        In English.
    what_zh
        In Chinese.
    """

    sequence: int
    what: str
    what_zh: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a verification found.

    Parameters
    ----------
    records
        Records read.
    erased
        Of these, blank by rule.
    head
        End of the chain as the store has it.
    findings
        What is wrong, at most the first hundred; empty where the chain is whole.
    """

    records: int
    erased: int
    head: Head
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(connection: Connection, *, key: AuditKey, known: Sequence[Head] = ()) -> Verification:
    """Read the whole audit and seal it anew.

    Parameters
    ----------
    connection
        Reading.
    key
        What sealed the records.
    known
        Ends of the chain that were exported at some time: each must still be in it.

    Returns
    -------
    Verification
    """
    findings: list[Finding] = []
    seals: dict[int, str] = {0: GENESIS}
    wanted = {head.sequence for head in known}
    previous, expected, count = GENESIS, 1, 0
    erased: set[int] = set()
    blank: set[int] = set()
    for row in _rows(connection):
        count += 1
        findings += _place(row, expected, previous)
        findings += _seal(row, key)
        findings += _content(row)
        if row.content is None:
            blank.add(row.sequence)
        elif row.kind == "erasure":
            erased |= set(json.loads(row.content).get("erased", []))
        if row.sequence in wanted:
            seals[row.sequence] = row.seal
        previous, expected = row.seal, row.sequence + 1
    findings += [
        Finding(
            sequence=sequence,
            what="its content is gone, and no erasure names it",
            what_zh="内容缺失，且无删除记录",
        )
        for sequence in sorted(blank - erased)
    ]
    head = head_of(connection, key)
    findings += _ends(head, previous, expected - 1, known, seals)
    findings.sort(key=lambda finding: finding.sequence)
    return Verification(
        records=count, erased=len(blank), head=head, findings=tuple(findings[:_MOST_FINDINGS])
    )


def check_record(connection: Connection, sequence: int, *, key: AuditKey) -> tuple[Finding, ...]:
    """Return what is wrong with one record by itself: its seal, or its content. Only the whole chain tells the rest."""
    row = connection.execute(records.select().where(records.c.sequence == sequence)).one()
    return (*_seal(row, key), *_content(row))


def _rows(connection: Connection) -> Iterator[sa.Row[Any]]:
    """Read by pages along the key, so that memory does not grow with the audit."""
    last = -1
    while True:
        page = connection.execute(
            records.select().where(records.c.sequence > last).order_by(records.c.sequence).limit(_AT_ONCE)
        ).all()
        yield from page
        if len(page) < _AT_ONCE:
            return
        last = page[-1].sequence


def _place(row: sa.Row[Any], expected: int, previous: str) -> list[Finding]:
    if row.sequence != expected:
        missing = f"{expected}" if row.sequence == expected + 1 else f"{expected} to {row.sequence - 1}"
        return [
            Finding(sequence=expected, what=f"missing: {missing}", what_zh=f"缺失记录：{missing}"),
        ]
    if not hmac.compare_digest(row.previous, previous):
        return [
            Finding(
                sequence=row.sequence,
                what="it does not follow the record before it",
                what_zh="与前一条记录不衔接",
            )
        ]
    return []


def _seal(row: sa.Row[Any], key: AuditKey) -> list[Finding]:
    link = Link(
        sequence=row.sequence, kind=row.kind, at=row.at, content_hash=row.content_hash, previous=row.previous
    )
    if hmac.compare_digest(link.seal(key), row.seal):
        return []
    return [
        Finding(
            sequence=row.sequence,
            what="its seal does not fit: it was altered, or sealed with another key",
            what_zh="签章不符：记录被改动，或使用了其他密钥",
        )
    ]


def _content(row: sa.Row[Any]) -> list[Finding]:
    if row.content is None:
        return []
    try:
        fits = row.salt is not None and content_hash(row.salt, row.content) == row.content_hash
        content = json.loads(row.content)
        copies = canonical(content) == row.content and all(
            getattr(row, name) == content.get(name) for name in SEARCHED
        )
    except (ValueError, AttributeError):
        fits, copies = False, True
    if not fits:
        return [Finding(sequence=row.sequence, what="its content was altered", what_zh="内容被改动")]
    if not copies:
        return [
            Finding(
                sequence=row.sequence,
                what="what it is searched by differs from its content",
                what_zh="检索字段与内容不一致",
            )
        ]
    return []


def _ends(
    head: Head, last: str, sequence: int, known: Sequence[Head], seals: dict[int, str]
) -> list[Finding]:
    found = []
    if (head.sequence, head.seal) != (sequence, last):
        found.append(
            Finding(
                sequence=sequence,
                what=f"the audit ends here, and the store remembers an end at record {head.sequence}",
                what_zh=f"审计链在此结束，而系统记载末条为第{head.sequence}条",
            )
        )
    found += [
        Finding(
            sequence=one.sequence,
            what="the exported head is not in this audit: records were cut off, or replaced",
            what_zh="导出的链尾不在本审计链中：记录被截断或替换",
        )
        for one in known
        if seals.get(one.sequence) != one.seal
    ]
    return found
