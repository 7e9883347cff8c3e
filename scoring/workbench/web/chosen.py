"""The batch that a page is about: the one in the address, else the one that was taken in last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.workbench.batches.lists import latest_batch
from scoring.workbench.store.schema import batches

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import Connection

    from scoring.workbench.web.visit import VisitOf

__all__ = ["chosen_batch"]


def chosen_batch(visit: VisitOf, connection: Connection) -> sa.RowMapping | None:
    """Return the batch that ``batch`` in the address names, else the latest; ``None`` where there is none."""
    batch_id = visit.query("batch") or latest_batch(connection)
    return connection.execute(batches.select().where(batches.c.batch_id == batch_id)).mappings().one_or_none()
