"""The resources family: water and waste, each ratio over a total of one and the same year.

Water reuse counts what was used again over all that was used, withdrawn and reused. Recycled waste may come out of
earlier years' stock, so it may exceed the waste of the year; hazardous waste is part of all waste.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.facts import FamilyResult, family_part, whole_family
from features.intensity import intensity, latest
from features.shares import intensity_notes, share_of_total
from features.totals import annual_by_year, strict_added

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["indicators"]

_WASTE = ("solid waste", "固体废物产生量")


def indicators(facts: Facts) -> FamilyResult:
    """Return the resources indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``water_intensity`` (m3 per 10,000 CNY) and ``waste_intensity`` (t per 10,000 CNY) of value added, of revenue
        where value added is missing; ``water_reuse_rate``, ``recycling_rate`` and ``hazardous_waste_share`` (shares of
        one; neutral where the total was handed in as zero).
    """
    years = annual_by_year(facts)
    waste = pl.col("waste")
    results = [
        _intensity(facts, years, "water_intensity", "water_withdrawn"),
        share_of_total(
            years,
            indicator="water_reuse_rate",
            part=pl.col("water_reused"),
            whole=strict_added(["water_withdrawn", "water_reused"]),
            named=("water withdrawn and reused", "取水量与重复用水量之和"),
        ),
        _intensity(facts, years, "waste_intensity", "waste"),
        share_of_total(
            years,
            indicator="recycling_rate",
            part=pl.col("waste_recycled"),
            whole=waste,
            named=_WASTE,
            within=False,
        ),
        share_of_total(
            years,
            indicator="hazardous_waste_share",
            part=pl.col("hazardous_waste"),
            whole=waste,
            named=_WASTE,
        ),
    ]
    return whole_family(facts, "resources", results)


def _intensity(facts: Facts, years: pl.DataFrame, indicator: str, amount: str) -> FamilyResult:
    amounts = years.select("application_id", "year", amount=pl.col(amount))
    last = latest(intensity(facts, amounts)).rename({"value": indicator})
    return family_part(last, [indicator], [intensity_notes(last, indicator)])
