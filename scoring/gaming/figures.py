"""Moves on figures: scopes and fuels left out, units mistaken, credits netted, emissions told too low, zeros claimed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.contract import CONTRACT
from features.disclosure.expected_facts import due_year
from features.one_sided import GRACE_DAYS
from scoring.gaming.move import Move, with_tables

if TYPE_CHECKING:
    from features.intake import Dataset

__all__ = ["FIGURES", "latest_year_left_out", "rows_left_out", "scaled"]

_OWN = pl.col("scope") == "1"
_BOUGHT = pl.col("scope").is_in(["2-location", "2-market"])
_BOTH = _OWN | _BOUGHT
_BELOW = ("emissions_below_derived", "scope_below_derived", "emissions_unchecked")
_MARKET_OF_LOCATION = 0.5
_CREDITS = 0.4
"""Share of scope 1 that is netted: half of what a firm that buys them without limit might claim."""


def rows_left_out(dataset: Dataset, table: str, where: pl.Expr) -> Dataset:
    """Leave the rows that meet a condition out."""
    return with_tables(dataset, **{table: dataset.tables[table].filter(~where.fill_null(value=False))})


def scaled(
    dataset: Dataset, table: str, columns: tuple[str, ...], factor: float, where: pl.Expr | None = None
) -> Dataset:
    """Hand in figures times a factor: every row that meets the condition."""
    met = pl.lit(value=True) if where is None else where.fill_null(value=False)
    figures = [pl.when(met).then(pl.col(c) * factor).otherwise(c).alias(c) for c in columns]
    return with_tables(dataset, **{table: dataset.tables[table].with_columns(figures)})


def latest_year_left_out(dataset: Dataset, table: str) -> Dataset:
    """Leave out the latest year of a table that is due, and what came after it, so that an older year stands.

    A report that is not due yet may come later: to wait for its day is no game.
    """
    frame = dataset.tables[table]
    delay = (CONTRACT[table].reporting_delay_days or 0) + GRACE_DAYS
    due = (
        dataset.tables["applications"]
        .group_by("firm_id")
        .agg(pl.col("as_of").min())
        .select("firm_id", due=due_year(pl.col("as_of"), delay_days=delay))
    )
    kept = frame.join(due, on="firm_id", how="left", maintain_order="left").filter(
        (pl.col("period_start").dt.year() < pl.col("due")).fill_null(value=True)
    )
    return with_tables(dataset, **{table: kept.select(frame.columns)})


def _carriers(kind: str) -> list[str]:
    carriers = reference.table("energy_carriers")
    return carriers.filter(pl.col("kind") == kind)["id"].unique().sort().to_list()


def _kind(kind: str) -> pl.Expr:
    return pl.col("carrier").is_in(_carriers(kind))


def _fuel_left_out(dataset: Dataset) -> Dataset:
    return rows_left_out(dataset, "energy", _kind("coal"))


def _fuel_left_out_everywhere(dataset: Dataset) -> Dataset:
    """Leave coal out, and what it emits out of scope 1: in the proportion of coal to the combustion of the year."""
    energy = dataset.tables["energy"]
    factors = reference.table("energy_carriers").unique("id", keep="last", maintain_order=True)
    year = pl.col("period_start").dt.year().alias("year")
    burnt = (
        energy.filter(pl.col("flow").is_in(["purchased", "self_generated"]))
        .join(factors.select(carrier="id", kind="kind", per_unit="co2_t_per_unit"), on="carrier", how="left")
        .filter(~pl.col("kind").is_in(["electricity", "heat"]))
        .with_columns(year, co2=pl.col("quantity") * pl.col("per_unit"))
        .group_by("firm_id", "year")
        .agg(of_coal=pl.col("co2").filter(pl.col("kind") == "coal").sum(), of_all=pl.col("co2").sum())
        .with_columns(kept=pl.when(pl.col("of_all") > 0).then(1.0 - pl.col("of_coal") / pl.col("of_all")))
        .select("firm_id", "year", "kept")
    )
    emissions = dataset.tables["emissions"]
    shaved = emissions.with_columns(year).join(burnt, on=["firm_id", "year"], how="left")
    told = shaved.with_columns(
        quantity=pl.when(_OWN).then(pl.col("quantity") * pl.col("kept").fill_null(1.0)).otherwise("quantity")
    ).select(emissions.columns)
    return with_tables(_fuel_left_out(dataset), emissions=told)


def _coal_as_biomass(dataset: Dataset) -> Dataset:
    energy = dataset.tables["energy"]
    renamed = pl.when(_kind("coal")).then(pl.lit("biomass")).otherwise("carrier")
    return with_tables(dataset, energy=energy.with_columns(carrier=renamed))


def _credits_netted(dataset: Dataset) -> Dataset:
    return scaled(dataset, "emissions", ("quantity",), 1.0 - _CREDITS, _OWN)


def _market_as_location(dataset: Dataset) -> Dataset:
    return scaled(dataset, "emissions", ("quantity",), _MARKET_OF_LOCATION, pl.col("scope") == "2-location")


def _sinks_bought(dataset: Dataset) -> Dataset:
    """Add sink credits as large as the firm's scope 1 to every year it reports."""
    emissions, ecology = dataset.tables["emissions"], dataset.tables["ecology"]
    years = (
        emissions.filter(_OWN & pl.col("substance").is_in(["CO2e", "CO2"]) & pl.col("site").is_null())
        .sort("firm_id", "period", "row")
        .unique(["firm_id", "period"], keep="last", maintain_order=True)
    )
    bought = years.select(
        "firm_id",
        "period",
        "published_on",
        "row",
        "period_start",
        "period_end",
        "known_on",
        "known_on_defaulted",
        kind=pl.lit("sink_credits"),
        amount=pl.col("quantity"),
        unit=pl.lit("tCO2e"),
    )
    own = ecology.filter(pl.col("kind") != "sink_credits")
    return with_tables(dataset, ecology=pl.concat([own, bought], how="diagonal").select(ecology.columns))


