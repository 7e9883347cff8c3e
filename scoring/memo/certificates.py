"""The certificates of each application as they stand on the day of the decision: ``certificates.parquet``.

What a reader wants to see: certificates in force with their expiry, suspended and unclear ones, and those that ended in
the window in which a lapse counts, each with whether another one replaced it. Energy certificates, which are used up,
stay out: the indicators tell of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.asof import facts
from features.certification.lapse import LAPSE_MONTHS
from features.certification.ledger import held_certificates

if TYPE_CHECKING:
    from features.intake import Dataset
    from features.settings import Settings

__all__ = ["CERTIFICATE_SCHEMA", "certificate_table", "certificates"]

CERTIFICATE_SCHEMA = {
    "application_id": pl.String,
    "scheme": pl.String,
    "name_en": pl.String,
    "name_zh": pl.String,
    "kind": pl.String,
    "certificate_no": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "expiry": pl.String,
    "status": pl.String,
    "ended_on": pl.Date,
    "months_to_expiry": pl.Float64,
    "replaced": pl.Boolean,
}

_NEEDED = ("firms", "applications", "certifications")
_DAYS_A_MONTH = 365.25 / 12


def certificates(dataset: Dataset, *, settings: Settings) -> pl.DataFrame:
    """Return the certificates of a dataset's applications.

    Parameters
    ----------
    dataset
        Clean tables.
    settings
        How facts are read as of a day.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`CERTIFICATE_SCHEMA`, sorted by application, then the certificate that ends last first.
        ``valid_from``, ``valid_to`` (through that day; null where nobody knows), ``expiry`` (``stated``, ``scheme`` or
        ``open``), ``status`` (``valid``, ``suspended``, ``unknown``, ``expired``, ``withdrawn``), ``months_to_expiry``
        (months of 365.25 / 12 days; null where it is not valid), ``replaced`` (a valid certificate of the same
        scheme, or of a better level of it, stands in place of an ended one; null for one that has not ended).
    """
    tables = {name: table if name in _NEEDED else table.clear() for name, table in dataset.tables.items()}
    return certificate_table(held_certificates(facts(replace(dataset, tables=tables), settings)))


def certificate_table(held: pl.DataFrame) -> pl.DataFrame:
    """Return the table from the ledger of held certificates; see :func:`certificates`."""
    since = pl.col("as_of").dt.offset_by(f"-{LAPSE_MONTHS}mo")
    ended = pl.col("standing").is_in(["expired", "withdrawn"])
    best_valid = (
        held.filter(pl.col("standing") == "valid")
        .group_by("application_id", "group")
        .agg(best_valid=pl.col("scheme_level").min())
    )
    names = reference.table("certifications").select(pl.col("id").alias("scheme"), "name_en", "name_zh")
    valid = pl.col("standing") == "valid"
    # An ended certificate was valid through the day before it ended.
    last_day = pl.when(ended).then(pl.col("ended_on").dt.offset_by("-1d")).otherwise("expires_on")
    return (
        held.filter(~ended | (pl.col("ended_on") > since))
        .join(best_valid, on=["application_id", "group"], how="left")
        .join(names, on="scheme", how="left")
        .select(
            "application_id",
            "scheme",
            pl.col("name_en").fill_null(pl.col("scheme")),
            pl.coalesce("name_zh", "name_en", "scheme").alias("name_zh"),
            pl.col("scheme_kind").alias("kind"),
            "certificate_no",
            pl.coalesce("issued_on", "status_on").alias("valid_from"),
            last_day.alias("valid_to"),
            "expiry",
            pl.col("standing").alias("status"),
            "ended_on",
            pl.when(valid)
            .then((pl.col("expires_on") - pl.col("as_of")).dt.total_days() / _DAYS_A_MONTH)
            .alias("months_to_expiry"),
            pl.when(ended)
            .then((pl.col("best_valid") <= pl.col("scheme_level")).fill_null(value=False))
            .alias("replaced"),
        )
        .cast(CERTIFICATE_SCHEMA)  # type: ignore[arg-type]
        .sort(
            "application_id",
            "valid_to",
            "scheme",
            "certificate_no",
            "valid_from",
            descending=[False, True, False, False, False],
            nulls_last=True,
        )
    )
