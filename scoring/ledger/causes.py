"""What may differ between two batches, told by their manifests: data, factors, model and policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.ledger.sides import Side

__all__ = ["CAUSES", "POINT_CAUSES", "Differences", "differences"]

POINT_CAUSES = ("data", "factors", "model")
"""Causes of a change of points: what was handed in, the reference tables with the settings, and the model."""

CAUSES = (*POINT_CAUSES, "policy")
"""Causes of a change of grade: those of the points, and the bank's rules."""


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Which causes differ between two batches.

    Parameters
    ----------
    causes
        Those of :data:`CAUSES` that differ, in their order.
    product_versions
        Old and new version of the product where they differ, else None; what another version computes otherwise from the
        same data cannot be told from the data, and stands with it.
    settings
        Settings that differ: name to old and new value.
    reference_tables
        Reference tables that differ.
    """

    causes: tuple[str, ...]
    product_versions: tuple[str, str] | None
    settings: Mapping[str, tuple[Any, Any]]
    reference_tables: tuple[str, ...]

    @property
    def of_points(self) -> tuple[str, ...]:
        """The differing causes of a change of points."""
        return tuple(cause for cause in self.causes if cause in POINT_CAUSES)


def differences(old: Side, new: Side) -> Differences:
    """Tell what differs between two batches; equal hashes are the same, whatever the files are called."""
    before, after = old.results.manifest, new.results.manifest
    versions = (str(before["product_version"]), str(after["product_version"]))
    settings = {
        name: (before["settings"].get(name), after["settings"].get(name))
        for name in sorted({*before["settings"], *after["settings"]})
        if before["settings"].get(name) != after["settings"].get(name)
    }
    tables = tuple(
        name
        for name in sorted({*before["factors"], *after["factors"]})
        if before["factors"].get(name) != after["factors"].get(name)
    )
    differing = {
        "data": not _same_data(old, new) or versions[0] != versions[1],
        "factors": before["factor_set"] != after["factor_set"] or bool(settings),
        # Of one booster two runs may have made two models: another calibration, another scale.
        "model": model_hash(before) != model_hash(after)
        or before["model"]["run_id"] != after["model"]["run_id"],
        "policy": before["policy"]["sha256"] != after["policy"]["sha256"],
    }
    return Differences(
        causes=tuple(cause for cause in CAUSES if differing[cause]),
        product_versions=versions if versions[0] != versions[1] else None,
        settings=settings,
        reference_tables=tables,
    )


def model_hash(manifest: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the hashes that tell a model from every other: of its booster and of its declared scorecard."""
    model = manifest["model"]
    return model.get("booster_sha256"), model.get("scorecard_sha256")


def _same_data(old: Side, new: Side) -> bool:
    """Whether the same was handed in: the same files, or the same content once it was read."""
    if old.files and old.files == new.files:
        return True
    return content_hashes(old.results.manifest) == content_hashes(new.results.manifest)


def content_hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the hash of every table's content."""
    return {name: table["content_sha256"] for name, table in manifest["input"]["tables"].items()}
