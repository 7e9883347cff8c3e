"""The audit: append-only records, each sealed with a key and with the record before it.

:func:`append` writes a record inside the caller's transaction; :func:`verify` finds any record that was altered, removed,
put elsewhere or cut off; :func:`erase` blanks what a record says and leaves a chain that still verifies.
"""

from __future__ import annotations

from scoring.workbench.audit.chain import GENESIS, AuditKey, Head, Link
from scoring.workbench.audit.heads import export_head, read_head
from scoring.workbench.audit.records import KINDS, Record, append, erase, head_of, read_record
from scoring.workbench.audit.verify import Finding, Verification, verify

__all__ = [
    "GENESIS",
    "KINDS",
    "AuditKey",
    "Finding",
    "Head",
    "Link",
    "Record",
    "Verification",
    "append",
    "erase",
    "export_head",
    "head_of",
    "read_head",
    "read_record",
    "verify",
]
