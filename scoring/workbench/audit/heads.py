"""The end of the chain as a small file, to keep where the database is not.

A chain that was cut off at its end still looks whole; only somebody who remembers a later end can tell.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from features.errors import StoreError
from scoring.workbench.audit.chain import Head

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["export_head", "read_head"]


def export_head(head: Head) -> str:
    """Return the text of a head file."""
    return json.dumps(asdict(head), indent=2, sort_keys=True) + "\n"


def read_head(path: Path) -> Head:
    """Read a head file.

    Raises
    ------
    StoreError
        If it cannot be read or is not one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        head = Head(
            sequence=int(content["sequence"]), seal=str(content["seal"]), key=str(content.get("key", ""))
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        head = None
    if head is None or head.sequence < 0 or not re.fullmatch("[0-9a-f]{64}", head.seal):
        raise StoreError(
            "This is no exported head of an audit.",
            where=str(path),
            mend="Name a file that `greencredit audit head` wrote, or that was exported with a batch.",
        )
    return head
