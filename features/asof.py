"""As-of: which facts an application may see, and the firm as it stood on that day.

One rule for every table: a row counts for an application if it was known on or before the day of the
decision (``known_on <= as_of``; a row without ``known_on`` holds since ever). Then restatements are resolved: of
the visible rows that state the same fact, the one known last stands.

============== ==================================================================================
table          rows that state the same fact
============== ==================================================================================
firms          one firm; each attribute from the latest row that fills it
annual         one firm and year; each column from the latest row that fills it, so that a later
               report of other figures takes nothing back
energy,        the contract's key apart from ``published_on``; the whole row known last stands
production,
emissions,
equipment,
ecology
certifications the contract's key apart from ``published_on``: all *events* stay, each as last stated
incidents      one firm and ``incident_id``
checks         none: every visible row stays
============== ==================================================================================

What happened after the day of the decision is emptied even where a visible row tells of it. The figures of a period that
is not over on that day are a plan, not a fact, and are not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.contract import CONTRACT
from features.facts import FACT_TABLES, Facts
from features.industries import map_industries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.intake import Dataset
    from features.settings import Settings

__all__ = ["facts", "known_rows"]

_LATER_EVENTS = {
    "certifications": ("retired_on", "verified_on"),
    "incidents": ("rectified_on",),
    "equipment": ("retired_on",),
}
"""Columns that date what happened; a day after ``as_of`` has not happened yet."""

_FIRM_ATTRIBUTES = ("name", "industry", "industry_scheme", "region", "founded_on")

_RUN = "_run"
"""Column that numbers the runs of rows that state the same fact."""

_DATED_FACTS = ("annual", "energy", "production", "emissions")


def facts(dataset: Dataset, settings: Settings) -> Facts:
    """Return what each application of a dataset may see on its ``as_of`` day.

    Parameters
    ----------
    dataset
        Clean tables.
    settings
        How the indicators are computed; kept beside the facts.

    Returns
    -------
    Facts
        One row per application in ``applications``; the other tables hold one firm's row once per application
        of the firm that may see it.
    """
    tables = dataset.tables
    applications = _with_firm(tables["applications"].sort("application_id"), tables["firms"])
    asked = applications.select("application_id", "firm_id", "as_of")
    seen = {name: _resolved(name, _happened(name, _visible(tables[name], asked))) for name in FACT_TABLES}
    return Facts(applications=applications, settings=settings, **seen)


def known_rows(name: str, table: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Return every row that was known on ``as_of``, restated ones too: of one fact the one known last comes last.

    Parameters
    ----------
    name
        Table of the contract.
    table
        Its clean rows.
    asked
        ``application_id``, ``firm_id``, ``as_of``.
    """
    visible = _happened(name, _visible(table, asked))
    if name == "firms":
        return visible.sort("application_id", "known_on", nulls_last=False)
    return visible.sort([*_fact(name), *_order_known(name)], nulls_last=False)


def _fact(name: str) -> list[str]:
    """Columns that tell one fact of a table from another. The application tells the firm: its id need not be compared."""
    fact = ["application_id", *(c for c in CONTRACT[name].key if c not in ("firm_id", "published_on"))]
    if name == "incidents":
        fact.remove("recorded_on")
    return fact


