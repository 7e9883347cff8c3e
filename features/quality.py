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
documented      none    the family: a document in which facts behind its indicators were read
=============== ======= ======================================================================
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT, PROVENANCE
from features.facts import FACT_TABLES
from features.intake.rules import REASONS, Reason
from features.quality_grid import STATUS_GRADES, filled, graded, grid_of, rendered, told, with_others
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

_NOT_HANDED_IN = pl.DataFrame({"detail_en": ["Not handed in."], "detail_zh": ["未报送。"]})

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


def data_quality(
    values: pl.DataFrame, notes: pl.DataFrame, *, others: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the data-quality record.

    Parameters
    ----------
    values
        ``application_id`` and indicators of the catalogue, one row per application.
    notes
        The families' notes (:data:`features.facts.NOTE_SCHEMA`). Of several notes on one value the strongest gives
        the status (not applicable, estimated, defaulted, zero), and all their details are kept.
    others
        Rows of :data:`QUALITY_SCHEMA` that tell of a family as a whole (``recalled``, ``defaulted``, ``documented``) and have no
        grade.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`QUALITY_SCHEMA`, sorted by application, family and indicator in the order of the catalogue,
        the family's ``pcaf`` row after its indicators, and behind it the other rows, by status and detail.

    Examples
    --------
    >>> values = pl.DataFrame({"application_id": ["A1"], "coal_share": [0.0], "electrification": [None]})
    >>> notes = pl.DataFrame(schema=["application_id", "indicator", "status", "detail_en", "detail_zh"])
    >>> record = data_quality(values, notes.cast(pl.String))
    >>> record.select("family", "indicator", "status", "grade").rows()
    [('energy', 'coal_share', 'reported', None), ('energy', 'electrification', 'missing', None),
     ('energy', None, 'pcaf', 3.5)]
    """
    grid = grid_of(values)
    noted = told(grid, notes)
    cells = graded(grid, filled(grid, noted))
    texts = [noted.select("detail_en", "detail_zh"), _NOT_HANDED_IN]
    if others is not None:
        cells = with_others(grid, cells, others, texts=noted.height + _NOT_HANDED_IN.height)
        texts.append(others.select("detail_en", "detail_zh"))
    return rendered(grid, cells, pl.concat(texts))


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
    names, texts = _texts_of_defaults()
    taken = [
        counted
        for name in (*FACT_TABLES, "applications")
        for counted in _taken(name, getattr(facts, name), defaults)
    ]
    return (
        pl.concat(taken)
        .lazy()
        .join(names.lazy(), on=["table", "column"], how="left")
        .join(texts.lazy(), on="reason", how="left")
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
        .collect()
    )


def _taken(name: str, table: pl.DataFrame, defaults: pl.DataFrame) -> list[pl.DataFrame]:
    """Return how many rows of a table that an application sees rest on a default: by column and reason."""
    told = ("application_id", "table", "column", "reason", "rows")
    counts = []
    own = defaults.filter(pl.col("table") == name)
    if not own.is_empty():
        counts.append(
            table.lazy()
            .select("application_id", "row")
            .join(own.lazy().select("row", "table", "column", "reason"), on="row")
            .group_by("application_id", "table", "column", "reason")
            .agg(rows=pl.len())
            .select(told)
            .collect()
        )
    if name in FACT_TABLES:
        counts.append(
            table.lazy()
            .filter("known_on_defaulted")
            .group_by("application_id")
            .agg(
                table=pl.lit(name),
                column=pl.lit("published_on"),
                reason=pl.lit("usual_reporting_delay"),
                rows=pl.len(),
            )
            .select(told)
            .collect()
        )
    return counts


@cache
def _texts_of_defaults() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what columns and reasons are called."""
    named = {(t.name, c.name): f"{t.zh}.{c.zh}" for t in CONTRACT.values() for c in (*t.columns, *PROVENANCE)}
    names = pl.DataFrame(
        [(*key, zh) for key, zh in named.items()], schema=["table", "column", "named_zh"], orient="row"
    )
    reasons = {**REASONS, "usual_reporting_delay": _DELAYED}
    texts = pl.DataFrame(
        [(key, reason.en, reason.zh) for key, reason in reasons.items()],
        schema=["reason", "reason_en", "reason_zh"],
        orient="row",
    )
    return names, texts
