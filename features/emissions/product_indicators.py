"""The emissions indicators of products, with the firms to which they do not apply.

The figures stand in :mod:`features.emissions.products`. Not applicable is told by the industry or by a total that was
handed in as zero, never by an empty table; a product that was handed in always counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.emissions.products import cbam_cost, has_taxonomy_industry, power_carbon, product_carbon_ratio
from features.facts import FamilyResult, family_part, neutral, note
from features.intensity import latest
from features.reference_notes import other_edition_note, recalled_note
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["cbam_indicator", "power_carbon_indicator", "product_carbon_indicator"]


def power_carbon_indicator(facts: Facts) -> FamilyResult:
    """Return ``power_carbon``; it applies to power generation (division 44 without supply of power and heat)."""
    last = latest(power_carbon(facts).filter("known"), known="known")
    supplies = pl.col("class4").str.head(3).is_in(["442", "443"]).fill_null(value=False)
    elsewhere = (pl.col("division") != "44") | (supplies & pl.col("value").is_null())
    firms = (
        facts.applications.select("application_id", "division", "class4")
        .join(last, on="application_id", how="left")
        .with_columns(elsewhere=elsewhere.fill_null(value=False))
        .with_columns(
            power_carbon=pl.when("elsewhere")
            .then(neutral("power_carbon"))
            .when(pl.col("division").is_not_null())
            .then("value")
        )
    )
    notes = [
        note(
            firms.filter("elsewhere"),
            indicators=["power_carbon"],
            status="not_applicable",
            en=formatted("Industry {} generates no power for sale.", pl.coalesce("class4", "division")),
            zh=formatted("行业{}不属于发电企业。", pl.coalesce("class4", "division")),
        ),
        note(
            firms.filter(~pl.col("elsewhere") & pl.col("in_co2e") & pl.col("power_carbon").is_not_null()),
            indicators=["power_carbon"],
            status="estimated",
            en=formatted("Scope 1 of {} in CO2e: CO2 alone was not handed in.", "year"),
            zh=formatted("{}年按二氧化碳当量计算：未单独提供二氧化碳。", "year"),
        ),
    ]
    return family_part(firms, ["power_carbon"], notes)


def product_carbon_indicator(facts: Facts) -> FamilyResult:
    """Return ``product_carbon_ratio``; it applies where the industry, or a product, has a threshold in tCO2e."""
    years = product_carbon_ratio(facts)
    known = years.with_columns(
        known=pl.when(pl.col("no_output") | pl.col("value").is_not_null()).then(pl.lit(1))
    )
    handed_in = years.select("application_id").unique().with_columns(has_products=True)
    firms = (
        facts.applications.select(
            "application_id",
            "division",
            "class4",
            can=has_taxonomy_industry(pl.col("division"), pl.col("class4")),
        )
        .join(latest(known, known="known"), on="application_id", how="left")
        .join(handed_in, on="application_id", how="left")
        .with_columns(
            elsewhere=~pl.col("can").fill_null(value=True) & pl.col("has_products").is_null(),
            idle=pl.col("no_output").fill_null(value=False),
        )
        .with_columns(
            product_carbon_ratio=pl.when(pl.col("elsewhere") | pl.col("idle"))
            .then(neutral("product_carbon_ratio"))
            .otherwise("value")
        )
    )
    shown = firms.filter(~pl.col("idle") & pl.col("value").is_not_null())
    industry = pl.coalesce("class4", "division")
    notes = [
        note(
            firms.filter("elsewhere"),
            indicators=["product_carbon_ratio"],
            status="not_applicable",
            en=formatted("No product of industry {} has a threshold in tCO2e.", industry),
            zh=formatted("行业{}的产品无以二氧化碳当量表示的限值。", industry),
        ),
        note(
            firms.filter("idle"),
            indicators=["product_carbon_ratio"],
            status="not_applicable",
            en=formatted("Output of {} was handed in as zero.", "year"),
            zh=formatted("{}年产量申报为零。", "year"),
        ),
        other_edition_note(
            shown.filter("other_edition"),
            indicator="product_carbon_ratio",
            of="thresholds",
            en="Taxonomy thresholds",
            zh="分类法限值",
        ),
        recalled_note(shown.filter("recalled"), of="thresholds", en="Taxonomy thresholds", zh="分类法限值"),
    ]
    return family_part(firms, ["product_carbon_ratio"], notes)


def cbam_indicator(facts: Facts) -> FamilyResult:
    """Return ``cbam_cost_share``; it applies to exposed industries and to goods in scope that are exported to the EU."""
    years = cbam_cost(facts).with_columns(
        none=(pl.col("eu_export_share") == 0).fill_null(value=False),
    )
    known = years.with_columns(known=pl.when(pl.col("none") | pl.col("value").is_not_null()).then(pl.lit(1)))
    in_scope = (
        years.filter(pl.col("goods") != "").select("application_id").unique().with_columns(has_goods=True)
    )
    firms = (
        facts.applications.select("application_id", "division", "cbam_exposed")
        .join(latest(known, known="known"), on="application_id", how="left")
        .join(in_scope, on="application_id", how="left")
        .with_columns(
            elsewhere=~pl.col("cbam_exposed").fill_null(value=True) & pl.col("has_goods").is_null(),
            none=pl.col("none").fill_null(value=False),
        )
        .with_columns(
            cbam_cost_share=pl.when(pl.col("elsewhere") | pl.col("none"))
            .then(neutral("cbam_cost_share"))
            .otherwise("value")
        )
    )
    shown = firms.filter(~pl.col("elsewhere") & ~pl.col("none") & pl.col("value").is_not_null())
    notes = [
        note(
            firms.filter("elsewhere"),
            indicators=["cbam_cost_share"],
            status="not_applicable",
            en=formatted("Division {} makes no good in scope.", "division"),
            zh=formatted("行业大类{}无碳边境调节机制范围内的产品。", "division"),
        ),
        note(
            firms.filter(pl.col("none") & ~pl.col("elsewhere")),
            indicators=["cbam_cost_share"],
            status="not_applicable",
            en=formatted("Exports to the EU were handed in as zero for {}.", "year"),
            zh=formatted("{}年对欧盟出口申报为零。", "year"),
        ),
        other_edition_note(
            shown.filter("other_edition"),
            indicator="cbam_cost_share",
            of="goods",
            en="Border-adjustment benchmarks",
            zh="碳边境调节基准值",
        ),
        note(
            shown.filter(pl.col("rate_note").is_not_null()),
            indicators=["cbam_cost_share"],
            status="defaulted",
            en=formatted("{}.", "rate_note"),
            zh=formatted("{}年采用较早年份的欧元汇率。", "year"),
        ),
        recalled_note(
            shown.filter("recalled"), of="goods", en="Border-adjustment benchmarks", zh="碳边境调节基准值"
        ),
    ]
    return family_part(firms, ["cbam_cost_share"], notes)
