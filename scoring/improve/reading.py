"""From as-of facts to the amounts that actions change, by the same selections that the indicators are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.editions import edition_of_year
from features.emissions.derived import derived_emissions, grid_factor_of
from features.emissions.totals import emissions_by_year
from features.energy.balance import energy_balance, energy_by_year
from features.energy.benchmark_position import benchmark_levels
from features.energy.green_power import retired_green_power
from features.intensity import intensity, latest
from features.totals import annual_by_year, finest_periods, parts_or_total, production_by_year, strict_sum
from scoring.improve.amounts import ANNUAL, GASES, MACHINES, SCHEMES, Amounts, Carriers, Known
from scoring.improve.firm_record import equipment_columns, record_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.facts import Facts

__all__ = ["amounts_of", "years_of"]

_YEAR = ["application_id", "year"]
_ADDED = (
    ("electricity", "purchased"),
    ("heat", "purchased"),
    ("natural_gas", "purchased"),
    ("biomass", "purchased"),
    ("municipal_waste", "purchased"),
    ("solar_power", "self_generated"),
    ("waste_heat_power", "self_generated"),
)
"""What an action may add where a firm has none of it."""


def years_of(facts: Facts) -> pl.DataFrame:
    """Return the years whose facts an action changes: those that are the latest known of some total.

    An indicator reads the latest full year for which both its numerator and its denominator are known; mostly that
    is one year. Earlier years stay as they were.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32; null in the one row of a firm without any such year), sorted; at least one row per
        application.
    """
    energy = energy_by_year(facts).select(*_YEAR, amount="energy")
    emitted = emissions_by_year(facts).select(
        *_YEAR, "scope1", amount=pl.col("scope1") + pl.col("scope2_location")
    )
    annual = annual_by_year(facts)
    made = production_by_year(facts).filter(pl.col("quantity").is_not_null() & pl.col("energy").is_not_null())
    ends = [
        latest(energy, known="amount"),
        latest(intensity(facts, energy)),
        latest(emitted, known="amount"),
        latest(emitted, known="scope1"),
        latest(intensity(facts, emitted)),
        latest(annual, known="water_withdrawn"),
        latest(annual, known="waste"),
        latest(made.unique(subset=_YEAR, maintain_order=True), known="quantity"),
    ]
    years = pl.concat([end.select(_YEAR) for end in ends]).unique()
    return (
        facts.applications.select("application_id").join(years, on="application_id", how="left").sort(_YEAR)
    )


def amounts_of(facts: Facts) -> tuple[Known, Amounts]:
    """Return what actions read and what they change.

    Parameters
    ----------
    facts
        As-of facts of some applications.

    Returns
    -------
    Known, Amounts
        R rows: those of :func:`years_of`, in its order.
    """
    years = years_of(facts)
    rows = years.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    count = rows.height
    ids = facts.applications.select("application_id").with_row_index("place")
    application = rows.join(ids, on="application_id", how="left", maintain_order="left")["place"].to_numpy()
    carriers, energy = _energy(facts, rows)
    products, output, advanced, product_energy = _products(facts, rows)
    grid = grid_factor_of(facts, years.filter(pl.col("year").is_not_null()))
    tce, co2 = _factors(carriers, rows, _column(rows, grid, "factor"))
    reported = emissions_by_year(facts).select(*_YEAR, "scope1", "scope2_location")
    derived = derived_emissions(facts).select(
        *_YEAR,
        own=pl.col("combustion") + pl.col("process"),
        bought=pl.col("electricity_co2") + pl.col("heat"),
    )
    emissions, unassured = _emissions(facts, rows)
    stored = (
        facts.ecology.filter(pl.col("kind") == "co2_stored").select("application_id", "fact_year").unique()
    )
    known = Known(
        application=application.astype(np.int64),
        year=rows["year"].fill_null(-1).to_numpy().astype(np.int64),
        carriers=carriers,
        products=products,
        tce=tce,
        co2=co2,
        output=output,
        advanced=advanced,
        share_reported_1=_share(_column(rows, reported, "scope1"), _column(rows, derived, "own")),
        share_reported_2=_share(_column(rows, reported, "scope2_location"), _column(rows, derived, "bought")),
        retired=np.nan_to_num(_column(rows, retired_green_power(facts), "retired")),
        estimated=np.nan_to_num(_column(rows, _estimated(facts), "estimated")),
        unassured=unassured,
        stored=_column(rows, stored.select("application_id", year="fact_year", there=pl.lit(1.0)), "there")
        == 1.0,
        **equipment_columns(facts, rows),
        **record_columns(facts, rows),
    )
    annual = annual_by_year(facts)
    false = np.zeros(count, dtype=bool)
    return known, Amounts(
        energy=energy,
        emissions=emissions,
        product_energy=product_energy,
        annual=np.column_stack([_column(rows, annual, name) for name in ANNUAL]),
        green_mwh=np.zeros(count),
        captured=np.zeros(count),
        metered=false,
        assured=false,
        rectified=false,
        renewed=false,
        machines=np.zeros((count, len(MACHINES)), dtype=bool),
        certified=np.zeros((count, len(SCHEMES)), dtype=bool),
    )


def _column(rows: pl.DataFrame, table: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of a table by application and year in the order of the rows; NaN where it has none."""
    found = rows.join(table.select(*_YEAR, name), on=_YEAR, how="left", maintain_order="left")
    return found[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()


def _wide(rows: pl.DataFrame, table: pl.DataFrame, keys: list[tuple[str, str]]) -> NDArray[np.float64]:
    """Spread ``application_id``, ``year``, ``first``, ``second``, ``value`` over rows and keys; NaN where there is none."""
    places = pl.DataFrame(
        [(first, second, place) for place, (first, second) in enumerate(keys)],
        schema={"first": pl.String, "second": pl.String, "place": pl.Int64},
        orient="row",
    )
    found = (
        table.join(rows, on=_YEAR, how="inner")
        .join(places, on=["first", "second"], how="inner")
        .drop_nulls("value")
    )
    wide = np.full((rows.height, len(keys)), np.nan)
    wide[found["row"].to_numpy(), found["place"].to_numpy()] = found["value"].to_numpy()
    return wide


def _energy(facts: Facts, rows: pl.DataFrame) -> tuple[Carriers, NDArray[np.float64]]:
    summed = (
        energy_balance(facts)
        .group_by(*_YEAR, "carrier", "flow", maintain_order=True)
        .agg(strict_sum(pl.col("quantity")))
    )
    seen = summed.select("carrier", "flow").unique().rows()
    keys = sorted({*seen, *_ADDED})
    table = reference.table("energy_carriers").unique(subset=["id"], keep="last", maintain_order=True)
    kinds, units = (dict(table.select("id", name).iter_rows()) for name in ("kind", "unit"))
    carriers = Carriers(
        names=tuple(name for name, _ in keys),
        flows=tuple(flow for _, flow in keys),
        kinds=tuple(str(kinds[name]) for name, _ in keys),
        units=tuple(str(units[name]) for name, _ in keys),
    )
    return carriers, _wide(
        rows, summed.rename({"carrier": "first", "flow": "second", "quantity": "value"}), keys
    )


def _factors(
    carriers: Carriers, rows: pl.DataFrame, grid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tce and tCO2 per unit of each row's year; electricity that is made or sold has no CO2 of its own."""
    editions = edition_of_year(
        reference.table("energy_carriers"), key=["id"], years=rows["year"].to_list()
    ).select(
        "year",
        "id",
        "tce_per_unit",
        co2=pl.when(pl.col("biogenic") == 1).then(0.0).otherwise("co2_t_per_unit"),
    )
    by_carrier = {
        name: rows.join(part, on="year", how="left", maintain_order="left")
        for (name,), part in editions.partition_by("id", as_dict=True).items()
    }

    def column(name: str, factor: str) -> NDArray[np.float64]:
        if name not in by_carrier:
            return np.full(rows.height, np.nan)
        return by_carrier[name][factor].fill_null(float("nan")).to_numpy()

    tce = np.column_stack([column(name, "tce_per_unit") for name in carriers.names])
    co2 = np.column_stack([column(name, "co2") for name in carriers.names])
    for place, (kind, flow) in enumerate(zip(carriers.kinds, carriers.flows, strict=True)):
        if kind == "electricity":
            co2[:, place] = grid if flow == "purchased" else 0.0
    return tce, co2


def _products(
    facts: Facts, rows: pl.DataFrame
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return products with levels of which less energy is better: ids, output, advanced level and energy."""
    levels = edition_of_year(benchmark_levels(), key=["product"], years=rows["year"].to_list())
    made = (
        production_by_year(facts)
        .join(levels, on=["year", "product"], how="inner")
        .filter((pl.col("unit") == pl.col("output_unit")) & (pl.col("better") > 0))
        .with_columns(first=pl.col("product"), second=pl.lit(""))
    )
    products = tuple(made["product"].unique().sort())
    keys = [(product, "") for product in products]
    output, advanced, energy = (
        _wide(rows, made.select(*_YEAR, "first", "second", value=name), keys)
        for name in ("quantity", "advanced", "energy")
    )
    return products, output, advanced, energy


def _emissions(facts: Facts, rows: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the totals of :data:`GASES`, and the rows of scope 1 and 2 without assurance."""
    climate = facts.emissions.filter(pl.col("scope").is_in(["1", "2-location", "2-market"]))
    stated = climate.filter(pl.col("substance").is_in(["CO2", "CO2e"]))
    key = ["application_id", "scope", "substance"]
    label = pl.col("substance")
    periods = finest_periods(stated, fact=[*key, "site"], value="quantity", label=label)
    sites = parts_or_total(
        periods.rows, fact=key, part=pl.col("site").is_not_null(), value="quantity", label=label
    )
    summed = (
        sites.rows.sort([*key, "fact_year", "site", "period_start"], nulls_last=True)
        .group_by(
            "application_id", pl.col("fact_year").alias("year"), "scope", "substance", maintain_order=True
        )
        .agg(value=strict_sum(pl.col("quantity")))
        .rename({"scope": "first", "substance": "second"})
    )
    bare = (
        climate.filter(~pl.col("assurance").is_in(["limited", "reasonable"]).fill_null(value=False))
        .group_by("application_id", pl.col("fact_year").alias("year"))
        .agg(rows=pl.len().cast(pl.Float64))
    )
    return _wide(rows, summed, list(GASES)), np.nan_to_num(_column(rows, bare, "rows")).astype(np.int64)


def _estimated(facts: Facts) -> pl.DataFrame:
    return (
        energy_balance(facts)
        .filter(pl.col("counted") & (pl.col("flow") != "sold") & (pl.col("basis") == "estimated"))
        .group_by(_YEAR, maintain_order=True)
        .agg(estimated=pl.col("tce").sum())
    )


def _share(reported: NDArray[np.float64], derived: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return reported over derived, at most 1; 1 where either is not known."""
    known = np.isfinite(reported) & np.isfinite(derived) & (derived > 0)
    share = np.ones(len(reported))
    share[known] = np.clip(reported[known] / derived[known], 0.0, 1.0)
    return share
