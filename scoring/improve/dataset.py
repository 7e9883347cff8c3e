"""The dataset of an application after some actions: the same effects, written into the clean tables.

What the search scores is never more than what a re-score of this dataset gives: the tests write it out, read it by intake again
and score it by the batch.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.errors import GreenCreditError
from features.facts import FACT_TABLES
from features.intake.hashing import content_hash
from features.settings import Settings
from scoring.improve.costs import Costs
from scoring.improve.editing import edited
from scoring.improve.effects import EFFECTS
from scoring.improve.prices import sizes_of
from scoring.improve.rebuilding import ACTION_IDS, after_actions, firms_of
from scoring.spelling import close_to, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from features.intake import Dataset
    from scoring.improve.rebuilding import Firms

__all__ = ["edited_dataset", "edited_from", "of_applications"]

_LATER = {"incidents": "rectified_on", "equipment": "retired_on"}
"""Days that an application cannot know where they lie after its own."""


def of_applications(dataset: Dataset, applications: Sequence[str]) -> Dataset:
    """Return the dataset of some applications and of their firms.

    Raises
    ------
    GreenCreditError
        If an application is not in the dataset; the message names close ids.
    """
    every = dataset.tables["applications"]
    asked = every.filter(pl.col("application_id").is_in(list(applications)))
    found = set(asked["application_id"])
    for name in applications:
        if name not in found:
            close = close_to(name, every["application_id"].head(20_000), most=5)
            raise GreenCreditError(
                f"No application {name!r} is in the dataset.",
                where=dataset.source,
                mend=f"Close ids: {', '.join(close)}."
                if close
                else "The ids stand in the table applications.",
            )
    firms = asked["firm_id"].unique().to_list()
    tables = {
        name: table.filter(pl.col("firm_id").is_in(firms)) if "firm_id" in table.columns else table
        for name, table in dataset.tables.items()
    }
    return _with_tables(
        dataset,
        {**tables, "applications": asked},
        quarantine=dataset.quarantine.clear(),
        defaults=dataset.defaults.filter(pl.col("firm_id").is_in(firms)),
        findings=dataset.findings.filter(pl.col("firm_id").is_in(firms)),
    )


def edited_dataset(
    dataset: Dataset,
    application_id: str,
    actions: Sequence[str],
    *,
    costs: Costs | None = None,
    settings: Settings | None = None,
) -> Dataset:
    """Return the dataset of one application after a set of actions.

    Parameters
    ----------
    dataset
        What intake gave.
    application_id
        The application; only it and its firm's rows are in the result.
    actions
        Ids of actions; they are done in the catalogue's order, whatever the order here. An action that the firm cannot do
        changes nothing.
    costs
        Quotes, for the sizes that they state.
    settings
        How the indicators are computed.

    Raises
    ------
    GreenCreditError
        If there is no such application, or no such action.
    """
    own = of_applications(dataset, [application_id])
    firms = firms_of(own, settings or Settings())
    return edited_from(own, firms, actions, sizes=sizes_of(firms, costs or Costs()))


def edited_from(
    own: Dataset, firms: Firms, actions: Sequence[str], *, sizes: Mapping[str, NDArray[np.float64]]
) -> Dataset:
    """Return the dataset of one application after a set of actions, where it was read before: for many sets of one.

    Parameters
    ----------
    own
        The dataset of the application alone (:func:`of_applications`).
    firms, sizes
        What was read from it, and the size of every action.
    actions
        As of :func:`edited_dataset`.
    """
    for name in actions:
        if name not in EFFECTS:
            raise GreenCreditError(
                f"Unknown action {name!r}.", where="scoring.improve", mend=did_you_mean(name, EFFECTS)
            )
    known = firms.known
    mask = sum(1 << place for place, name in enumerate(ACTION_IDS) if name in actions)
    rows = len(known.year)
    after = after_actions(
        known,
        firms.amounts,
        np.full(rows, mask, dtype=np.int64),
        {name: np.repeat(size, rows) for name, size in sizes.items()},
    )
    day = firms.facts.applications["as_of"][0]
    visible = {name: _visible(own.tables[name], name, day) for name in FACT_TABLES if name != "checks"}
    changed = edited(
        visible,
        firms.facts.applications.select("application_id", "firm_id", "as_of"),
        known,
        firms.amounts,
        after,
        to_renew=firms.to_renew,
    )
    tables = {
        name: pl.concat([table.select(own.tables[name].columns), _later(own.tables[name], day)])
        for name, table in changed.items()
    }
    hashes = {name: content_hash(table, []) for name, table in tables.items()}
    return _with_tables(
        own,
        {**own.tables, **tables},
        content_hashes=MappingProxyType({**own.content_hashes, **hashes}),
    )


def _with_tables(dataset: Dataset, tables: Mapping[str, pl.DataFrame], **others: Any) -> Dataset:  # noqa: ANN401
    """Return the dataset with other tables, and counts that fit them: what was not accepted is not of these firms."""
    counts = pl.DataFrame(
        [(name, table.height, table.height, 0, 0) for name, table in tables.items()],
        schema=dataset.counts.schema,
        orient="row",
    )
    return replace(dataset, tables=MappingProxyType(dict(tables)), counts=counts, **others)


def _visible(table: pl.DataFrame, name: str, day: object) -> pl.DataFrame:
    """Return the rows known on the day, with the columns by which edits find them."""
    known = table.filter(pl.col("known_on").is_null() | (pl.col("known_on") <= pl.lit(day)))
    if name in _LATER:
        column = _LATER[name]
        known = known.with_columns(pl.when(pl.col(column) <= pl.lit(day)).then(column).alias(column))
    return known.with_columns(
        application_id=pl.lit(0, dtype=pl.UInt32),
        **(
            {"fact_year": pl.col("period_start").dt.year().cast(pl.Int32)}
            if "period_start" in known.columns
            else {}
        ),
    )


def _later(table: pl.DataFrame, day: object) -> pl.DataFrame:
    return table.filter(pl.col("known_on") > pl.lit(day))
