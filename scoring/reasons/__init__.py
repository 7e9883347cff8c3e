"""Reasons: contributions in points as a loan officer can say them to a customer, in English and Chinese.

- :func:`batch_reasons` gives the reasons of a batch, each tested by its own re-score before it may be printed.
- :func:`sentence` says one of them; the texts stand in ``library.toml``, a versioned library that a bank approves.
- :func:`memo_lines` gives one application's base, printed reasons and rest, which add up to the score as shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener

if TYPE_CHECKING:
    from scoring.reasons.batch import BatchReasons, batch_reasons
    from scoring.reasons.lines import MemoLine, line_text, memo_lines
    from scoring.reasons.sentences import reason_library, sentence
    from scoring.reasons.table import COLUMNS

__all__ = [
    "COLUMNS",
    "BatchReasons",
    "MemoLine",
    "batch_reasons",
    "line_text",
    "memo_lines",
    "reason_library",
    "sentence",
]

_HOMES = {
    "BatchReasons": "scoring.reasons.batch",
    "COLUMNS": "scoring.reasons.table",
    "MemoLine": "scoring.reasons.lines",
    "batch_reasons": "scoring.reasons.batch",
    "line_text": "scoring.reasons.lines",
    "memo_lines": "scoring.reasons.lines",
    "reason_library": "scoring.reasons.sentences",
    "sentence": "scoring.reasons.sentences",
}

# The sentences need no model, so whoever only tells them waits for none.
__getattr__ = opener(__name__, {name: (home, name) for name, home in _HOMES.items()})
