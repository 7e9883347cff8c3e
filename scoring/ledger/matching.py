"""Who is in both batches, who is new and who is gone.

A ledger is about firms: a firm is compared by its latest application of each batch, since applications of two batches
seldom share an id. Where one portfolio was scored twice, applications may be compared instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from features.errors import GreenCreditError

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["BOTH", "GONE", "NEW", "MatchBy", "Matched", "match"]

MatchBy = Literal["firm", "application"]

BOTH, NEW, GONE = "both", "new", "gone"
"""Where a firm is found."""

_KEYS = {"firm": "firm_id", "application": "application_id"}


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Both batches side by side.

    Parameters
    ----------
    table
        ``key``, ``status`` (:data:`BOTH`, :data:`NEW` or :data:`GONE`), ``application_id_old`` and ``_new`` (null where
        the batch does not hold it) and ``refused`` (Boolean: an application of it is in the quarantine of the batch that
        does not hold it); sorted by ``key``.
    applications
        Number of applications of the old and of the new batch.
    earlier
        Of these, earlier applications of a firm, which are not compared.
    """

    table: pl.DataFrame
    applications: tuple[int, int]
    earlier: tuple[int, int]

    def count(self, status: str) -> int:
        """Return the number of firms (or applications) with a status."""
        return self.table.filter(pl.col("status") == status).height


def match(old: Results, new: Results, *, by: MatchBy = "firm") -> Matched:
    """Put two batches side by side.

    Parameters
    ----------
    old, new
        The batches.
    by
        ``firm``: a firm's latest application of each batch, by ``as_of``, of one day the last by its id;
        ``application``: applications of one id.

    Raises
    ------
    GreenCreditError
        If an application is in both batches under another firm's id.
    """
    key = _KEYS[by]
    latest = [_latest(results.decisions, key) for results in (old, new)]
    both = latest[0].join(latest[1], on="key", how="full", coalesce=True, suffix="_new", validate="1:1")
    table = (
        both.rename({"application_id": "application_id_old", "firm_id": "firm_id_old"})
        .with_columns(
            status=pl.when(pl.col("application_id_new").is_null())
            .then(pl.lit(GONE))
            .when(pl.col("application_id_old").is_null())
            .then(pl.lit(NEW))
            .otherwise(pl.lit(BOTH))
        )
        .sort("key")
    )
    for row in table.filter(pl.col("firm_id_old") != pl.col("firm_id_new")).head(1).to_dicts():
        raise GreenCreditError(
            f"The application {row['key']} belongs to {row['firm_id_old']} in the old batch and to "
            f"{row['firm_id_new']} in the new one.",
            where="decisions.parquet",
            mend="Compare firms instead: leave --match application out.",
        )
    refused = {GONE: _quarantined(new), NEW: _quarantined(old)}
    known = pl.coalesce("application_id_old", "application_id_new")
    firm = pl.coalesce("firm_id_old", "firm_id_new")
    hit = {
        status: known.is_in(cells) | firm.is_in(cells) if by == "firm" else known.is_in(cells)
        for status, cells in refused.items()
    }
    return Matched(
        table=table.select(
            "key",
            "status",
            "application_id_old",
            "application_id_new",
            refused=pl.when(pl.col("status") == GONE)
            .then(hit[GONE])
            .when(pl.col("status") == NEW)
            .then(hit[NEW])
            .otherwise(pl.lit(value=False)),
        ),
        applications=(old.decisions.height, new.decisions.height),
        earlier=(
            old.decisions.height - latest[0].height,
            new.decisions.height - latest[1].height,
        ),
    )


def _latest(decisions: pl.DataFrame, key: str) -> pl.DataFrame:
    return (
        decisions.sort("as_of", "application_id")
        .unique(key, keep="last", maintain_order=True)
        .select(pl.col(key).alias("key"), "application_id", "firm_id")
    )


def _quarantined(results: Results) -> list[str]:
    """Return every text of the refused applications' rows; the bank's own headers say which is the id."""
    records = results.quarantine.filter(pl.col("table") == "applications")["record"].drop_nulls()
    cells = (
        records.str.extract_all(r':"[^"]*"').explode(empty_as_null=False).str.slice(2).str.strip_suffix('"')
    )
    return cells.unique().sort().to_list()
