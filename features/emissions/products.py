"""Emissions of products: against the EU Taxonomy, per MWh of power generated, and what they cost at the EU border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.emissions.totals import emissions_by_year
from features.industries import map_industries
from features.totals import annual_by_year, over_positive, production_by_year
from features.units import money_factor

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["cbam_cost", "has_taxonomy_industry", "power_carbon", "product_carbon_ratio"]

_YEAR = ["application_id", "year"]
_IN_CO2E = "tCO2e/"


def _thresholds() -> pl.DataFrame:
    """Thresholds in tCO2e per unit of output, one row per benchmark product (null where a threshold names none)."""
    return (
        reference.table("taxonomy_thresholds")
        .filter(pl.col("unit").str.starts_with(_IN_CO2E))
        .with_columns(
            output_unit=pl.col("unit").str.slice(len(_IN_CO2E)).str.strip_chars("()"),
            benchmark=pl.col("benchmark_id").str.split(";"),
            recalled=pl.col("verified") == "recalled",
        )
        .explode("benchmark")
        .select("id", "benchmark", "output_unit", "threshold", "nace", "recalled", "valid_from", "valid_to")
    )


@reference.per_set(maxsize=1)
def _taxonomy_industries() -> tuple[list[str], list[str], list[str]]:
    """Return the classes of products with a threshold, the divisions that have one as a whole, and all their divisions."""
    benchmarks = reference.table("sector_benchmarks").select(pl.col("id").alias("benchmark"), "industry")
    rows = _thresholds().join(benchmarks, on="benchmark", how="left")
    groups = rows.group_by("nace").agg(pl.col("industry").drop_nulls()).sort("nace")
    by_class = groups.filter(pl.col("industry").list.len() > 0)
    classes = sorted({code for codes in by_class["industry"] for code in codes})
    codes = (
        groups.with_columns(
            industry_nace=pl.col("nace").str.split(";"), whole=pl.col("industry").list.len() == 0
        )
        .explode("industry_nace")
        .select("whole", industry=pl.col("industry_nace"), industry_scheme=pl.lit("NACE2"))
    )
    mapped = map_industries(codes).filter(pl.col("division").is_not_null())
    whole = sorted(set(mapped.filter("whole")["division"]))
    divisions = sorted({*mapped["division"], *(code[:2] for code in classes)})
    return classes, whole, divisions


def has_taxonomy_industry(division: pl.Expr, class4: pl.Expr) -> pl.Expr:
    """Return whether a firm of this industry can make a product with a threshold; null where it is unknown.

    A threshold belongs to the classes of its benchmark products and of the thresholds that share its NACE codes; one
    without any such class to the divisions that its NACE codes map to.

    Examples
    --------
    >>> firms = pl.DataFrame({"division": ["30", "30", "30", "26", "18", None],
    ...                       "class4": ["3011", "3071", None, "2651", None, None]})
    >>> firms.select(has_taxonomy_industry(pl.col("division"), pl.col("class4"))).to_series().to_list()
    [True, False, True, True, False, None]
    """
    classes, whole, divisions = _taxonomy_industries()
    return (
        pl.when(class4.is_not_null())
        .then(class4.is_in(classes) | class4.str.head(2).is_in(whole))
        .when(division.is_not_null())
        .then(division.is_in(divisions))
    )


def product_carbon_ratio(facts: Facts) -> pl.DataFrame:
    """Return product emissions over threshold x output, of the products of a year with a threshold in tCO2e.

    The threshold that ``taxonomy_id`` names where its unit is that of the output, else the strictest that names the
    product. A product with a threshold and without emissions makes the year missing.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``value`` (null where a part is missing), ``no_output`` (Boolean: output was handed in
        as zero), ``thresholds`` (ids, joined by comma), ``recalled`` and ``other_edition`` (Boolean).
    """
    made = production_by_year(facts)
    editions = edition_of_year(_thresholds(), key=["id", "benchmark"], years=made["year"].unique().to_list())
    columns = ["year", "id", "output_unit", "threshold", "recalled", "other_edition"]
    named = editions.select(columns).unique(subset=["year", "id"], keep="first", maintain_order=True)
    strictest = (
        editions.filter(pl.col("benchmark").is_not_null())
        .sort("year", "benchmark", "output_unit", "threshold", "id")
        .unique(subset=["year", "benchmark", "output_unit"], keep="first", maintain_order=True)
        .select("benchmark", *columns)
    )
    by_name = made.join(
        named, left_on=["year", "taxonomy_id", "unit"], right_on=["year", "id", "output_unit"], how="inner"
    ).with_columns(id=pl.col("taxonomy_id"))
    by_product = made.join(by_name, on=[*_YEAR, "product"], how="anti").join(
        strictest,
        left_on=["year", "product", "unit"],
        right_on=["year", "benchmark", "output_unit"],
        how="inner",
    )
    taken = [*_YEAR, "product", "quantity", "emissions", "threshold", "id", "recalled", "other_edition"]
    rows = pl.concat([by_name.select(taken), by_product.select(taken)]).sort(*_YEAR, "product")
    output, emitted = pl.col("quantity"), pl.col("emissions")
    emissions = pl.when(output == 0).then(emitted.fill_null(0.0)).otherwise(emitted)
    allowed = pl.col("threshold") * output
    known = (emissions.null_count() == 0) & (output.null_count() == 0)
    return rows.group_by(_YEAR, maintain_order=True).agg(
        value=pl.when(known).then(over_positive(emissions.sum(), allowed.sum())),
        no_output=(output == 0).fill_null(value=False).all(),
        thresholds=pl.col("id").unique().sort().str.join(", "),
        recalled=pl.col("recalled").any(),
        other_edition=pl.col("other_edition").any(),
    )


def power_carbon(facts: Facts) -> pl.DataFrame:
    """Return scope 1 CO2 per MWh of electricity generated, by year.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``value`` (tCO2/MWh; null where the generation is missing, zero or negative),
        ``in_co2e`` (Boolean: only scope 1 in CO2e was handed in), ``known`` (Boolean: emissions and generation were
        handed in; a year without generation is known to have no intensity, so no earlier year stands in for it).
    """
    emitted = pl.coalesce("co2", "scope1")
    generated = production_by_year(facts).filter(
        (pl.col("product") == "electricity") & (pl.col("unit") == "MWh")
    )
    return (
        emissions_by_year(facts)
        .join(generated.select(*_YEAR, mwh="quantity"), on=_YEAR, how="inner")
        .select(
            *_YEAR,
            value=over_positive(emitted, pl.col("mwh")),
            in_co2e=pl.col("co2").is_null(),
            known=emitted.is_not_null() & pl.col("mwh").is_not_null(),
        )
        .sort(_YEAR)
    )


def _goods(facts: Facts) -> pl.DataFrame:
    """Products of a year with the good of the longest CN prefix: ``benchmark`` (tCO2e/t; the lower of two).

    The benchmark of the year, else the latest earlier one; a good whose benchmark came later has none: what it will be
    measured by says nothing of a year in which nobody was.
    """
    made = production_by_year(facts).with_columns(
        cn=pl.col("cn_code").str.replace_all(r"[\s.]", ""),
    )
    editions = (
        edition_of_year(
            reference.table("cbam_goods").with_columns(cn=pl.col("cn_code").str.replace_all(r"\s", "")),
            key=["cn", "id"],
            years=made["year"].unique().to_list(),
        )
        .with_columns(
            pl.when(pl.col("valid_from").dt.year().fill_null(0) <= pl.col("year")).then("etc_benchmark")
        )
        .group_by("year", "cn")
        .agg(
            # A good of which one benchmark is not known has none: the lower of two cannot be told.
            benchmark=pl.when(pl.col("etc_benchmark").null_count() == 0).then(pl.col("etc_benchmark").min()),
            good=pl.col("id").sort_by("etc_benchmark", "id", nulls_last=True).first(),
            other_edition=pl.col("other_edition").any(),
            recalled=(pl.col("benchmark_verified") == "recalled").any(),
        )
        .with_columns(digits=pl.col("cn").str.len_chars())
        .sort("year", "cn")
    )
    goods = made.with_columns(
        benchmark=pl.lit(None, dtype=pl.Float64),
        good=pl.lit(None, dtype=pl.String),
        other_edition=pl.lit(None, dtype=pl.Boolean),
        recalled=pl.lit(None, dtype=pl.Boolean),
    )
    for digits in sorted(set(editions["digits"]), reverse=True):
        prefix = editions.filter(pl.col("digits") == digits).drop("digits")
        shorter = pl.col("good").is_null()
        goods = (
            goods.with_columns(
                prefix=pl.when(pl.col("cn").str.len_chars() >= digits).then(pl.col("cn").str.head(digits))
            )
            .join(prefix, left_on=["year", "prefix"], right_on=["year", "cn"], how="left", suffix="_found")
            .with_columns(
                pl.when(shorter).then(f"{c}_found").otherwise(c).alias(c)
                for c in ("benchmark", "good", "other_edition", "recalled")
            )
            .drop("prefix", "benchmark_found", "good_found", "other_edition_found", "recalled_found")
        )
    return goods.sort(*_YEAR, "product")


def cbam_cost(facts: Facts) -> pl.DataFrame:
    """Return the cost of the EU border adjustment over revenue, by year.

    ``eu_export_share x sum(max(0, embedded emissions - benchmark x output)) x certificate price / revenue``, over the
    goods of the year. Missing where a product states no CN code, one that the list of goods does not hold (it is
    incomplete), a good without a benchmark of the year or an earlier one, or no embedded emissions, and where the year has
    no product.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``eu_export_share``, ``value``, ``goods`` (ids, joined by comma), ``other_edition`` and
        ``recalled`` (Boolean), ``rate_note`` (where the exchange rate of another year stands in).
    """
    goods = _goods(facts)
    output = pl.when(pl.col("unit") == "t").then("quantity")
    above = (pl.col("emissions") - pl.col("benchmark") * output).clip(lower_bound=0.0)
    sums = (
        goods.with_columns(above=above)
        .group_by(_YEAR, maintain_order=True)
        .agg(
            above=pl.when(pl.col("above").null_count() == 0).then(pl.col("above").sum()),
            goods=pl.col("good").drop_nulls().unique().sort().str.join(", "),
            other_edition=pl.col("other_edition").any(),
            recalled=pl.col("recalled").any(),
        )
    )
    annual = annual_by_year(facts).select(*_YEAR, "eu_export_share", "revenue")
    rates = {y: money_factor("EUR", y) for y in annual["year"].unique().sort().to_list()}
    rate = pl.DataFrame(
        {
            "year": list(rates),
            "rate": [r.factor for r in rates.values()],
            "rate_note": [r.note if r.factor is not None else None for r in rates.values()],
        },
        schema={"year": pl.Int32, "rate": pl.Float64, "rate_note": pl.String},
    )
    price = facts.settings.cbam_certificate_price
    cost = pl.col("eu_export_share") * pl.col("above") * (price * pl.col("rate"))
    return (
        annual.join(sums, on=_YEAR, how="left")
        .join(rate, on="year", how="left")
        .with_columns(value=over_positive(cost, pl.col("revenue")))
        .drop("revenue", "rate", "above")
        .sort(_YEAR)
    )
