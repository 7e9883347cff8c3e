"""The ledger of what changed between two batches: points by data, factors and model, grades also by policy.

In: two result folders (:func:`read_side`), and where both data and factors differ, their datasets. Out: a :class:`Ledger`,
one row per firm, whose parts add up to the change; who crosses a cut-off, who is new and who is gone.
"""

from __future__ import annotations

from scoring.ledger.causes import CAUSES, POINT_CAUSES
from scoring.ledger.ledger import Ledger, ledger
from scoring.ledger.sides import Side, read_side

__all__ = ["CAUSES", "POINT_CAUSES", "Ledger", "Side", "ledger", "read_side"]