def _set(dataset: Dataset, table: str, **columns: pl.Expr) -> Dataset:
    return with_tables(dataset, **{table: dataset.tables[table].with_columns(**columns)})


def _zero(dataset: Dataset, table: str, columns: tuple[str, ...]) -> Dataset:
    stated = {c: pl.when(pl.col(c).is_not_null()).then(0.0) for c in columns}
    return _set(dataset, table, **stated)


def _project_renamed(dataset: Dataset) -> Dataset:
    designed = pl.col("design_energy").is_not_null()
    kind = pl.when(designed).then(pl.lit("working_capital")).otherwise("project_kind")
    return _set(dataset, "applications", project_kind=kind)


FIGURES: tuple[Move, ...] = (
    *(
        Move(
            id=f"latest_year_left_out_{table}",
            en=f"Leaves out the latest year of the table {table}, so that an older year stands for the firm.",
            zh=f"不提交{zh}表最近一年，以旧年数据代替。",
            apply=partial(latest_year_left_out, table=table),
            stopped_by="cross_check",
            witnesses=("latest_year_missing",),
        )
        for table, zh in (
            ("annual", "年度"),
            ("energy", "能源"),
            ("emissions", "排放"),
            ("production", "产量"),
        )
    ),
    Move(
        id="scope1_dropped",
        en="Reports scope 2 alone.",
        zh="仅报告范围二，不报范围一。",
        apply=partial(rows_left_out, table="emissions", where=_OWN),
        stopped_by="missing_sum",
        witnesses=("carbon_intensity", "under_reporting", "scope_unknown"),
    ),
    Move(
        id="scope2_dropped",
        en="Reports scope 1 alone.",
        zh="仅报告范围一，不报范围二。",
        apply=partial(rows_left_out, table="emissions", where=_BOUGHT),
        stopped_by="missing_sum",
        witnesses=("carbon_intensity", "under_reporting", "scope_unknown"),
    ),
    Move(
        id="scope3_category_dropped",
        en="Leaves one upstream category of scope 3 out.",
        zh="范围三上游少报一个类别。",
        apply=partial(
            rows_left_out, table="emissions", where=(pl.col("scope") == "3") & (pl.col("category") == 1)
        ),
        stopped_by="missing_sum",
        witnesses=("scope3_intensity",),
    ),
    Move(
        id="pollutant_dropped",
        en="Leaves its sulphur dioxide out of the pollutants.",
        zh="污染物中不报二氧化硫。",
        apply=partial(
            rows_left_out,
            table="emissions",
            where=(pl.col("scope") == "none") & (pl.col("substance") == "SO2"),
        ),
        stopped_by="cross_check",
        witnesses=("pollutants_incomplete",),
        why_open="A firm that hands in no energy tells nothing of what it burns: ask for the energy bills.",
        most=0.005,
    ),
    Move(
        id="electricity_left_out",
        en="Leaves its electricity out of the energy.",
        zh="能源数据不含电力。",
        apply=partial(rows_left_out, table="energy", where=_kind("electricity")),
        stopped_by="cross_check",
        witnesses=("energy_below_emissions",),
        why_open="A firm that reports no scope 2 contradicts nothing: ask for the electricity bills.",
        most=0.03,
    ),
    Move(
        id="fuel_left_out",
        en="Leaves its coal out of the energy and keeps its emissions as they are.",
        zh="能源数据不含煤炭，排放照报。",
        apply=_fuel_left_out,
        stopped_by="cross_check",
        witnesses=("energy_below_emissions",),
        why_open="A firm that reports no emissions, or whose processes emit much beside its fuel, contradicts nothing: ask for the fuel bills.",
        most=0.08,
    ),
    Move(
        id="coal_as_biomass",
        en="Calls its coal biomass.",
        zh="将煤炭报为生物质。",
        apply=_coal_as_biomass,
        stopped_by="cross_check",
        witnesses=("energy_below_emissions",),
        why_open="As fuel_left_out: ask for the fuel bills.",
        most=0.08,
    ),
    Move(
        id="fuel_left_out_everywhere",
        en="Leaves its coal out of the energy, and what the coal emits out of scope 1.",
        zh="能源与范围一排放同时不含煤炭。",
        apply=_fuel_left_out_everywhere,
        stopped_by="open",
        witnesses=("energy_below_production", "energy_below_emissions"),
        why_open="Energy and emissions agree with one another and are both too low; only output or bills from outside show it: ask for the fuel bills, or for verified emissions.",
        most=0.25,
    ),
    Move(
        id="credits_netted",
        en=f"Takes credits and removals off its scope 1: {_CREDITS:.0%} of it.",
        zh=f"以碳信用和碳汇抵扣范围一的{_CREDITS:.0%}。",
        apply=_credits_netted,
        stopped_by="cross_check",
        witnesses=_BELOW,
        why_open="A scope 1 that is small beside what the energy implies hides within the tolerance.",
        most=0.005,
    ),
    Move(
        id="sinks_bought",
        en="Buys sink credits as large as its scope 1.",
        zh="购买与范围一等量的碳汇。",
        apply=_sinks_bought,
        stopped_by="construction",
    ),
    Move(
        id="market_as_location",
        en="Hands in half of its scope 2 as location-based, after green contracts.",
        zh="将扣减绿电合同后的范围二（减半）报为基于位置。",
        apply=_market_as_location,
        stopped_by="cross_check",
        witnesses=_BELOW,
    ),
    Move(
        id="emissions_at_0.6",
        en="Reports 60 % of scope 1 and 2.",
        zh="范围一、二仅报60%。",
        apply=partial(scaled, table="emissions", columns=("quantity",), factor=0.6, where=_BOTH),
        stopped_by="cross_check",
        witnesses=_BELOW,
    ),
    Move(
        id="emissions_at_0.93",
        en="Reports 93 % of scope 1 and 2: within the tolerance of the cross-check.",
        zh="范围一、二仅报93%，处于校验容差之内。",
        apply=partial(scaled, table="emissions", columns=("quantity",), factor=0.93, where=_BOTH),
        stopped_by="open",
        witnesses=_BELOW,
        why_open="It lies within the tolerance that honest factors need.",
        most=0.03,
    ),
    Move(
        id="emissions_kg_for_t",
        en="Writes kilograms where tonnes are meant: a thousandth of scope 1 and 2.",
        zh="以千克充吨：范围一、二缩小千倍。",
        apply=partial(scaled, table="emissions", columns=("quantity",), factor=0.001, where=_BOTH),
        stopped_by="cross_check",
        witnesses=_BELOW,
    ),
    Move(
        id="energy_kwh_for_mwh",
        en="Writes kilowatt-hours where megawatt-hours are meant: a thousandth of its electricity.",
        zh="以千瓦时充兆瓦时：电量缩小千倍。",
        apply=partial(
            scaled, table="energy", columns=("quantity",), factor=0.001, where=_kind("electricity")
        ),
        stopped_by="cross_check",
        witnesses=("energy_below_emissions",),
        why_open="As electricity_left_out.",
        most=0.03,
    ),
    Move(
        id="pollutants_kg_for_t",
        en="Writes kilograms where tonnes are meant: a thousandth of its pollutants.",
        zh="以千克充吨：污染物缩小千倍。",
        apply=partial(
            scaled, table="emissions", columns=("quantity",), factor=0.001, where=pl.col("scope") == "none"
        ),
        stopped_by="open",
        why_open="No other fact implies tonnes of pollutants: ask for the discharge permit or the tax return.",
        most=0.05,
    ),
    Move(
        id="money_in_yuan",
        en="Writes yuan where 10,000 CNY is meant: revenue and value added ten thousand times as large.",
        zh="以元充万元：营业收入和增加值放大一万倍。",
        apply=partial(scaled, table="annual", columns=("revenue", "value_added"), factor=1e4),
        stopped_by="cross_check",
        witnesses=("revenue_beyond_employees", "employees_missing"),
    ),
    Move(
        id="value_added_inflated",
        en="Tells value added three times as large.",
        zh="增加值虚增两倍。",
        apply=partial(scaled, table="annual", columns=("value_added",), factor=3.0),
        stopped_by="cross_check",
        witnesses=("value_added_beyond_revenue", "value_added_beyond_income"),
        why_open="Outside manufacturing value added may be most of revenue: ask for audited accounts.",
        most=0.06,
    ),
    Move(
        id="output_doubled",
        en="Tells twice the output of its products.",
        zh="产品产量虚增一倍。",
        apply=partial(scaled, table="production", columns=("quantity",), factor=2.0),
        stopped_by="open",
        witnesses=("energy_below_production", "product_energy_below_advanced"),
        why_open="Within a quarter of the advanced level nobody can tell: ask for the energy audit.",
        most=0.12,
    ),
    Move(
        id="product_energy_halved",
        en="Tells half the energy of its products.",
        zh="产品能耗减半申报。",
        apply=partial(scaled, table="production", columns=("energy",), factor=0.5),
        stopped_by="open",
        witnesses=("product_energy_below_advanced",),
        why_open="Within a quarter of the advanced level nobody can tell: ask for the energy audit.",
        most=0.12,
    ),
    Move(
        id="emissions_claimed_zero",
        en="Hands in zero scope 1 and 2.",
        zh="范围一、二申报为零。",
        apply=partial(scaled, table="emissions", columns=("quantity",), factor=0.0, where=_BOTH),
        stopped_by="cross_check",
        witnesses=_BELOW,
    ),
    Move(
        id="energy_claimed_zero",
        en="Hands in zero energy.",
        zh="能源消费申报为零。",
        apply=partial(scaled, table="energy", columns=("quantity",), factor=0.0),
        stopped_by="cross_check",
        witnesses=("energy_below_emissions", "energy_below_production", "without_energy"),
    ),
    Move(
        id="interest_claimed_zero",
        en="Hands in no interest expense beside its debt.",
        zh="有负债而利息支出申报为零。",
        apply=partial(_zero, table="annual", columns=("interest_expense",)),
        stopped_by="cross_check",
        witnesses=("debt_without_interest",),
    ),
    Move(
        id="water_and_waste_claimed_zero",
        en="Hands in zero water and zero waste, so that their shares do not apply.",
        zh="取水量和废物量申报为零，使相关指标不适用。",
        apply=partial(
            _zero,
            table="annual",
            columns=("water_withdrawn", "water_reused", "waste", "waste_recycled", "hazardous_waste"),
        ),
        stopped_by="cross_check",
        witnesses=("without_water_or_waste",),
        why_open="An office may have no waste to tell of.",
        most=0.01,
    ),
    Move(
        id="project_renamed",
        en="Calls a new line or a retrofit working capital, so that its design level does not apply.",
        zh="将新建或改造项目称为流动资金，使设计能效指标不适用。",
        apply=_project_renamed,
        stopped_by="cross_check",
        witnesses=("design_without_project",),
    ),
    Move(
        id="green_revenue_inflated",
        en="Calls all revenue, capital expenditure and research green.",
        zh="将全部收入、资本支出和研发称为绿色。",
        apply=lambda dataset: _set(
            dataset,
            "annual",
            green_revenue=pl.col("revenue"),
            green_capex=pl.col("capex"),
            green_rd=pl.col("rd"),
        ),
        stopped_by="open",
        why_open="What is green is the firm's own statement: ask for the breakdown by the green industry catalogue, or have it verified.",
        most=0.05,
    ),
    Move(
        id="estimated_instead_of_metered",
        en="Estimates its energy instead of metering it.",
        zh="以估算代替计量。",
        apply=lambda dataset: _set(dataset, "energy", basis=pl.lit("estimated")),
        stopped_by="construction",
    ),
    Move(
        id="metering_claimed",
        en="Calls all energy metered.",
        zh="将全部能源数据称为计量所得。",
        apply=lambda dataset: _set(dataset, "energy", basis=pl.lit("metered")),
        stopped_by="open",
        why_open="Whether a figure was metered shows on the bill only: ask for bills.",
        most=0.1,
    ),
    Move(
        id="assurance_claimed",
        en="Calls all emissions reasonably assured, without a verifier.",
        zh="称全部排放经合理保证鉴证，但无鉴证机构。",
        apply=lambda dataset: _set(
            dataset,
            "emissions",
            assurance=pl.when(_BOTH).then(pl.lit("reasonable")).otherwise("assurance"),
        ),
        stopped_by="cross_check",
        witnesses=("assurance_without_verifier",),
    ),
)
"""Moves on figures."""
