"""The documents to ask for within a batch: of the applicants that the policy names."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.asof import facts
from features.settings import Settings
from scoring.asks.rank import ASK_SCHEMA, ask_table

if TYPE_CHECKING:
    from features.intake import Dataset
    from models.stored import AnyModel
    from scoring.policy import Policy

__all__ = ["asks"]


def asks(
    dataset: Dataset,
    values: pl.DataFrame,
    decisions: pl.DataFrame,
    *,
    model: AnyModel,
    policy: Policy,
    settings: Settings | None = None,
) -> pl.DataFrame:
    """Return the documents to ask for, of the applicants that ``policy.asks.applicants`` names.

    Parameters
    ----------
    dataset
        What intake gave.
    values
        ``application_id`` and the catalogue's indicators that are not relative.
    decisions
        ``application_id``, ``points`` (exact) and ``review``.
    model
        That gave the points.
    policy
        For whom, how many, and the grades.
    settings
        How the indicators were computed.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`scoring.asks.rank.ASK_SCHEMA`; no rows where the policy names nobody.
    """
    named = {
        "none": pl.lit(value=False),
        "review": pl.col("review"),
        "all": pl.lit(value=True),
    }[policy.asks.applicants]
    chosen = decisions.filter(named).select("application_id", "points")
    if chosen.is_empty():
        return pl.DataFrame(schema=ASK_SCHEMA)
    asked = values.join(chosen, on="application_id", how="inner").sort("application_id")
    applications = dataset.tables["applications"].join(chosen, on="application_id", how="semi")
    # As in the pipeline, an application is a number here: numbers sort and join much faster.
    numbered = applications.sort("application_id").with_columns(
        application_id=pl.int_range(pl.len(), dtype=pl.UInt32)
    )
    tables = MappingProxyType({**dataset.tables, "applications": numbered})
    seen = facts(replace(dataset, tables=tables), settings or Settings())
    return ask_table(model, asked.drop("points"), asked["points"], seen, policy=policy)
