"""What people decide on scored applications: the moves that are allowed, who must sign, and how each is recorded.

- ``standing``: where an application stands after its records; pure, and the only place that knows the moves.
- ``acts``: each move as one transaction: check, record in the audit, keep the standing beside it.
"""

from __future__ import annotations

from scoring.workbench.review.acts import Act, act, open_review, standing_of
from scoring.workbench.review.standing import (
    FACT_SEALS,
    STATES,
    Standing,
    moves_from,
    replayed,
    standing_after,
)

__all__ = [
    "FACT_SEALS",
    "STATES",
    "Act",
    "Standing",
    "act",
    "moves_from",
    "open_review",
    "replayed",
    "standing_after",
    "standing_of",
]
