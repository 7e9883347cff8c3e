"""Parts of the facts that do not touch each other: what an action changes in one moves no indicator of another.

A set of actions is therefore rebuilt part by part: an indicator depends on the set's actions within its own part only. So the
twelve actions of a firm need some hundred rebuilt variants, not 793, and every set is put together from them exactly. The
tests hold this to the whole pipeline on the edited facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.certification.ledger import schemes
from features.disclosure.family import data_quality, latest_energy, metered, unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.facts import Facts, FamilyResult

__all__ = ["CERTIFICATES", "DOMAINS", "INCIDENTS", "OPERATIONS", "RESOURCES", "Domain"]

OPERATIONS = "operations"
RESOURCES = "resources"
CERTIFICATES = "certificates"
INCIDENTS = "incidents"


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One part of the facts.

    Parameters
    ----------
    tables
        What its indicators read, each with the rows that they read (None for all); the other tables and rows are left out
        when it is rebuilt.
    families
        Families of indicators that are rebuilt.
    pieces
        Pieces of other families that are rebuilt, by the family's own functions.
    indicators
        What is taken from them: whatever an action of this part can change.
    firm_facts
        Facts of the firm that the policy's rules may read, and that are worked out anew.
    """

    tables: Mapping[str, Callable[[], pl.Expr] | None]
    families: tuple[str, ...]
    pieces: tuple[Callable[[Facts], FamilyResult], ...] = ()
    indicators: tuple[str, ...]
    firm_facts: tuple[str, ...] = ()


def _family(*names: str) -> tuple[str, ...]:
    return tuple(i.id for i in CATALOGUE.values() if i.family in names and i.relative_to is None)


def _energy_certificates() -> pl.Expr:
    kinds = schemes()
    return pl.col("scheme").is_in(
        kinds.filter(pl.col("scheme_kind") == "energy_attribute")["scheme"].to_list()
    )


DOMAINS: Mapping[str, Domain] = MappingProxyType(
    {
        OPERATIONS: Domain(
            tables=MappingProxyType(
                {
                    "annual": None,
                    "energy": None,
                    "production": None,
                    "emissions": lambda: pl.col("scope").is_in(["1", "2-location", "2-market"]),
                    "ecology": lambda: pl.col("kind").is_in(["co2_stored", "sink_credits"]),
                    "equipment": None,
                    "certifications": _energy_certificates,
                    "checks": None,
                }
            ),
            families=("energy", "emissions", "transformation"),
            pieces=(
                lambda facts: metered(latest_energy(facts)),
                lambda facts: data_quality(facts, latest_energy(facts)),
            ),
            indicators=(
                *_family("energy"),
                "carbon_intensity",
                "carbon_intensity_trend",
                "emissions_trend",
                "methane_share",
                "power_carbon",
                "under_reporting",
                "assured_share",
                "capture_share",
                "efficient_equipment_share",
                "equipment_age",
                "sink_credit_share",
                "metered_share",
                "data_quality",
            ),
            firm_facts=("benchmark_status", "overdue_below_baseline"),
        ),
        RESOURCES: Domain(
            tables=MappingProxyType({"annual": None}),
            families=("resources",),
            indicators=_family("resources"),
        ),
        CERTIFICATES: Domain(
            tables=MappingProxyType({"certifications": None, "checks": None}),
            families=("certification", "safety", "business_conduct"),
            pieces=(unverified,),
            indicators=(
                *_family("certification"),
                "safety_management",
                "compliance_management",
                "unverified_certificates",
            ),
        ),
        INCIDENTS: Domain(
            tables=MappingProxyType({"incidents": None, "checks": None}),
            families=("environmental_conduct",),
            indicators=("unrectified_incidents",),
            firm_facts=("open_environmental_severity",),
        ),
    }
)
"""Every part by its name; the indicators of no part are changed by no action."""
