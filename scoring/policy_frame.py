"""What the policy judges: indicators, score and the firm's facts side by side, one row per application."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features.asof import facts
from scoring.policy import policy_facts
from scoring.policy.group_facts import group_facts

if TYPE_CHECKING:
    from features.intake import Dataset
    from features.pipeline import Indicators
    from features.settings import Settings

__all__ = ["policy_frame"]

_NEEDED = frozenset({"firms", "applications", "incidents", "production"})
"""Tables that the rules' facts are read from."""


def policy_frame(
    dataset: Dataset, indicators: Indicators, explained: pl.DataFrame, *, settings: Settings
) -> pl.DataFrame:
    """Return what :func:`scoring.policy.decide` takes.

    Parameters
    ----------
    dataset
        What intake gave.
    indicators
        Of the dataset.
    explained
        ``application_id``, ``points``, ``probability`` and ``esg_points``.
    settings
        How the indicators were computed.

    Returns
    -------
    pl.DataFrame
        The indicators that are not relative, the score, the facts of :func:`scoring.policy.policy_facts` and
        :func:`scoring.policy.group_facts.group_facts`,
        ``cross_check_warnings`` (number, Int32) and ``firm_name``.
    """
    tables = {name: table if name in _NEEDED else table.clear() for name, table in dataset.tables.items()}
    seen = facts(replace(dataset, tables=tables), settings)
    warned = (
        indicators.cross_checks.filter(pl.col("severity") == "warning")
        .group_by("application_id")
        .agg(cross_check_warnings=pl.len().cast(pl.Int32))
    )
    return (
        indicators.values.join(
            explained.select("application_id", "points", "probability", "esg_points"),
            on="application_id",
            validate="1:1",
        )
        .join(policy_facts(seen), on="application_id", how="left", validate="1:1")
        .join(
            group_facts(dataset.tables["ownership"], dataset.tables["applications"]),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .join(
            seen.applications.select("application_id", firm_name="name"),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .join(warned, on="application_id", how="left", validate="1:1")
        .with_columns(pl.col("cross_check_warnings").fill_null(0))
    )
