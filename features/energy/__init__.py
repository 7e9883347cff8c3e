"""The energy family: :func:`indicators` and :func:`cross_checks`; the balance behind them is in ``balance``."""

from features.energy.family import cross_checks, indicators

__all__ = ["cross_checks", "indicators"]
