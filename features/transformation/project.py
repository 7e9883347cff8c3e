"""The financed line against the energy-efficiency benchmark of its product: a new line must start high.

``(baseline - design) / (baseline - advanced)`` in tce per unit of the product, with the levels that hold on the day of
the decision: 1 is the advanced level, 0 the baseline. It does not apply to working capital, which finances no line, and
not where neither the product nor any product of the firm's industry has levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.editions import edition_of_year
from features.energy.benchmark_position import benchmark_levels, has_benchmark_industry
from features.facts import FamilyResult, family_part, neutral, note
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["design_position", "project_indicator"]

_NAME = "project_vs_benchmark"


def design_position(design: pl.Expr, *, advanced: pl.Expr, baseline: pl.Expr) -> pl.Expr:
    """Return where a design stands between the baseline (0) and the advanced level (1), clipped as the catalogue says.

    Examples
    --------
    >>> lines = pl.DataFrame({"kgce": [100.0, 117.0, 108.5, 300.0, None]})
    >>> place = design_position(pl.col("kgce"), advanced=pl.lit(100.0), baseline=pl.lit(117.0))
    >>> lines.select(place).to_series().to_list()
    [1.0, 0.0, 0.5, -2.0, None]
    """
    low, high = CATALOGUE[_NAME].clip or (None, None)
    return ((baseline - design) / (baseline - advanced)).clip(low, high)


def project_indicator(facts: Facts) -> FamilyResult:
    """Return ``project_vs_benchmark``."""
    asked = facts.applications.with_columns(year=pl.col("as_of").dt.year().cast(pl.Int32))
    levels = edition_of_year(benchmark_levels(), key=["product"], years=asked["year"].unique().to_list())
    capital = (pl.col("project_kind") == "working_capital").fill_null(value=False)
    measured = pl.col("design_energy_unit") == pl.concat_str(pl.lit("tce/"), "output_unit")
    can = has_benchmark_industry(pl.col("division"), pl.col("class4")).fill_null(value=True)
    firms = (
        asked.join(
            levels.select(
                "year",
                "product",
                "output_unit",
                "advanced",
                "baseline",
                "edition",
                "other_edition",
                "recalled",
            ),
            left_on=["year", "project_product"],
            right_on=["year", "product"],
            how="left",
        )
        .with_columns(capital=capital, elsewhere=~can & pl.col("baseline").is_null() & ~capital)
        .with_columns(
            pl.when(pl.col("capital") | pl.col("elsewhere"))
            .then(neutral(_NAME))
            .when(measured)
            .then(
                design_position(
                    pl.col("design_energy"), advanced=pl.col("advanced"), baseline=pl.col("baseline")
                )
            )
            .alias(_NAME)
        )
    )
    shown = firms.filter(~pl.col("capital") & pl.col("baseline").is_not_null() & pl.col(_NAME).is_not_null())
    industry = pl.coalesce("class4", "division")
    notes = [
        note(
            firms.filter("capital"),
            indicators=[_NAME],
            status="not_applicable",
            en="Working capital finances no line.",
            zh="流动资金贷款不涉及项目。",
        ),
        note(
            firms.filter("elsewhere"),
            indicators=[_NAME],
            status="not_applicable",
            en=formatted("No product of industry {} has benchmark levels.", industry),
            zh=formatted("行业{}的产品无能效标杆水平。", industry),
        ),
        note(
            shown.filter("other_edition"),
            indicators=[_NAME],
            status="defaulted",
            en=formatted("Levels of another time ({}) stand in for {}.", "edition", "year"),
            zh=formatted("{}年采用其他时期（{}年版）的标杆水平。", "year", "edition"),
        ),
        note(
            shown.filter("recalled"),
            indicators=[None],
            status="recalled",
            en=formatted("Benchmark levels recalled, not read in the standard: {}.", "project_product"),
            zh=formatted("标杆水平凭记忆录入、未经核对：{}。", "project_product"),
        ),
    ]
    return family_part(firms, [_NAME], notes)
