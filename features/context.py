"""The context family: balance sheet, size, age, industry, region and purpose.

Figures are of the latest full year known at ``as_of``, all of that one year: an older figure never stands in for
one that the latest report leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.facts import FamilyResult, note
from features.periods import years_between
from features.reference import table
from features.text import formatted
from features.totals import annual_by_year, over_positive

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["PURPOSES", "indicators", "latest_annual"]

PURPOSES = ("working_capital", "new_line", "retrofit")
"""Values of ``purpose_group``."""

_EAST_INNER_MONGOLIA = ("1504", "1505", "1507", "1522")  # Chifeng, Tongliao, Hulunbuir, Hinggan (GB/T 2260)
_COVER = (-20.0, 50.0)


def latest_annual(facts: Facts) -> pl.DataFrame:
    """Return the annual row of the latest full year known at ``as_of``.

    A year counts once it is over; a figure published before its year has ended is a plan.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``year`` and the annual columns (money in 10,000 CNY), sorted by ``application_id``;
        applications without one have no row.
    """
    return facts.once("latest_annual", _latest_annual)


def _latest_annual(facts: Facts) -> pl.DataFrame:
    whole = (
        (pl.col("period_start").dt.month() == 1)
        & (pl.col("period_end").dt.month() == 12)
        & (pl.col("period_end") <= pl.col("as_of"))
    )
    return (
        annual_by_year(facts)
        .filter(whole)
        .sort("application_id", "year")
        .unique(subset=["application_id"], keep="last", maintain_order=True)
    )


def indicators(facts: Facts) -> FamilyResult:
    """Return the context indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``leverage``, ``interest_cover`` and ``return_on_assets`` (ratios), ``log_revenue`` (ln of 10,000 CNY),
        ``log_employees`` (ln of persons), ``firm_age`` (years of 365.25 days), ``tenor_months``, and the categories
        ``industry_division``, ``region_group``, ``purpose_group`` and ``emerging_industry`` (yes or no).
    """
    annual = latest_annual(facts).select(
        "application_id",
        "total_liabilities",
        "total_assets",
        "ebitda",
        "interest_expense",
        "revenue",
        "employees",
    )
    joined = _with_grid(
        facts.applications.sort("application_id").join(
            annual, on="application_id", how="left", maintain_order="left"
        )
    )
    emerging = table("emerging_industries")["code"].cast(pl.String).to_list()
    values = joined.select(
        "application_id",
        leverage=over_positive(pl.col("total_liabilities"), pl.col("total_assets")),
        interest_cover=_interest_cover(pl.col("ebitda"), pl.col("interest_expense")),
        return_on_assets=over_positive(pl.col("ebitda"), pl.col("total_assets")),
        log_revenue=_log(pl.col("revenue")),
        log_employees=_log(pl.col("employees")),
        firm_age=_age(pl.col("founded_on"), pl.col("as_of")),
        tenor_months=pl.col("tenor_months").cast(pl.Float64),
        industry_division="division",
        region_group="region_group",
        purpose_group=pl.when(pl.col("project_kind").is_in(list(PURPOSES))).then("project_kind"),
        emerging_industry=pl.when(pl.col("class4").str.len_chars() == 4).then(
            pl.when(pl.col("class4").is_in(emerging)).then(pl.lit("yes")).otherwise(pl.lit("no"))
        ),
    )
    return FamilyResult(values=values, notes=_notes(joined))


def _notes(joined: pl.DataFrame) -> pl.DataFrame:
    mapped = joined.filter(pl.col("division").is_not_null() & pl.col("mapping_note").is_not_null())
    notes = [
        note(
            joined.filter("grid_defaulted"),
            indicators=["region_group"],
            status="defaulted",
            en="Inner Mongolia without its prefecture: the west (North grid) was taken.",
            zh="内蒙古未注明盟市，按蒙西（华北电网）处理。",
        ),
        note(
            mapped.filter(~pl.col("borderline")),
            indicators=["industry_division"],
            status="defaulted",
            en=pl.col("mapping_note"),
            zh=formatted("行业代码{}按对照表归入{}。", "industry", "division"),
        ),
        note(
            mapped.filter("borderline"),
            indicators=["industry_division"],
            status="estimated",
            en=pl.col("mapping_note"),
            zh=formatted("行业代码{}跨多个大类，按对照表归入{}。", "industry", "division"),
        ),
    ]
    together = pl.concat(notes)
    return together.sort(together.columns)


def _interest_cover(ebitda: pl.Expr, interest: pl.Expr) -> pl.Expr:
    """EBITDA over interest, clipped; interest of 0 is covered fully, or not at all where EBITDA is negative."""
    worst, best = _COVER
    return (
        pl.when(ebitda.is_null() | interest.is_null())
        .then(None)
        .when(interest == 0)
        .then(pl.when(ebitda < 0).then(worst).otherwise(best))
        .otherwise((ebitda / interest).clip(worst, best))
    )


def _log(value: pl.Expr) -> pl.Expr:
    """Natural logarithm, null where there is none."""
    return pl.when(value > 0).then(value.log())


def _age(founded_on: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    years = years_between(founded_on, as_of)
    return pl.when(years >= 0).then(years)


def _with_grid(applications: pl.DataFrame) -> pl.DataFrame:
    """Add ``region_group`` and ``grid_defaulted``.

    A province on two grids (Inner Mongolia) is told apart by its prefecture; one on none (Hong Kong, Macao, Taiwan)
    stands under its ISO 3166-1 code, as countries do.
    """
    grids = table("regions").select(
        pl.col("code").cast(pl.String).alias("province"),
        pl.col("regional_grid_7").str.split(";").alias("grids"),
        pl.col("iso_3166_2").str.tail(2).alias("territory"),
    )
    both = pl.col("grids").list.len() > 1
    code = pl.col("region").str.strip_chars()
    by_prefecture = code.str.contains(r"^\d{6}$") & (code.str.slice(2, 2) != "00")
    east = by_prefecture & code.str.head(4).is_in(list(_EAST_INNER_MONGOLIA))
    return applications.join(grids, on="province", how="left", maintain_order="left").with_columns(
        region_group=pl.when(both & east)
        .then(pl.lit("Northeast"))
        .when(pl.col("grids").is_not_null())
        .then(pl.col("grids").list.first())
        .when(pl.col("province").is_not_null())
        .then("territory")
        .when(pl.col("country") != "CN")
        .then("country"),
        grid_defaulted=(both & ~by_prefecture.fill_null(value=False)).fill_null(value=False),
    )
