"""From a result folder to one row per application that holds all its memo needs: read once, grouped once.

Nothing is filtered per application, so the memos of a whole batch cost one pass over its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring.memo.record import HASH, record_hashes

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["memo_rows"]

_ID = "application_id"
_KNOWN = ("reported", "zero", "estimated", "defaulted", "not_applicable")
_MOST_MISSING = 6


def memo_rows(results: Results) -> pl.DataFrame:
    """Return one row per application, in the order of the decisions.

    Parameters
    ----------
    results
        Of a batch, or of one application of it.

    Returns
    -------
    pl.DataFrame
        The decisions' columns, and: ``base`` and ``family_*`` (exact points), ``sector_level``, ``quality`` (struct:
        ``known``, ``missing``, ``missing_first``, ``reserved``, ``pcaf``), and the lists of structs ``reasons``,
        ``asks``, ``improvements``, ``checks`` and ``certificates``; a list is null where its file is not there.

    Raises
    ------
    GreenCreditError
        If a decision no longer fits the hash of its record: its files were changed after the batch was scored.
    """
    decisions = _with_hash(results)
    sums = [name for name in results.contributions.columns if name == "base" or name.startswith("family_")]
    frame = (
        decisions.join(results.contributions.select(_ID, *sums), on=_ID, how="left", maintain_order="left")
        .join(
            results.indicators.select(_ID, pcaf_data_quality="data_quality"),
            on=_ID,
            how="left",
            maintain_order="left",
        )
        .join(_quality(results.data_quality), on=_ID, how="left", maintain_order="left")
    )
    if results.sectors.is_empty():
        frame = frame.with_columns(sector_level=pl.lit(None, pl.String))
    else:
        levels = results.sectors.select(industry_division="division", sector_level="level")
        frame = frame.join(
            levels, on="industry_division", how="left", nulls_equal=True, maintain_order="left"
        )
    checks = results.cross_checks.sort(
        pl.col("severity") != "warning", "check", "text_en", maintain_order=True
    )
    for name, table in (
        ("reasons", _in_order(results.reasons, "direction", "rank", "family", "kind")),
        ("asks", _in_order(results.asks, "rank")),
        ("improvements", _in_order(results.improvements, "rank")),
        ("checks", checks),
        ("certificates", _in_order(results.certificates, _ID)),
    ):
        frame = _with_list(frame, table, name)
    return frame


def _with_hash(results: Results) -> pl.DataFrame:
    hashes = record_hashes(
        results.decisions, results.contributions, results.reasons, manifest=results.manifest
    )
    if HASH in results.decisions.columns:
        stored = results.decisions[HASH]
        unlike = results.decisions.filter((stored != hashes).fill_null(value=True))[_ID]
        if len(unlike):
            raise GreenCreditError(
                f"The record of {len(unlike)} application(s) no longer fits its hash, such as {unlike[0]}: a decision, "
                "its contributions, reasons or versions were changed after the batch was scored.",
                where="decisions.parquet",
                mend="Score the batch again, or restore its files.",
            )
    return results.decisions.with_columns(hashes)


def _in_order(table: pl.DataFrame, *by: str) -> pl.DataFrame | None:
    """Return a table in order, None where the results have none."""
    return table.sort(*by) if table.columns else None


def _with_list(frame: pl.DataFrame, table: pl.DataFrame | None, name: str) -> pl.DataFrame:
    """Add a table's rows of each application as a list of structs."""
    if table is None:
        return frame.with_columns(pl.lit(None).alias(name))
    columns = [column for column in table.columns if column != _ID]
    lists = table.group_by(_ID, maintain_order=True).agg(pl.struct(columns).alias(name))
    joined = frame.join(lists, on=_ID, how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(pl.lit([], dtype=lists.schema[name])))


def _quality(data_quality: pl.DataFrame) -> pl.DataFrame:
    """Count how the indicators are known."""
    catalogue_order = {name: position for position, name in enumerate(CATALOGUE)}
    known = data_quality.filter(pl.col("indicator").is_not_null())
    missing = pl.col("status") == "missing"
    order = pl.col("indicator").replace_strict(catalogue_order, default=None, return_dtype=pl.Int32)
    return (
        known.group_by(_ID, maintain_order=True)
        .agg(
            pl.col("status").is_in(_KNOWN).sum().alias("known"),
            missing.sum().alias("missing"),
            pl.col("indicator")
            .sort_by(order)
            .filter(missing.sort_by(order))
            .head(_MOST_MISSING)
            .alias("first"),
            pl.col("status").is_in(["estimated", "defaulted"]).sum().alias("reserved"),
        )
        .select(_ID, quality=pl.struct("known", "missing", "first", "reserved"))
    )
