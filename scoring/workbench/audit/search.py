"""Searching the audit: latest records first, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoring.workbench.store.schema import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa
    from sqlalchemy import Connection

__all__ = ["Found", "Search", "history", "search"]

ROWS = 50
"""Records of a page."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for; an empty text is anything.

    Parameters
    ----------
    kind, actor, batch_id, application_id
        Exactly these.
    before
        Records with smaller numbers only.
    """

    kind: str = ""
    actor: str = ""
    batch_id: str = ""
    application_id: str = ""
    before: int | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of records.

    Parameters
    ----------
    rows
        At most :data:`ROWS`; ``content`` is what the record says, ``None`` where it was erased.
    before
        What the next page asks for; ``None`` on the last one.
    """

    rows: Sequence[dict[str, Any]]
    before: int | None


def search(connection: Connection, asked: Search) -> Found:
    """Return a page of records, latest first."""
    query = records.select().order_by(records.c.sequence.desc()).limit(ROWS + 1)
    for name in ("kind", "actor", "batch_id", "application_id"):
        wanted = getattr(asked, name)
        if wanted:
            query = query.where(records.c[name] == wanted)
    if asked.before is not None:
        query = query.where(records.c.sequence < asked.before)
    rows = _read(connection, query)
    more = len(rows) > ROWS
    return Found(rows=rows[:ROWS], before=rows[ROWS - 1]["sequence"] if more else None)


def history(connection: Connection, batch_id: str, application_id: str) -> Sequence[dict[str, Any]]:
    """Return every record of an application, first one first."""
    return _read(
        connection,
        records.select()
        .where(records.c.batch_id == batch_id, records.c.application_id == application_id)
        .order_by(records.c.sequence),
    )


def _read(connection: Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    rows = connection.execute(query).mappings().all()
    return [
        {**row, "content": None if row["content"] is None else json.loads(row["content"])} for row in rows
    ]
