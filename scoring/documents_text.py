"""The documents behind one application's indicators as text: where the facts were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import FAMILIES

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["documents_text"]

_MOST_TOLD = 12


def documents_text(results: Results) -> str:
    """Return the documents family by family; the empty text where no fact names one.

    Parameters
    ----------
    results
        Results of one application.
    """
    rows = results.data_quality.filter(pl.col("status") == "documented")
    if rows.is_empty():
        return ""
    lines = ["Documents 依据文件"]
    lines += [
        f"  {FAMILIES[family].en} {FAMILIES[family].zh}: {en} {zh}"
        for family, en, zh in rows.head(_MOST_TOLD).select("family", "detail_en", "detail_zh").iter_rows()
    ]
    if rows.height > _MOST_TOLD:
        lines.append(f"  {rows.height - _MOST_TOLD} more in data_quality.parquet")
    return "\n".join(lines)
