"""What a change of the energy does to the emissions as they were handed in.

Scope 1 changes with the CO2 of the fuels, scope 2 by location with electricity at the grid's average and with heat, scope 2 by
market besides with the certificates. The change is taken off (or put on) the CO2 and the CO2e that the firm stated, each where it
was stated; what was not handed in stays missing. Of a saving only the share that the firm reported before is taken off; an increase
counts in full. A carrier without a CO2 factor saves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scoring.improve.amounts import GASES, other_electricity

if TYPE_CHECKING:
    from scoring.improve.amounts import Amounts, Floats, Known

__all__ = ["with_consequences"]

_FUELS = frozenset({"electricity", "heat"})


def with_consequences(known: Known, before: Amounts, after: Amounts) -> Amounts:
    """Return the amounts with the emissions that follow from their energy.

    Parameters
    ----------
    known
        What actions read.
    before
        As handed in.
    after
        After the actions of a set, emissions as handed in.
    """
    own, bought = _change(known, before, after)
    own = _taken_off(own, known.share_reported_1) + after.captured
    bought = _taken_off(bought, known.share_reported_2)
    emissions = after.emissions.copy()
    for place, (scope, _) in enumerate(GASES):
        change = own if scope == "1" else bought
        lowered = np.maximum(emissions[:, place] - change, 0.0)
        if scope == "2-market":
            lowered = lowered * _uncovered(known, before, after)
        emissions[:, place] = np.where(np.isnan(emissions[:, place]), np.nan, lowered)
    return replace(after, emissions=emissions)


def _change(known: Known, before: Amounts, after: Amounts) -> tuple[Floats, Floats]:
    """Return the tCO2 saved in scope 1 and in scope 2; negative where there is more of it."""
    less = np.nan_to_num(before.energy) - np.nan_to_num(after.energy)
    saved = less * np.nan_to_num(known.co2)
    kinds, flows = known.carriers.kinds, known.carriers.flows
    fuels = [p for p, kind in enumerate(kinds) if kind not in _FUELS and flows[p] == "purchased"]
    bought = [p for p, kind in enumerate(kinds) if kind in _FUELS and flows[p] == "purchased"]
    return saved[:, fuels].sum(axis=1), saved[:, bought].sum(axis=1)


def _taken_off(saved: Floats, share: Floats) -> Floats:
    return np.where(saved > 0, saved * share, saved)


def _uncovered(known: Known, before: Amounts, after: Amounts) -> Floats:
    """Return the share of the electricity without certificates after the actions, of what was without them before.

    Where certificates that are there already cover all of it, nothing is left to change.
    """
    bought = other_electricity(known, after)
    free = np.maximum(bought - known.retired, 0.0)
    left = np.maximum(free - (after.green_mwh - before.green_mwh), 0.0)
    return np.where(free > 0, left / np.where(free > 0, free, 1.0), 1.0)
