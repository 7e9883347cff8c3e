"""Totals and parts: what of a year counts, so that nothing is summed twice and nothing is summed half.

A year and its months, a firm's row and its sites, a CO2e total and its own gases state the same thing twice. The
functions here *select* the rows that count; what is summed afterwards is summed over those rows only. Where the
finer rows are not complete and there is no total, the value of the rows is emptied, and with
:func:`strict_sum` every sum over them is missing, not smaller.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from features.facts import cross_check, without_rows
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts

__all__ = [
    "TOLERANCE",
    "Selection",
    "annual_by_year",
    "difference_checks",
    "finest_periods",
    "over_positive",
    "parts_or_total",
    "production_by_year",
    "production_selections",
    "strict_added",
    "strict_sum",
]

TOLERANCE = 0.01
"""Relative difference up to which parts count as complete, and above which a difference is a cross-check."""

MONTHS_A_YEAR = 12

DIFFERENCE_SCHEMA = pl.Schema(
    {
        "application_id": pl.String,
        "year": pl.Int32,
        "fact": pl.String,
        "total": pl.Float64,
        "parts": pl.Float64,
    }
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The rows that count, and where totals and parts disagree.

    Parameters
    ----------
    rows
        The selected rows, columns as handed in; values are null where neither the parts nor the total are complete.
    differences
        ``application_id``, ``year``, ``fact`` (what was stated twice), ``total``, ``parts``: every pair
        that differs by more than :data:`TOLERANCE`.
    """

    rows: pl.DataFrame
    differences: pl.DataFrame


def strict_sum(value: pl.Expr) -> pl.Expr:
    """Return the sum of a group, null where any part of it is null or where there is none.

    Examples
    --------
    >>> frame = pl.DataFrame({"firm": ["a", "a", "b", "b"], "tce": [1.0, 2.0, 1.0, None]})
    >>> frame.group_by("firm", maintain_order=True).agg(strict_sum(pl.col("tce"))).rows()
    [('a', 3.0), ('b', None)]
    """
    return pl.when((value.null_count() == 0) & (value.len() > 0)).then(value.sum())


def strict_added(columns: Sequence[str]) -> pl.Expr:
    """Return the sum of a row's columns, null where any of them is null, added in the order given.

    ``pl.sum_horizontal`` adds in an order that depends on the number of threads, and so would the last bit.

    Examples
    --------
    >>> frame = pl.DataFrame({"a": [1.0, 1.0], "b": [2.0, None]})
    >>> frame.select(strict_added(["a", "b"])).to_series().to_list()
    [3.0, None]
    """
    return reduce(operator.add, (pl.col(column) for column in columns))


