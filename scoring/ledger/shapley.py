"""Shares of a change that several causes made together, in no order: Shapley values over the corners between two states.

Each cause is in its old or its new state; a corner says which, and has a value. A cause's part is the mean, over every
order in which the causes might have changed, of what its own change moved the value; so the parts add up to the whole
change, a cause that moves nothing gets nothing, and no order has to be chosen.
Source: L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953).
"""

from __future__ import annotations

from itertools import product
from math import factorial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Corner", "corners", "shapley"]

Corner = tuple[bool, ...]
"""Which causes are in their new state, in the causes' order."""


def corners(causes: int) -> list[Corner]:
    """Return every corner of so many causes, the old state first and the new one last.

    Examples
    --------
    >>> corners(2)
    [(False, False), (False, True), (True, False), (True, True)]
    """
    return list(product((False, True), repeat=causes))


def shapley(
    values: Mapping[Corner, NDArray[np.float64]], causes: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return each cause's part of the change from the all-old to the all-new corner.

    Parameters
    ----------
    values
        Value of every corner of :func:`corners`; arrays of one shape, such as (firms,) or (firms, columns).
    causes
        Names of the causes, in the order of the corners.

    Returns
    -------
    dict
        Cause to its part, of the values' shape and unit. The parts add up to ``values[all new] - values[all old]``.

    Examples
    --------
    >>> import numpy as np
    >>> area = {(a, b): np.array([(3.0 if a else 1.0) * (5.0 if b else 2.0)]) for a, b in corners(2)}
    >>> {cause: part.tolist() for cause, part in shapley(area, ("length", "width")).items()}
    {'length': [7.0], 'width': [6.0]}
    """
    count = len(causes)
    parts: dict[str, NDArray[np.float64]] = {}
    for position, cause in enumerate(causes):
        part: NDArray[np.float64] | None = None
        for others in corners(count - 1):
            without = (*others[:position], False, *others[position:])
            with_it = (*others[:position], True, *others[position:])
            # Orders in which exactly these others have changed before; whole numbers, so one cause alone gets all.
            orders = factorial(sum(others)) * factorial(count - 1 - sum(others))
            moved = orders * (values[with_it] - values[without])
            part = moved if part is None else part + moved
        if part is not None:
            parts[cause] = part / factorial(count)
    return parts
