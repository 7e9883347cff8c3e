"""The training population as later batches are held against it: binned indicators, points and family contributions.

Only counts are kept, no application: the profile is stored with the training run as ``reference_profile.json`` and
may be read by whoever may read the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.bins import Bins
from models.hashing import hash_texts
from models.psi import independent_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.estimator import GreenCreditModel

__all__ = ["PROFILE", "Population", "ReferenceProfile", "booster_hash", "reference_profile"]

PROFILE = "reference_profile.json"

_MOST_APPLICATIONS = 50_000
"""Applications the profile counts at most: its share of the sampling noise is then that of a large batch, or less."""

_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Population:
    """Applications that were scored and explained.

    Parameters
    ----------
    indicators
        Shape (n, indicators): values as a person reads them, null where missing.
    points
        Shape (n,).
    families
        Shape (n, families): contributions in points; one column per family.
    firms
        Shape (n,): firm of each application.
    """

    indicators: pl.DataFrame
    points: pl.Series
    families: pl.DataFrame
    firms: pl.Series

    @property
    def independent(self) -> float:
        """Applications counted as if they were independent; see :func:`models.psi.independent_rows`."""
        return independent_rows(np.unique(self.firms.cast(pl.String).to_numpy(), return_inverse=True)[1])


@dataclass(frozen=True, kw_only=True)
class ReferenceProfile:
    """The training population in bins.

    Parameters
    ----------
    applications, independent
        Size of the population, and the same counted as if its applications were independent.
    indicators, families
        Bins by id.
    points
        Bins of the score.
    weights
        Mean absolute contribution (points) by indicator: what a shift of it can do.
    metrics
        Of the holdout, as the run has them.
    booster_sha256
        Of the model that gave points and contributions.
    """

    applications: int
    independent: float
    indicators: Mapping[str, Bins]
    families: Mapping[str, Bins]
    points: Bins
    weights: Mapping[str, float]
    metrics: Mapping[str, float]
    booster_sha256: str

    @classmethod
    def of(
        cls,
        population: Population,
        *,
        weights: Mapping[str, float],
        metrics: Mapping[str, float],
        booster_sha256: str,
    ) -> ReferenceProfile:
        """Lay the bins over a population."""
        return cls(
            applications=len(population.points),
            independent=population.independent,
            indicators={column.name: Bins.of(column) for column in population.indicators},
            families={column.name: Bins.of(column) for column in population.families},
            points=Bins.of(population.points),
            weights=dict(weights),
            metrics=dict(metrics),
            booster_sha256=booster_sha256,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "schema_version": _SCHEMA,
            "applications": self.applications,
            "independent": self.independent,
            "indicators": {name: bins.as_dict() for name, bins in self.indicators.items()},
            "families": {name: bins.as_dict() for name, bins in self.families.items()},
            "points": self.points.as_dict(),
            "weights": dict(self.weights),
            "metrics": dict(self.metrics),
            "booster_sha256": self.booster_sha256,
        }

    @classmethod
    def from_json(cls, text: str, *, where: str) -> ReferenceProfile:
        """Read back what :meth:`as_dict` gave, as JSON.

        Raises
        ------
        ModelError
            If it is no profile, or one of another schema version.
        """
        try:
            content = json.loads(text)
            version = content.pop("schema_version")
            if version == _SCHEMA:
                bins = {
                    part: {name: Bins.from_dict(one) for name, one in content[part].items()}
                    for part in ("indicators", "families")
                }
                return cls(**content | bins | {"points": Bins.from_dict(content["points"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"The profile of the training population cannot be read ({error}).",
                where=where,
                mend="Restore the run's artifacts, or train the model again.",
            ) from error
        raise ModelError(
            f"The profile of the training population has schema version {version}; this release reads {_SCHEMA}.",
            where=where,
            mend="Train the model again with this release.",
        )


def booster_hash(model: GreenCreditModel) -> str:
    """Return the hash of the booster's text."""
    return sha256(model.booster_.model_to_string().encode()).hexdigest()


def reference_profile(
    model: GreenCreditModel, early: pl.DataFrame, *, metrics: Mapping[str, float]
) -> ReferenceProfile:
    """Profile the population that a model was trained on.

    Parameters
    ----------
    model
        Fitted.
    early
        The rows it was fitted on: ``application_id``, ``firm_id`` and indicators. Of more than 50,000 a sample
        by hash is counted, which depends on no order.
    metrics
        Of the holdout, kept beside the bins.
    """
    if early.height > _MOST_APPLICATIONS:
        chosen = np.argsort(hash_texts(early["application_id"]), kind="stable")[:_MOST_APPLICATIONS]
        early = early[np.sort(chosen).tolist()]
    explained = model.explain(
        early.select(
            [name for name, item in CATALOGUE.items() if item.base is None and name in early.columns]
        ).to_pandas()
    )
    population = Population(
        indicators=pl.DataFrame(
            {name: _series(name, explained.data[name].tolist()) for name in explained.data.columns}
        ),
        points=pl.Series("points", explained.points),
        families=pl.from_pandas(explained.by_family()),
        firms=early["firm_id"],
    )
    weights = explained.values.abs().mean()
    return ReferenceProfile.of(
        population,
        weights={str(name): float(weight) for name, weight in weights.items()},
        metrics={name: float(value) for name, value in metrics.items() if np.isfinite(value)},
        booster_sha256=booster_hash(model),
    )


def _series(name: str, values: list[Any]) -> pl.Series:
    """Give a column its type by the catalogue, whatever it holds."""
    if name in CATALOGUE and CATALOGUE[name].is_category:
        return pl.Series(name, values, dtype=pl.String, strict=False)
    return pl.Series(name, values, dtype=pl.Float64, strict=False).fill_nan(None)
