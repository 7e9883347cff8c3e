"""The disclosure family: what of the expected was handed in, how soon, how well measured, and how far confirmed.

``expected_facts.csv`` declares which facts are expected of which firm; see :mod:`features.disclosure.expected_facts`.

The grade of ``data_quality`` follows PCAF's order of preference. Of the latest full year whose energy is known, in tce:

====== ==================================================================================================
2      energy that was metered or invoiced
3      energy that was estimated, or whose basis was not stated
less   half a grade for each of scope 1 and scope 2 whose reported emissions of the year are all under assurance
====== ==================================================================================================

Where no full year of energy is known: 3 for reported emissions (less the same halves), 3 for output, 4 for revenue, 5
for none of these, the best of them. Reported emissions alone stand a grade below PCAF's, because nothing lets a bank
compute them again; so leaving the energy out never pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.certification.ledger import held_certificates
from features.checks import ANSWER_MONTHS, asked_for_all
from features.context import latest_annual
from features.disclosure.expected_facts import OUTSIDE_SCOPES, expected_facts, whole_emissions
from features.energy.balance import energy_balance
from features.facts import FamilyResult, family_part, note, whole_family
from features.periods import months_between
from features.text import formatted
from features.totals import production_by_year, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["data_quality", "indicators", "latest_energy", "metered", "unverified"]

_MEASURED = ["metered", "invoiced"]
_ASSURED = ["limited", "reasonable"]
_SCOPES = {"1": "1", "2-location": "2", "2-market": "2"}


def indicators(facts: Facts) -> FamilyResult:
    """Return the disclosure indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``disclosure_coverage`` (share of expected facts), ``reporting_delay`` (months of 365.25 / 12 days),
        ``metered_share`` (share of energy in tce), ``data_quality`` (1 to 5) and ``unverified_certificates`` (share).
    """
    energy = latest_energy(facts)
    results = [
        _coverage(facts),
        _delay(facts),
        metered(energy),
        data_quality(facts, energy),
        unverified(facts),
    ]
    return whole_family(facts, "disclosure", results)


def _coverage(facts: Facts) -> FamilyResult:
    """Share of the expected facts that were handed in."""
    wanted = expected_facts(facts)
    values = (
        wanted.group_by("application_id", maintain_order=True)
        .agg(disclosure_coverage=pl.col("handed_in").mean())
        .sort("application_id")
    )
    notes = note(
        facts.applications.filter(pl.col("section").is_null()),
        indicators=["disclosure_coverage"],
        status="defaulted",
        en="The industry is not known; what is expected of industry in general was expected.",
        zh="行业未知，按一般工业企业的应披露信息计算。",
    )
    return FamilyResult(values=values, notes=notes)


def _delay(facts: Facts) -> FamilyResult:
    """Months from the end of the latest year to its first publication; a day before the year's end is a plan."""
    months = months_between(pl.col("period_end"), pl.col("first_published_on"))
    values = latest_annual(facts).select("application_id", reporting_delay=pl.when(months >= 0).then(months))
    return family_part(values, ["reporting_delay"], [])


def latest_energy(facts: Facts) -> pl.DataFrame:
    """Return the latest full year whose energy is known: ``application_id``, ``year``, ``tce``, ``measured_tce``."""
    measured = pl.col("basis").is_in(_MEASURED).fill_null(value=False)
    over = pl.date(pl.col("year"), 12, 31) <= pl.col("as_of")
    return (
        energy_balance(facts)
        .filter(pl.col("counted") & (pl.col("flow") != "sold"))
        .join(facts.applications.select("application_id", "as_of"), on="application_id")
        .filter(over)
        .sort(["application_id", "year", "carrier", "flow", "basis"], nulls_last=True)
        .group_by("application_id", "year", maintain_order=True)
        .agg(tce=strict_sum(pl.col("tce")), measured_tce=pl.col("tce").filter(measured).sum())
        .filter(pl.col("tce").is_not_null())
        .unique(subset=["application_id"], keep="last", maintain_order=True)
    )


