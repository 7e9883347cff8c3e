"""The ledger of certificates: from events to what stands on the day of the decision.

A certificate is one firm, scheme and ``certificate_no`` (energy certificates: and ``period``); rows without a number
are one certificate of their scheme. Its rows are events. Up to ``as_of`` the latest one rules:

- An event holds from ``status_on`` (``issued_on`` where empty); a valid one not before its ``issued_on``, so that a
  renewal announced early takes nothing away.
- ``issued_on`` stands until an event states another. ``expires_on`` and ``site_coverage`` belong to the issue that
  stated them: a renewal that leaves them out does not inherit them.
- Value ends by itself after ``expires_on`` (valid through that day), and by suspension or withdrawal.
- Without ``expires_on`` the scheme's ``validity_years`` run from ``issued_on`` (from the first valid event where that
  is empty, too). Where the scheme fixes none, a certificate is taken to stand for :data:`OPEN_MONTHS` after the last
  day on which it was issued, stated or confirmed by a register; from then on its standing is unknown.
  Both are defaults and are noted as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.reference import table
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["HELD_KINDS", "OPEN_MONTHS", "held_certificates", "ledger", "schemes"]

OPEN_MONTHS = 36
"""Months for which a certificate of a scheme without fixed validity stands; the usual re-evaluation cycle."""

HELD_KINDS = ("management_system", "site_status", "product_label", "assurance", "target")
"""Kinds of certificates a firm is proud to hold: not energy certificates, which are used up, and no negative lists."""

_CERTIFICATE = ["application_id", "scheme", "certificate_no", "of_period"]
_ISSUE = [*_CERTIFICATE, "issued_on"]
_ORDER = [
    "effective_on",
    "known_on",
    "published_on",
    "status",
    "issued_on",
    "expires_on",
    "site_coverage",
    "verified_on",
]


def schemes() -> pl.DataFrame:
    """Return the certification schemes with what the ledger needs of them.

    Returns
    -------
    pl.DataFrame
        ``scheme``, ``kind``, ``validity_years`` (Int64, null where not fixed), ``scheme_level`` (1 is best; 0 where the
        scheme has none) and ``group``: schemes that differ by level only share a group (``cp_1`` and ``cp_2`` are both ``cp``).
    """
    levelled = pl.col("level").is_not_null()
    return (
        table("certifications")
        .select(
            pl.col("id").alias("scheme"),
            pl.col("kind").alias("scheme_kind"),
            pl.col("validity_years").cast(pl.Int64),
            scheme_level=pl.col("level").cast(pl.Int64).fill_null(0),
            group=pl.when(levelled).then(pl.col("id").str.replace(r"_[^_]+$", "")).otherwise("id"),
        )
        .sort("scheme")
    )


def ledger(facts: Facts) -> pl.DataFrame:
    """Return every certificate as it stands on ``as_of``.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    pl.DataFrame
        One row per application and certificate, sorted: ``application_id``, ``as_of``, ``scheme``, ``certificate_no``,
        ``of_period`` (energy certificates only), ``scheme_kind``, ``group``, ``scheme_level``, ``status``, ``status_on`` (day from
        which the latest event holds), ``issued_on``, ``expires_on``, ``expiry`` (``stated``, ``scheme`` or ``open``),
        ``ended_on`` (first day without value, null while it has not ended), ``site_coverage``, ``verified_on`` (latest day
        of confirmation) and ``standing``: ``valid``, ``suspended``, ``expired``, ``withdrawn`` or ``unknown``.
    """
    return facts.once("certificate_ledger", _ledger)


def held_certificates(facts: Facts) -> pl.DataFrame:
    """Return the ledger without energy certificates and negative lists; columns as of :func:`ledger`."""
    return facts.once("held_certificates", _held_certificates)


def _held_certificates(facts: Facts) -> pl.DataFrame:
    return ledger(facts).filter(pl.col("scheme_kind").is_in([*HELD_KINDS, "other"]))


def _ledger(facts: Facts) -> pl.DataFrame:
    events = _events(facts)
    latest = events.unique(subset=_CERTIFICATE, keep="last", maintain_order=True)
    return (
        _standing(_expiry(latest))
        .select(
            "application_id",
            "as_of",
            "scheme",
            "certificate_no",
            "of_period",
            "scheme_kind",
            "group",
            "scheme_level",
            "status",
            pl.col("effective_on").alias("status_on"),
            "issued_on",
            "expires_on",
            "expiry",
            "ended_on",
            "site_coverage",
            "verified_on",
            "standing",
        )
        .collect()
    )


def _events(facts: Facts) -> pl.LazyFrame:
    """Return the events that hold by ``as_of``, in order, each with what earlier events of its issue stated."""
    stated_on = pl.coalesce("status_on", "issued_on", "known_on")
    in_force = pl.when(pl.col("status") == "valid").then(pl.max_horizontal(stated_on, "issued_on"))
    withdrawn = pl.col("status") == "withdrawn"
    position = pl.int_range(pl.len()).over(_CERTIFICATE)
    return (
        facts.certifications.lazy()
        .join(schemes().lazy(), on="scheme", how="left", maintain_order="left")
        .with_columns(
            pl.col("status").fill_null("valid"),
            pl.col("scheme_kind").fill_null("other"),
            pl.col("group").fill_null(pl.col("scheme")),
            pl.col("scheme_level").fill_null(0),
            of_period=pl.when(pl.col("scheme_kind") == "energy_attribute").then("period"),
        )
        .with_columns(effective_on=in_force.fill_null(stated_on))
        .filter(pl.col("effective_on").is_null() | (pl.col("effective_on") <= pl.col("as_of")))
        .sort([*_CERTIFICATE, *_ORDER], nulls_last=False)
        .with_columns(pl.col("issued_on").forward_fill().over(_CERTIFICATE))
        .with_columns(
            pl.col("expires_on", "site_coverage").forward_fill().over(_ISSUE),
            pl.col("verified_on").max().over(_CERTIFICATE),
            valid_from=pl.col("effective_on").filter(pl.col("status") == "valid").min().over(_CERTIFICATE),
            position=position,
        )
        .with_columns(stood_at=pl.col("position").filter(~withdrawn).max().over(_CERTIFICATE).fill_null(-1))
        .with_columns(
            # A register that repeats a withdrawal does not move its day.
            withdrawn_on=pl.col("effective_on")
            .filter(withdrawn & (pl.col("position") > pl.col("stood_at")))
            .min()
            .over(_CERTIFICATE)
        )
    )


def _expiry(latest: pl.LazyFrame) -> pl.LazyFrame:
    """Add ``expiry`` and fill ``expires_on`` from the scheme's validity where it was not stated."""
    years = formatted("{}y", "validity_years")
    by_scheme = pl.coalesce("issued_on", "valid_from").dt.offset_by(years).dt.offset_by("-1d")
    return latest.with_columns(
        expiry=pl.when(pl.col("expires_on").is_not_null())
        .then(pl.lit("stated"))
        .when(by_scheme.is_not_null())
        .then(pl.lit("scheme"))
        .otherwise(pl.lit("open")),
        expires_on=pl.col("expires_on").fill_null(by_scheme),
    )


def _standing(latest: pl.LazyFrame) -> pl.LazyFrame:
    """Add ``ended_on`` and ``standing``."""
    withdrawn = pl.col("status") == "withdrawn"
    expired = (pl.col("expires_on") < pl.col("as_of")).fill_null(value=False)
    seen_on = pl.max_horizontal("issued_on", "effective_on", "verified_on")
    fresh = (pl.col("as_of") <= seen_on.dt.offset_by(f"{OPEN_MONTHS}mo")).fill_null(value=False)
    return latest.with_columns(
        ended_on=pl.min_horizontal(
            pl.when(expired).then(pl.col("expires_on").dt.offset_by("1d")),
            pl.when(withdrawn).then("withdrawn_on"),
        ),
        standing=pl.when(withdrawn)
        .then(pl.lit("withdrawn"))
        .when(expired)
        .then(pl.lit("expired"))
        .when(pl.col("status") == "suspended")
        .then(pl.lit("suspended"))
        .when((pl.col("expiry") == "open") & ~fresh)
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("valid")),
    )
