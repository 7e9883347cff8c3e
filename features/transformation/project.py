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
from features.reference_notes import recalled_note
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["design_position", "designed_positions", "project_indicator"]

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


def designed_positions(facts: Facts) -> pl.DataFrame:
    """Return where the financed lines stand that have a design and levels; nothing stands in where they have not.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``project_product`` and ``project_position`` (0 the baseline, 1 the advanced level of the
        edition of the decision's year; never null), one row per application that finances such a line.
    """
    measured = _lines(facts).filter(~pl.col("capital") & pl.col("position").is_not_null())
    return measured.select("application_id", "project_product", project_position="position")


def _lines(facts: Facts) -> pl.DataFrame:
    """Return the applications beside the levels of the financed product, with ``capital`` and ``position``."""
    return facts.once("financed_lines", _financed_lines)


def _financed_lines(facts: Facts) -> pl.DataFrame:
    asked = facts.applications.with_columns(year=pl.col("as_of").dt.year().cast(pl.Int32))
    levels = edition_of_year(benchmark_levels(), key=["product"], years=asked["year"].unique().to_list())
    measured = pl.col("design_energy_unit") == pl.concat_str(pl.lit("tce/"), "output_unit")
    place = design_position(pl.col("design_energy"), advanced=pl.col("advanced"), baseline=pl.col("baseline"))
    return asked.join(
        levels.select(
            "year",
            "product",
            "output_unit",
            "advanced",
            "baseline",
            "edition",
            "other_edition",
            "recalled",
            "named_en",
            "named_zh",
            "level_unit",
            "tce_per_level",
        ),
        left_on=["year", "project_product"],
        right_on=["year", "product"],
        how="left",
    ).with_columns(
        capital=(pl.col("project_kind") == "working_capital").fill_null(value=False),
        position=pl.when(measured).then(place),
    )


def project_indicator(facts: Facts) -> FamilyResult:
    """Return ``project_vs_benchmark``."""
    can = has_benchmark_industry(pl.col("division"), pl.col("class4")).fill_null(value=True)
    firms = (
        _lines(facts)
        .with_columns(elsewhere=~can & pl.col("baseline").is_null() & ~pl.col("capital"))
        .with_columns(
            pl.when(pl.col("capital") | pl.col("elsewhere"))
            .then(neutral(_NAME))
            .otherwise("position")
            .alias(_NAME)
        )
    )
    shown = firms.filter(~pl.col("capital") & pl.col("baseline").is_not_null() & pl.col(_NAME).is_not_null())
    industry = pl.coalesce("class4", "division")
    new_line, low = pl.col("project_kind") == "new_line", pl.col(_NAME) < 1
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
            _in_level_units(shown),
            indicators=[_NAME],
            status="reported",
            en=formatted(
                "{} of {} is designed for {} {}, advanced {}, baseline {}: {}.",
                pl.when(new_line).then(pl.lit("A new line")).otherwise(pl.lit("A retrofit")),
                "named_en",
                "design",
                "level_unit",
                "to_reach",
                "least",
                pl.when(new_line & low)
                .then(pl.lit("a new line must start high, and this one starts below the advanced level"))
                .when(low)
                .then(pl.lit("below the advanced level"))
                .otherwise(pl.lit("at the advanced level or better")),
            ),
            zh=formatted(
                "{}（{}）设计能耗{} {}，标杆{}，基准{}：{}。",
                pl.when(new_line).then(pl.lit("新建项目")).otherwise(pl.lit("改造项目")),
                "named_zh",
                "design",
                "level_unit",
                "to_reach",
                "least",
                pl.when(new_line & low)
                .then(pl.lit("新建项目须高起点，该项目未达标杆水平"))
                .when(low)
                .then(pl.lit("未达标杆水平"))
                .otherwise(pl.lit("达到或优于标杆水平")),
            ),
        ),
        note(
            shown.filter("other_edition"),
            indicators=[_NAME],
            status="defaulted",
            en=formatted("Levels of another time ({}) stand in for {}.", "edition", "year"),
            zh=formatted("{}年采用其他时期（{}年版）的标杆水平。", "year", "edition"),
        ),
        recalled_note(shown.filter("recalled"), of="project_product", en="Benchmark levels", zh="标杆水平"),
    ]
    return family_part(firms, [_NAME], notes)


def _in_level_units(shown: pl.DataFrame) -> pl.DataFrame:
    """Add design and levels in the unit in which the levels were published."""
    columns = {"design": "design_energy", "to_reach": "advanced", "least": "baseline"}
    return shown.with_columns(
        (pl.col(column) / pl.col("tce_per_level")).round(3).alias(name) for name, column in columns.items()
    )
