"""The way to the next grade of many applications: every set of actions rebuilt, scored by the real model, graded by the policy.

Each application has at most twelve actions in the search and sets of up to four, all of which are tried: 793 where nothing
excludes anything. What a part of the facts gives under a set is rebuilt once for all sets that agree in that part
(:mod:`scoring.improve.domains`), and the parts are put together; so the result is that of rebuilding every set by itself.
Where more actions can be done, the twelve that alone give most points enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.settings import Settings
from scoring.improve.costs import Costs
from scoring.improve.dataset import of_applications
from scoring.improve.domains import DOMAINS, OPERATIONS
from scoring.improve.effects import EFFECTS
from scoring.improve.grading import graded
from scoring.improve.offer import IMPROVEMENTS_SCHEMA, offered
from scoring.improve.prices import prices_of, sizes_of
from scoring.improve.rebuilding import ACTION_IDS, after_actions, domain_mask, firms_of, rebuild
from scoring.improve.sets import all_sets, priced, ranked, without_needless
from scoring.improve.totals import totals_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from features.intake import Dataset
    from models.stored import AnyModel
    from scoring.improve.amounts import Amounts
    from scoring.improve.rebuilding import Firms
    from scoring.policy import Policy

    Integers = NDArray[np.int64]

__all__ = ["OFFERED_SETS", "improvements", "searched"]

OFFERED_SETS = 3
"""At most so many sets that reach a better grade are offered."""

_EVERY = (1 << len(ACTION_IDS)) - 1

_APPLICATIONS_AT_ONCE = 100
"""Bounds the memory of the variants; it changes no result."""


def improvements(
    dataset: Dataset,
    judged: pl.DataFrame,
    *,
    model: AnyModel,
    policy: Policy,
    costs: Costs | None = None,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Find the cheapest sets of actions that reach a better grade.

    Parameters
    ----------
    dataset
        What intake gave.
    judged
        What :func:`scoring.policy.decide` was given for the applications to search for: one row each.
    model
        The model that scored them.
    policy
        The rules; its ``improvement`` says how large sets are and how many actions enter the search. Caps and vetoes are in the
        grade before and after: a remedied incident may lift one.
    costs
        Quotes.
    settings
        How the indicators were computed.
    progress
        Called with the number of applications done and of all.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`scoring.improve.offer.IMPROVEMENTS_SCHEMA`, sorted by application and rank. Of an application that
        has the best grade already there is no row; where no set reaches a better one there is one row, the best set found, with
        ``reaches`` false (and no actions, where none gives a point).
    """
    settings = settings or Settings()
    wanted = judged.sort("application_id")
    parts = []
    for start in range(0, wanted.height, _APPLICATIONS_AT_ONCE):
        block = wanted.slice(start, _APPLICATIONS_AT_ONCE)
        parts.append(
            _of_block(dataset, block, model=model, policy=policy, costs=costs or Costs(), settings=settings)
        )
        if progress is not None:
            progress(min(start + _APPLICATIONS_AT_ONCE, wanted.height), wanted.height)
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict(IMPROVEMENTS_SCHEMA))


