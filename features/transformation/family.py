"""The transformation family: equipment, green money, control of pollution, compensation, sinks and the financed line.

Every ratio takes both figures of one and the same year. What is shown without a direction (control spending, compensation
received, sinks) is never netted against anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.ecology import ecology_by_year
from features.emissions.pollution import pollution_equivalents_by_year
from features.emissions.totals import emissions_by_year
from features.facts import FamilyResult, whole_family
from features.intensity import latest
from features.reference_notes import other_edition_note, recalled_note
from features.shares import share_of_total
from features.totals import annual_by_year, strict_added
from features.transformation.equipment import equipment_indicators
from features.transformation.project import project_indicator

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["indicators"]

_YEAR = ["application_id", "year"]

_GREEN = (
    ("green_revenue", "revenue", ("revenue", "营业收入")),
    ("green_capex", "capex", ("capital expenditure", "资本支出")),
    ("green_rd", "rd", ("research and development", "研发支出")),
)
"""Part and total in ``annual``, and what the total is called."""


def indicators(facts: Facts) -> FamilyResult:
    """Return the transformation indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        Shares of one, ``equipment_age`` in years, ``control_spend`` in 10,000 CNY per pollution equivalent,
        ``project_vs_benchmark`` as a position (1 advanced, 0 baseline).
    """
    results = [
        equipment_indicators(facts),
        *_green_shares(facts),
        _control_spend(facts),
        *_compensation(facts),
        _sinks(facts),
        project_indicator(facts),
    ]
    return whole_family(facts, "transformation", results)


def _green_shares(facts: Facts) -> list[FamilyResult]:
    """Return ``green_revenue_share``, ``green_capex_share`` and ``green_rd_share``."""
    years = annual_by_year(facts)
    return [
        share_of_total(
            years, indicator=f"{green}_share", part=pl.col(green), whole=pl.col(total), named=named
        )
        for green, total, named in _GREEN
    ]


def _control_spend(facts: Facts) -> FamilyResult:
    """Return ``control_spend``."""
    spent = annual_by_year(facts).select(*_YEAR, "pollution_control_spend")
    years = spent.join(pollution_equivalents_by_year(facts), on=_YEAR, how="inner")
    result = share_of_total(
        years,
        indicator="control_spend",
        part=pl.col("pollution_control_spend"),
        whole=pl.col("equivalents"),
        named=("sum of pollution equivalents", "污染当量总数"),
        within=False,
    )
    shown = years.join(result.values, on="application_id", how="semi")
    recalled = recalled_note(
        shown.filter(pl.col("recalled") != ""), of="recalled", en="Pollution equivalents", zh="污染当量值"
    )
    other = other_edition_note(
        latest(shown.filter(pl.col("equivalents") > 0), known="pollution_control_spend").filter(
            pl.col("other_edition") != ""
        ),
        indicator="control_spend",
        of="other_edition",
        en="Pollution equivalents",
        zh="污染当量值",
    )
    return FamilyResult(values=result.values, notes=pl.concat([result.notes, other, recalled]))


def _compensation(facts: Facts) -> list[FamilyResult]:
    """Return ``compensation_paid_of_due`` and ``compensation_received_share``."""
    revenue = annual_by_year(facts).select(*_YEAR, "revenue")
    years = ecology_by_year(facts).join(revenue, on=_YEAR, how="left")
    return [
        share_of_total(
            years,
            indicator="compensation_paid_of_due",
            part=pl.col("compensation_paid"),
            whole=pl.col("compensation_due"),
            named=("compensation due", "应付生态补偿"),
            within=False,
        ),
        share_of_total(
            years.filter(pl.col("compensation_received").is_not_null()),
            indicator="compensation_received_share",
            part=pl.col("compensation_received"),
            whole=pl.col("revenue"),
            named=("revenue", "营业收入"),
            within=False,
        ),
    ]


def _sinks(facts: Facts) -> FamilyResult:
    """Return ``sink_credit_share``."""
    sinks = ecology_by_year(facts).select(*_YEAR, "sink_credits").filter(pl.col("sink_credits").is_not_null())
    own = emissions_by_year(facts).select(*_YEAR, own=strict_added(["scope1", "scope2_location"]))
    return share_of_total(
        sinks.join(own, on=_YEAR, how="inner"),
        indicator="sink_credit_share",
        part=pl.col("sink_credits"),
        whole=pl.col("own"),
        named=("scope 1 and 2", "范围一与范围二排放"),
        within=False,
    )
