"""Monitoring: batches that were scored, held against the population that their model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import FAMILIES
from features.errors import DatasetError, GreenCreditError
from models.drift import Drift, drift
from models.monitoring import drift_metrics, load_profile, log_monitoring
from models.outcome_drift import OutcomeDrift, outcome_drift
from models.reference_profile import Population
from scoring import outputs
from scoring.manifest import product_version
from scoring.monitor_advice import advice
from scoring.monitor_page import monitor_page
from scoring.results import read_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.reference_profile import ReferenceProfile
    from scoring.results import Results

__all__ = ["JSON", "PAGE", "BatchDrift", "Monitoring", "compare_batches", "monitor"]

PAGE, JSON = "monitor.html", "monitor.json"


@dataclass(frozen=True, kw_only=True)
class BatchDrift:
    """One batch against the training population.

    Parameters
    ----------
    name
        Of its folder.
    drift
        Of indicators, missingness, score and families.
    outcomes
        ``None`` where no outcome was handed in for it.
    """

    name: str
    drift: Drift
    outcomes: OutcomeDrift | None

    @property
    def quiet(self) -> bool:
        """Whether nothing has to be re-validated."""
        return not self.drift.drifted and not (self.outcomes and self.outcomes.findings)


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """What monitoring found.

    Parameters
    ----------
    model
        As the manifests have it.
    demonstration
        Whether the scores rest on simulated outcomes.
    profile
        Of the training population.
    batches
        In the order in which they were named.
    advice
        What should be re-validated: texts in English and Chinese with their reasons.
    """

    model: Mapping[str, Any]
    demonstration: bool
    profile: ReferenceProfile
    batches: tuple[BatchDrift, ...]
    advice: tuple[dict[str, str], ...]

    @property
    def quiet(self) -> bool:
        """Whether every batch is quiet."""
        return all(batch.quiet for batch in self.batches)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``monitor.json`` holds."""
        return {
            "product_version": product_version(),
            "model": dict(self.model),
            "demonstration": self.demonstration,
            "quiet": self.quiet,
            "training": {
                "applications": self.profile.applications,
                "independent": self.profile.independent,
            },
            "advice": [dict(one) for one in self.advice],
            "batches": [_as_dict(batch) for batch in self.batches],
        }


def monitor(
    folders: Sequence[Path], *, out: Path, outcomes: pl.DataFrame | None = None, log: bool = True
) -> Monitoring:
    """Compare batches with the training population, write a page and log the figures.

    Parameters
    ----------
    folders
        What ``score`` wrote; all by one version of the model.
    out
        Folder for ``monitor.html`` and ``monitor.json``.
    outcomes
        As :func:`scoring.monitor_outcomes.read_outcomes` gives them.
    log
        Whether to log to MLflow.

    Raises
    ------
    GreenCreditError
        If a folder holds no results, the batches were scored by different models, the run has no profile, or
        ``out`` cannot be written.
    """
    results = [read_results(folder) for folder in folders]
    profile = load_profile(str(results[0].manifest["model"]["run_id"]))
    names = _names(folders)
    found = compare_batches(dict(zip(names, results, strict=True)), profile, outcomes=outcomes)
    _write(found, out)
    if log:
        log_monitoring(
            [drift_metrics(batch.drift, batch.outcomes) for batch in found.batches],
            folder=out,
            tags={
                "model_version": str(found.model["version"]),
                "training_run": str(found.model["run_id"]),
                "label_origin": str(found.model["label_origin"]),
                "quiet": str(found.quiet).lower(),
                "batches": ", ".join(names),
            },
        )
    return found


def compare_batches(
    batches: Mapping[str, Results], profile: ReferenceProfile, *, outcomes: pl.DataFrame | None = None
) -> Monitoring:
    """Compare batches, by name, with a profile; a pure function.

    Raises
    ------
    GreenCreditError
        If a batch is empty or was scored by another model than the profile's, or no outcome belongs to any batch.
    """
    found = []
    for name, results in batches.items():
        _check(name, results, profile)
        found.append(
            BatchDrift(
                name=name,
                drift=drift(profile, _population(results)),
                outcomes=None if outcomes is None else _outcomes(results, outcomes, profile),
            )
        )
    if outcomes is not None and not any(batch.outcomes and batch.outcomes.labelled for batch in found):
        raise DatasetError(
            "No outcome belongs to an application of these batches.",
            where="outcomes",
            mend="Check that application_id is written there as in decisions.parquet.",
        )
    first = next(iter(batches.values()))
    return Monitoring(
        model=first.manifest["model"],
        demonstration=any(results.demonstration for results in batches.values()),
        profile=profile,
        batches=tuple(found),
        advice=advice([(batch.name, batch.drift, batch.outcomes) for batch in found], profile),
    )


