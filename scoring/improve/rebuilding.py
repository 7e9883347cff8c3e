"""Variants of firms, rebuilt as the firms of one dataset: the same families of indicators, many sets of actions at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.asof import facts as asof_facts
from features.certification.ledger import ledger
from features.facts import FACT_TABLES, Facts
from features.pipeline import family_values
from scoring.improve.consequences import with_consequences
from scoring.improve.domains import DOMAINS
from scoring.improve.editing import edited
from scoring.improve.effects import EFFECTS
from scoring.improve.firm_record import renewable
from scoring.improve.reading import amounts_of
from scoring.policy.facts import policy_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from features.intake import Dataset
    from features.settings import Settings
    from scoring.improve.amounts import Amounts, Known

__all__ = ["ACTION_IDS", "Firms", "Rebuilt", "after_actions", "domain_mask", "firms_of", "rebuild"]

ACTION_IDS = tuple(EFFECTS)
"""The actions that are offered, in the order in which those of a set are done; a set is a mask of their positions."""


@dataclass(frozen=True, kw_only=True)
class Firms:
    """Applications as they stand before any action.

    Parameters
    ----------
    ids
        Ids of the applications, sorted, A of them; everywhere else an application is its position among them.
    facts
        What each may see, with positions for ids.
    known, amounts
        What actions read and change; see :mod:`scoring.improve.amounts`.
    starts
        Shape (A + 1,): the first row of each application among the amounts, and the number of rows.
    to_renew
        The certificates that can be renewed; see :func:`scoring.improve.editing.edited`.
    """

    ids: tuple[str, ...]
    facts: Facts
    known: Known
    amounts: Amounts
    starts: NDArray[np.int64]
    to_renew: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """One part of the facts under many sets of actions.

    Parameters
    ----------
    values
        The part's indicators and firm facts, one row per variant.
    facts
        The variants' facts, for totals.
    """

    values: pl.DataFrame
    facts: Facts


def firms_of(dataset: Dataset, settings: Settings) -> Firms:
    """Return the applications of a dataset as they stand before any action."""
    applications = dataset.tables["applications"].sort("application_id")
    numbered = applications.with_columns(application_id=pl.int_range(pl.len(), dtype=pl.UInt32))
    tables = MappingProxyType({**dataset.tables, "applications": numbered})
    facts = asof_facts(replace(dataset, tables=tables), settings)
    known, amounts = amounts_of(facts)
    return Firms(
        ids=tuple(applications["application_id"]),
        facts=facts,
        known=known,
        amounts=amounts,
        starts=np.searchsorted(known.application, np.arange(applications.height + 1)).astype(np.int64),
        to_renew=certificates_to_renew(facts),
    )


def certificates_to_renew(facts: Facts) -> pl.DataFrame:
    """Return the certificates that can be renewed, with what a renewal repeats of them."""
    key = ["application_id", "scheme", "certificate_no"]
    stated = (
        facts.certifications.sort([*key, "known_on"], nulls_last=False)
        .group_by(key, maintain_order=True)
        .agg(pl.col("issuer", "scope", "level", "product").drop_nulls().last())
    )
    return (
        ledger(facts)
        .filter(renewable())
        .select(*key, "site_coverage")
        .join(stated, on=key, how="left", nulls_equal=True, maintain_order="left")
    )


def domain_mask(domain: str) -> int:
    """Return the mask of the actions that change a part of the facts."""
    return sum(1 << place for place, name in enumerate(ACTION_IDS) if domain in EFFECTS[name].domains)


def after_actions(
    known: Known, amounts: Amounts, masks: NDArray[np.int64], sizes: Mapping[str, NDArray[np.float64]]
) -> Amounts:
    """Return the amounts after each row's set of actions, in their order, consequences for emissions included.

    An action changes the rows on which it can be done and whose size is known; on others it does nothing.

    Parameters
    ----------
    known, amounts
        R rows.
    masks
        Shape (R,): the set of each row.
    sizes
        Action to its size, shape (R,).
    """

    def step(now: Amounts, place: int) -> Amounts:
        wanted = (masks >> place) & 1 == 1
        if not wanted.any():
            return now
        name = ACTION_IDS[place]
        effect = EFFECTS[name]
        # Who can do it is told by the facts as handed in, not by what an earlier action of the set left.
        on = wanted & effect.eligible(known, amounts) & np.isfinite(sizes[name])
        return effect.apply(known, now, on, sizes[name]) if on.any() else now

    return with_consequences(known, amounts, reduce(step, range(len(ACTION_IDS)), amounts))


def rebuild(
    firms: Firms,
    application: NDArray[np.int64],
    masks: NDArray[np.int64],
    sizes: Mapping[str, NDArray[np.float64]],
    *,
    domain: str,
) -> Rebuilt:
    """Rebuild one part of the facts under many sets of actions.

    Parameters
    ----------
    firms
        The applications.
    application, masks
        Shape (V,), sorted by application: the variants.
    sizes
        Action to its size by application, shape (A,).
    domain
        Name of the part.

    Returns
    -------
    Rebuilt
        V rows, in order.
    """
    part = DOMAINS[domain]
    rows, of_row = _ranges(firms.starts, application)
    known = replace(firms.known.take(rows), application=of_row)
    before = firms.amounts.take(rows)
    by_row = {name: size[application[of_row]] for name, size in sizes.items()}
    after = after_actions(known, before, masks[of_row], by_row)
    people = _repeated(firms.facts.applications, application)
    tables = {
        name: _repeated(_rows_of(firms.facts, name, wanted), application)
        for name, wanted in part.tables.items()
    }
    changed = edited(
        tables,
        people.select("application_id", "firm_id", "as_of"),
        known,
        before,
        after,
        to_renew=_repeated(firms.to_renew, application),
    )
    empty = {name: getattr(firms.facts, name).clear() for name in FACT_TABLES if name not in part.tables}
    facts = Facts(applications=people, settings=firms.facts.settings, **changed, **empty)
    values = family_values(facts, part.families)
    for piece in part.pieces:
        values = values.join(piece(facts).values, on="application_id", how="left", maintain_order="left")
    values = values.select(part.indicators)
    if part.firm_facts:
        values = values.hstack(policy_facts(facts).select(part.firm_facts))
    return Rebuilt(values=values, facts=facts)


def _rows_of(facts: Facts, name: str, wanted: Callable[[], pl.Expr] | None) -> pl.DataFrame:
    table: pl.DataFrame = getattr(facts, name)
    return table if wanted is None else table.filter(wanted())


def _ranges(
    starts: NDArray[np.int64], which: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of each of ``which`` one after the other, and of each row its position in ``which``."""
    counts = starts[which + 1] - starts[which]
    of_row = np.repeat(np.arange(len(which), dtype=np.int64), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    rows: NDArray[np.int64] = starts[which][of_row] + np.arange(counts.sum(), dtype=np.int64) - first
    return rows, of_row


def _repeated(table: pl.DataFrame, application: NDArray[np.int64]) -> pl.DataFrame:
    """Repeat the rows of each variant's application under the variant's number."""
    ids = table["application_id"].to_numpy()
    if len(ids) and (ids[1:] < ids[:-1]).any():
        table = table.sort("application_id", maintain_order=True)
        ids = table["application_id"].to_numpy()
    most = int(application.max(initial=-1)) + 1
    starts = np.searchsorted(ids, np.arange(most + 1)).astype(np.int64)
    rows, of_row = _ranges(starts, application)
    return table[rows].with_columns(application_id=pl.Series(of_row, dtype=pl.UInt32))
