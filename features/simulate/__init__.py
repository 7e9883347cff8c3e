"""Simulated portfolios with known true risk, for demonstrations and tests. They are never real borrowers.

In: a number of firms and a seed. Out: the contract's tables in raw form, and beside them the truth, which no
dataset may hold. Every number that is taken for granted stands in :mod:`features.simulate.assumptions`.
"""

from __future__ import annotations

from features.simulate.assumptions import ASSUMPTIONS, LIMITS, fingerprint
from features.simulate.measured import ceilings
from features.simulate.portfolio import Portfolio, simulate
from features.simulate.write import write

__all__ = ["ASSUMPTIONS", "LIMITS", "Portfolio", "ceilings", "fingerprint", "simulate", "write"]
