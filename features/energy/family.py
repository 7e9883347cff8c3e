"""The energy family: intensity and its trend, coal, renewables, green power, and products against the benchmark.

Every ratio takes numerator and denominator of one and the same year, the latest for which both are known. What each
sum is made of stands in :mod:`features.energy.balance`; the benchmark in :mod:`features.energy.benchmark_position`.

Green power that was not made on site needs retired certificates (:mod:`features.energy.green_power`), produced in the year
and cancelled on or before ``as_of``; each kWh counts once and never beyond the electricity that was purchased and
used. Where no certificate of the year was handed in: self-generated renewables are a fact of their own and stand as
the least that is known; without them the value is zero only if a register of such certificates was asked on or
after the year's end, else missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.catalogue import CATALOGUE
from features.editions import edition_of_year
from features.energy.balance import energy_balance, energy_by_year, energy_selections
from features.energy.benchmark_position import benchmark_position, has_benchmark_industry
from features.energy.green_power import green_power_asked, retired_green_power
from features.facts import FamilyResult, cross_check, note, whole_family
from features.intensity import intensity, intensity_trend, latest
from features.text import formatted
from features.totals import difference_checks

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["cross_checks", "indicators"]

_OTHER_FACTORS = (
    "Standard-coal factors of another year stand in for {}.",
    "{}年采用其他年份的折标准煤系数。",
)


def indicators(facts: Facts) -> FamilyResult:
    """Return the energy indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        Energy in tce, money in 10,000 CNY, shares of one.
    """
    results = [_intensities(facts), _shares(facts), _benchmarks(facts)]
    return whole_family(facts, "energy", results)


def _intensities(facts: Facts) -> FamilyResult:
    """Return ``energy_intensity`` and ``energy_intensity_trend``."""
    totals = energy_by_year(facts)
    # More energy sold than is known to have come in is a contradiction, not a low intensity.
    amounts = totals.select("application_id", "year", amount=pl.when(pl.col("energy") >= 0).then("energy"))
    by_year = intensity(facts, amounts)
    last, trends = latest(by_year), intensity_trend(by_year)
    values = last.select("application_id", energy_intensity="value").join(
        trends.select("application_id", energy_intensity_trend="value"), on="application_id", how="left"
    )
    year = last.select("application_id", "year")
    behind = _behind_the_total(facts, year)
    revenue, percent = pl.col("revenue").round(2), (pl.col("estimated") * 100).round(1)
    notes = [
        note(
            last.filter(pl.col("by_value_added").is_null()),
            indicators=["energy_intensity"],
            status="defaulted",
            en=formatted("Revenue of {} ({} x 10,000 CNY) stands for value added.", "year", revenue),
            zh=formatted("{}年以营业收入（{}万元）代替增加值。", "year", revenue),
        ),
        note(
            trends.filter(pl.col("by") == "revenue"),
            indicators=["energy_intensity_trend"],
            status="defaulted",
            en=formatted("Over revenue of {} to {}, for want of value added.", "first_year", "last_year"),
            zh=formatted("因缺增加值，按{}至{}年营业收入计算。", "first_year", "last_year"),
        ),
        note(
            behind.filter(pl.col("estimated") > 0),
            indicators=["energy_intensity"],
            status="estimated",
            en=formatted("Of the energy of {}, {} % was estimated.", "year", percent),
            zh=formatted("{}年能源消费中{}%为估算。", "year", percent),
        ),
        note(
            behind.filter(pl.col("other_edition")),
            indicators=["energy_intensity"],
            status="defaulted",
            en=formatted(_OTHER_FACTORS[0], "year"),
            zh=formatted(_OTHER_FACTORS[1], "year"),
        ),
        note(
            behind.filter(pl.col("recalled") != ""),
            indicators=[None],
            status="recalled",
            en=formatted("Standard-coal factors recalled from the standard, not read in it: {}.", "recalled"),
            zh=formatted("折标准煤系数凭记忆录入、未经核对：{}。", "recalled"),
        ),
    ]
    return FamilyResult(values=values, notes=pl.concat(notes))


def _behind_the_total(facts: Facts, year: pl.DataFrame) -> pl.DataFrame:
    """Return what the energy of these years rests on: estimated share, other editions, recalled factors."""
    counted = (
        energy_balance(facts)
        .filter("counted")
        .join(year, on=["application_id", "year"], how="semi", maintain_order="left")
    )
    tce, estimated = pl.col("tce"), pl.col("basis") == "estimated"
    return counted.group_by("application_id", "year", maintain_order=True).agg(
        estimated=pl.when(tce.sum() > 0).then(tce.filter(estimated).sum() / tce.sum()),
        other_edition=pl.col("other_edition").any(),
        recalled=pl.col("carrier").filter(pl.col("recalled")).unique().sort().str.join(", "),
    )


def _shares(facts: Facts) -> FamilyResult:
    """Return ``coal_share``, ``renewable_share``, ``green_power_share`` and ``electrification``."""
    years = _shares_by_year(facts)
    used, intake = pl.col("used"), pl.col("has_intake")
    shares = {
        "coal_share": (pl.col("used_coal"), used, intake),
        "renewable_share": (
            pl.col("own_renewable_tce") + _at_least(pl.col("bought_green_tce"), pl.col("own_renewable_tce")),
            used,
            intake,
        ),
        "green_power_share": (
            pl.col("own_renewable") + _at_least(pl.col("bought_green"), pl.col("own_renewable")),
            pl.col("electricity"),
            pl.col("has_electricity"),
        ),
        "electrification": (pl.col("used_electricity"), used, intake & pl.col("has_electricity")),
    }
    values = facts.applications.select("application_id")
    notes = []
    for name, (part, whole, handed_in) in shares.items():
        neutral, clip = CATALOGUE[name].neutral, CATALOGUE[name].clip
        share = pl.when(whole > 0).then(part / whole).when(whole == 0).then(pl.lit(neutral, dtype=pl.Float64))
        value = share if clip is None else share.clip(*clip)
        last = latest(
            years.with_columns(pl.when(handed_in).then(value).alias(name), _whole=whole), known=name
        )
        values = values.join(last.select("application_id", name), on="application_id", how="left")
        notes += [
            note(
                last.filter(pl.col("_whole") == 0),
                indicators=[name],
                status="not_applicable",
                en=formatted("The total of {} was handed in as zero.", "year"),
                zh=formatted("{}年总量申报为零。", "year"),
            )
        ]
        if name != "green_power_share":
            # Green power is a share of electricity in MWh; the others are shares of energy in standard coal, of which
            # none and all rest on no factor.
            notes += [
                note(
                    last.filter(
                        (pl.col("_whole") > 0)
                        & pl.col(name).is_between(0, 1, closed="none")
                        & pl.col("other_edition")
                    ),
                    indicators=[name],
                    status="defaulted",
                    en=formatted(_OTHER_FACTORS[0], "year"),
                    zh=formatted(_OTHER_FACTORS[1], "year"),
                )
            ]
        if name in {"renewable_share", "green_power_share"}:
            notes += _green_notes(last.filter(pl.col("_whole") > 0), name)
        if name == "coal_share":
            notes += [
                note(
                    last.filter((pl.col("_whole") > 0) & (pl.col(name) == 0)),
                    indicators=[name],
                    status="zero",
                    en=formatted("No coal or coke among the energy of {}.", "year"),
                    zh=formatted("{}年能源消费中无煤炭、焦炭。", "year"),
                )
            ]
    return FamilyResult(values=values, notes=pl.concat(notes))


def _shares_by_year(facts: Facts) -> pl.DataFrame:
    """Return the energy totals with the green power that was bought: ``bought_green`` (MWh) and its tce."""
    return facts.once("energy_shares_by_year", _all_shares_by_year)


def _all_shares_by_year(facts: Facts) -> pl.DataFrame:
    totals = energy_by_year(facts)
    electricity = edition_of_year(
        reference.table("energy_carriers").filter(pl.col("id") == "electricity"),
        key=["id"],
        years=totals["year"].unique().to_list(),
    ).select("year", tce_per_mwh="tce_per_unit")
    certificates, asked = pl.col("retired").is_not_null(), pl.col("asked_to").is_not_null()
    retired, purchased = pl.col("retired"), pl.col("other_electricity")
    return (
        totals.join(retired_green_power(facts), on=["application_id", "year"], how="left")
        .join(green_power_asked(facts, totals), on=["application_id", "year"], how="left")
        .join(electricity, on="year", how="left")
        .with_columns(
            certificates=certificates, retired=pl.when(certificates).then(retired).when(asked).then(0.0)
        )
        .with_columns(
            bought_green=pl.when(retired.is_not_null() & purchased.is_not_null()).then(
                pl.min_horizontal(retired, purchased)
            )
        )
        .with_columns(bought_green_tce=pl.col("bought_green") * pl.col("tce_per_mwh"))
        .sort("application_id", "year")
    )


def _at_least(bought: pl.Expr, own: pl.Expr) -> pl.Expr:
    """Own generation stands as the least that is known where nothing is known of certificates."""
    return pl.when(bought.is_null() & (own > 0)).then(0.0).otherwise(bought)


def _green_notes(last: pl.DataFrame, name: str) -> list[pl.DataFrame]:
    none = ~pl.col("certificates")
    return [
        note(
            last.filter(none & pl.col("asked_to").is_not_null() & (pl.col(name) == 0)),
            indicators=[name],
            status="zero",
            en=formatted("Registers were asked up to {}; no certificate covers {}.", "asked_to", "year"),
            zh=formatted("已查询截至{}的登记；{}年无绿证。", "asked_to", "year"),
        ),
        note(
            last.filter(none & pl.col("asked_to").is_null()),
            indicators=[name],
            status="estimated",
            en=formatted("At least this much: no certificate of {} and no register's answer.", "year"),
            zh=formatted("至少为此值：{}年既无绿证也无查询记录。", "year"),
        ),
    ]


def _benchmarks(facts: Facts) -> FamilyResult:
    """Return ``benchmark_position`` and ``below_baseline_share``."""
    ids = ["benchmark_position", "below_baseline_share"]
    position, below = (CATALOGUE[i] for i in ids)
    years = benchmark_position(facts).with_columns(
        known=pl.col("no_output") | (pl.col("position").is_not_null() & pl.col("below").is_not_null())
    )
    last = latest(years.with_columns(known=pl.when(pl.col("known")).then(pl.lit(1))), known="known")
    handed_in = years.select("application_id").unique().with_columns(has_products=True)
    firms = facts.applications.select(
        "application_id",
        "division",
        "class4",
        can=has_benchmark_industry(pl.col("division"), pl.col("class4")),
    )
    joined = (
        firms.join(last, on="application_id", how="left")
        .join(handed_in, on="application_id", how="left")
        .with_columns(
            elsewhere=~pl.col("can").fill_null(value=True) & pl.col("has_products").is_null(),
            idle=pl.col("no_output").fill_null(value=False),
        )
    )
    outside = pl.col("elsewhere") | pl.col("idle")
    lowest, highest = position.clip or (None, None)
    values = joined.select(
        "application_id",
        benchmark_position=pl.when(outside)
        .then(pl.lit(position.neutral, dtype=pl.Float64))
        .otherwise(pl.col("position").clip(lowest, highest)),
        below_baseline_share=pl.when(outside)
        .then(pl.lit(below.neutral, dtype=pl.Float64))
        .otherwise("below"),
    )
    industry = pl.coalesce("class4", "division")
    shown = joined.filter(~outside & pl.col("known").is_not_null())
    notes = [
        note(
            joined.filter("elsewhere"),
            indicators=ids,
            status="not_applicable",
            en=formatted("No product of industry {} has an energy benchmark.", industry),
            zh=formatted("行业{}无能效标杆产品。", industry),
        ),
        note(
            joined.filter("idle"),
            indicators=ids,
            status="not_applicable",
            en=formatted("Output of {} in {} was handed in as zero.", "products", "year"),
            zh=formatted("{}（{}年）产量申报为零。", "products", "year"),
        ),
        note(
            shown.filter(pl.col("told_en") != ""),
            indicators=["benchmark_position"],
            status="reported",
            en=formatted("{}.", "told_en"),
            zh=formatted("{}。", "told_zh"),
        ),
        note(
            shown.filter("other_edition"),
            indicators=ids,
            status="defaulted",
            en=formatted("Levels of edition {} stand in for {}.", "edition", "year"),
            zh=formatted("以{}版水平代替{}年水平。", "edition", "year"),
        ),
        note(
            shown.filter("recalled"),
            indicators=[None],
            status="recalled",
            en=formatted(
                "Benchmark levels of {} recalled from edition {}, not read in it.", "products", "edition"
            ),
            zh=formatted("{}的标杆与基准水平（{}版）凭记忆录入、未经核对。", "products", "edition"),
        ),
    ]
    return FamilyResult(values=values, notes=pl.concat(notes))


def cross_checks(facts: Facts) -> pl.DataFrame:
    """Return the contradictions inside the energy data: totals and parts, sales, and certificates."""
    differences = [selection.differences for selection in energy_selections(facts)]
    years = _shares_by_year(facts)
    oversold = years.filter(pl.col("energy") < 0).with_columns(pl.col("energy").round(1))
    beyond = years.filter(pl.col("retired") > (1 + 1e-9) * pl.col("other_electricity")).with_columns(
        pl.col("retired", "other_electricity").round(1)
    )
    return pl.concat(
        [
            difference_checks(pl.concat(differences), check="energy_total_and_parts"),
            cross_check(
                oversold,
                check="energy_sold_beyond_intake",
                severity="warning",
                en=formatted("Energy of {} is {} tce: more was sold than taken in.", "year", "energy"),
                zh=formatted("{}年能源净消费为{}吨标准煤：外售大于购入与自产。", "year", "energy"),
            ),
            cross_check(
                beyond,
                check="green_power_beyond_purchases",
                severity="warning",
                en=formatted(
                    "Certificates of {} MWh for {}, purchased and used {} MWh.",
                    "retired",
                    "year",
                    "other_electricity",
                ),
                zh=formatted(
                    "{}兆瓦时绿证（{}年）超过外购自用电量{}兆瓦时。", "retired", "year", "other_electricity"
                ),
            ),
        ]
    )
