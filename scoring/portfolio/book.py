"""The loan book firm by firm: what is owed, what became of the firm's application, and what of its emissions is financed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.groups.holdings import holdings, roll_up
from features.groups.standing import MAJORITY
from features.loans import outstanding_loans
from features.settings import Settings
from scoring.portfolio.attribution import attributed
from scoring.portfolio.emissions import borrowers

if TYPE_CHECKING:
    import datetime as dt

    from features.intake import Dataset
    from models.distributions import SectorDistributions
    from scoring.results import Results

__all__ = ["COVERAGE", "FINANCED", "STANDINGS", "financed_emissions"]

STANDINGS = ("scored", "refused", "not_asked")
"""What became of a borrower's application: it has a decision; it has none because intake refused it; it asked for nothing."""

COVERAGE = ("reported", "estimated_only", "no_denominator", "no_emissions")
"""What is known of a borrower's emissions: its own figures (verified, reported or by its energy), an estimate only, either of
them and nothing to attribute by, or nothing."""

FINANCED = ("scope1", "scope2", "scope3", "estimated", "removals", "credits")
"""What is attributed, each by itself; nothing is taken off anything."""


def financed_emissions(
    dataset: Dataset,
    results: Results,
    *,
    as_of: dt.date,
    settings: Settings | None = None,
    distributions: SectorDistributions | None = None,
) -> pl.DataFrame:
    """Return every firm that owes the bank something on a day.

    Parameters
    ----------
    dataset
        What was scored, with its loans.
    results
        The scores of it.
    as_of
        The day of the book.
    settings
        How indicators are computed; the defaults where None.
    distributions
        Of the model's training population, for estimates.

    Returns
    -------
    pl.DataFrame
        One row per firm, sorted by ``firm_id``: ``loans`` (number), ``outstanding`` (10,000 CNY; null where a balance is not
        stated); ``standing`` (of :data:`STANDINGS`), ``grade`` and ``application_id`` of its latest decision; the columns of
        :func:`scoring.portfolio.emissions.borrowers` and :func:`scoring.portfolio.attribution.attributed`; ``financed_*``
        of :data:`FINANCED` (tCO2e); ``coverage`` (of :data:`COVERAGE`); ``group`` (ultimate parent that holds more than half,
        else the firm itself).
    """
    owed = outstanding_loans(dataset.tables["loans"], as_of=as_of).drop("oldest_balance_on")
    known = borrowers(
        dataset,
        owed["firm_id"],
        as_of=as_of,
        settings=settings or Settings(),
        distributions=distributions,
    )
    frame = (
        owed.join(known, on="firm_id", how="left", validate="1:1")
        .join(_decided(results), on="firm_id", how="left", validate="1:1")
        .join(_refused(dataset), on="firm_id", how="left", validate="1:1")
        .join(_groups(dataset, as_of), on="firm_id", how="left", validate="1:1")
        .with_columns(
            pl.col("basis").fill_null("none"),
            pl.col("group").fill_null(pl.col("firm_id")),
            standing=pl.when(pl.col("grade").is_not_null())
            .then(pl.lit("scored"))
            .when(pl.col("refused"))
            .then(pl.lit("refused"))
            .otherwise(pl.lit("not_asked")),
        )
        .drop("refused")
    )
    financed = attributed(frame).with_columns(
        (pl.col("attribution") * pl.col(name)).alias(f"financed_{name}") for name in FINANCED
    )
    own = pl.col("basis").is_in(["verified", "reported", "energy"])
    return financed.with_columns(
        coverage=pl.when(pl.col("basis") == "none")
        .then(pl.lit("no_emissions"))
        .when(pl.col("attribution_rule") == "no_denominator")
        .then(pl.lit("no_denominator"))
        .when(own)
        .then(pl.lit("reported"))
        .otherwise(pl.lit("estimated_only"))
    ).sort("firm_id")


def _decided(results: Results) -> pl.DataFrame:
    """Return each firm's latest decision; of several on one day the last by its id."""
    return (
        results.decisions.sort("firm_id", "as_of", "application_id")
        .unique("firm_id", keep="last", maintain_order=True)
        .select("firm_id", "application_id", "grade")
    )


def _refused(dataset: Dataset) -> pl.DataFrame:
    """Return the firms whose application, or whose own row, stands in the quarantine."""
    record = pl.col("record")
    return (
        dataset.quarantine.filter(pl.col("table").is_in(["applications", "firms"]))
        .select(
            firm_id=pl.coalesce(
                record.str.json_path_match("$.firm_id"), record.str.json_path_match("$['统一社会信用代码']")
            )
        )
        .drop_nulls()
        .unique()
        .with_columns(refused=pl.lit(value=True))
    )


def _groups(dataset: Dataset, as_of: dt.date) -> pl.DataFrame:
    """Return each firm's ultimate parent, where one holds more than half of it."""
    firms = dataset.tables["firms"].select("firm_id").unique().sort("firm_id")
    edges, _ = holdings(dataset.tables["ownership"], as_of=as_of)
    members, _ = roll_up(firms["firm_id"], edges)
    return (
        members.filter(pl.col("share") > MAJORITY)
        .sort("firm_id", "share", "parent_id", descending=[False, True, False])
        .unique("firm_id", keep="first", maintain_order=True)
        .select("firm_id", group="parent_id")
    )
