"""The data-quality record of each application.

The record has one row per indicator with its status, and one per family with a grade on the PCAF scale:

=============== ======= ======================================================================
status          grade   meaning
=============== ======= ======================================================================
reported        2       computed from what was handed in; down to 1 where it is verified:
                        emissions by their assured share, certificates by the share that a
                        register confirmed
zero            1       a register or source was asked, and there is none
defaulted       3       a usual value stands in for one that was not handed in
estimated       4       computed from a part of the facts, or from other facts
missing         5       not handed in
not_applicable  none    cannot exist for the firm; the catalogue's neutral value stands
pcaf            mean    the family: mean grade of its indicators that apply
=============== ======= ======================================================================
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES
from features.contract import CONTRACT, PROVENANCE
from features.facts import FACT_TABLES
from features.intake.rules import REASONS, Reason
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = ["QUALITY_SCHEMA", "STATUS_GRADES", "data_quality", "handed_in_defaults"]

QUALITY_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "application_id": pl.String,
        "family": pl.String,
        "indicator": pl.String,
        "status": pl.String,
        "detail_en": pl.String,
        "detail_zh": pl.String,
        "grade": pl.Float64,
    }
)
"""Columns of the data-quality record. ``grade`` is filled in the ``pcaf`` rows, whose ``indicator`` is null."""

STATUS_GRADES: Mapping[str, float] = MappingProxyType(
    {"reported": 2.0, "zero": 1.0, "defaulted": 3.0, "estimated": 4.0, "missing": 5.0}
)
"""Status of an indicator to its PCAF grade; one that does not apply has none."""

_PRECEDENCE = ("not_applicable", "estimated", "defaulted", "zero")
_VERIFIED_BY = {
    "emissions": ("assured_share", 0.0, 1.0),
    "certification": ("unverified_certificates", 1.0, -1.0),
}
"""Family to the indicator that tells how much of it is verified, as ``offset + sign * value``."""

_DELAYED = Reason(
    en="The day of publication was not handed in; the usual reporting delay was taken.",
    zh="未提供披露日期，按通常披露时滞处理。",
)

_TABLE_FAMILIES = {
    "annual": "context",
    "energy": "energy",
    "production": "energy",
    "emissions": "emissions",
    "certifications": "certification",
    "incidents": "environmental_conduct",
    "checks": "disclosure",
    "equipment": "transformation",
    "ecology": "transformation",
    "applications": "context",
}


def data_quality(values: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """Return the data-quality record.

    Parameters
    ----------
    values
        ``application_id`` and indicators of the catalogue, one row per application.
    notes
        The families' notes (:data:`features.facts.NOTE_SCHEMA`). Of several notes on one value the strongest gives
        the status (not applicable, estimated, defaulted, zero), and all their details are kept.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`QUALITY_SCHEMA`, sorted by application, family and indicator in the order of the catalogue,
        the family's ``pcaf`` row after its indicators.

    Examples
    --------
    >>> values = pl.DataFrame({"application_id": ["A1"], "coal_share": [0.0], "electrification": [None]})
    >>> notes = pl.DataFrame(schema=["application_id", "indicator", "status", "detail_en", "detail_zh"])
    >>> record = data_quality(values, notes.cast(pl.String))
    >>> record.select("family", "indicator", "status", "grade").rows()
    [('energy', 'coal_share', 'reported', None), ('energy', 'electrification', 'missing', None),
     ('energy', None, 'pcaf', 3.5)]
    """
    statuses = _statuses(values, notes)
    grades = _grades(statuses, values)
    return (
        pl.concat([statuses.drop("graded"), grades])
        .with_columns(
            family_order=pl.col("family").replace_strict(_order(FAMILIES), return_dtype=pl.Int32),
            indicator_order=pl.col("indicator").replace_strict(_order(CATALOGUE), return_dtype=pl.Int32),
        )
        .sort("application_id", "family_order", "indicator_order", nulls_last=True)
        .select(list(QUALITY_SCHEMA))
    )


def _order(declared: Mapping[str, object]) -> dict[str, int]:
    return {name: position for position, name in enumerate(declared)}


def _statuses(values: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """One row per application and indicator, with ``graded``: the grade by status."""
    names = sorted(column for column in values.columns if column in CATALOGUE)
    of = ["application_id", "indicator"]
    several = notes.select(of).filter(pl.struct(of).is_duplicated()).unique()
    once = notes.join(several, on=of, how="anti").select(
        *of, pl.col("status").alias("noted"), pl.col("detail_en", "detail_zh").fill_null("")
    )
    told = (
        notes.join(several, on=of, how="semi")
        .with_columns(
            rank=pl.col("status").replace_strict(_order(dict.fromkeys(_PRECEDENCE)), return_dtype=pl.Int32)
        )
        .sort("application_id", "indicator", "rank", "detail_en", "detail_zh")
        .group_by("application_id", "indicator", maintain_order=True)
        .agg(
            noted=pl.col("status").first(),
            detail_en=pl.col("detail_en").str.join(" "),
            detail_zh=pl.col("detail_zh").str.join(""),
        )
    )
    told = pl.concat([told, once])
    status = (
        pl.when(~pl.col("given")).then(pl.lit("missing")).otherwise(pl.col("noted").fill_null("reported"))
    )
    missing = pl.col("status") == "missing"
    return (
        values.select("application_id", pl.col(names).is_not_null())
        .unpivot(index="application_id", on=names, variable_name="indicator", value_name="given")
        .join(told, on=["application_id", "indicator"], how="left", maintain_order="left")
        .with_columns(
            family=pl.col("indicator").replace_strict(
                {n: CATALOGUE[n].family for n in names}, return_dtype=pl.String
            ),
            status=status,
        )
        .with_columns(
            detail_en=pl.when(missing & pl.col("detail_en").is_null())
            .then(pl.lit("Not handed in."))
            .otherwise("detail_en"),
            detail_zh=pl.when(missing & pl.col("detail_zh").is_null())
            .then(pl.lit("未报送。"))
            .otherwise("detail_zh"),
            graded=pl.col("status").replace_strict(STATUS_GRADES, default=None, return_dtype=pl.Float64),
            grade=pl.lit(None, dtype=pl.Float64),
        )
        .select(*QUALITY_SCHEMA, "graded")
    )


def _grades(statuses: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """One ``pcaf`` row per application and family."""
    verified = pl.concat(
        [
            pl.DataFrame(schema={"application_id": pl.String, "family": pl.String, "verified": pl.Float64}),
            *(
                values.join(
                    statuses.filter((pl.col("indicator") == name) & (pl.col("status") != "not_applicable")),
                    on="application_id",
                    how="semi",
                ).select(
                    "application_id",
                    family=pl.lit(family),
                    verified=(offset + sign * pl.col(name).cast(pl.Float64)).clip(0.0, 1.0),
                )
                for family, (name, offset, sign) in _VERIFIED_BY.items()
                if name in values.columns
            ),
        ]
    )
    better = pl.when(pl.col("status") == "reported").then(pl.col("verified").fill_null(0.0)).otherwise(0.0)
    return (
        statuses.join(verified, on=["application_id", "family"], how="left", maintain_order="left")
        .with_columns(pl.col("graded") - better)
        .group_by("application_id", "family", maintain_order=True)
        .agg(grade=pl.col("graded").mean())
        .select(
            "application_id",
            "family",
            indicator=pl.lit(None, dtype=pl.String),
            status=pl.lit("pcaf"),
            detail_en=pl.lit(None, dtype=pl.String),
            detail_zh=pl.lit(None, dtype=pl.String),
            grade="grade",
        )
    )


def handed_in_defaults(facts: Facts, defaults: pl.DataFrame) -> pl.DataFrame:
    """Return which values that intake defaulted an application rests on.

    Parameters
    ----------
    facts
        As-of facts: a default in a row that the application does not see is not told.
    defaults
        ``Dataset.defaults``: ``table``, ``row``, ``column``, ``value``, ``reason``.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`QUALITY_SCHEMA`, sorted: one row per application, table, column and reason, with ``indicator``
        null and status ``defaulted``; a usual reporting delay (``known_on_defaulted``) counts as one, too.
    """
    seen: list[pl.DataFrame] = [
        table.select(
            "application_id",
            "row",
            pl.lit(name).alias("table"),
            delayed=pl.col("known_on_defaulted").fill_null(value=False),
        )
        for name, table in _fact_tables(facts).items()
    ]
    rows = pl.concat(seen)
    asked = facts.applications.select("application_id", "row", pl.lit("applications").alias("table"))
    taken = (
        pl.concat([rows.drop("delayed"), asked])
        .join(defaults.select("table", "row", "column", "reason"), on=["table", "row"])
        .select("application_id", "table", "column", "reason")
    )
    delayed = rows.filter("delayed").select(
        "application_id",
        "table",
        pl.lit("published_on").alias("column"),
        pl.lit("usual_reporting_delay").alias("reason"),
    )
    named = {(t.name, c.name): f"{t.zh}.{c.zh}" for t in CONTRACT.values() for c in (*t.columns, *PROVENANCE)}
    names = pl.DataFrame(
        [(*key, zh) for key, zh in named.items()], schema=["table", "column", "named_zh"], orient="row"
    )
    texts = pl.DataFrame(
        [
            (key, reason.en, reason.zh)
            for key, reason in (*REASONS.items(), ("usual_reporting_delay", _DELAYED))
        ],
        schema=["reason", "reason_en", "reason_zh"],
        orient="row",
    )
    return (
        pl.concat([taken, delayed])
        .group_by("application_id", "table", "column", "reason")
        .agg(rows=pl.len())
        .join(names, on=["table", "column"], how="left")
        .join(texts, on="reason", how="left")
        .select(
            "application_id",
            family=pl.col("table").replace_strict(_TABLE_FAMILIES, return_dtype=pl.String),
            indicator=pl.lit(None, dtype=pl.String),
            status=pl.lit("defaulted"),
            detail_en=formatted("{}.{} in {} row(s): {}", "table", "column", "rows", "reason_en"),
            detail_zh=formatted("{}（{}行）：{}", "named_zh", "rows", "reason_zh"),
            grade=pl.lit(None, dtype=pl.Float64),
        )
        .sort(list(QUALITY_SCHEMA))
    )


def _fact_tables(facts: Facts) -> dict[str, pl.DataFrame]:
    return {name: getattr(facts, name) for name in FACT_TABLES}
