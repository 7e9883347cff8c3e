"""What a group stands for, by its holdings: certificates, incidents, and what its members disclose.

**Incidents** count with the share. As for a firm, those that were handed in are a lower bound, and there is none only where
every member's registers were asked.

**Certificates** that a firm holds or does not hold (labels, levels, footprints, compliance) are the group's where the
parent owns more than half of the firm: no more than one group can. There is none only where it is known of each of these
firms. The **coverage** of a management system is the mean of the members' coverage by employees and share: the
widest certificate of one member says nothing of the sites of another. Data quality is weighted by energy and share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features import business_conduct, certification, environmental_conduct, labour, safety
from features.catalogue import CATALOGUE
from features.context import latest_annual
from features.disclosure.expected_facts import expected_facts
from features.disclosure.family import data_quality, latest_energy, unverified
from features.environmental_conduct import environmental_fines
from features.facts import FACT_TABLES
from features.groups.sums import asked_of, common_or_mean, held_rows, parent_applications
from features.totals import over_positive, strict_sum

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["COVERED", "HELD", "INCIDENTS", "MAJORITY", "standing"]

MAJORITY = 0.5
"""A parent that owns more than this share of a firm holds its certificates."""

INCIDENTS = (
    "environmental_incidents",
    "unrectified_incidents",
    "safety_incidents",
    "labour_incidents",
    "product_incidents",
    "tax_incidents",
    "dishonesty_records",
)
"""Counts and weights of incidents."""

COVERED = ("environmental_management", "energy_management", "safety_management")
"""Coverage of management systems."""

HELD = (
    "green_site_status",
    "green_product_labels",
    "footprint_declared",
    "certificates_lapsed",
    "certificate_horizon",
    "compliance_management",
    "unverified_certificates",
)
"""What a group's certificates show together."""

_FIGURES = ("certificate_horizon", "unverified_certificates")
"""Figures of the certificates that are held, where zero does not mean that none is."""


def standing(facts: Facts, group: Facts, members: pl.DataFrame, operating: pl.DataFrame) -> pl.DataFrame:
    """Return the indicators of groups that go by holdings.

    Parameters
    ----------
    facts
        As-of facts, one application per firm.
    group
        The consolidated facts.
    members
        Every member of every group.
    operating
        Those whose facts are asked for.

    Returns
    -------
    pl.DataFrame
        ``parent_id``, :data:`INCIDENTS`, ``fines_ratio``, :data:`COVERED`, :data:`HELD`, ``disclosure_coverage`` and
        ``data_quality``; one row per group.
    """
    own = _of_firms(facts)
    concerned = _concerned(facts, members, operating)
    values = members.select("parent_id").unique().sort("parent_id")
    for part in (
        _incidents(own, concerned),
        _fines(facts, group, concerned),
        _coverage(own, operating),
        _held(facts, own, concerned),
        _disclosed(facts, operating),
    ):
        values = values.join(part, on="parent_id", how="left", maintain_order="left")
    return values


def _of_firms(facts: Facts) -> pl.DataFrame:
    """Return each firm's own indicators of these families."""
    own = facts.applications.select("application_id")
    for family in (certification, environmental_conduct, safety, labour, business_conduct):
        own = own.join(family.indicators(facts).values, on="application_id", how="left")
    people = latest_annual(facts).select("application_id", "employees")
    for part in (unverified(facts).values, people):
        own = own.join(part, on="application_id", how="left")
    return own


def _concerned(facts: Facts, members: pl.DataFrame, operating: pl.DataFrame) -> pl.DataFrame:
    """Return the members of whom it is asked: those that operate, and holdings with a certificate or an incident."""
    recorded = pl.concat([facts.certifications.select("firm_id"), facts.incidents.select("firm_id")]).unique()
    ids = ["parent_id", "firm_id", "share"]
    holdings = members.join(operating, on=["parent_id", "firm_id"], how="anti")
    recorded_holdings = holdings.join(recorded, on="firm_id", how="semi")
    return asked_of(pl.concat([operating.select(ids), recorded_holdings.select(ids)]))


