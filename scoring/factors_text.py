"""The registry of factors as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.errors import ReferenceDataError
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from features.reference import FactorSet

__all__ = ["list_text", "overlay_text", "show_text"]

_HASH_SHOWN = 12
_BESIDE = frozenset(
    {
        *("source", "verified", "seen_in", "seen_fields", "benchmark_verified", "benchmark_seen_in", "note"),
        *("valid_from", "valid_to", "name_en", "name_zh", "product_en", "product_zh", "other_edition"),
        *reference.CONFIRMATION,
    }
)
"""Columns that are told in words beside the values of a row."""


def _knowledge(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many rows are known in each way; a row that a person stands for counts as confirmed only."""
    signed = pl.col("confirmed_by").is_not_null() if "confirmed_by" in rows.columns else pl.lit(value=False)
    known = rows.select(pl.when(signed).then(pl.lit("confirmed")).otherwise("verified").alias("known"))
    return {
        way: known.filter(pl.col("known") == way).height
        for way in ("seen", "recalled", "own rule", "confirmed")
    }


def list_text() -> str:
    """Return every reference table in force: rows, how many are seen, recalled, own rules and confirmed, version hash.

    Examples
    --------
    >>> print(list_text().splitlines()[0])
    table                        rows    seen  recalled  own rule  confirmed  version
    """
    lines = [f"{'table':<26}{'rows':>7}{'seen':>8}{'recalled':>10}{'own rule':>10}{'confirmed':>11}  version"]
    laid = reference.overlay_version()
    for name, digest in reference.version().items():
        rows = reference.table(name)
        seen, recalled, own, confirmed = _knowledge(rows).values()
        mark = "  with the bank's own rows" if name in laid else ""
        lines.append(
            f"{name:<26}{rows.height:>7}{seen:>8}{recalled:>10}{own:>10}{confirmed:>11}  {digest[:_HASH_SHOWN]}{mark}"
        )
    lines.append(f"Set of factors: {reference.set_version()}")
    return "\n".join(lines)


def show_text(name: str, *, year: int | None = None, key: str | None = None) -> str:
    """Return the rows of a table in force, with values, validity, how they are known and their source.

    Parameters
    ----------
    name
        The table.
    year
        Only the edition that a fact of this year gets.
    key
        Only rows with this value in a column of their key or series (an id, a code, a substance).

    Raises
    ------
    ReferenceDataError
        If there is no such table or no such key.

    Examples
    --------
    >>> print(show_text("grid_factors", year=2022, key="CN").splitlines()[0])
    grid_cn_average_2022  China 全国
    """
    if name not in reference.REFERENCE_TABLES:
        raise ReferenceDataError(
            f"There is no reference table {name!r}.",
            where="reference tables",
            mend=did_you_mean(name, reference.REFERENCE_TABLES),
        )
    rows = reference.table(name)
    if key is not None:
        rows = _of_key(rows, name, key)
    if year is not None:
        rows = _of_year(rows, name, year)
    blocks = [_row_text(row, name, year) for row in rows.iter_rows(named=True)]
    return "\n".join(blocks) if blocks else f"{name} holds no row for this."


def _of_key(rows: pl.DataFrame, name: str, key: str) -> pl.DataFrame:
    declared = reference.REFERENCE_TABLES[name]
    columns = [pl.col(c).cast(pl.String) for c in dict.fromkeys([*declared.key, *declared.series])]
    found = rows.filter(pl.any_horizontal(column.eq_missing(pl.lit(key)) for column in columns))
    if found.is_empty():
        known = {value for column in rows.select(columns) for value in column.drop_nulls()}
        raise ReferenceDataError(
            f"The table {name} has no row {key!r}.",
            where=name,
            mend=did_you_mean(key, known) if known else "The table is empty.",
        )
    return found


def _of_year(rows: pl.DataFrame, name: str, year: int) -> pl.DataFrame:
    declared = reference.REFERENCE_TABLES[name]
    if declared.dated:
        # The year that a row is of stays told beside the year that is asked for.
        own = {"year": "year of the row"} if "year" in rows.columns else {}
        editions = edition_of_year(rows.rename(own), key=declared.series, years=[year]).drop("year")
        return editions.rename({new: old for old, new in own.items()}).select(*rows.columns, "other_edition")
    if "year" in declared.key:
        # A later year's rate was not known then.
        series = [column for column in declared.series if column != "year"]
        known = rows.filter(pl.col("year") <= year).sort(*series, "year", maintain_order=True)
        return known.unique(series, keep="last", maintain_order=True).with_columns(
            other_edition=pl.col("year") != year
        )
    return rows


def _value(value: Any) -> str:  # noqa: ANN401  (a cell of any type)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _row_text(row: dict[str, Any], name: str, year: int | None) -> str:
    declared = reference.REFERENCE_TABLES[name]
    key = [column for column in declared.key if column != "valid_from"]
    names = [row[c] for c in ("name_en", "product_en", "name_zh", "product_zh") if row.get(c)]
    values = [
        f"{column} {_value(value)}"
        for column, value in row.items()
        if value is not None and column not in _BESIDE and column not in key
    ]
    lines = ["  ".join(part for part in (" ".join(_value(row[c]) for c in key), " ".join(names)) if part)]
    if values:
        lines.append(f"  {'; '.join(values)}")
    if declared.dated:
        lines.append(f"  holds from {row['valid_from']} to {row['valid_to'] or 'now'}{_of_time(row, year)}")
    else:
        lines.append(f"  not dated{_of_time(row, year)}")
    known = row["verified"]
    if row.get("confirmed_by"):
        known += f" by {row['confirmed_by']} on {row['confirmed_on']}"
    lines.append(f"  {known}; source: {row['source']}")
    if row.get("note"):
        lines.append(f"  note: {row['note']}")
    return "\n".join(lines)


def _of_time(row: dict[str, Any], year: int | None) -> str:
    return f"; taken for {year}, for want of an edition of that time" if row.get("other_edition") else ""


def overlay_text(found: FactorSet) -> str:
    """Return what a bank's tables change against the shipped set.

    Parameters
    ----------
    found
        From :func:`features.reference.read_overlay`.
    """
    lines: list[str] = []
    for name, digest in found.overlay.items():
        rows = found.changes.filter(pl.col("table") == name)
        counts = ", ".join(
            f"{rows.filter(pl.col('change') == change).height} {change}"
            for change in ("added", "replaced", "confirmed", "unchanged")
        )
        lines.append(f"{name}: {counts}; file {digest[:_HASH_SHOWN]}")
        for row in rows.filter(pl.col("change") != "unchanged").iter_rows(named=True):
            signed = f", confirmed by {row['confirmed_by']}" if row["confirmed_by"] else ""
            told = f": {row['differences']}" if row["differences"] else ""
            lines.append(f"  {row['change']:<10}{row['key']}{told}{signed}")
    before = reference.set_version()
    with reference.overlaid(found):
        after = reference.set_version()
    lines.append(f"Set of factors: shipped {before}, with these tables {after}. Nothing was stored.")
    return "\n".join(lines)