@dataclass(frozen=True, kw_only=True)
class _Search:
    """What a search for some applications works with."""

    firms: Firms
    judged: pl.DataFrame
    sizes: Mapping[str, NDArray[np.float64]]
    model: AnyModel
    policy: Policy

    def scored(self, application: Integers, masks: Integers) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Score and grade sets; see :func:`searched`."""
        return searched(
            self.firms, self.judged, self.sizes, application, masks, model=self.model, policy=self.policy
        )


def _of_block(
    dataset: Dataset,
    judged: pl.DataFrame,
    *,
    model: AnyModel,
    policy: Policy,
    costs: Costs,
    settings: Settings,
) -> pl.DataFrame:
    firms = firms_of(of_applications(dataset, judged["application_id"].to_list()), settings)
    search = _Search(firms=firms, judged=judged, sizes=sizes_of(firms, costs), model=model, policy=policy)
    alone = {name: _alone(search, place) for place, name in enumerate(ACTION_IDS)}
    prices = prices_of(firms, costs, alone)
    eligible = _within_limit(search, _eligible(search), policy.improvement.eligible)
    application, masks = all_sets(eligible, most=policy.improvement.most_actions)
    sets = pl.DataFrame({"application": application, "mask": masks}).hstack(
        priced(application, masks, prices)
    )
    # The empty set is what is: it reaches nothing and is shown only where no action gives a point.
    chosen = ranked(without_needless(_tried(search, sets))).filter(
        (pl.col("reaches") & (pl.col("rank") <= OFFERED_SETS)) | (~pl.col("reaches") & (pl.col("rank") == 1))
    )
    return offered(chosen, firms=firms, prices=prices, alone=alone)


def _tried(search: _Search, sets: pl.DataFrame) -> pl.DataFrame:
    """Return the sets with what they give, beside what was before; of those who have the best grade already, none."""
    found, totals = search.scored(sets["application"].to_numpy(), sets["mask"].to_numpy())
    given = found.drop("application", "mask").hstack(totals)
    tried = sets.hstack(given)
    before = tried.filter(pl.col("mask") == 0).select(
        "application", *(pl.col(name).alias(f"{name}_before") for name in given.columns)
    )
    return (
        tried.join(before, on="application", how="left", maintain_order="left")
        .filter(pl.col("grade_index_before") > 0)
        .with_columns(reaches=pl.col("grade_index") < pl.col("grade_index_before"))
    )


def _by_row(search: _Search) -> Mapping[str, NDArray[np.float64]]:
    return {name: size[search.firms.known.application] for name, size in search.sizes.items()}


def _alone(search: _Search, place: int) -> Amounts:
    known = search.firms.known
    masks = np.full(len(known.year), 1 << place, dtype=np.int64)
    return after_actions(known, search.firms.amounts, masks, _by_row(search))


def _eligible(search: _Search) -> NDArray[np.bool_]:
    """Return which actions each application can do: in any of its years, and of a known size."""
    known, amounts = search.firms.known, search.firms.amounts
    can = np.zeros((len(search.firms.ids), len(ACTION_IDS)), dtype=bool)
    for place, name in enumerate(ACTION_IDS):
        rows = EFFECTS[name].eligible(known, amounts)
        np.logical_or.at(can[:, place], known.application, rows)
        can[:, place] &= np.isfinite(search.sizes[name])
    return can


def _within_limit(search: _Search, can: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Keep of each application's actions those that alone give most points, at most so many."""
    crowded = np.flatnonzero(can.sum(axis=1) > most)
    if not len(crowded):
        return can
    row, place = np.nonzero(can[crowded])
    application = crowded[row].astype(np.int64)
    alone, _ = search.scored(application, (1 << place.astype(np.int64)))
    order = (
        alone.with_columns(place=pl.Series(place.astype(np.int64)))
        .sort("application", "grade_index", -pl.col("points"), "place")
        .with_columns(order=pl.int_range(pl.len()).over("application"))
        .filter(pl.col("order") < most)
    )
    kept = can.copy()
    kept[crowded] = False
    kept[order["application"].to_numpy(), order["place"].to_numpy()] = True
    return kept


def searched(
    firms: Firms,
    judged: pl.DataFrame,
    sizes: Mapping[str, NDArray[np.float64]],
    application: Integers,
    masks: Integers,
    *,
    model: AnyModel,
    policy: Policy,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Score and grade applications under sets of actions.

    Parameters
    ----------
    firms, judged, sizes
        The applications, what the policy judged of them (same order), and the size of every action.
    application, masks
        Shape (S,), sorted by application: the sets.
    model, policy
        What scores and grades.

    Returns
    -------
    sets : pl.DataFrame
        ``application``, ``mask``, ``points``, ``points_shown``, ``grade`` and ``grade_index`` (0 is the best), S rows.
    totals : pl.DataFrame
        Those of :func:`scoring.improve.totals.totals_of` under each set, S rows.
    """
    frame = judged[application]
    totals = pl.DataFrame()
    for name in DOMAINS:
        key = (application << len(ACTION_IDS)) | (masks & domain_mask(name))
        variants, of_set = np.unique(key, return_inverse=True)
        rebuilt = rebuild(firms, variants >> len(ACTION_IDS), variants & _EVERY, sizes, domain=name)
        frame = frame.with_columns(rebuilt.values[of_set])
        if name == OPERATIONS:
            totals = totals_of(rebuilt.facts)[of_set]
    indicators = frame.select(name for name in frame.columns if name in CATALOGUE)
    points = model.predict_points(indicators.to_pandas())
    found = graded(frame.with_columns(points=pl.Series(points, dtype=pl.Float64)), model=model, policy=policy)
    return pl.DataFrame({"application": application, "mask": masks}).hstack(found), totals
