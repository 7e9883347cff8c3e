"""A stored model: ``booster.txt`` and ``model.json``, nothing else and nothing pickled.

``model.json`` holds the booster's hash, its leaf values and its base besides everything that LightGBM does not
know. A booster that was edited is refused when it is loaded, and the refusal names the gap in points.
"""

from __future__ import annotations

import dataclasses
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from features.catalogue import CATALOGUE
from features.errors import ExactnessError, ModelError
from models.calibration import Calibration
from models.columns import ColumnRoles
from models.distributions import SectorDistributions, SectorValues
from models.estimator import GreenCreditModel, Provenance
from models.peers import PeerMedians
from models.points import PointsScale
from models.preparation import Preparation
from models.sectors import SectorMeans
from models.trees import LeafTable, expected_raw_score, largest_difference, parse_leaves

__all__ = ["BOOSTER", "PARAMETERS", "SCHEMA_VERSION", "load", "save"]

BOOSTER, PARAMETERS = "booster.txt", "model.json"
SCHEMA_VERSION = 4
"""Raised by one whenever an older ``model.json`` could be misread. Version 1 had neither interaction groups nor
sector means; its models are held against the portfolio only. Version 2 knew catalogue indicators only, whose roles
were not stored. Version 3 had no distributions by sector; its models give no range over what is unknown. All of them
still are read."""

_MEND = "Restore the model from the registry, or train it again."
_READ = (1, 2, 3, SCHEMA_VERSION)
_NOT_STORED_AS_OPTIONS = ("points_scale", "sections", "n_jobs")


