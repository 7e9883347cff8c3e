"""Cross-checks of certificates: what their own dates, or a register's, say against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.ledger import ledger, schemes
from features.facts import cross_check
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["certificate_checks"]

_DAYS_OF_TOLERANCE = 31


def certificate_checks(facts: Facts) -> pl.DataFrame:
    """Return what the dates say against the certificates.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`features.facts.CROSS_CHECK_SCHEMA`, sorted. ``check`` is ``certificate_dates_reversed`` (expires
        before it is issued), ``certificate_ended_before_issue`` (suspended or withdrawn before it is issued),
        ``certificate_valid_after_expiry`` (stated valid, or confirmed, after its last day),
        ``certificate_revived`` (valid again after a withdrawal), ``certificate_before_founding``,
        ``certificate_confirmed_before_issue`` or ``certificate_unusually_long`` (31 days longer than its scheme allows).
    """
    founded = facts.applications.select("application_id", "founded_on")
    events = facts.certifications.join(schemes(), on="scheme", how="left").join(
        founded, on="application_id", how="left"
    )
    longest = (
        pl.col("issued_on")
        .dt.offset_by(formatted("{}y", "validity_years"))
        .dt.offset_by(f"{_DAYS_OF_TOLERANCE}d")
    )
    ended = pl.col("status").is_in(["suspended", "withdrawn"])
    stands = ledger(facts)
    after_expiry = (pl.col("status_on") > pl.col("expires_on")) | (
        pl.col("verified_on") > pl.col("expires_on")
    )
    in_order = (pl.col("issued_on") <= pl.col("expires_on")).fill_null(value=True)
    withdrawals = (
        events.filter(pl.col("status") == "withdrawn")
        .group_by("application_id", "scheme", "certificate_no")
        .agg(withdrawn_on=pl.col("status_on").min())
    )
    revived = stands.filter(pl.col("status") == "valid").join(
        withdrawals, on=["application_id", "scheme", "certificate_no"], how="inner", nulls_equal=True
    )
    checks = (
        (
            "certificate_dates_reversed",
            "warning",
            events.filter(pl.col("expires_on") < pl.col("issued_on")),
            ("issued on {}, expires on {}.", "发证日期{}，有效期至{}，先后颠倒。", "issued_on", "expires_on"),
        ),
        (
            "certificate_ended_before_issue",
            "warning",
            events.filter(ended & (pl.col("status_on") < pl.col("issued_on"))),
            ("issued on {}, but ended on {}.", "发证日期{}，却已于{}失效。", "issued_on", "status_on"),
        ),
        (
            "certificate_valid_after_expiry",
            "warning",
            stands.filter(
                (pl.col("expiry") == "stated") & (pl.col("status") == "valid") & in_order & after_expiry
            ).with_columns(seen_on=pl.max_horizontal("status_on", "verified_on")),
            ("expired on {}, but stated valid on {}.", "有效期至{}，却称{}仍有效。", "expires_on", "seen_on"),
        ),
        (
            "certificate_revived",
            "warning",
            revived.filter(pl.col("status_on") >= pl.col("withdrawn_on")),
            (
                "withdrawn on {}, but valid again on {}.",
                "已于{}撤销，却于{}恢复有效。",
                "withdrawn_on",
                "status_on",
            ),
        ),
        (
            "certificate_before_founding",
            "warning",
            events.filter(pl.col("issued_on") < pl.col("founded_on")),
            (
                "issued on {}, before the firm was founded on {}.",
                "发证日期{}早于企业成立日期{}。",
                "issued_on",
                "founded_on",
            ),
        ),
        (
            "certificate_confirmed_before_issue",
            "notice",
            events.filter(pl.col("verified_on") < pl.col("issued_on")),
            (
                "issued on {}, but confirmed on {}.",
                "发证日期{}，却已于{}查询确认。",
                "issued_on",
                "verified_on",
            ),
        ),
        (
            "certificate_unusually_long",
            "warning",
            events.filter(pl.col("expires_on") > longest),
            (
                "runs from {} to {}, longer than its scheme allows.",
                "有效期{}至{}，超过该体系的有效年限。",
                "issued_on",
                "expires_on",
            ),
        ),
    )
    number = pl.col("certificate_no").fill_null("-")
    told = [
        cross_check(
            frame,
            check=check,
            severity="warning" if severity == "warning" else "notice",
            en=formatted("Certificate {} {} " + english, "scheme", number, first, second),
            zh=formatted("证书{} {}：" + chinese, "scheme", number, first, second),
        )
        for check, severity, frame, (english, chinese, first, second) in checks
    ]
    together = pl.concat(told)
    return together.sort(together.columns)