def _visible(table: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Rows of the asked firms that were known on ``as_of``."""
    return table.join(asked, on="firm_id", how="inner").filter(
        pl.col("known_on").is_null() | (pl.col("known_on") <= pl.col("as_of"))
    )


def _happened(name: str, visible: pl.DataFrame) -> pl.DataFrame:
    """Leave out the figures of a period that is not over on ``as_of``: they are a plan, whenever they were published."""
    if CONTRACT[name].reporting_delay_days is None:
        return visible
    return visible.filter(pl.col("period_end").is_null() | (pl.col("period_end") <= pl.col("as_of")))


def _resolved(name: str, visible: pl.DataFrame) -> pl.DataFrame:
    """Resolve restatements, empty what lies in the future, and order the rows."""
    fact = _fact(name)
    rows = visible.sort([*fact, *_order_known(name)], nulls_last=False)
    if name != "checks":
        rows = _one_row_a_fact(name, rows, fact)
    year = pl.col("period_start").dt.year().cast(pl.Int32).alias("fact_year")
    return rows.with_columns(
        *([year] if CONTRACT[name].period_column else []),
        *(pl.when(pl.col(column) <= pl.col("as_of")).then(column) for column in _LATER_EVENTS.get(name, ())),
    )


def _one_row_a_fact(name: str, rows: pl.DataFrame, fact: Sequence[str]) -> pl.DataFrame:
    """Return of the rows of a fact what was known last, with the day it was first published.

    The rows are sorted by fact, so a fact is a run of rows; most runs have one row, and there is nothing to resolve.
    """
    numbered = _numbered(rows, fact)
    if name in _DATED_FACTS:
        numbered = numbered.with_columns(first_published_on=pl.col("published_on").min().over(_RUN))
    if name == "annual":
        return _latest_cells(numbered).drop(_RUN)
    return _last_rows(numbered).drop(_RUN)


def _numbered(rows: pl.DataFrame, fact: Sequence[str]) -> pl.DataFrame:
    """Add the number of the run that a row lies in: the rows that state the same fact, sorted by fact, lie together."""
    begins = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(1)) for c in fact)
    return rows.with_columns(begins.cum_sum().alias(_RUN))


def _last_rows(numbered: pl.DataFrame) -> pl.DataFrame:
    return numbered.filter(pl.col(_RUN).ne_missing(pl.col(_RUN).shift(-1)))


def _order_known(name: str) -> list[str]:
    """Columns that order the rows of one fact by when they were known; a stated day beats a defaulted one."""
    if name == "checks":
        return ["known_on"]
    if name == "incidents":
        return ["known_on", "recorded_on", "published_on"]
    return ["known_on", "published_on"]


def _latest_cells(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return one row per run, each cell from the last row that fills it.

    Examples
    --------
    >>> rows = pl.DataFrame({"firm": ["a", "a", "b"], "revenue": [5.0, None, None], "water": [None, 2.0, 1.0]})
    >>> _latest_cells(_numbered(rows, ["firm"])).drop("_run").rows()
    [('a', 5.0, 2.0), ('b', None, 1.0)]
    """
    restated = pl.col(_RUN).is_duplicated()
    several = numbered.filter(restated)
    if several.is_empty():
        return numbered
    filled = _last_rows(several.with_columns(pl.exclude(_RUN).forward_fill().over(_RUN)))
    return pl.concat([numbered.filter(~restated), filled]).sort(_RUN)


def _with_firm(applications: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Join the firm as it stood and was known on ``as_of``."""
    # An empty industry says nothing of its scheme, though intake fills in a default there.
    stated = firms.with_columns(pl.when(pl.col("industry").is_not_null()).then("industry_scheme"))
    visible = _visible(
        stated.select("firm_id", "known_on", *_FIRM_ATTRIBUTES),
        applications.select("application_id", "firm_id", "as_of"),
    ).sort("application_id", "known_on", nulls_last=False)
    numbered = _numbered(visible.select("application_id", *_FIRM_ATTRIBUTES), ["application_id"])
    latest = _latest_cells(numbered).drop(_RUN)
    columns = [c for c in applications.columns if c not in _FIRM_ATTRIBUTES]
    joined = applications.select(columns).join(latest, on="application_id", how="left")
    return _with_place(_with_industry(joined)).sort("application_id")


def _with_industry(applications: pl.DataFrame) -> pl.DataFrame:
    flags = reference.table("industries").select(
        pl.col("code").alias("division"),
        (pl.col("high_energy_consuming") == 1).alias("high_energy_consuming"),
        pl.col("ets_covered").cast(pl.Int32),
        (pl.col("cbam_exposed") == 1).alias("cbam_exposed"),
    )
    return map_industries(applications).join(flags, on="division", how="left")


def _with_place(applications: pl.DataFrame) -> pl.DataFrame:
    """Add ``province`` (GB/T 2260, six digits) and ``country`` (ISO 3166-1 alpha-2) of the firm's region."""
    regions = reference.table("regions")
    code = pl.col("region").str.strip_chars().str.to_uppercase()
    by_iso = dict(zip(regions["iso_3166_2"], regions["code"].cast(pl.String), strict=True))
    six_digits = code.str.contains(r"^\d{6}$")
    province = (
        pl.when(six_digits)
        .then(code.str.head(2) + "0000")
        .otherwise(code.replace_strict(by_iso, default=None, return_dtype=pl.String))
    )
    known = regions["code"].cast(pl.String).to_list()
    return applications.with_columns(
        province=pl.when(province.is_in(known)).then(province),
        country=pl.when(six_digits).then(pl.lit("CN")).otherwise(code.str.extract(r"^([A-Z]{2})(?:-.*)?$")),
    )