def save(model: GreenCreditModel, directory: Path | str) -> None:
    """Write a fitted model into ``directory``; the same model gives the same bytes.

    Floats are written in their shortest form that reads back to the same bits.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    text = model.booster_.model_to_string()
    prepared = model.preparation_
    options = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if name not in _NOT_STORED_AS_OPTIONS
    }
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "booster_sha256": sha256(text.encode()).hexdigest(),
        "options": options,
        "sections": dict(model.sections or {}),
        "points_scale": dataclasses.asdict(model.points_scale),
        "calibration": dataclasses.asdict(model.calibration_),
        "base": model.base_,
        "leaves": model.leaves_,
        "interaction_groups": model.interaction_groups_,
        "sector_means": None if model.sectors_ is None else dataclasses.asdict(model.sectors_),
        "distributions": None if model.distributions_ is None else dataclasses.asdict(model.distributions_),
        "preparation": dataclasses.asdict(prepared),
        "classes": model.classes_.tolist(),
        "directions": {name: CATALOGUE[name].direction for name in prepared.features if name in CATALOGUE},
        "split_counts": model.split_counts_,
        "provenance": dataclasses.asdict(model.provenance_),
    }
    content["content_sha256"] = _content_hash(content)
    (folder / BOOSTER).write_bytes(text.encode())
    (folder / PARAMETERS).write_bytes(
        (json.dumps(content, indent=1, sort_keys=True, allow_nan=False, default=_plain) + "\n").encode()
    )


def load(directory: Path | str) -> GreenCreditModel:
    """Read a model that :func:`save` wrote, and check that it is the one that was written.

    Raises
    ------
    ExactnessError
        If leaf values or covers of the booster are not the stored ones; the gap is named in points.
    ModelError
        If a file is absent, unreadable, of another schema version or changed in any other way, or if the
        catalogue has changed under the model.
    """
    folder = Path(directory)
    text, content = _read(folder)
    calibration = Calibration(**content["calibration"])
    scale = PointsScale(**content["points_scale"])
    leaves: LeafTable = tuple(tuple(map(float, tree)) for tree in content["leaves"])
    _check_booster(
        text, content, leaves, points_per_raw=calibration.b * scale.factor, where=str(folder / BOOSTER)
    )
    if content.pop("content_sha256", None) != _content_hash(content):
        raise ModelError(
            "The model's parameters were changed after they were stored.", where=str(folder), mend=_MEND
        )
    _check_catalogue(content["directions"], where=str(folder / PARAMETERS))
    preparation = _preparation(content["preparation"])

    model = GreenCreditModel(**content["options"], points_scale=scale, sections=content["sections"] or None)
    model.preparation_ = preparation
    model.booster_ = lightgbm.Booster(model_str=text)
    model.leaves_ = leaves
    model.base_ = content["base"]
    groups = content.get("interaction_groups")
    model.interaction_groups_ = None if groups is None else tuple(map(tuple, groups))
    model.tested_interactions_ = ()
    model.sectors_ = _sector_means(content.get("sector_means"))
    model.distributions_ = _distributions(content.get("distributions"))
    model.calibration_ = calibration
    model.classes_ = np.array(content.get("classes", [0, 1]))
    model.split_counts_ = content["split_counts"]
    model.provenance_ = Provenance(**content["provenance"])
    model._describe()  # noqa: SLF001  (the store is the estimator's other half)
    # A booster that cannot be explained is refused here, not when the first applicant is scored.
    _ = model.engine
    return model


def _read(folder: Path) -> tuple[str, dict[str, Any]]:
    """Booster text and parameters, of a known schema version."""
    try:
        text = (folder / BOOSTER).read_bytes().decode()
        content = json.loads((folder / PARAMETERS).read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"No model is stored here: {Path(str(error.filename)).name} is absent.",
            where=str(folder),
            mend="Name a folder that holds booster.txt and model.json, or a registered version.",
        ) from error
    except (ValueError, OSError) as error:
        raise ModelError(
            f"The stored model cannot be read ({error}).", where=str(folder), mend=_MEND
        ) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version not in _READ:
        raise ModelError(
            f"The stored model has schema version {version}; this release reads {', '.join(map(str, _READ))}.",
            where=str(folder / PARAMETERS),
            mend="Load it with the release that wrote it, or train it again.",
        )
    return text, content


def _check_booster(
    text: str, content: dict[str, Any], leaves: LeafTable, *, points_per_raw: float, where: str
) -> None:
    """Refuse a booster that is not the stored one, with the gap in points where there is one."""
    found, covers = parse_leaves(text)
    if difference := largest_difference(leaves, found):
        gap = difference.gap * points_per_raw
        raise ExactnessError(
            f"The booster was changed after it was stored: leaf {difference.leaf} of tree {difference.tree} differs, "
            f"a gap of {gap:.6g} points between the score and base plus contributions.",
            where=where,
            mend=_MEND,
        )
    if base_gap := abs(expected_raw_score(found, covers) - content["base"]) * points_per_raw:
        raise ExactnessError(
            f"The booster's base is not the stored one: the gap is {base_gap:.6g} points.",
            where=where,
            mend=_MEND,
        )
    if sha256(text.encode()).hexdigest() != content["booster_sha256"]:
        raise ModelError(
            "The booster was changed after it was stored: its leaf values are the stored ones (a gap of 0 points), "
            "its splits or settings are not.",
            where=where,
            mend=_MEND,
        )


def _check_catalogue(directions: dict[str, int], *, where: str) -> None:
    """Refuse a model whose indicators the catalogue no longer declares, or declares with another direction."""
    changed = [
        name
        for name, sign in directions.items()
        if name not in CATALOGUE or CATALOGUE[name].direction != sign
    ]
    if changed:
        raise ModelError(
            f"The catalogue has changed under the model: {', '.join(sorted(changed))}.",
            where=where,
            mend="Load it with the release that wrote it, or train it again.",
        )


def _preparation(content: dict[str, Any]) -> Preparation:
    content = dict(content)
    if "roles" in content:
        stored = content["roles"]
        features = tuple(stored["features"])
        roles = ColumnRoles(
            inputs=tuple(stored["inputs"]),
            features=features,
            # In the order of the features: JSON's is that of the names.
            directions={name: stored["directions"][name] for name in features},
            categories=tuple(stored["categories"]),
            relative={
                name: (base, group)
                for name in features
                if name in stored["relative"]
                for base, group in [stored["relative"][name]]
            },
        )
    else:
        roles = ColumnRoles.of_catalogue(content.pop("inputs"), content.pop("features"))
    return Preparation(
        **{"named": True}
        | content
        | {
            "roles": roles,
            "peers": {name: PeerMedians(**medians) for name, medians in content["peers"].items()},
            "vocabulary": {name: tuple(words) for name, words in content["vocabulary"].items()},
        }
    )


def _sector_means(content: dict[str, Any] | None) -> SectorMeans | None:
    if content is None:
        return None
    tables = {
        level: {name: tuple(means) for name, means in content[level].items()}
        for level in ("groups", "sections")
    }
    lists = {name: tuple(content[name]) for name in ("indicators", "overall")}
    return SectorMeans(**content | tables | lists)


def _distributions(content: dict[str, Any] | None) -> SectorDistributions | None:
    if content is None:
        return None

    def values(stored: dict[str, Any]) -> SectorValues:
        quantiles = {name: tuple(own) for name, own in stored["quantiles"].items()}
        return SectorValues(quantiles=quantiles, shares=stored["shares"])

    return SectorDistributions(
        indicators=tuple(content["indicators"]),
        groups={name: values(stored) for name, stored in content["groups"].items()},
        sections={name: values(stored) for name, stored in content["sections"].items()},
        overall=values(content["overall"]),
        section_of=content["section_of"],
    )


def _content_hash(content: dict[str, Any]) -> str:
    """Hash of everything in ``model.json`` but this hash itself."""
    kept = {name: value for name, value in content.items() if name != "content_sha256"}
    return sha256(json.dumps(kept, sort_keys=True, allow_nan=False, default=_plain).encode()).hexdigest()


def _plain(value: object) -> object:
    """Turn NumPy numbers and arrays into plain ones; anything else is no JSON."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