def _with_members(own: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    owned = members.filter("certain").select("parent_id", "share", application_id="firm_id")
    return owned.join(own, on="application_id", how="left").sort("parent_id", "application_id")


def _incidents(own: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    rows = _with_members(own, members)
    return rows.group_by("parent_id", maintain_order=True).agg(
        pl.when((pl.col(name) > 0).any() | (pl.col(name).null_count() == 0)).then(
            (pl.col(name) * pl.col("share")).sum()
        )
        for name in INCIDENTS
    )


def _fines(facts: Facts, group: Facts, members: pl.DataFrame) -> pl.DataFrame:
    """Return ``fines_ratio``: a fine that a member does not state is missing in the sum, too."""
    rows = _with_members(environmental_fines(facts), members)
    found = ~pl.col("none").fill_null(value=True)
    unstated = (found & pl.col("fines").is_null()).any()
    answered = pl.col("fines").null_count() == 0
    revenue = latest_annual(group).select("revenue", parent_id="application_id")
    return (
        rows.group_by("parent_id", maintain_order=True)
        .agg(
            fines=pl.when(~unstated & (found.any() | answered)).then(
                (pl.col("fines") * pl.col("share")).sum()
            )
        )
        .join(revenue, on="parent_id", how="left")
        .select("parent_id", fines_ratio=over_positive(pl.col("fines"), pl.col("revenue")))
    )


def _coverage(own: pl.DataFrame, operating: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("employees") * pl.col("share")
    return (
        _with_members(own, operating)
        .group_by("parent_id", maintain_order=True)
        .agg(common_or_mean(pl.col(name), weight).alias(name) for name in COVERED)
    )


def _held(facts: Facts, own: pl.DataFrame, concerned: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`HELD`: of all certificates together; where none counts, what is known of each member."""
    majority = concerned.filter(pl.col("share") > MAJORITY)
    rows = held_rows(facts.certifications, majority, number="certificate_no")
    # Without the checks: whose register was asked is told by each member's own value.
    tables = {name: getattr(facts, name).clear() for name in FACT_TABLES} | {"certifications": rows}
    together = replace(facts, applications=parent_applications(facts, majority), **tables)
    found = unverified(together).values
    for family in (certification, business_conduct):
        found = family.indicators(together).values.join(found, on="application_id", how="left")
    shown = found.select(pl.col("application_id").alias("parent_id"), pl.col(HELD).name.prefix("_"))
    each = (
        _with_members(own, majority)
        .group_by("parent_id", maintain_order=True)
        .agg(pl.when(pl.col(n).null_count() == 0).then(_none(n)).alias(n) for n in HELD)
    )
    counts = {n: pl.when(pl.lit(n in _FIGURES) | (pl.col(f"_{n}") > 0)).then(pl.col(f"_{n}")) for n in HELD}
    return each.join(shown, on="parent_id", how="left", maintain_order="left").select(
        "parent_id", *(pl.coalesce(counts[n], n).alias(n) for n in HELD)
    )


def _none(name: str) -> float:
    """Return the value of an indicator where nothing is held: neutral, else zero."""
    return CATALOGUE[name].neutral or 0.0


def _disclosed(facts: Facts, operating: pl.DataFrame) -> pl.DataFrame:
    """Return ``disclosure_coverage`` (of all that is expected of the members) and ``data_quality``."""
    expected = (
        expected_facts(facts)
        .group_by("application_id")
        .agg(handed_in=pl.col("handed_in").sum(), wanted=pl.len())
    )
    energy = latest_energy(facts)
    own = (
        data_quality(facts, energy)
        .values.join(energy.select("application_id", "tce"), on="application_id", how="left")
        .join(expected, on="application_id", how="left")
    )
    share = pl.col("share")
    return (
        _with_members(own, operating)
        .group_by("parent_id", maintain_order=True)
        .agg(
            disclosure_coverage=over_positive(
                strict_sum(pl.col("handed_in") * share), strict_sum(pl.col("wanted") * share)
            ),
            data_quality=common_or_mean(pl.col("data_quality"), pl.col("tce") * share),
        )
    )
