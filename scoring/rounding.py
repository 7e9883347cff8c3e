"""Whole points that add up on paper: rounding by largest remainder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from features.errors import GreenCreditError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["largest_remainder"]


def largest_remainder(parts: Mapping[str, float], *, total: int) -> dict[str, int]:
    """Round parts to whole numbers that add up to ``total``.

    Every part is rounded down, then the parts with the largest remainders are raised by one until the sum is
    reached. Equal remainders are settled by the larger size, then by name, so the result depends on no order.

    Parameters
    ----------
    parts
        Name to exact points.
    total
        Whole points to reach: the sum of the parts rounded, either way.

    Returns
    -------
    dict
        Name to whole points, each within one point of its exact value, in the order of ``parts``.

    Raises
    ------
    GreenCreditError
        If ``total`` is not the sum of the parts rounded up or down, so that no such rounding exists.

    Examples
    --------
    >>> largest_remainder({"base": 600.45, "energy": 7.3, "emissions": -2.25}, total=606)
    {'base': 601, 'energy': 7, 'emissions': -2}
    """
    floors = {name: math.floor(value) for name, value in parts.items()}
    lacking = total - sum(floors.values())
    if not 0 <= lacking <= len(parts):
        raise GreenCreditError(
            f"Parts that sum to {math.fsum(parts.values()):.3f} cannot be rounded to add up to {total}.",
            where=", ".join(parts),
            mend="Score the batch again: contributions and points do not belong together.",
        )
    order = sorted(parts, key=lambda name: (floors[name] - parts[name], -abs(parts[name]), name))
    raised = set(order[:lacking])
    return {name: floors[name] + (name in raised) for name in parts}
