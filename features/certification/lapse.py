"""What certificates lapsed lately, and how long the valid ones still run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.ledger import held_certificates
from features.checks import asked_for_all
from features.facts import FamilyResult, note
from features.periods import months_between
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["LAPSE_MONTHS", "horizon", "lapsed"]

LAPSE_MONTHS = 24
"""Months for which an ended certificate counts as lapsed."""


def lapsed(facts: Facts) -> FamilyResult:
    """Count the schemes in which a certificate ended in the window and was not replaced.

    A certificate is replaced by one of the same scheme, or of a level at least as good, that is valid or that
    ended later (and then counts itself). Zero needs an answer about all certificates that reaches back far enough.
    """
    name = "certificates_lapsed"
    held = held_certificates(facts).lazy()
    group = ["application_id", "group"]
    since = pl.col("as_of").dt.offset_by(f"-{LAPSE_MONTHS}mo")
    ended = held.filter((pl.col("ended_on") > since) & (pl.col("ended_on") <= pl.col("as_of")))
    still = (
        held.filter(pl.col("standing") == "valid")
        .group_by(group)
        .agg(best_valid=pl.col("scheme_level").min())
    )
    later = ended.join(
        ended.select(*group, other_level="scheme_level", other_ended="ended_on"), on=group
    ).filter((pl.col("other_level") <= pl.col("scheme_level")) & (pl.col("other_ended") > pl.col("ended_on")))
    counts = (
        ended.join(still, on=group, how="left")
        .filter(pl.col("best_valid").is_null() | (pl.col("best_valid") > pl.col("scheme_level")))
        .join(
            later,
            on=["application_id", "scheme", "certificate_no", "of_period"],
            how="anti",
            nulls_equal=True,
        )
        .group_by("application_id")
        .agg(
            pl.col("scheme").n_unique().cast(pl.Float64).alias(name),
            any_default=(pl.col("expiry") != "stated").any(),
        )
        .collect()
    )
    reaches_back = pl.col("from").is_null() | (pl.col("from") <= since.dt.offset_by("1d"))
    asked = (
        asked_for_all(facts)
        .join(facts.applications.select("application_id", "as_of"), on="application_id")
        .filter(reaches_back)
        .join(counts, on="application_id", how="anti")
    )
    values = pl.concat(
        [counts.select("application_id", name), asked.select("application_id", pl.lit(0.0).alias(name))]
    )
    notes = [
        note(
            asked,
            indicators=[name],
            status="zero",
            en=formatted("All certificates were asked for, up to {}; none lapsed in 24 months.", "asked_to"),
            zh=formatted("已查询全部证书（截至{}），24个月内无失效。", "asked_to"),
        ),
        note(
            counts.filter("any_default"),
            indicators=[name],
            status="defaulted",
            en="The expiry of a lapsed certificate was not handed in; the validity of its scheme was taken.",
            zh="失效证书未填有效期，按该体系的有效年限处理。",
        ),
    ]
    return FamilyResult(values=values.sort("application_id"), notes=pl.concat(notes))


def horizon(facts: Facts) -> FamilyResult:
    """Mean months to expiry of the valid certificates that state a coverage, weighted by it."""
    name = "certificate_horizon"
    months = months_between(pl.col("as_of"), pl.col("expires_on"))
    usable = held_certificates(facts).filter(
        (pl.col("standing") == "valid") & pl.col("expires_on").is_not_null() & (pl.col("site_coverage") > 0)
    )
    values = (
        usable.with_columns(months=months)
        .sort("application_id", "scheme", "certificate_no")
        .group_by("application_id", maintain_order=True)
        .agg(
            ((pl.col("months") * pl.col("site_coverage")).sum() / pl.col("site_coverage").sum()).alias(name),
            any_default=(pl.col("expiry") != "stated").any(),
        )
    )
    notes = note(
        values.filter("any_default"),
        indicators=[name],
        status="defaulted",
        en="The expiry of a certificate was not handed in; the validity of its scheme was taken.",
        zh="部分证书未填有效期，按该体系的有效年限处理。",
    )
    return FamilyResult(values=values.select("application_id", name), notes=notes)