def metered(energy: pl.DataFrame) -> FamilyResult:
    """Measured over all energy taken in; energy whose basis was not stated is not known to be measured."""
    name = "metered_share"
    neutral = CATALOGUE[name].neutral
    values = energy.select(
        "application_id",
        pl.when(pl.col("tce") > 0)
        .then(pl.col("measured_tce") / pl.col("tce"))
        .otherwise(neutral)
        .alias(name),
    )
    notes = note(
        energy.filter(pl.col("tce") == 0),
        indicators=[name],
        status="not_applicable",
        en=formatted("The energy of {} was handed in as zero.", "year"),
        zh=formatted("{}年能源消费量报为零。", "year"),
    )
    return FamilyResult(values=values, notes=notes)


def data_quality(facts: Facts, energy: pl.DataFrame) -> FamilyResult:
    """PCAF grade; see the module."""
    emissions = _assured_scopes(facts)
    by_energy = (
        energy.filter(pl.col("tce") > 0)
        .join(emissions, on=["application_id", "year"], how="left")
        .select(
            "application_id",
            energy_grade=3.0
            - pl.col("measured_tce") / pl.col("tce")
            - 0.5 * pl.col("assured_scopes").fill_null(0).cast(pl.Float64),
        )
    )
    by_emissions = (
        emissions.sort("application_id", "year")
        .unique(subset=["application_id"], keep="last", maintain_order=True)
        .select("application_id", emissions_grade=3.0 - 0.5 * pl.col("assured_scopes").cast(pl.Float64))
    )
    with_output = (
        production_by_year(facts)
        .filter(pl.col("quantity").is_not_null())
        .select("application_id", output_grade=pl.lit(3.0))
        .unique()
    )
    with_revenue = (
        latest_annual(facts)
        .filter(pl.col("revenue").is_not_null())
        .select("application_id", revenue_grade=pl.lit(4.0))
    )
    joined = facts.applications.select("application_id").sort("application_id")
    for part in (by_energy, by_emissions, with_output, with_revenue):
        joined = joined.join(part, on="application_id", how="left", maintain_order="left")
    values = joined.select(
        "application_id",
        data_quality=pl.col("energy_grade")
        .fill_null(pl.min_horizontal("emissions_grade", "output_grade", "revenue_grade"))
        .fill_null(5.0)
        .clip(1.0, 5.0),
    )
    return family_part(values, ["data_quality"], [])


def _assured_scopes(facts: Facts) -> pl.DataFrame:
    """Return by application and full year how many of scope 1 and scope 2 are all under assurance (0 to 2).

    Scope 2 counts where one of its two methods is. Handing in another scope never lowers the number.
    """
    return (
        whole_emissions(facts)
        .filter(pl.col("scope").is_in(list(_SCOPES)) & (pl.col("substance") != OUTSIDE_SCOPES))
        .group_by("application_id", "year", "scope")
        .agg(assured=pl.col("assurance").is_in(_ASSURED).fill_null(value=False).all())
        .group_by("application_id", "year", pl.col("scope").replace_strict(_SCOPES))
        .agg(pl.col("assured").any())
        .group_by("application_id", "year")
        .agg(assured_scopes=pl.col("assured").sum().cast(pl.Int32))
        .sort("application_id", "year")
    )


def unverified(facts: Facts) -> FamilyResult:
    """Share of the valid certificates that no register confirmed in the 12 months before ``as_of``."""
    name = "unverified_certificates"
    neutral = CATALOGUE[name].neutral
    recent = pl.col("verified_on") > pl.col("as_of").dt.offset_by(f"-{ANSWER_MONTHS}mo")
    held = (
        held_certificates(facts)
        .filter(pl.col("standing") == "valid")
        .group_by("application_id", maintain_order=True)
        .agg((~recent.fill_null(value=False)).mean().alias(name))
    )
    none = asked_for_all(facts).join(held, on="application_id", how="anti")
    values = pl.concat([held, none.select("application_id", pl.lit(neutral, dtype=pl.Float64).alias(name))])
    notes = note(
        none,
        indicators=[name],
        status="not_applicable",
        en=formatted("All certificates were asked for, up to {}; none is valid.", "asked_to"),
        zh=formatted("已查询全部证书（截至{}），无有效证书。", "asked_to"),
    )
    return FamilyResult(values=values.sort("application_id"), notes=notes)
