"""Drift of a batch against the training population of its model, as a light with its sample size and as a table.

========= =========================================================================================================
light     meaning
========= =========================================================================================================
green     nothing moved beyond what sampling explains and what would matter
amber     an indicator, its absence or a family moved; the score did not
red       the score moved
grey      the batch is so small that sampling noise alone would hide a large shift of the score
none      not compared: the reason stands beside
========= =========================================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError
from models.drift import LARGE
from models.monitoring import load_profile
from scoring.monitor import compare_batches
from scoring.monitor_advice import shift_name
from scoring.results import read_results
from scoring.workbench.figures.runs import reading_runs, told
from scoring.workbench.figures.summaries import keep

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from models.drift import Drift, Shift
    from models.reference_profile import ReferenceProfile
    from scoring.results import Results
    from scoring.workbench.store import Store

__all__ = ["DRIFT", "LIGHT", "compared", "keep_drift"]

DRIFT, LIGHT = "drift.1", "drift_light.1"
"""Names of the summaries: everything, and what a list of batches shows."""

_DRAWN = 8
"""Shifts beside the score whose bins are kept."""

_ORDER = ("score", "family", "indicator", "missing")


def keep_drift(store: Store, batch_id: str, folder: Path, *, at: dt.datetime) -> dict[str, Any]:
    """Compare a batch with the training population of its model and keep what is found, or why nothing is.

    Parameters
    ----------
    store
        Where it is kept.
    batch_id
        Of the batch.
    folder
        What ``score`` wrote.
    at
        Now, with its time zone.

    Returns
    -------
    dict
        The light, as :data:`LIGHT` keeps it.
    """
    try:
        results = read_results(folder)
        with reading_runs():
            profile = load_profile(str(results.manifest["model"].get("run_id") or ""))
        found = compared(results, profile)
    except GreenCreditError as error:
        light: dict[str, Any] = {"light": "none", "missing": told(error)}
        with store.write() as connection:
            keep(connection, batch_id, LIGHT, light, at=at)
        return light
    light = found["light"]
    with store.write() as connection:
        keep(connection, batch_id, DRIFT, found, at=at)
        keep(connection, batch_id, LIGHT, light, at=at)
    return light


def compared(results: Results, profile: ReferenceProfile) -> dict[str, Any]:
    """Compare a batch with a profile.

    Parameters
    ----------
    results
        Of the batch.
    profile
        Of the training population of its model.

    Returns
    -------
    dict
        ``light`` (see the module; with ``applications``, ``independent``, ``training``, ``compared``, ``drifted``, ``psi``, ``limit``),
        ``advice`` (English and Chinese), ``not_compared`` (id to reason) and ``shifts``, the largest PSI of each kind first.

    Raises
    ------
    GreenCreditError
        If the batch is empty or was scored by another model.
    """
    monitoring = compare_batches({"batch": results}, profile)
    found = monitoring.batches[0].drift
    shifts = sorted(found.shifts, key=lambda shift: (_ORDER.index(shift.kind), -shift.psi, shift.name))
    drawn = [shift for shift in found.shifts if shift.kind == "score"]
    drawn += [shift for shift in found.drifted if shift.kind != "score"][:_DRAWN]
    return {
        "light": _light(found, profile),
        "advice": [
            {"en": one["what_en"], "zh": one["what_zh"], "why": one["why"]} for one in monitoring.advice
        ],
        "not_compared": dict(found.not_compared),
        "shifts": [_shift(shift, bins=any(shift is one for one in drawn)) for shift in shifts],
    }


def _light(found: Drift, profile: ReferenceProfile) -> dict[str, Any]:
    score = next((shift for shift in found.shifts if shift.kind == "score"), None)
    if score is not None and score.drifted:
        light = "red"
    elif score is None or score.noise.limit > LARGE:
        light = "grey"
    else:
        light = "amber" if found.drifted else "green"
    return {
        "light": light,
        "missing": None,
        "applications": found.applications,
        "independent": found.independent,
        "training": profile.applications,
        "compared": len(found.shifts),
        "drifted": len(found.drifted),
        "psi": None if score is None else score.psi,
        "limit": None if score is None else score.noise.limit,
    }


def _shift(shift: Shift, *, bins: bool) -> dict[str, Any]:
    en, zh = shift_name(shift)
    counts = {"bins": list(shift.bins), "reference": list(shift.reference), "recent": list(shift.recent)}
    return {
        "kind": shift.kind,
        "en": en,
        "zh": zh,
        "psi": shift.psi,
        "noise_99": shift.noise.q99,
        "limit": shift.noise.limit,
        "verdict": shift.verdict,
        "training": sum(shift.reference),
        "batch": sum(shift.recent),
        **(counts if bins else {}),
    }
