"""What a scenario changes in the facts that firms handed in: allowances allocated, and scope 2 that rests on the grid.

Reported scope 2 is a fact, so under another grid factor it would stand still, and every honest firm would look as if it
under-reported, or over-reported. What of it is purchased electricity moves with the grid instead: the share that electricity
has in the emissions of what the firm bought, as its energy implies (:mod:`features.emissions.derived`); all of it where
that is not known. Heat does not move, and neither does market-based scope 2 or a firm outside China.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.asof import facts
from features.emissions.carbon_market import TRADING_KINDS
from features.emissions.derived import derived_emissions, grid_factor_of

if TYPE_CHECKING:
    from features.intake import Dataset
    from features.settings import Settings

__all__ = ["with_allowances", "with_grid", "years_on_the_grid"]

_ALLOWANCES = TRADING_KINDS[1]
_SCOPE = "2-location"
_YEAR = ["firm_id", "year"]


def with_allowances(dataset: Dataset, factor: float) -> Dataset:
    """Return the dataset with every amount of allowances allocated multiplied."""
    amount = pl.when(pl.col("kind") == _ALLOWANCES).then(pl.col("amount") * factor).otherwise("amount")
    return _with_table(dataset, "ecology", dataset.tables["ecology"].with_columns(amount=amount))


def years_on_the_grid(dataset: Dataset, *, settings: Settings) -> pl.DataFrame:
    """Return the grid factor of each firm and year with location-based scope 2, under the reference tables in force.

    Returns
    -------
    pl.DataFrame
        ``firm_id``, ``year`` (Int32), ``factor`` (tCO2/MWh; null outside China) and ``share`` (of purchased electricity in the
        emissions of purchased energy, 0 to 1; null where it is not known), as the firm's latest application sees them.
    """
    names = {"firms", "applications", "energy", "production"}
    tables = {name: table if name in names else table.clear() for name, table in dataset.tables.items()}
    seen = facts(replace(dataset, tables=MappingProxyType(tables)), settings)
    latest = (
        seen.applications.sort("as_of", "application_id")
        .unique("firm_id", keep="last", maintain_order=True)
        .select("application_id", "firm_id")
    )
    years = _scope2(dataset).select(_YEAR).unique().join(latest, on="firm_id", how="inner")
    bought = pl.col("electricity_co2") + pl.col("heat")
    shares = derived_emissions(seen).select(
        "application_id", "year", share=pl.when(bought > 0).then(pl.col("electricity_co2") / bought)
    )
    return (
        years.join(grid_factor_of(seen, years), on=["application_id", "year"], how="left")
        .join(shares, on=["application_id", "year"], how="left")
        .select(*_YEAR, "factor", "share")
        .sort(_YEAR)
    )


def with_grid(dataset: Dataset, *, before: pl.DataFrame, after: pl.DataFrame) -> Dataset:
    """Return the dataset with the electricity in location-based scope 2 moved from one grid to another.

    Parameters
    ----------
    dataset
        As it was handed in.
    before, after
        As :func:`years_on_the_grid` gives them under the one and the other grid; the share is that of ``before``.
    """
    ratio = before.join(after.select(*_YEAR, other="factor"), on=_YEAR, how="left").select(
        *_YEAR, _times=1.0 + pl.col("share").fill_null(1.0) * (pl.col("other") / pl.col("factor") - 1.0)
    )
    rows = dataset.tables["emissions"]
    moved = rows.with_columns(year=_year()).join(ratio, on=_YEAR, how="left", maintain_order="left")
    # No factor, no grid: the row stands as it is.
    times = pl.when(pl.col("scope") == _SCOPE).then(pl.col("_times").fill_null(1.0)).otherwise(1.0)
    moved = moved.with_columns(quantity=pl.col("quantity") * times)
    return _with_table(dataset, "emissions", moved.select(rows.columns))


def _scope2(dataset: Dataset) -> pl.DataFrame:
    return dataset.tables["emissions"].filter(pl.col("scope") == _SCOPE).with_columns(year=_year())


def _year() -> pl.Expr:
    return pl.col("period_start").dt.year().cast(pl.Int32)


def _with_table(dataset: Dataset, name: str, table: pl.DataFrame) -> Dataset:
    return replace(dataset, tables=MappingProxyType({**dataset.tables, name: table}))
