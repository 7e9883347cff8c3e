"""The record of a batch: what went in, under which versions, how exact, and where every application went.

``manifest.json`` holds only what equal runs share; times, machine and paths go to ``run.json``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from features.errors import GreenCreditError
from models.scorecard import DeclaredScorecard
from scoring import outputs
from scoring.policy.handed_out import handed_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.intake import Dataset
    from features.settings import Settings
    from models.registry import RegisteredModel
    from scoring.contributions import Exactness
    from scoring.policy import Policy

__all__ = ["application_counts", "content_sha256", "manifest", "product_version", "reconcile", "run_record"]


def product_version() -> str:
    """Return the version of the installed product."""
    return metadata.version("greencredit")


def content_sha256(model: RegisteredModel) -> dict[str, str | None]:
    """Return the hash of what decides: of the booster's text, or of a declared scorecard's, which has no booster."""
    if isinstance(model.model, DeclaredScorecard):
        return {
            "booster_sha256": None,
            "scorecard_sha256": hashlib.sha256(model.model.text.encode()).hexdigest(),
        }
    text: str = model.model.booster_.model_to_string()
    return {"booster_sha256": hashlib.sha256(text.encode()).hexdigest()}


def application_counts(dataset: Dataset, *, scored: int) -> dict[str, Any]:
    """Return where the applications went.

    Parameters
    ----------
    dataset
        The dataset.
    scored
        Applications with a decision.

    Returns
    -------
    dict
        ``in``, ``scored``, ``refused``, ``duplicates`` and ``refused_by_rule``. A row that breaks several rules
        counts once, under the first of them by column and name.
    """
    row = dataset.counts.filter(pl.col("table") == "applications")
    rows_in, refused, duplicates = (int(row[name].sum()) for name in ("rows_in", "quarantined", "duplicates"))
    first = (
        dataset.quarantine.filter(pl.col("table") == "applications")
        .sort("row", "column", "rule", nulls_last=True)
        .unique("row", keep="first", maintain_order=True)
    )
    by_rule = first.group_by("rule").len().sort("rule")
    return {
        "in": rows_in,
        "scored": scored,
        "refused": refused,
        "duplicates": duplicates,
        "refused_by_rule": dict(by_rule.iter_rows()),
    }


def reconcile(dataset: Dataset, *, scored: int) -> None:
    """Raise GreenCreditError unless applications in = scored + refused with reason + duplicates."""
    counts = application_counts(dataset, scored=scored)
    told = sum(counts["refused_by_rule"].values())
    if counts["in"] != scored + counts["refused"] + counts["duplicates"] or told != counts["refused"]:
        raise GreenCreditError(
            f"The counts do not reconcile: {counts['in']} applications in, {scored} scored, {counts['refused']} "
            f"refused ({told} with a reason), {counts['duplicates']} duplicates.",
            where="applications",
            mend="This is a defect of the product; report it with the dataset's counts.",
        )


def manifest(
    dataset: Dataset,
    *,
    model: RegisteredModel,
    policy: Policy,
    settings: Settings,
    exactness: Exactness,
    scored: int,
    demonstration: bool,
) -> dict[str, Any]:
    """Return the content of ``manifest.json``."""
    tables = {
        name: {"content_sha256": dataset.content_hashes[name], "rows_in": rows, **rest}
        for name, rows, rest in _table_counts(dataset)
        if name in dataset.content_hashes
    }
    return {
        "product_version": product_version(),
        "demonstration": demonstration,
        "input": {"handed_in": sorted(dataset.handed_in), "tables": tables},
        "applications": application_counts(dataset, scored=scored),
        "notices": dataset.notices.sort(dataset.notices.columns).to_dicts(),
        "settings": settings.as_dict(),
        "factor_set": reference.set_version(),
        "factors": reference.version(),
        "factor_overlay": reference.overlay_version(),
        "own_industry_names": _own_industry_names(),
        "model": {
            "name": model.name,
            "version": str(model.version),
            "run_id": model.run_id,
            "uri": model.uri,
            "label_origin": model.label_origin,
            "training_applications": _training_applications(model),
            **content_sha256(model),
        },
        "policy": {"version_id": policy.version_id, "sha256": policy.sha256, **policy.content()},
        "policy_rows": handed_out(policy),
        "kernel": exactness.kernel,
        "exactness": {
            "additivity_gap_points": exactness.additivity_gap,
            "booster_gap_points": exactness.booster_gap,
            "contribution_gap_points": exactness.contribution_gap,
            "rows": exactness.rows,
            "sampled_rows": exactness.sampled_rows,
        },
    }


def _training_applications(model: RegisteredModel) -> dict[str, int]:
    """Return the applications that trees and calibration were fitted on; a declared scorecard was fitted on none."""
    if isinstance(model.model, DeclaredScorecard):
        return {}
    return {part: model.model.split_counts_[part] for part in ("boosting", "calibration")}


def _own_industry_names() -> dict[str, list[str]]:
    """Return the English and Chinese names that a bank's own table gives industry divisions, where they are not ours.

    Whoever reads the results later has the shipped tables, not the bank's.
    """
    columns = ("code", "name_en", "name_zh")
    own = reference.table("industries").select(columns)
    differing = own.join(
        reference.shipped("industries").select(columns), on=columns, how="anti", nulls_equal=True
    )
    return {code: [en or "", zh or ""] for code, en, zh in differing.sort("code").iter_rows()}


def _table_counts(dataset: Dataset) -> list[tuple[str, int, dict[str, int]]]:
    columns = ("accepted", "quarantined", "duplicates")
    return [
        (row["table"], row["rows_in"], {name: row[name] for name in columns})
        for row in dataset.counts.sort("table").iter_rows(named=True)
    ]


def run_record(dataset: Dataset, *, stage: Path) -> Mapping[str, Any]:
    """Return the content of ``run.json``: whatever may differ between equal runs.

    Parameters
    ----------
    dataset
        What was scored.
    stage
        Folder with the files written so far; their hashes are recorded.
    """
    return {
        "finished_at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "source": dataset.source,
        "input_files": dict(sorted(dataset.files.items())),
        "machine": {
            "node": platform.node(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "processor": platform.machine(),
        },
        "packages": {name: metadata.version(name) for name in ("lightgbm", "numpy", "pandas", "polars")},
        "output_files": {
            path.name: outputs.file_sha256(path) for path in sorted(stage.iterdir()) if path.is_file()
        },
    }
