"""The energy balance: what a firm took in, made itself, passed on and used as feedstock, by year, in tce and tCO2.

Standard coal follows GB/T 2589-2020. Energy that a firm makes out of other energy (electricity from its own
boiler, gas from its own coke oven, power from waste heat) is not counted again: what it was made of is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.text import formatted
from features.totals import Selection, finest_periods, parts_or_total, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["PRIMARY_FUELS", "energy_balance", "energy_by_year", "energy_selections"]

PRIMARY_FUELS = (
    "raw_coal",
    "anthracite",
    "bituminous_coal",
    "lignite",
    "coal_gangue",
    "crude_oil",
    "natural_gas",
    "municipal_waste",
)
"""Carriers without ``renewable`` that a firm can only have won itself, not made out of other energy."""

_FACT = ["application_id", "carrier", "flow"]


def energy_selections(facts: Facts) -> tuple[Selection, Selection]:
    """Select the energy rows that count: first the finest periods, then the sites or the firm's row."""
    return facts.once("energy_selections", _energy_selections)


def _energy_selections(facts: Facts) -> tuple[Selection, Selection]:
    label = formatted("{} ({})", pl.col("carrier"), pl.col("flow"))
    # Where a row was read and when it was known no longer matters, and narrow rows are selected faster.
    energy = facts.energy.select(
        *_FACT, "site", "fact_year", "period_start", "period_end", "quantity", "basis"
    )
    periods = finest_periods(energy, fact=[*_FACT, "site"], value="quantity", label=label)
    sites = parts_or_total(
        periods.rows, fact=_FACT, part=pl.col("site").is_not_null(), value="quantity", label=label
    )
    return periods, sites


def energy_balance(facts: Facts) -> pl.DataFrame:
    """Return each application's energy by year, carrier, flow and basis.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``carrier``, ``kind``, ``renewable``, ``biogenic`` (Boolean), ``flow``,
        ``basis``, ``quantity`` (carrier's unit), ``tce``, ``co2_t`` (combustion or purchased heat; of
        electricity 0 where self-generated and null else, biogenic CO2 is 0; null where the carrier has no
        factor), ``counted`` (Boolean: energy of its own right, see the module), ``other_edition`` (Boolean: a
        factor of another time stands in) and ``recalled`` (Boolean: the factors were not read in a source).
        A quantity that is not complete for its year is null, and so is what follows from it.
    """
    return facts.once("energy_balance", _energy_balance)


def _energy_balance(facts: Facts) -> pl.DataFrame:
    _, selected = energy_selections(facts)
    year = ["application_id", "fact_year"]
    rows = (
        # The parts of a sum stand in one order, and the sums in the order of the result.
        selected.rows.sort([*year, "carrier", "flow", "basis", "site", "period_start"], nulls_last=True)
        .group_by(
            "application_id",
            pl.col("fact_year").alias("year"),
            "carrier",
            "flow",
            "basis",
            maintain_order=True,
        )
        .agg(strict_sum(pl.col("quantity")))
    )
    carriers = edition_of_year(
        reference.table("energy_carriers"), key=["id"], years=rows["year"].unique().to_list()
    ).select(
        "year",
        pl.col("id").alias("carrier"),
        "kind",
        pl.col("renewable") == 1,
        pl.col("biogenic") == 1,
        "tce_per_unit",
        co2_per_unit=pl.when(pl.col("biogenic") == 1).then(0.0).otherwise("co2_t_per_unit"),
        recalled=pl.col("verified") == "recalled",
        other_edition="other_edition",
    )
    waste_heat = pl.col("carrier") == "waste_heat_power"
    own_right = pl.col("renewable") | pl.col("carrier").is_in(PRIMARY_FUELS)
    flow = pl.col("flow")
    return (
        rows.join(carriers, on=["year", "carrier"], how="left", maintain_order="left")
        .with_columns(
            tce=pl.col("quantity") * pl.col("tce_per_unit"),
            co2_t=pl.col("quantity") * pl.col("co2_per_unit"),
            counted=(flow.is_in(["purchased", "sold"]) | ((flow == "self_generated") & own_right))
            & ~(waste_heat & (flow == "self_generated")),
        )
        .select(
            "application_id",
            "year",
            "carrier",
            "kind",
            "renewable",
            "biogenic",
            "flow",
            "basis",
            "quantity",
            "tce",
            "co2_t",
            "counted",
            "other_edition",
            "recalled",
        )
    )


def energy_by_year(facts: Facts) -> pl.DataFrame:
    """Return each application's energy totals by year.

    ``energy`` is what the firm took in and what it won itself less what it sold, feedstock left out: the energy
    of the intensities, negative only where more was sold than is known to have come in. The shares are over
    ``used``: a kind of energy counts with what was taken in less what was sold *of that kind*, never below zero, so
    that a power station that sells electricity does not use more coal than energy.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``; in tce ``energy``, ``used``, ``used_coal``, ``used_electricity`` and
        ``own_renewable_tce`` (self-generated renewables used on site); in MWh ``electricity`` (all that was used on
        site, whoever made it), ``other_electricity`` (purchased and not sold on) and ``own_renewable``
        (self-generated renewable electricity used on site); Boolean ``has_intake`` and ``has_electricity`` (a row that is not a
        sale was handed in) and ``other_edition``. A figure is null where a part of it is not known.
    """
    return facts.once("energy_by_year", _energy_by_year)


