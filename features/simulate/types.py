"""Array types of the simulation."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Booleans", "Days", "Floats", "Integers", "Texts"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]
Days: TypeAlias = NDArray[np.int64]
"""Days since 1970-01-01."""
Texts: TypeAlias = NDArray[Any]
"""Text cells; ``None`` where there is none."""
