"""The explanation memo: one page per applicant from a result folder, HTML or PDF, and the adverse-decision letter.

Flow: result folder -> one row per application (``rows``) -> plain values in one language (``view``, ``letter``) -> HTML
(``html``) or PDF (``pdf``). The memo computes no score: every figure is read, and what is rounded was rounded when the
batch was scored.

- :func:`one_memo` makes one file, :func:`write_memos` those of a batch; :class:`MemoForm` says which.
- :mod:`scoring.memo.record` holds the canonical decision record and its hash, :mod:`scoring.memo.certificates` the
  table of certificates; both are written by the batch.

The public names are imported when they are first asked for: the batch needs the record alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener

if TYPE_CHECKING:
    from scoring.memo.making import MemoForm
    from scoring.memo.writing import file_name, one_memo, write_memos

__all__ = ["MemoForm", "file_name", "one_memo", "write_memos"]

_HOMES = {
    "MemoForm": "scoring.memo.making",
    "file_name": "scoring.memo.writing",
    "one_memo": "scoring.memo.writing",
    "write_memos": "scoring.memo.writing",
}

__getattr__ = opener(__name__, {name: (home, name) for name, home in _HOMES.items()})
