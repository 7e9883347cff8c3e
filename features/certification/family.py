"""The certification family: what is certified on the day of the decision, and what has lapsed.

Three rules hold for all of it.

- Certificates are a ledger (:mod:`features.certification.ledger`); a row stands on its own.
- A zero needs an answer. Without a valid certificate the value is zero only if each scheme concerned was asked for in
  the 12 months before ``as_of``, or has a certificate whose end was handed in; otherwise it is missing.
- Stacking does not pay. Of several certificates of one scheme the widest coverage counts, never their sum:
  which sites they share is not known.

A valid certificate without ``site_coverage`` gives no coverage: it is missing, neither 1 nor 0. Beside another one
that states its coverage, the stated one is a lower bound, noted as estimated. EMAS is not counted as ISO 14001.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.lapse import horizon, lapsed
from features.certification.ledger import ledger, schemes
from features.checks import asked_for_all, certificate_answers
from features.facts import FamilyResult, note, whole_family
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts

__all__ = [
    "FOOTPRINTS",
    "MANAGEMENT_SCHEMES",
    "SITE_LEVELS",
    "any_valid",
    "indicators",
    "label_schemes",
    "management_coverage",
]

MANAGEMENT_SCHEMES = {"environmental_management": "iso14001", "energy_management": "iso50001"}
"""Indicator to the scheme whose site coverage it is."""

SITE_LEVELS = {
    "green_factory_national": 2.0,
    "green_supply_chain": 2.0,
    "green_factory_provincial": 1.0,
    "zero_carbon_factory": 1.0,
}
"""Scheme to its level in ``green_site_status``."""

FOOTPRINTS = ("epd", "iso14067")
"""Schemes that declare a product's carbon footprint."""

_NOT_LABELS = (*FOOTPRINTS, "cn_energy_label_2", "cn_energy_label_3")
_MOST_LABELS = 5


def indicators(facts: Facts) -> FamilyResult:
    """Return the certification indicators.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    FamilyResult
        ``environmental_management`` and ``energy_management`` (share of sites), ``green_site_status`` (0, 1 or 2),
        ``green_product_labels`` (schemes, at most 5), ``footprint_declared`` (0 or 1), ``certificates_lapsed``
        (schemes in which a certificate ended in the 24 months before and nothing replaced it) and
        ``certificate_horizon`` (months of 365.25 / 12 days, weighted by coverage).
    """
    certificates = ledger(facts)
    results = [
        *(
            management_coverage(facts, certificates, name=name, scheme=scheme)
            for name, scheme in MANAGEMENT_SCHEMES.items()
        ),
        _site_status(facts, certificates),
        _labels(facts, certificates),
        any_valid(facts, certificates, name="footprint_declared", wanted=FOOTPRINTS),
        lapsed(facts),
        horizon(facts),
    ]
    return whole_family(facts, "certification", results)


def label_schemes() -> tuple[str, ...]:
    """Return the schemes that count as green product labels.

    Examples
    --------
    >>> "cn_green_product" in label_schemes(), "cn_energy_label_2" in label_schemes(), "epd" in label_schemes()
    (True, False, False)
    """
    labels = schemes().filter(pl.col("scheme_kind") == "product_label")["scheme"]
    return tuple(scheme for scheme in labels if scheme not in _NOT_LABELS)


