"""What was measured on the simulation: the ceilings that a model trained on simulated labels is held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from features.errors import ReferenceDataError
from features.simulate.assumptions import fingerprint
from features.simulate.portfolio import simulate

__all__ = ["CEILINGS_FILE", "ceilings", "sample"]

CEILINGS_FILE = Path(__file__).with_name("ceilings.json")


def ceilings() -> dict[str, Any]:
    """Return the measured ceilings, default rate and shares of the simulation.

    Returns
    -------
    dict
        As ``tests/benchmarks/ceilings.py`` writes it: ``true_auc`` and ``visible_auc`` (value, low, high),
        ``default_rate``, ``hidden_variance_share``, ``indicators_without_effect_share``, ``logistic_auc``,
        ``lightgbm_auc``, ``logistic_gap``, and how they were measured.

    Raises
    ------
    ReferenceDataError
        Where the file is missing, or was measured under other assumptions.
    """
    mend = "Measure them again with: make ceilings."
    if not CEILINGS_FILE.is_file():
        raise ReferenceDataError(
            "The ceilings of the simulation were not measured.", where=CEILINGS_FILE.name, mend=mend
        )
    measured: dict[str, Any] = json.loads(CEILINGS_FILE.read_text(encoding="utf-8"))
    if measured.get("fingerprint") != fingerprint():
        raise ReferenceDataError(
            "The ceilings were measured under other assumptions than the simulation now has.",
            where=CEILINGS_FILE.name,
            mend=mend,
        )
    return measured


def sample() -> dict[str, float]:
    """Return figures of a small fixed simulation: they change when the code draws something else.

    Returns
    -------
    dict
        ``mean`` and ``spread`` of the true log-odds of 200 firms of seed 1, and the ``rows`` of all their tables.
    """
    portfolio = simulate(firms=200, seed=1)
    odds = portfolio.truth["true_log_odds"].to_numpy()
    rows = sum(frame.height for frame in portfolio.tables.values())
    return {"mean": float(odds.mean()), "spread": float(odds.std()), "rows": float(rows)}
