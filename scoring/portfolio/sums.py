"""Sums of the loan book: by industry, region, group and grade, and coverage that adds up to the book, or is refused."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import polars as pl

from features.errors import GreenCreditError
from scoring.portfolio.book import COVERAGE, FINANCED, STANDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DIMENSIONS", "coverage_table", "portfolio_table"]

DIMENSIONS: Mapping[str, str] = {
    "all": "all",
    "industry": "industry_division",
    "region": "province",
    "group": "group",
    "grade": "grade",
}
"""What the book is summed by, and the column it stands in."""

UNKNOWN = "unknown"
"""Key of firms whose industry, region or grade is not known."""

_TOLERANCE = 1e-9


def portfolio_table(book: pl.DataFrame) -> pl.DataFrame:
    """Sum the book by each dimension.

    Parameters
    ----------
    book
        What :func:`scoring.portfolio.book.financed_emissions` gives.

    Returns
    -------
    pl.DataFrame
        Sorted by ``dimension`` (in the order of :data:`DIMENSIONS`) and ``key``: ``firms``, ``loans``, ``outstanding`` (10,000 CNY;
        balances that are not stated are left out, and counted in ``unstated``), ``covered`` (the part of it with emissions of
        the firms' own that are attributed), ``estimated_on`` (with estimates alone); ``financed_*`` of
        :data:`scoring.portfolio.book.FINANCED` (tCO2e; null where nobody has any); ``intensity`` (financed scope 1 and 2 of the firms'
        own over ``covered``, tCO2e per 10,000 CNY) and ``pcaf`` (data-quality score weighted by outstanding amount, over all firms
        with emissions, estimates included).
    """
    own = pl.col("coverage") == "reported"
    guessed = pl.col("coverage") == "estimated_only"
    money = pl.col("outstanding")
    weighed = money.filter((own | guessed) & pl.col("pcaf").is_not_null())
    sums = []
    for place, (dimension, column) in enumerate(DIMENSIONS.items()):
        key = pl.lit("all") if dimension == "all" else pl.col(column).fill_null(UNKNOWN)
        sums.append(
            book.with_columns(key=key)
            .sort("key", "firm_id")
            .group_by("key", maintain_order=True)
            .agg(
                firms=pl.len(),
                loans=pl.col("loans").sum(),
                outstanding=money.sum(),
                unstated=money.null_count(),
                covered=money.filter(own).sum(),
                estimated_on=money.filter(guessed).sum(),
                **{
                    f"financed_{name}": pl.when(pl.col(f"financed_{name}").count() > 0).then(
                        pl.col(f"financed_{name}").sum()
                    )
                    for name in FINANCED
                },
                weight=weighed.sum(),
                weighed=(pl.col("pcaf") * money).filter((own | guessed) & pl.col("pcaf").is_not_null()).sum(),
            )
            .with_columns(dimension=pl.lit(dimension), place=pl.lit(place))
        )
    both = pl.col("financed_scope1") + pl.col("financed_scope2")
    return (
        pl.concat(sums)
        .with_columns(
            intensity=pl.when(pl.col("covered") > 0).then(both / pl.col("covered")),
            pcaf=pl.when(pl.col("weight") > 0).then(pl.col("weighed") / pl.col("weight")),
        )
        .sort("place", "key")
        .select(
            "dimension", "key", "firms", "loans", "outstanding", "unstated", "covered", "estimated_on",
            *(f"financed_{name}" for name in FINANCED), "intensity", "pcaf",
        )
    )  # fmt: skip


def coverage_table(book: pl.DataFrame, *, loans: int, outstanding: Sequence[float]) -> pl.DataFrame:
    """Tell where every loan of the book went.

    Parameters
    ----------
    book
        What :func:`scoring.portfolio.book.financed_emissions` gives.
    loans, outstanding
        The loan book by itself, counted apart: number of loans, and the balances that are stated.

    Returns
    -------
    pl.DataFrame
        One row per ``standing`` and ``coverage``, those without a firm included: ``firms``, ``loans``, ``outstanding`` (10,000 CNY) and
        ``unstated`` (firms a balance of which is not stated).

    Raises
    ------
    GreenCreditError
        If the rows do not add up to the loan book.
    """
    every = pl.DataFrame(
        list(product(STANDINGS, COVERAGE)), schema=["standing", "coverage"], orient="row"
    ).with_row_index("place")
    found = (
        book.sort("firm_id")
        .group_by("standing", "coverage", maintain_order=True)
        .agg(
            firms=pl.len(),
            loans=pl.col("loans").sum(),
            outstanding=pl.col("outstanding").sum(),
            unstated=pl.col("outstanding").null_count(),
        )
    )
    table = (
        every.join(found, on=["standing", "coverage"], how="left")
        .with_columns(pl.col("firms", "loans", "unstated").fill_null(0), pl.col("outstanding").fill_null(0.0))
        .sort("place")
        .drop("place")
    )
    told, whole = math.fsum(table["outstanding"]), math.fsum(outstanding)
    if table["loans"].sum() != loans or abs(told - whole) > _TOLERANCE * max(abs(whole), 1.0):
        raise GreenCreditError(
            f"Coverage tells of {table['loans'].sum():,} loans and {told:,.2f} x 10,000 CNY; the book holds {loans:,} and {whole:,.2f}.",
            where="scoring.portfolio",
            mend="This is a defect of the product; report it with the dataset that shows it.",
        )
    return table
