"""What a firm's energy and output imply that it emits: the physical cross-check of what it reports.

``derived = own combustion + purchased energy + process emissions``, in tCO2 of a year:

- own combustion: fuels taken in or won, less fuels passed on unburnt, by the carriers' CO2 (biogenic CO2 is outside;
  what was made out of other fuels is not counted again; CH4 and N2O of combustion are left out);
- purchased electricity at the grid's average factor of the province and year, purchased heat and steam at theirs; sold
  electricity and heat are never subtracted;
- process emissions of products whose factor does not overlap with fuel.

Every choice leans to a lower figure, so that an honest firm is never accused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.energy.balance import energy_balance
from features.totals import production_by_year, strict_added, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["derived_emissions", "grid_factor_of"]

_NATION = "CN"


def derived_emissions(facts: Facts) -> pl.DataFrame:
    """Return the emissions that energy and output imply, by year.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``combustion``, ``electricity_co2``, ``heat``, ``process`` and their sum ``derived``
        (tCO2; null where a part is not known: a quantity, a carrier's factor, a grid factor), ``grid_id``,
        ``grid_of_nation`` and ``grid_of_other_year`` (Boolean: a factor stands in; null without purchased electricity), and
        ``factors_of_other_year`` (Boolean: the factor of a carrier or of a process of another time stands in).
    """
    return facts.once("derived_emissions", _derived_emissions)


def _derived_emissions(facts: Facts) -> pl.DataFrame:
    year = ["application_id", "year"]
    balance = energy_balance(facts).filter("counted")
    flow, kind = pl.col("flow"), pl.col("kind")
    fuels = balance.filter(~kind.is_in(["electricity", "heat"]))
    # A fuel of one kind that was sold was not burnt; more sold than taken in was made out of another kind.
    burnt = (
        fuels.with_columns(signed=pl.col("co2_t") * pl.when(flow == "sold").then(-1.0).otherwise(1.0))
        .group_by(year, maintain_order=True)
        .agg(combustion=strict_sum(pl.col("signed")))
        .with_columns(pl.col("combustion").clip(lower_bound=0.0))
        .with_columns(has_fuels=True)
    )
    bought = balance.filter(flow == "purchased")
    heat = (
        bought.filter(kind == "heat")
        .group_by(year, maintain_order=True)
        .agg(heat=strict_sum(pl.col("co2_t")))
    )
    electricity = (
        bought.filter(kind == "electricity")
        .group_by(year, maintain_order=True)
        .agg(mwh=strict_sum(pl.col("quantity")))
    )
    grid = electricity.join(grid_factor_of(facts, electricity), on=year, how="left").with_columns(
        electricity_co2=pl.when(pl.col("mwh") == 0).then(0.0).otherwise(pl.col("mwh") * pl.col("factor"))
    )
    parts = ("combustion", "electricity_co2", "heat", "process")
    frame = balance.group_by(year).agg(factors_of_other_year=pl.col("other_edition").any())
    for part, rows in (
        ("combustion", burnt.drop("has_fuels")),
        ("electricity_co2", grid.drop("mwh", "factor")),
        ("heat", heat),
        ("process", _process(facts)),
    ):
        # No row of a part is none of it; a row whose figure is not known is not known.
        frame = (
            frame.join(rows.with_columns(_row=True), on=year, how="left")
            .with_columns(pl.when(pl.col("_row")).then(part).otherwise(0.0).alias(part))
            .drop("_row")
        )
    other_year = pl.col("factors_of_other_year") | pl.col("process_of_other_year").fill_null(value=False)
    return (
        frame.with_columns(derived=strict_added(parts), factors_of_other_year=other_year)
        .drop("process_of_other_year")
        .sort(year)
    )


def grid_factor_of(facts: Facts, years: pl.DataFrame) -> pl.DataFrame:
    """Return the grid's average factor of each application's province and year, in tCO2/MWh.

    The nation's factor stands in where the province is not known or has no row; another year's where the year has
    none (:func:`features.editions.edition_of_year`). A firm outside China has no factor.

    Parameters
    ----------
    facts
        As-of facts.
    years
        ``application_id`` and ``year``.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``factor``, ``grid_id``, ``grid_of_nation``, ``grid_of_other_year``.
    """
    grid = reference.table("grid_factors").filter(
        (pl.col("kind") == "average") & pl.col("level").is_in(["province", "country"])
    )
    editions = edition_of_year(grid, key=["code"], years=years["year"].unique().to_list()).select(
        "year",
        "code",
        "factor",
        pl.col("id").alias("grid_id"),
        pl.col("other_edition").alias("grid_of_other_year"),
    )
    provinces = grid["code"].unique().to_list()
    places = facts.applications.select(
        "application_id",
        code=pl.when(pl.col("country").fill_null(_NATION) == _NATION).then(
            pl.when(pl.col("province").is_in(provinces)).then("province").otherwise(pl.lit(_NATION))
        ),
    )
    return (
        years.select("application_id", "year")
        .unique()
        .join(places, on="application_id", how="left")
        .join(editions, on=["code", "year"], how="left")
        .with_columns(grid_of_nation=pl.col("code") == _NATION)
        .drop("code")
        .sort("application_id", "year")
    )


def _process(facts: Facts) -> pl.DataFrame:
    """Return process emissions by year (tCO2) of products with a factor that does not overlap with fuel."""
    made = production_by_year(facts)
    factors = (
        edition_of_year(
            reference.table("process_emission_factors").filter(
                (pl.col("overlaps_fuel") == 0) & pl.col("unit").str.starts_with("tCO2/")
            ),
            key=["id"],
            years=made["year"].unique().to_list(),
        )
        .with_columns(product=pl.col("benchmark_id").str.split(";"), output_unit=pl.col("unit").str.slice(5))
        .explode("product")
        .filter(pl.col("product").is_not_null())
        .select("year", "product", "factor", "output_unit", "other_edition")
    )
    emitted = pl.when(pl.col("unit") == pl.col("output_unit")).then(pl.col("quantity") * pl.col("factor"))
    return (
        made.join(factors, on=["year", "product"], how="inner")
        .sort("application_id", "year", "product")
        .group_by("application_id", "year", maintain_order=True)
        .agg(process=strict_sum(emitted), process_of_other_year=pl.col("other_edition").any())
    )
