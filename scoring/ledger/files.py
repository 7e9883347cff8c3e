"""The files of a ledger: a row per firm, the figures, and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.ledger.page import ledger_page
from scoring.result_folder import written

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.ledger.ledger import Ledger

__all__ = ["JSON", "PAGE", "TABLE", "write_ledger"]

TABLE, JSON, PAGE = "ledger.parquet", "ledger.json", "ledger.html"


def write_ledger(found: Ledger, out: Path) -> None:
    """Write :data:`TABLE`, :data:`JSON` and :data:`PAGE` into a folder.

    Raises
    ------
    GreenCreditError
        If the folder cannot be written.
    """
    written(
        out, tables={TABLE: found.table}, contents={JSON: found.as_dict()}, pages={PAGE: ledger_page(found)}
    )
