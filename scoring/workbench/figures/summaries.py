"""What pages show of a whole batch: computed once, kept in the store, and computed again where it is gone.

Nothing rests on a summary: its name carries the version of its content, so that a later release never reads one of another
shape, and the table may be emptied at any time.
"""

from __future__ import annotations

import json
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.workbench.store.schema import summaries
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from scoring.workbench.store import Store

__all__ = ["OVER_ALL", "keep", "kept", "kept_of", "made"]

OVER_ALL = ""
"""In place of a batch's id: what is counted over every batch."""

_MAKING = Lock()
"""Two visitors who ask at once wait for one computation."""


def kept(connection: Connection, batch_id: str, name: str) -> dict[str, Any] | None:
    """Return a summary; ``None`` where it was not computed yet."""
    text = connection.execute(
        sa.select(summaries.c.content).where(summaries.c.batch_id == batch_id, summaries.c.name == name)
    ).scalar_one_or_none()
    return None if text is None else json.loads(text)


def kept_of(connection: Connection, batch_ids: Sequence[str], name: str) -> dict[str, dict[str, Any]]:
    """Return a summary of each of some batches by the batch's id; those that were not computed yet are left out."""
    found = connection.execute(
        sa.select(summaries.c.batch_id, summaries.c.content).where(
            summaries.c.batch_id.in_(batch_ids), summaries.c.name == name
        )
    )
    return {batch_id: json.loads(text) for batch_id, text in found}


def keep(
    connection: Connection, batch_id: str, name: str, content: Mapping[str, Any], *, at: dt.datetime
) -> None:
    """Keep a summary in the place of an earlier one.

    Parameters
    ----------
    connection
        From :meth:`scoring.workbench.store.Store.write`.
    batch_id
        Of the batch, or :data:`OVER_ALL`.
    name
        With the version of its content, such as ``overview.1``.
    content
        Plain values.
    at
        Now, with its time zone.
    """
    where = (summaries.c.batch_id == batch_id, summaries.c.name == name)
    connection.execute(summaries.delete().where(*where))
    connection.execute(
        summaries.insert().values(
            batch_id=batch_id,
            name=name,
            content=json.dumps(content, ensure_ascii=False, allow_nan=False),
            at=utc_text(at),
        )
    )


def made(
    store: Store, batch_id: str, name: str, make: Callable[[], Mapping[str, Any]], *, at: dt.datetime
) -> dict[str, Any]:
    """Return a summary, computed and kept where it was not there yet; parameters as of :func:`keep`."""
    with store.read() as connection:
        found = kept(connection, batch_id, name)
    if found is not None:
        return found
    with _MAKING:
        with store.read() as connection:
            found = kept(connection, batch_id, name)
        if found is not None:
            return found
        content = make()
        with store.write() as connection:
            keep(connection, batch_id, name, content, at=at)
    # As whoever asks next will read it.
    read: dict[str, Any] = json.loads(json.dumps(content))
    return read
