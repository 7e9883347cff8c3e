"""Sets of reference tables that no file holds: other sets put together, scaled, or held at one edition, for "what if".

Each is made from the set that is in force and is a set like any other: :func:`features.reference.overlaid` puts it in
force, and its version is the hash of its content.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import IN_FORCE, FactorSet
from features.reference._load import table
from features.reference._overlay_changes import CHANGES_SCHEMA
from features.reference._schema import REFERENCE_TABLES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = ["TABLES_BY_YEAR", "at_edition", "joined", "scaled", "with_tables"]

TABLES_BY_YEAR = (
    "cbam_goods",
    "energy_carriers",
    "grid_factors",
    "pollution_equivalents",
    "process_emission_factors",
    "product_footprints",
    "sector_benchmarks",
    "taxonomy_thresholds",
)
"""Tables of which the year of a fact chooses the edition (:func:`features.editions.edition_of_year`)."""


def with_tables(tables: Mapping[str, pl.DataFrame]) -> FactorSet | None:
    """Return the set in force with other tables in the place of some of its own.

    Parameters
    ----------
    tables
        Whole tables by name, with the columns of those in force.

    Returns
    -------
    FactorSet or None
        None where nothing changes and the shipped set is in force.
    """
    in_force = IN_FORCE.get()
    changed = {name: frame for name, frame in tables.items() if not frame.equals(table(name))}
    if not changed:
        return in_force
    base = in_force or FactorSet(
        tables=MappingProxyType({}),
        overlay=MappingProxyType({}),
        changes=pl.DataFrame(schema=dict(CHANGES_SCHEMA)),
    )
    digests = {
        name: hashlib.sha256(frame.write_csv().encode()).hexdigest() for name, frame in changed.items()
    }
    return replace(
        base,
        tables=MappingProxyType({**base.tables, **changed}),
        overlay=MappingProxyType({**base.overlay, **digests}),
        pinned=_pinned(base, digests),
    )


def joined(own: FactorSet) -> FactorSet:
    """Return the set in force with a bank's further tables over it.

    A table that both lay over is the further one's: its rows over the shipped ones.
    """
    in_force = IN_FORCE.get()
    if in_force is None:
        return own
    kept = in_force.changes.filter(~pl.col("table").is_in(sorted(own.tables)))
    return FactorSet(
        tables=MappingProxyType({**in_force.tables, **own.tables}),
        overlay=MappingProxyType({**in_force.overlay, **own.overlay}),
        changes=pl.concat([kept, own.changes]),
        pinned=_pinned(in_force, own.overlay),
    )


def _pinned(base: FactorSet, digests: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return the versions of a whole set of which some tables are others now."""
    return None if base.pinned is None else MappingProxyType({**base.pinned, **digests})


def scaled(name: str, column: str, factor: float) -> FactorSet | None:
    """Return the set in force with a column of a table multiplied by a factor.

    Examples
    --------
    >>> from features.reference import overlaid
    >>> nation = pl.col("id") == "grid_cn_average_2023"
    >>> with overlaid(scaled("grid_factors", "factor", 0.5)):
    ...     half = table("grid_factors").filter(nation)["factor"].item()
    >>> half / table("grid_factors").filter(nation)["factor"].item()
    0.5
    """
    return with_tables({name: table(name).with_columns(pl.col(column) * factor)})


def at_edition(name: str, day: dt.date) -> FactorSet | None:
    """Return the set in force with the edition of a day in the place of every other, for every year.

    The row of a series that is valid on the day; where none is, the latest earlier one, where there is none either, the
    earliest later one.

    Parameters
    ----------
    name
        One of :data:`TABLES_BY_YEAR`.
    day
        Whose edition holds.

    Raises
    ------
    ReferenceDataError
        If the year of a fact chooses no edition of the table.

    Examples
    --------
    >>> import datetime as dt
    >>> from features.reference import overlaid
    >>> with overlaid(at_edition("grid_factors", dt.date(2022, 6, 30))):
    ...     table("grid_factors").filter(pl.col("code") == "110000")["year"].to_list()
    [2022]
    """
    if name not in TABLES_BY_YEAR:
        raise ReferenceDataError(
            f"No edition of {name!r} is chosen by the year of a fact.",
            where=name,
            mend=f"Name one of {', '.join(TABLES_BY_YEAR)}.",
        )
    rows = table(name).with_row_index("_place")
    later = (pl.col("valid_from") > day).fill_null(value=False)
    over = (pl.col("valid_to") < day).fill_null(value=False)
    time = pl.when(later).then(2).when(over).then(1).otherwise(0)
    begins = pl.col("valid_from").dt.epoch("d").cast(pl.Int64).fill_null(-(10**7))
    chosen = (
        rows.with_columns(_time=time, _distance=pl.when(later).then(begins).otherwise(-begins))
        .sort("_time", "_distance", "_place")
        .unique(list(REFERENCE_TABLES[name].series), keep="first", maintain_order=True)
        .sort("_place")
        .with_columns(pl.lit(None, dtype=pl.Date).alias(column) for column in ("valid_from", "valid_to"))
    )
    return with_tables({name: chosen.select(table(name).columns)})
