"""Indicators of the compared applications of one batch: those stored, or computed anew under the other batch's factors."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from features.pipeline import compute
from features.settings import Settings
from scoring.policy_frame import policy_frame
from scoring.what_if import judged_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scoring.ledger.sides import Side

__all__ = ["Indicated", "computed_indicated", "given_indicators", "in_force", "own_indicated"]

_FIRMS_PER_SHARD = 10_000


@dataclass(frozen=True, kw_only=True)
class Indicated:
    """Indicators and what stands beside them.

    Parameters
    ----------
    values
        ``application_id`` and the catalogue's indicators that are not relative.
    data_quality
        As the pipeline gives it.
    facts
        Gives what a policy judges, with any scores; called only where a policy judges.
    """

    values: pl.DataFrame
    data_quality: pl.DataFrame
    facts: Callable[[], pl.DataFrame]


@contextmanager
def in_force(side: Side) -> Iterator[None]:
    """Put the reference tables of a side in force.

    Raises
    ------
    GreenCreditError
        If they are not those that the batch was scored with.
    """
    with reference.overlaid(side.factors):
        recorded = side.results.manifest["factor_set"]
        if reference.set_version() != recorded:
            laid = ", ".join(side.results.manifest.get("factor_overlay", {})) or "none"
            raise GreenCreditError(
                f"The {side.name} batch was scored with the reference tables {recorded}; those in force are "
                f"{reference.set_version()}.",
                where=f"the reference tables of the {side.name} batch",
                mend=f"Name the folder that was laid over the shipped tables then (tables in it: {laid}), or a set that was "
                f"kept, with --{side.name}-factors.",
            )
        yield


def given_indicators(values: pl.DataFrame) -> list[str]:
    """Return the indicators that data give; relative ones belong to the model that computed them."""
    return [name for name in values.columns if name in CATALOGUE and CATALOGUE[name].base is None]


def own_indicated(side: Side, ids: pl.Series) -> Indicated:
    """Return what a result folder holds of some applications."""
    results = side.results
    kept = pl.col("application_id").is_in(ids.implode())
    return Indicated(
        values=results.indicators.filter(kept).select(
            "application_id", *given_indicators(results.indicators)
        ),
        data_quality=results.data_quality.filter(kept),
        facts=lambda: judged_again(results).filter(kept),
    )


def computed_indicated(
    side: Side, ids: pl.Series, *, under: Side, progress: Callable[[str, int, int], None]
) -> Indicated:
    """Compute the indicators of some applications of one side under the other side's factors and settings.

    Raises
    ------
    GreenCreditError
        If the dataset or a set of factors was not named or is another one, or an application is refused under them.
    """
    with in_force(side):
        # Read under its own factors it must be what was scored: the other factors may read another content.
        side.check_dataset(side.dataset())
    settings = Settings(**under.results.manifest["settings"])
    with in_force(under):
        dataset = side.dataset()
        applications = dataset.tables["applications"]
        wanted = applications.filter(pl.col("application_id").is_in(ids.implode()))
        asked = replace(dataset, tables=MappingProxyType({**dataset.tables, "applications": wanted}))
        found = compute(
            asked,
            settings=settings,
            firms_per_shard=_FIRMS_PER_SHARD,
            progress=lambda done, total: progress(f"{side.name} data", done, total),
        )
        # No score yet: the frame is for the facts, which rest on the tables in force.
        unscored = found.values.select(
            "application_id",
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("points", "probability", "esg_points")),
        )
        judged = policy_frame(asked, found, unscored, settings=settings)
    refused = ids.filter(~ids.is_in(found.values["application_id"].implode())).sort()
    if not refused.is_empty():
        raise GreenCreditError(
            f"{len(refused)} applications of the {side.name} batch are refused under the factors of the {under.name} "
            f"one, such as {refused[0]}.",
            where=dataset.source,
            mend="Lay the rows that they need over the reference tables.",
        )
    return Indicated(
        values=found.values.drop("firm_id", "as_of"), data_quality=found.data_quality, facts=lambda: judged
    )
