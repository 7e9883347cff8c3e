"""Equipment in service on the day of the decision: its efficiency grades and its age, weighted by rated power.

In service is what was commissioned by ``as_of`` (or does not say when) and is not retired. A machine without an
efficiency grade counts as grade 3; one without rated power, or for the age without a day of commissioning, leaves the
figure missing, because a part of it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.facts import FamilyResult, family_part, neutral, note
from features.periods import years_between
from features.text import formatted
from features.totals import strict_sum
from features.transformation.support import EFFICIENT_GRADE, renewal_support

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["equipment_in_service", "equipment_indicators", "years_in_service"]

_INDICATORS = ["efficient_equipment_share", "equipment_age"]


def years_in_service(commissioned_on: pl.Expr, as_of: pl.Expr) -> pl.Expr:
    """Return the years of 365.25 days from the first day in service.

    Examples
    --------
    >>> import datetime as dt
    >>> days = [dt.date(2020, 6, 30), dt.date(2024, 6, 30), None]
    >>> machines = pl.DataFrame({"since": days, "day": [dt.date(2024, 6, 30)] * 3})
    >>> machines.select(years_in_service(pl.col("since"), pl.col("day"))).to_series().to_list()
    [4.0, 0.0, None]
    """
    return years_between(commissioned_on, as_of)


def equipment_in_service(facts: Facts) -> pl.DataFrame:
    """Return the equipment rows in service on ``as_of``, sorted."""
    running = pl.col("commissioned_on").is_null() | (pl.col("commissioned_on") <= pl.col("as_of"))
    return facts.equipment.filter(running & pl.col("retired_on").is_null()).sort(
        "application_id", "equipment_id"
    )


def equipment_indicators(facts: Facts) -> FamilyResult:
    """Return ``efficient_equipment_share`` (share of rated power) and ``equipment_age`` (years of 365.25 days)."""
    power = pl.col("rated_power")
    efficient = (pl.col("efficiency_grade") <= EFFICIENT_GRADE).fill_null(value=False)
    age = years_in_service(pl.col("commissioned_on"), pl.col("as_of"))
    running = equipment_in_service(facts)
    firms = (
        running.group_by("application_id", maintain_order=True)
        .agg(
            power=strict_sum(power),
            efficient=power.filter(efficient).sum(),
            power_years=strict_sum(power * age),
            machines=pl.len(),
            ungraded=pl.col("efficiency_grade").null_count(),
            powerless=power.null_count(),
            undated=pl.col("commissioned_on").null_count(),
        )
        .with_columns(
            pl.when(pl.col("power") > 0)
            .then(pl.col(part) / pl.col("power"))
            .when(pl.col("power") == 0)
            .then(neutral(name))
            .alias(name)
            for name, part in zip(_INDICATORS, ("efficient", "power_years"), strict=True)
        )
    )
    idle = firms.filter(pl.col("power") == 0)
    notes = [
        renewal_support(facts, running),
        note(
            idle,
            indicators=_INDICATORS,
            status="not_applicable",
            en=formatted("The rated power of {} machine(s) was handed in as zero.", "machines"),
            zh=formatted("{}台设备额定功率申报为零。", "machines"),
        ),
        note(
            firms.filter((pl.col("ungraded") > 0) & (pl.col("power") > 0)),
            indicators=["efficient_equipment_share"],
            status="defaulted",
            en=formatted("{} of {} machine(s) state no grade and count as grade 3.", "ungraded", "machines"),
            zh=formatted("{}台（共{}台）设备未填能效等级，按3级处理。", "ungraded", "machines"),
        ),
        note(
            firms.filter(pl.col("powerless") > 0),
            indicators=_INDICATORS,
            status="estimated",
            en=formatted("{} of {} machine(s) state no rated power.", "powerless", "machines"),
            zh=formatted("{}台（共{}台）设备未填额定功率。", "powerless", "machines"),
        ),
        note(
            firms.filter((pl.col("undated") > 0) & ~(pl.col("power") == 0).fill_null(value=False)),
            indicators=["equipment_age"],
            status="estimated",
            en=formatted("{} of {} machine(s) do not state since when they run.", "undated", "machines"),
            zh=formatted("{}台（共{}台）设备未填投运日期。", "undated", "machines"),
        ),
    ]
    return family_part(firms, _INDICATORS, notes)