def _energy_by_year(facts: Facts) -> pl.DataFrame:
    balance = energy_balance(facts)
    year = ["application_id", "year"]
    sold = pl.col("flow") == "sold"
    signed = pl.col("tce") * pl.when(sold).then(-1.0).otherwise(1.0)
    counted = balance.filter("counted")
    totals = counted.group_by(year, maintain_order=True).agg(
        energy=strict_sum(signed), has_intake=(~sold).any(), other_edition=pl.col("other_edition").any()
    )
    kinds = (
        counted.filter(pl.col("kind") != "electricity")
        .group_by([*year, "kind"], maintain_order=True)
        .agg(net=strict_sum(signed))
        .with_columns(used=pl.col("net").clip(lower_bound=0.0))
    )
    fuels = kinds.group_by(year, maintain_order=True).agg(
        used_fuels=strict_sum(pl.col("used")), used_coal=strict_or_zero("used", pl.col("kind") == "coal")
    )
    return (
        totals.join(_electricity(balance), on=year, how="full", coalesce=True)
        # No row of a kind is none of it: the balance of the year was handed in without it.
        .join(fuels.with_columns(_fuels=True), on=year, how="left")
        .with_columns(pl.when(pl.col("_fuels")).then(c).otherwise(0.0) for c in ("used_fuels", "used_coal"))
        .with_columns(pl.col("has_intake", "has_electricity", "other_edition").fill_null(value=False))
        .select(
            *year,
            "energy",
            "used_coal",
            "used_electricity",
            "own_renewable_tce",
            "electricity",
            "other_electricity",
            "own_renewable",
            "has_intake",
            "has_electricity",
            "other_edition",
            used=pl.col("used_fuels") + pl.col("used_electricity"),
        )
        .sort(year)
    )


def strict_or_zero(value: str, where: pl.Expr) -> pl.Expr:
    """Return the sum of a group's rows that meet a condition: 0 where none does, null where any of them is null.

    Examples
    --------
    >>> frame = pl.DataFrame({"kind": ["coal", "oil"], "tce": [3.0, None]})
    >>> frame.select(
    ...     coal=strict_or_zero("tce", pl.col("kind") == "coal"),
    ...     oil=strict_or_zero("tce", pl.col("kind") == "oil"),
    ...     gas=strict_or_zero("tce", pl.col("kind") == "gas"),
    ... ).row(0)
    (3.0, None, 0.0)
    """
    met = pl.col(value).filter(where)
    return pl.when(met.null_count() == 0).then(met.sum())


def _electricity(balance: pl.DataFrame) -> pl.DataFrame:
    """Return electricity by year, and the renewables that the firm made and used itself.

    Electricity that was sold under a renewable carrier was that renewable. What was sold under another name came
    out of the firm's other generation first, and only the rest out of its renewables.
    """
    year = ["application_id", "year"]
    electric, renewable = pl.col("kind") == "electricity", pl.col("renewable")
    flow = pl.col("flow")
    bought, own, sold = flow == "purchased", flow == "self_generated", flow == "sold"
    flows = {
        "bought": electric & bought,
        "own_green": electric & own & renewable,
        "own_other": electric & own & ~renewable,
        "sold_green": electric & sold & renewable,
        "sold_other": electric & sold & ~renewable,
    }
    sums = balance.group_by(year, maintain_order=True).agg(
        (electric & (bought | own)).any().alias("has_electricity"),
        strict_or_zero("tce", ~electric & own & renewable).alias("fuel"),
        strict_or_zero("tce", ~electric & sold & renewable).alias("fuel_sold"),
        *(strict_or_zero("quantity", where).alias(f"{name}_quantity") for name, where in flows.items()),
        *(strict_or_zero("tce", where).alias(f"{name}_tce") for name, where in flows.items()),
    )

    def used_green(measure: str) -> pl.Expr:
        from_green = pl.col(f"sold_other_{measure}") - pl.col(f"own_other_{measure}")
        rest = pl.col(f"own_green_{measure}") - pl.col(f"sold_green_{measure}")
        return rest - from_green.clip(lower_bound=0.0)

    made = pl.col("own_green_quantity") + pl.col("own_other_quantity")
    passed_on = pl.col("sold_green_quantity") + pl.col("sold_other_quantity")
    return sums.select(
        *year,
        "has_electricity",
        other_electricity=(pl.col("bought_quantity") + used_green("quantity").clip(upper_bound=0.0)).clip(
            lower_bound=0.0
        ),
        own_renewable=used_green("quantity").clip(lower_bound=0.0),
        own_renewable_tce=used_green("tce").clip(lower_bound=0.0)
        + (pl.col("fuel") - pl.col("fuel_sold")).clip(lower_bound=0.0),
        electricity=(pl.col("bought_quantity") + made - passed_on).clip(lower_bound=0.0),
        used_electricity=(pl.col("bought_tce") + used_green("tce")).clip(lower_bound=0.0),
    )
