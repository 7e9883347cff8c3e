"""The portfolio view as one call: the book, its sums, its coverage and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from features.loans import outstanding_loans
from scoring.portfolio.attribution import RULES
from scoring.portfolio.book import financed_emissions
from scoring.portfolio.emissions import BASES
from scoring.portfolio.sums import coverage_table, portfolio_table

if TYPE_CHECKING:
    import datetime as dt

    from features.intake import Dataset
    from features.settings import Settings
    from models.distributions import SectorDistributions
    from scoring.results import Results

__all__ = ["Portfolio", "portfolio"]


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """What a bank finances.

    Parameters
    ----------
    book, table, coverage
        See :func:`scoring.portfolio.book.financed_emissions`, :func:`scoring.portfolio.sums.portfolio_table` and
        :func:`scoring.portfolio.sums.coverage_table`.
    summary
        Day, counts of firms by rule of attribution and by basis of emissions, loans that intake refused (number and balance as
        written, by currency as written: they are not in the book), whether estimates were made, the policy's grades, best first,
        and whether they are a demonstration.
    """

    book: pl.DataFrame
    table: pl.DataFrame
    coverage: pl.DataFrame
    summary: dict[str, Any]

    @property
    def total(self) -> dict[str, Any]:
        """The whole book's row; empty where nobody owes anything."""
        rows = self.table.filter(pl.col("dimension") == "all").to_dicts()
        return rows[0] if rows else {}


def portfolio(
    dataset: Dataset,
    results: Results,
    *,
    as_of: dt.date,
    settings: Settings | None = None,
    distributions: SectorDistributions | None = None,
) -> Portfolio:
    """Return the portfolio view of a day; parameters as of :func:`scoring.portfolio.book.financed_emissions`.

    Raises
    ------
    GreenCreditError
        If coverage does not add up to the loan book.
    """
    book = financed_emissions(dataset, results, as_of=as_of, settings=settings, distributions=distributions)
    owed = outstanding_loans(dataset.tables["loans"], as_of=as_of)
    stated = owed["outstanding"].drop_nulls()
    return Portfolio(
        book=book,
        table=portfolio_table(book),
        coverage=coverage_table(book, loans=int(owed["loans"].sum()), outstanding=stated.to_list()),
        summary={
            "as_of": as_of.isoformat(),
            "demonstration": results.demonstration,
            "grades": [grade["grade"] for grade in results.manifest["policy"]["grades"]],
            "estimates": distributions is not None,
            "loans_refused": _refused(dataset.quarantine, as_of=as_of),
            "firms_by_rule": {rule: _count(book, "attribution_rule", rule) for rule in RULES},
            "firms_by_basis": {basis: _count(book, "basis", basis) for basis in BASES},
            "bounded": int(book["bounded"].sum()),
            "project_finance_by_firm": _project_finance(dataset, as_of=as_of),
        },
    )


def _count(book: pl.DataFrame, column: str, value: str) -> int:
    return book.filter(pl.col(column) == value).height


def _refused(quarantine: pl.DataFrame, *, as_of: dt.date) -> list[dict[str, Any]]:
    """Return the loans that intake refused, by currency: each by its latest balance up to the day, as it was written."""
    record = pl.col("record")
    written = (
        quarantine.filter(pl.col("table") == "loans")
        .unique("row", keep="first", maintain_order=True)
        .select(
            "row",
            *(
                record.str.json_path_match(f"$.{name}").alias(name)
                for name in ("loan_id", "as_of", "outstanding", "currency")
            ),
        )
    )
    return (
        written.filter(pl.col("as_of").is_null() | (pl.col("as_of").str.head(10) <= as_of.isoformat()))
        .sort("as_of", "row", nulls_last=False)
        .with_columns(pl.coalesce("loan_id", pl.col("row").cast(pl.String)), pl.col("currency").fill_null(""))
        .unique("loan_id", keep="last", maintain_order=True)
        .sort("row")
        .group_by("currency")
        .agg(
            loans=pl.len(),
            outstanding_as_written=pl.col("outstanding").cast(pl.Float64, strict=False).sum(),
        )
        .sort("currency")
        .to_dicts()
    )


def _project_finance(dataset: Dataset, *, as_of: dt.date) -> int:
    """Count the loans that PCAF would attribute by their project: its own figures have no table, the firm's stand in."""
    loans = dataset.tables["loans"]
    mine = loans.filter(pl.col("asset_class") == "project_finance")
    return int(outstanding_loans(mine, as_of=as_of)["loans"].sum())
