"""One application as its pages need it: the row of the store, the results of its batch, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from features.errors import StoreError
from scoring import outputs
from scoring.memo.context import MemoContext, memo_context
from scoring.memo.rows import memo_rows
from scoring.memo.strings import shown
from scoring.workbench.batches.one import application_results
from scoring.workbench.review import standing_of
from scoring.workbench.store.schema import batches, scored

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from scoring.results import Results
    from scoring.workbench.review import Standing

__all__ = ["SECTIONS", "Opened", "address_of", "open_application"]

SECTIONS = (
    "",
    "contributions",
    "peers",
    "evidence",
    "lineage",
    "what-if",
    "way",
    "group",
    "history",
    "decide",
)
"""Pages of an application, as they end in the address; the memo is the first."""

_LONGEST_NAME = 160
_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An application.

    Parameters
    ----------
    batch_id, application_id, firm_id
        Which it is.
    row
        Its row in the store, with ``folder`` and ``demonstration`` of the batch.
    standing
        Where it stands today.
    """

    batch_id: str
    application_id: str
    firm_id: str
    row: Mapping[str, Any]
    standing: Standing

    @property
    def folder(self) -> Path:
        """The results of the batch."""
        return Path(self.row["folder"])

    @property
    def demonstration(self) -> bool:
        """Whether the grade rests on simulated outcomes."""
        return bool(self.row["demonstration"])

    @property
    def firm_name(self) -> str:
        """The firm's name, made harmless and short; its id where nobody named it."""
        return shown(self.row["firm_name"], most=_LONGEST_NAME) or shown(self.firm_id)

    @property
    def results(self) -> Results:
        """The results of this application.

        Raises
        ------
        GreenCreditError
            If the folder of the batch is gone or cannot be read.
        """
        return self._loaded()[0]

    @property
    def memo(self) -> Mapping[str, Any]:
        """The row of :func:`scoring.memo.rows.memo_rows`.

        Raises
        ------
        GreenCreditError
            As of :attr:`results`, and if the record no longer fits its hash.
        """
        return self._loaded()[1]

    @property
    def context(self) -> MemoContext:
        """Grades, rules and names of the batch."""
        return self._loaded()[2]

    def address(self, section: str = "") -> str:
        """Return the path of one of its pages."""
        return address_of(self.batch_id, self.application_id, section)

    def _loaded(self) -> tuple[Results, Mapping[str, Any], MemoContext]:
        manifest = self.folder / outputs.MANIFEST
        if not manifest.is_file():
            raise StoreError(
                "The result folder of the batch is gone.",
                where=str(self.folder),
                mend="Restore the folder where it was, or score the batch again.",
            )
        return _read(self.folder, manifest.stat().st_mtime_ns, self.application_id)


def address_of(batch_id: str, application_id: str, section: str = "") -> str:
    """Return the path of a page of an application, whatever its id holds.

    Examples
    --------
    >>> address_of("b1", "LOAN 7/a", "peers")
    '/applications/b1/LOAN%207%2Fa/peers'
    """
    path = f"/applications/{quote(batch_id, safe='')}/{quote(application_id, safe='')}"
    return f"{path}/{section}" if section else path


def open_application(connection: Connection, batch_id: str, application_id: str, *, on: dt.date) -> Opened:
    """Return an application.

    Parameters
    ----------
    connection
        Of the store.
    batch_id, application_id
        Which one.
    on
        Today: an override that is over no longer counts.

    Raises
    ------
    StoreError
        If the store has no such application.
    """
    standing = standing_of(connection, batch_id, application_id).on(on)
    row = (
        connection.execute(
            sa.select(scored, batches.c.folder, batches.c.demonstration)
            .select_from(scored.join(batches, scored.c.batch_id == batches.c.batch_id))
            .where(scored.c.batch_id == batch_id, scored.c.application_id == application_id)
        )
        .mappings()
        .one()
    )
    return Opened(
        batch_id=batch_id,
        application_id=application_id,
        firm_id=row["firm_id"],
        row=dict(row),
        standing=standing,
    )


@lru_cache(maxsize=_KEPT)
def _read(folder: Path, _changed: int, application_id: str) -> tuple[Results, Mapping[str, Any], MemoContext]:
    results = application_results(folder, application_id)
    return results, memo_rows(results).row(0, named=True), memo_context(results.manifest)
