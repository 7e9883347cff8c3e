"""What to ask an applicant for: the missing document that could move the score furthest, next.

- :func:`asks` gives the documents for the applicants that a policy names, from a dataset and its indicators.
- :func:`documents` gives the declaration of documents, facts and indicators (``documents.toml``).
- :func:`asks_text` and :func:`range_text` tell them to a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener
from scoring.asks.documents import Documents, documents

if TYPE_CHECKING:
    from scoring.asks.batch import asks
    from scoring.asks.rank import ASK_SCHEMA, ask_table
    from scoring.asks.text import asks_text, moves_text, range_text

__all__ = [
    "ASK_SCHEMA",
    "Documents",
    "ask_table",
    "asks",
    "asks_text",
    "documents",
    "moves_text",
    "range_text",
]

_HOMES = {
    "ASK_SCHEMA": "scoring.asks.rank",
    "ask_table": "scoring.asks.rank",
    "asks": "scoring.asks.batch",
    "asks_text": "scoring.asks.text",
    "moves_text": "scoring.asks.text",
    "range_text": "scoring.asks.text",
}

# A module of this package has the name of the function, so that one is there at once. The texts need no model, so whoever only tells them waits for none.
__getattr__ = opener(__name__, {name: (home, name) for name, home in _HOMES.items()})
