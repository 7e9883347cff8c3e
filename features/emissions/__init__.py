"""The emissions family: :func:`indicators` and :func:`cross_checks`; the totals behind them are in ``totals``."""

from features.emissions.family import cross_checks, indicators

__all__ = ["cross_checks", "indicators"]