def over_positive(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Return the ratio, null where the denominator is missing, zero or negative: never infinite.

    Examples
    --------
    >>> frame = pl.DataFrame({"t": [1.0, 1.0, 1.0], "MWh": [2.0, 0.0, -2.0]})
    >>> frame.select(over_positive(pl.col("t"), pl.col("MWh"))).to_series().to_list()
    [0.5, None, None]
    """
    ratio = pl.when(denominator > 0).then(numerator / denominator)
    return pl.when(ratio.is_finite()).then(ratio)


def finest_periods(rows: pl.DataFrame, *, fact: Sequence[str], value: str, label: pl.Expr) -> Selection:
    """Select the finest periods that are complete for the year: 12 months, else 4 quarters, else the year's row.

    Parameters
    ----------
    rows
        Facts with ``application_id``, ``fact_year``, ``period_start``, ``period_end``; one row per fact and period.
    fact
        Columns that tell one fact from another, ``application_id`` among them and the period not.
    value
        Column that is compared between the sets, and emptied where none is complete.
    label
        What the fact is called in a cross-check.

    Returns
    -------
    Selection
        Months of a year that is not over, with no row of the year, stay with an empty value: they are a
        fact, but no year.
    """
    keys = [*fact, "fact_year"]
    months = (
        (pl.col("period_end").dt.year() - pl.col("period_start").dt.year()) * MONTHS_A_YEAR
        + (pl.col("period_end").dt.month().cast(pl.Int32) - pl.col("period_start").dt.month().cast(pl.Int32))
        + 1
    )
    # Most facts are handed in by year only: one row, which stands.
    split = rows.filter(months != MONTHS_A_YEAR).select(keys).unique()
    if split.is_empty():
        return Selection(rows=rows, differences=without_rows(DIFFERENCE_SCHEMA, of=rows))
    by_year = rows.join(split, on=keys, how="anti", nulls_equal=True)
    timed = rows.join(split, on=keys, how="semi", nulls_equal=True).with_columns(_months=months)
    sets = timed.group_by([*keys, "_months"]).agg(
        _rows=pl.len(), _sum=strict_sum(pl.col(value)), _label=label.first()
    )
    complete = sets.filter(pl.col("_rows") * pl.col("_months") == MONTHS_A_YEAR)
    finest = complete.group_by(keys).agg(_finest=pl.col("_months").min())
    chosen = timed.join(finest, on=keys, how="left", nulls_equal=True)
    unknown = pl.col("_finest").is_null()
    selected = (
        chosen.filter(unknown | (pl.col("_months") == pl.col("_finest")))
        .with_columns(pl.when(~unknown).then(value).alias(value))
        .drop("_finest", "_months")
    )
    compared = complete.join(finest, on=keys, how="inner", nulls_equal=True)
    parts = compared.filter(pl.col("_months") == pl.col("_finest")).select(*keys, parts="_sum")
    totals = compared.filter(pl.col("_months") > pl.col("_finest")).select(*keys, "_label", total="_sum")
    pairs = totals.join(parts, on=keys, how="inner", nulls_equal=True)
    return Selection(
        rows=pl.concat([by_year, selected]),
        differences=_differing(pairs.rename({"fact_year": "year"}), "_label"),
    )


def parts_or_total(
    rows: pl.DataFrame,
    *,
    fact: Sequence[str],
    part: pl.Expr,
    value: str,
    label: pl.Expr,
    complete: pl.Expr | None = None,
) -> Selection:
    """Select the parts where they are complete, else the total.

    Parts are complete when they reach the total (within :data:`TOLERANCE`; parts above it win, and the difference
    is told). Where there is no total they are complete when none of them is missing and ``complete``
    holds for one of the rows.

    Parameters
    ----------
    rows
        Facts with ``application_id`` and ``fact_year``.
    fact
        Columns that tell one fact from another, ``application_id`` among them; the year is added.
    part
        Boolean expression: whether a row is a part or the total.
    value
        Column that is summed and compared; it is emptied where neither parts nor total are complete.
    label
        What the fact is called in a cross-check.
    complete
        Boolean expression that must hold for one part: else the parts are not all there are.
    """
    keys = [*fact, "fact_year"]
    # Where there are no parts the total stands.
    in_parts = rows.filter(part).select(keys).unique()
    if in_parts.is_empty():
        return Selection(rows=rows, differences=without_rows(DIFFERENCE_SCHEMA, of=rows))
    whole = rows.join(in_parts, on=keys, how="anti", nulls_equal=True)
    marked = rows.join(in_parts, on=keys, how="semi", nulls_equal=True).with_columns(
        _part=part, _enough=pl.lit(value=True) if complete is None else complete
    )
    is_part, amount = pl.col("_part"), pl.col(value)
    sums = marked.group_by(keys).agg(
        _parts=strict_sum(amount.filter(is_part)),
        _total=strict_sum(amount.filter(~is_part)),
        _enough=(pl.col("_enough") & is_part).any(),
        _label=label.first(),
    )
    parts, total = pl.col("_parts"), pl.col("_total")
    parts_win = (
        pl.when(total.is_null())
        .then(parts.is_not_null() & pl.col("_enough"))
        .otherwise(parts.is_not_null() & (parts >= (1.0 - TOLERANCE) * total))
    )
    decided = sums.with_columns(
        _winner=pl.when(parts_win)
        .then(pl.lit(value=True))
        .when(total.is_not_null())
        .then(pl.lit(value=False))
    )
    chosen = marked.drop("_enough").join(decided, on=keys, how="left", nulls_equal=True)
    winner = pl.col("_winner")
    selected = (
        chosen.filter(winner.is_null() | (winner == is_part))
        .with_columns(pl.when(winner.is_not_null()).then(value).alias(value))
        .select(rows.columns)
    )
    # Parts that are known not to be all, and stay below the total, contradict nothing.
    told = decided.filter(pl.col("_enough") | (parts > total))
    pairs = told.rename({"fact_year": "year", "_parts": "parts", "_total": "total"})
    return Selection(rows=pl.concat([whole, selected]), differences=_differing(pairs, "_label"))


def _differing(pairs: pl.DataFrame, label: str) -> pl.DataFrame:
    total, parts = pl.col("total"), pl.col("parts")
    largest = pl.max_horizontal(total.abs(), parts.abs())
    return (
        pairs.filter(
            total.is_not_null() & parts.is_not_null() & ((total - parts).abs() > TOLERANCE * largest)
        )
        .select("application_id", "year", pl.col(label).alias("fact"), "total", "parts")
        .cast({name: kind for name, kind in DIFFERENCE_SCHEMA.items() if name != "application_id"})
        .sort(list(DIFFERENCE_SCHEMA))
    )


def difference_checks(differences: pl.DataFrame, *, check: str) -> pl.DataFrame:
    """Return a cross-check for every pair of a total and parts that differ."""
    shown = differences.with_columns(pl.col("total", "parts").round(3))
    return cross_check(
        shown,
        check=check,
        severity="warning",
        en=formatted("The total of {} in {} is {}, its parts make {}.", "fact", "year", "total", "parts"),
        zh=formatted("{}（{}年）合计为{}，分项之和为{}。", "fact", "year", "total", "parts"),
    )


def annual_by_year(facts: Facts) -> pl.DataFrame:
    """Return ``application_id``, ``year`` (Int32) and the annual columns; one row per application and year.

    Money is in 10,000 CNY.
    """
    return facts.once("annual_by_year", _annual_by_year)


def _annual_by_year(facts: Facts) -> pl.DataFrame:
    return facts.annual.drop("year").rename({"fact_year": "year"}).sort("application_id", "year")


def production_by_year(facts: Facts) -> pl.DataFrame:
    """Return each product's year from its finest complete periods.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` (Int32), ``product``, ``quantity``, ``unit``, ``energy`` (tce), ``emissions``
        (tCO2e), ``cn_code``, ``taxonomy_id``; a figure is null where no set of periods is complete for it, the
        quantity also where the units differ.
    """
    return facts.once("production_by_year", _production_by_year)


def _production_by_year(facts: Facts) -> pl.DataFrame:
    year: list[str | pl.Expr] = ["application_id", pl.col("fact_year").alias("year"), "product"]
    order = ["application_id", "fact_year", "product", "period_start", "period_end"]
    one_unit = pl.col("unit").n_unique() == 1
    selected = production_selections(facts)
    output = (
        selected["quantity"]
        .rows.sort(order)
        .group_by(*year, maintain_order=True)
        .agg(
            quantity=pl.when(one_unit).then(strict_sum(pl.col("quantity"))),
            unit=pl.col("unit").first(),
            cn_code=pl.col("cn_code").drop_nulls().last(),
            taxonomy_id=pl.col("taxonomy_id").drop_nulls().last(),
        )
    )
    for allocated in ("energy", "emissions"):
        sums = (
            selected[allocated]
            .rows.sort(order)
            .group_by(*year, maintain_order=True)
            .agg(strict_sum(pl.col(allocated)))
        )
        output = output.join(sums, on=["application_id", "year", "product"], how="left")
    return output.sort("application_id", "year", "product")


def production_selections(facts: Facts) -> dict[str, Selection]:
    """Select the production rows that count for the output, its energy and its emissions, each by itself.

    A firm may know its output by month and the energy of a product by year only.
    """
    return facts.once("production_selections", _production_selections)


def _production_selections(facts: Facts) -> dict[str, Selection]:
    return {
        column: finest_periods(
            facts.production.filter(pl.col(column).is_not_null()),
            fact=["application_id", "product"],
            value=column,
            label=formatted(f"{named} of {{}}", pl.col("product")),
        )
        for column, named in (("quantity", "output"), ("energy", "energy"), ("emissions", "emissions"))
    }
