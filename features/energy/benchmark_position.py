"""Products against the energy-efficiency benchmark: their place between the baseline and the advanced level.

Levels of *Energy-efficiency benchmark and baseline levels of key industrial fields* (2023 edition, NDRC) and of the
GB norms in ``sector_benchmarks.csv``; whatever unit a level has, it is compared in tce. A level may be negative: a
converter gives more energy than it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.text import formatted
from features.totals import over_positive, production_by_year
from features.units import energy_total_factor, production_unit

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["benchmark_levels", "benchmark_position", "compared_products", "has_benchmark_industry"]


@reference.per_set(maxsize=1)
def benchmark_levels() -> pl.DataFrame:
    """Return the levels of every benchmark product in tce per unit of its output.

    Returns
    -------
    pl.DataFrame
        ``product``, ``industry`` (GB/T 4754), ``output_unit``, ``advanced`` and ``baseline`` (tce per output unit),
        ``better`` (1.0 where a lower figure is better, -1.0 else), ``edition``, ``recalled``, ``valid_from``, ``valid_to``;
        to tell a person: ``named_en``, ``named_zh``, ``level_unit`` (unit of the levels as published), ``tce_per_level``
        (tce of one energy unit of it) and ``retrofit_deadline`` (Date; null where none was set).

    Examples
    --------
    >>> aluminium = benchmark_levels().filter(pl.col("product") == "electrolytic_aluminium")
    >>> aluminium.select("output_unit", pl.col("advanced").round(4)).row(0)
    ('t', 1.5977)
    """
    levels = reference.table("sector_benchmarks")
    measured = levels["unit"].str.split("/").list.first()
    factors = {unit: energy_total_factor(unit) for unit in sorted(set(measured))}
    outputs = {product: production_unit(product) for product in levels["id"]}
    tce = measured.replace_strict(factors, return_dtype=pl.Float64)
    return levels.select(
        pl.col("id").alias("product"),
        "industry",
        pl.col("id").replace_strict(outputs, return_dtype=pl.String).alias("output_unit"),
        pl.col("advanced") * tce,
        pl.col("baseline") * tce,
        better=pl.when(pl.col("lower_is_better") == 1).then(1.0).otherwise(-1.0),
        edition="edition",
        recalled=pl.col("verified") == "recalled",
        valid_from="valid_from",
        valid_to="valid_to",
        named_en="product_en",
        named_zh="product_zh",
        level_unit="unit",
        tce_per_level=tce,
        retrofit_deadline="retrofit_deadline",
    )


def has_benchmark_industry(division: pl.Expr, class4: pl.Expr) -> pl.Expr:
    """Return whether a firm of this industry can make a product with a benchmark; null where the industry is unknown.

    The class decides where it is known, else the division.

    Examples
    --------
    >>> firms = pl.DataFrame({"division": ["30", "30", "30", "6450", "18", None],
    ...                       "class4": ["3011", "3021", None, "6450", None, None]})
    >>> firms.select(has_benchmark_industry(pl.col("division"), pl.col("class4"))).to_series().to_list()
    [True, False, True, True, False, None]
    """
    classes = benchmark_levels()["industry"].unique().sort().to_list()
    divisions = sorted({code if code == "6450" else code[:2] for code in classes})
    return (
        pl.when(class4.is_not_null())
        .then(class4.is_in(classes))
        .when(division.is_not_null())
        .then(division.is_in(divisions))
    )


def benchmark_position(facts: Facts) -> pl.DataFrame:
    """Return the position and the share below the baseline of each application and year with benchmark products.

    ``position = sum(baseline x output - energy) / sum((baseline - advanced) x output)`` and ``below`` = the share of the
    same weight ``(baseline - advanced) x output`` of products that take more than the baseline, all in tce, over the
    products of the year. The sign of both sums turns for a product of which more is better.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year``, ``position``, ``below`` (both not clipped; null where a product lacks its
        output or its energy, or nothing was made), ``no_output`` (Boolean: output was handed in as zero), ``products``
        (ids, joined by comma), ``edition``, ``other_edition`` and ``recalled`` (Boolean), and ``told_en``, ``told_zh``: each
        product's figure beside its levels and the deadline by which what is below the baseline is to be retrofitted.
    """
    rows = compared_products(facts)
    known = (pl.col("saved").null_count() == 0) & (pl.col("weight").null_count() == 0)
    saved, weight, output, worse = pl.col("saved"), pl.col("weight"), pl.col("quantity"), pl.col("worse")
    return rows.group_by("application_id", "year", maintain_order=True).agg(
        position=pl.when(known).then(over_positive(saved.sum(), weight.sum())),
        below=pl.when(known).then(over_positive(weight.filter(worse).sum(), weight.sum())),
        no_output=(output == 0).fill_null(value=False).all(),
        products=pl.col("product").str.join(", "),
        edition=pl.col("edition").unique().sort().str.join(", "),
        other_edition=pl.col("other_edition").any(),
        recalled=pl.col("recalled").any(),
        told_en=_beside_levels(
            "{}: {} {}, advanced {}, baseline {}", "named_en", ", retrofit deadline {}"
        ).str.join("; "),
        told_zh=_beside_levels("{}：{} {}，标杆{}，基准{}", "named_zh", "，改造期限{}").str.join("；"),
    )


def compared_products(facts: Facts) -> pl.DataFrame:
    """Return every product of a year that has levels, beside them.

    Returns
    -------
    pl.DataFrame
        The columns of :func:`features.totals.production_by_year` and of :func:`benchmark_levels` in the edition of the
        year; ``quantity`` null where its unit is not that of the levels; ``saved`` (baseline x output - energy) and
        ``weight`` ((baseline - advanced) x output), both in tce with the sign turned where more is better; ``worse``
        (Boolean: takes more than the baseline; null where output or energy is missing). Sorted by application, year and
        product.
    """
    return facts.once("compared_products", _compared_products)


def _compared_products(facts: Facts) -> pl.DataFrame:
    made = production_by_year(facts)
    levels = edition_of_year(benchmark_levels(), key=["product"], years=made["year"].unique().to_list())
    compared = made.join(levels, on=["year", "product"], how="inner").with_columns(
        quantity=pl.when(pl.col("unit") == pl.col("output_unit")).then("quantity")
    )
    output, energy, better = pl.col("quantity"), pl.col("energy"), pl.col("better")
    return (
        compared.with_columns(
            # A product that was not made took no energy that counts.
            saved=pl.when(output == 0).then(0.0).otherwise(better * (pl.col("baseline") * output - energy)),
            weight=better * (pl.col("baseline") - pl.col("advanced")) * output,
        )
        # A product exactly at the baseline is not made worse than it, whatever the last bit says.
        .with_columns(worse=pl.col("saved") < -1e-9 * (pl.col("baseline") * output).abs())
        .sort("application_id", "year", "product")
    )


def _beside_levels(figures: str, named: str, deadline: str) -> pl.Expr:
    """Return a product's figure and levels in the unit of the levels as published; null where there is no figure."""
    own = pl.when(pl.col("quantity") > 0).then(pl.col("energy") / pl.col("quantity"))
    in_level = (
        (value / pl.col("tce_per_level")).round(3) for value in (own, pl.col("advanced"), pl.col("baseline"))
    )
    measured, advanced, baseline = in_level
    text = formatted(figures, named, measured, "level_unit", advanced, baseline)
    return text + formatted(deadline, "retrofit_deadline").fill_null("")