def _settled(facts: Facts, certificates: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """Return the applications for which it is known of each wanted scheme whether a certificate is valid.

    Columns ``application_id``, ``asked_to`` (null where ended certificates alone settle it).
    """
    own = certificates.lazy().filter(pl.col("scheme").is_in(list(wanted)))
    unclear = own.filter(pl.col("standing") == "unknown")
    fresh = certificate_answers(facts).lazy()
    ended = own.filter(pl.col("standing").is_in(["expired", "withdrawn", "suspended"]))
    each = pl.concat(
        [
            fresh.filter(pl.col("kind").is_in(list(wanted))).select("application_id", "kind", "to"),
            ended.select("application_id", kind="scheme", to=pl.lit(None, dtype=pl.Date)),
        ]
    )
    by_scheme = (
        each.group_by("application_id")
        .agg(schemes=pl.col("kind").n_unique(), asked_to=pl.col("to").max())
        .filter(pl.col("schemes") == len(set(wanted)))
    )
    return (
        pl.concat(
            [
                by_scheme.select("application_id", "asked_to"),
                asked_for_all(facts).lazy().select("application_id", "asked_to"),
            ]
        )
        .join(unclear, on="application_id", how="anti")
        .group_by("application_id")
        .agg(pl.col("asked_to").max())
        .sort("application_id")
        .collect()
    )


def _with_zero(
    facts: Facts, certificates: pl.DataFrame, *, name: str, wanted: Sequence[str], held: pl.DataFrame
) -> FamilyResult:
    """Return the held values, zeros where it is settled that nothing is held, and the notes of both.

    ``held`` has ``application_id`` and the value (null: held, but the value was not handed in).
    """
    settled = _settled(facts, certificates, wanted).join(held, on="application_id", how="anti")
    zeros = settled.select("application_id", pl.lit(0.0).alias(name))
    asked = settled.filter(pl.col("asked_to").is_not_null())
    shaped = held.select("application_id", pl.col(name).cast(pl.Float64))
    by_scheme = certificates.filter(
        (pl.col("standing") == "valid")
        & pl.col("scheme").is_in(list(wanted))
        & (pl.col("expiry") != "stated")
    )
    notes = [
        note(
            asked,
            indicators=[name],
            status="zero",
            en=formatted(
                "The register was asked; its answer up to {} holds no valid certificate.", "asked_to"
            ),
            zh=formatted("已查询登记信息（截至{}），无有效证书。", "asked_to"),
        ),
        note(
            by_scheme,
            indicators=[name],
            status="defaulted",
            en=_expiry_text(
                "{} {}: no expiry was handed in; ", "taken as valid to {}.", "taken as still standing."
            ),
            zh=_expiry_text("{} {}：未填有效期，", "按有效至{}处理。", "按仍然有效处理。"),
        ),
    ]
    return FamilyResult(values=pl.concat([shaped, zeros]).sort("application_id"), notes=pl.concat(notes))


def _expiry_text(which: str, dated: str, open_ended: str) -> pl.Expr:
    number = pl.col("certificate_no").fill_null("-")
    return (
        pl.when(pl.col("expires_on").is_not_null())
        .then(formatted(which + dated, "scheme", number, "expires_on"))
        .otherwise(formatted(which + open_ended, "scheme", number))
    )


def _valid(certificates: pl.DataFrame) -> pl.DataFrame:
    return certificates.filter(pl.col("standing") == "valid")


def management_coverage(facts: Facts, certificates: pl.DataFrame, *, name: str, scheme: str) -> FamilyResult:
    """Return the site coverage of the valid certificate of a scheme; the widest of several.

    Parameters
    ----------
    facts
        As-of facts.
    certificates
        The ledger.
    name, scheme
        Catalogue id under which the coverage stands, and the scheme's id.
    """
    held = (
        _valid(certificates)
        .filter(pl.col("scheme") == scheme)
        .group_by("application_id", maintain_order=True)
        .agg(pl.col("site_coverage").max().alias(name), unstated=pl.col("site_coverage").null_count())
    )
    result = _with_zero(facts, certificates, name=name, wanted=[scheme], held=held)
    bound = note(
        held.filter((pl.col("unstated") > 0) & pl.col(name).is_not_null()),
        indicators=[name],
        status="estimated",
        en="At least this much: another valid certificate of the scheme does not state its coverage.",
        zh="至少为此值：同一体系另有有效证书未填覆盖率。",
    )
    return FamilyResult(values=result.values, notes=pl.concat([result.notes, bound]))


def _site_status(facts: Facts, certificates: pl.DataFrame) -> FamilyResult:
    """Highest level among the valid green site schemes."""
    held = (
        _valid(certificates)
        .filter(pl.col("scheme").is_in(list(SITE_LEVELS)))
        .with_columns(
            pl.col("scheme").replace_strict(SITE_LEVELS, return_dtype=pl.Float64).alias("site_level")
        )
        .group_by("application_id", maintain_order=True)
        .agg(green_site_status=pl.col("site_level").max())
    )
    return _with_zero(facts, certificates, name="green_site_status", wanted=list(SITE_LEVELS), held=held)


def _labels(facts: Facts, certificates: pl.DataFrame) -> FamilyResult:
    """Distinct valid label schemes, at most five."""
    wanted = label_schemes()
    held = (
        _valid(certificates)
        .filter(pl.col("scheme").is_in(list(wanted)))
        .group_by("application_id", maintain_order=True)
        .agg(green_product_labels=pl.col("scheme").n_unique().clip(upper_bound=_MOST_LABELS))
    )
    return _with_zero(facts, certificates, name="green_product_labels", wanted=wanted, held=held)


def any_valid(facts: Facts, certificates: pl.DataFrame, *, name: str, wanted: Sequence[str]) -> FamilyResult:
    """Return 1 where a certificate of one of the wanted schemes is valid; parameters as of :func:`management_coverage`."""
    held = (
        _valid(certificates)
        .filter(pl.col("scheme").is_in(list(wanted)))
        .select("application_id", pl.lit(1.0).alias(name))
        .unique()
    )
    return _with_zero(facts, certificates, name=name, wanted=wanted, held=held)
