"""How much a token may ask for: a bucket that fills at a steady rate, in the memory of this process.

Several servers behind one address each have their own; the limit is then that of one times their number.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Buckets"]

_MOST_KEPT = 10_000
"""Buckets that are kept; full ones are forgotten beyond, for a new one is full as well."""


@dataclass(kw_only=True)
class Buckets:
    """One bucket per key.

    Parameters
    ----------
    per_second
        What flows in.
    most
        What a bucket holds.
    clock
        Seconds that never go back.

    Examples
    --------
    >>> buckets = Buckets(per_second=2.0, most=3.0, clock=lambda: 0.0)
    >>> [buckets.take("a", 1.0) for _ in range(4)], buckets.take("b", 3.0)
    ([0, 0, 0, 1], 0)
    """

    per_second: float
    most: float
    clock: Callable[[], float] = time.monotonic
    _held: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, key: str, amount: float) -> int:
        """Take from a bucket and return 0, or take nothing and return the whole seconds until there is enough.

        More than a bucket holds is never refused for ever: it takes a full bucket, and empties it below zero.
        """
        with self._lock:
            now = self.clock()
            content, since = self._held.get(key, (self.most, now))
            content = min(self.most, content + (now - since) * self.per_second)
            needed = min(amount, self.most)
            if content < needed:
                self._held[key] = (content, now)
                return max(1, math.ceil((needed - content) / self.per_second))
            self._held[key] = (content - amount, now)
            if len(self._held) > _MOST_KEPT:
                self._forget(now)
            return 0

    def _forget(self, now: float) -> None:
        self._held = {
            key: (content, since)
            for key, (content, since) in self._held.items()
            if content + (now - since) * self.per_second < self.most
        }
