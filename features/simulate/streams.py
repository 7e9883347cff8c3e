"""Random numbers by name: every quantity of the simulation has a stream of its own.

A stream depends on the seed and on its name only, and is read firm by firm, so adding a quantity, or a firm
at the end, leaves every other number as it was.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.simulate.types import Floats, Integers

__all__ = ["Streams"]


@dataclass(frozen=True, kw_only=True)
class Streams:
    """Named random streams of one simulation.

    Parameters
    ----------
    seed
        Seed of the simulation, 0 or more.
    batch
        0 for a training portfolio, 1 for new applicants: other firms of the same world.
    """

    seed: int
    batch: int = 0

    def generator(self, name: str) -> np.random.Generator:
        """Return a fresh generator of the stream ``name``."""
        key = zlib.crc32(name.encode())
        sequence = np.random.SeedSequence(entropy=self.seed, spawn_key=(self.batch, key))
        return np.random.Generator(np.random.PCG64(sequence))

    def normal(self, name: str, *shape: int) -> Floats:
        """Return standard normal numbers of that shape."""
        return self.generator(name).standard_normal(shape)

    def uniform(self, name: str, *shape: int) -> Floats:
        """Return numbers in [0, 1) of that shape."""
        return self.generator(name).random(shape)

    def poisson(self, name: str, mean: Floats) -> Integers:
        """Return a Poisson count for every mean."""
        return self.generator(name).poisson(mean)

    def choice(self, name: str, size: int, weights: NDArray[np.floating]) -> Integers:
        """Return ``size`` positions in ``weights``, drawn with probabilities proportional to them."""
        edges = np.cumsum(weights / np.sum(weights))
        picked = np.searchsorted(edges, self.uniform(name, size), side="right")
        return np.minimum(picked, len(edges) - 1)