def _check(name: str, results: Results, profile: ReferenceProfile) -> None:
    if results.decisions.is_empty():
        raise GreenCreditError("The batch has no scored application.", where=name, mend="Leave it out.")
    if results.manifest["model"]["booster_sha256"] != profile.booster_sha256:
        raise GreenCreditError(
            "The batches were not scored by one and the same model, so their points cannot be compared.",
            where=f"{name}: version {results.manifest['model']['version']}",
            mend="Monitor the batches of each model version by themselves, or score them again with one version.",
        )


def _population(results: Results) -> Population:
    # Contributions and indicators are put into the order of the decisions; they hold the same applications.
    ids = results.decisions.select("application_id")
    families = {f"family_{name}": name for name in FAMILIES}
    contributed = ids.join(results.contributions, on="application_id", how="left", maintain_order="left")
    return Population(
        indicators=ids.join(results.indicators, on="application_id", how="left", maintain_order="left"),
        points=results.decisions["points"],
        families=contributed.select(
            pl.col(column).alias(name) for column, name in families.items() if column in contributed.columns
        ),
        firms=results.decisions["firm_id"],
    )


def _outcomes(results: Results, outcomes: pl.DataFrame, profile: ReferenceProfile) -> OutcomeDrift:
    known = results.decisions.select("application_id", "firm_id", "probability").join(
        outcomes, on="application_id", validate="1:1", maintain_order="left"
    )
    probability = known["probability"].to_numpy()
    return outcome_drift(
        known["bad"].to_numpy().astype(np.float64),
        np.log(probability) - np.log1p(-probability),
        known["firm_id"].to_numpy(),
        reference=profile.metrics,
        unlabelled=results.decisions.height - known.height,
    )


def _names(folders: Sequence[Path]) -> list[str]:
    """Name each batch by its folder, with as many folders above as tell them apart."""
    resolved = [folder.resolve() for folder in folders]
    if len(set(resolved)) < len(resolved):
        raise GreenCreditError("A batch was named twice.", mend="Name every result folder once.")
    for depth in range(1, max(len(folder.parts) for folder in resolved) + 1):
        names = ["/".join(folder.parts[-depth:]) for folder in resolved]
        if len(set(names)) == len(names):
            break
    return names


def _write(found: Monitoring, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(monitor_page(found), encoding="utf-8")
        outputs.write_json(found.as_dict(), out / JSON)
    except OSError as error:
        raise GreenCreditError(
            f"The page cannot be written ({error.strerror or error}).",
            where=str(out),
            mend="Name a folder that you may write with --out.",
        ) from None


def _as_dict(batch: BatchDrift) -> dict[str, Any]:
    outcomes = batch.outcomes
    return {
        "name": batch.name,
        "quiet": batch.quiet,
        "applications": batch.drift.applications,
        "independent": batch.drift.independent,
        "not_compared": batch.drift.not_compared,
        "shifts": [
            {
                "kind": shift.kind,
                "name": shift.name,
                "psi": shift.psi,
                "noise_expected": shift.noise.expected,
                "noise_95": shift.noise.q95,
                "noise_99": shift.noise.q99,
                "noise_limit": shift.noise.limit,
                "verdict": shift.verdict,
                "bins": list(shift.bins),
                "reference": list(shift.reference),
                "recent": list(shift.recent),
            }
            for shift in batch.drift.shifts
        ],
        "outcomes": None
        if outcomes is None
        else {
            "metrics": dict(outcomes.metrics),
            "findings": list(outcomes.findings),
            "labelled": outcomes.labelled,
            "unlabelled": outcomes.unlabelled,
            "note": outcomes.note,
        },
    }
