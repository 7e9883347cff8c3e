"""The library: every move, in one order, each with a name of its own.

Facts that come from elsewhere are beyond a firm's reach and no part of it: what a register answered (``checks``), what the
bank wrote of the loan's amount, and the outcomes. Documents forged outright, such as a certificate that was never issued,
are for the register to find (``unverified_certificates``), not for figures to contradict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import GreenCreditError
from scoring.gaming.events import EVENTS
from scoring.gaming.figures import FIGURES
from scoring.gaming.withholding import WITHHOLDING
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.gaming.move import Move

__all__ = ["MOVES", "moves_named"]

MOVES: tuple[Move, ...] = (*WITHHOLDING, *FIGURES, *EVENTS)
"""Every move of the library."""


def moves_named(names: Sequence[str]) -> tuple[Move, ...]:
    """Return the moves of these names, in the library's order; all of them where no name is given.

    Raises
    ------
    GreenCreditError
        If a name is unknown.
    """
    known = {move.id for move in MOVES}
    for name in names:
        if name not in known:
            raise GreenCreditError(
                f"There is no gaming move {name!r}.",
                where="--move",
                mend=did_you_mean(name, sorted(known)),
            )
    return tuple(move for move in MOVES if not names or move.id in names)
