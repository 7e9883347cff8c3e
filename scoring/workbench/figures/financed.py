"""What a batch's borrowers emit for the bank's money (PCAF), from the facts the batch kept; worked out once, when asked for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from features.errors import GreenCreditError
from scoring.basis import read_basis
from scoring.portfolio import portfolio
from scoring.portfolio.told import COVERAGES, STANDING_NAMES
from scoring.results import read_results
from scoring.workbench.figures.summaries import keep

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.workbench.store import Store

__all__ = ["FINANCED", "financed", "keep_financed"]

FINANCED = "financed.1"
"""Name of the summary."""

_SECTORS = 15


def financed(folder: Path) -> dict[str, Any]:
    """Attribute the borrowers' emissions on the last day on which a balance is known.

    Parameters
    ----------
    folder
        What ``score`` wrote, with its basis.

    Returns
    -------
    dict
        ``as_of``, ``total`` (a row of :func:`scoring.portfolio.sums.portfolio_table`, ``None`` where nobody owes anything),
        ``grades`` and ``sectors`` (rows of it), ``coverage`` (rows with names in English and Chinese); or ``missing``: why there
        is none, in English and Chinese.

    Raises
    ------
    GreenCreditError
        If the basis or the results cannot be read.
    """
    basis = read_basis(folder)
    with basis.in_force():
        # Whoever owes belongs to the book, whether or not an application stands beside it.
        dataset = basis.facts.everything()
        day = dataset.tables["loans"]["as_of"].max()
        if not isinstance(day, dt.date):
            return {
                "missing": ["No loans were handed in with this batch.", "本批次未提供贷款数据。"],
            }
        view = portfolio(dataset, read_results(folder), as_of=day, settings=basis.settings)
    return {
        "missing": None,
        "as_of": day.isoformat(),
        "total": view.total or None,
        "grades": _rows(view.table, "grade", order=view.summary["grades"]),
        "sectors": _rows(view.table, "industry")[:_SECTORS],
        "coverage": [
            {
                **row,
                "standing": STANDING_NAMES[row["standing"]],
                "coverage": COVERAGES[row["coverage"]],
            }
            for row in view.coverage.to_dicts()
            if row["firms"]
        ],
    }


def keep_financed(store: Store, batch_id: str, folder: Path, *, at: dt.datetime) -> None:
    """Work out the financed emissions of a batch and keep them, or why there are none; parameters as of ``keep``."""
    try:
        content = financed(folder)
    except GreenCreditError as error:
        content = {"missing": [f"{error.what} {error.mend}", "无法计算融资排放：请恢复批次文件或重新评分。"]}
    with store.write() as connection:
        keep(connection, batch_id, FINANCED, content, at=at)


def _rows(table: pl.DataFrame, dimension: str, *, order: list[str] | None = None) -> list[dict[str, Any]]:
    rows = table.filter(pl.col("dimension") == dimension)
    if order is None:
        return rows.sort(["outstanding", "key"], descending=[True, False]).to_dicts()
    ranks = {key: rank for rank, key in enumerate(order)}
    return sorted(rows.to_dicts(), key=lambda row: ranks.get(row["key"], len(ranks)))
