"""How firms report: what is missing (not at random), when it is published, what is restated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.applications import day_number
from features.simulate.assumptions import number
from features.simulate.columns import dates
from features.simulate.firms import YEARS

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Floats, Integers

__all__ = ["Reporting", "draw_reporting", "publish", "reports"]

_SETTLED = 0.8
"""Weight of a firm's habit against the year's chance in whether a fact is handed in."""


@dataclass(frozen=True, kw_only=True)
class Reporting:
    """Reporting habits, one entry per firm."""

    willingness: Floats
    """Logit added to every fact's chance of being handed in."""
    dated: Booleans
    """Whether its facts carry a publication day."""
    delay_days: Floats
    """Days from the year's end to the annual report."""
    grain: Integers
    """Electricity by year (0), quarter (1) or month (2)."""
    sites: Booleans
    """Whether energy comes by two sites."""
    basis: Integers
    """How energy is known: 0 metered, 1 invoiced, 2 estimated."""


def draw_reporting(streams: Streams, firms: Firms) -> Reporting:
    """Draw the reporting habits of ``firms``: small and somewhat worse firms report less."""
    count = firms.count
    willingness = (
        number("size_on_reporting") * firms.size
        + number("quality_on_reporting") * firms.quality
        + number("reporting_spread") * streams.normal("willingness", count)
    )
    undated = number("undated_share")
    logit = np.log(undated / (1 - undated)) - 0.5 * firms.size
    delay = 105 - 12 * firms.quality + 18 * streams.normal("delay", count)
    grain = streams.uniform("grain", count)
    known = 0.7 * firms.size + 0.5 * firms.quality + streams.normal("basis", count)
    return Reporting(
        willingness=willingness,
        dated=streams.uniform("dated", count) >= 1 / (1 + np.exp(-logit)),
        delay_days=np.clip(np.round(delay), 45, 175),
        grain=np.where(grain < 0.05, 2, np.where(grain < 0.10, 1, 0)),
        sites=streams.uniform("sites", count) < 0.06,
        basis=np.where(known > 0.6, 0, np.where(known > -1.1, 1, 2)),
    )


def reports(
    streams: Streams, reporting: Reporting, name: str, *, logit: float, on_willingness: float = 1.0
) -> Booleans:
    """Return which firm-years hand in the fact ``name``, shape (n, years).

    Parameters
    ----------
    logit
        Log-odds that a firm of mean size and quality hands it in.
    on_willingness
        How much the firm's willingness to report counts for this fact.
    """
    count = len(reporting.willingness)
    habit = streams.normal("reports_" + name, count)[:, None]
    chance = streams.normal("reports_year_" + name, count, len(YEARS))
    # a logistic is close to a normal of 1.7 times the spread
    noise = 1.7 * (_SETTLED * habit + np.sqrt(1 - _SETTLED**2) * chance)
    shown: Booleans = logit + on_willingness * reporting.willingness[:, None] + noise > 0
    return shown


def publish(
    streams: Streams,
    frame: pl.DataFrame,
    *,
    table: str,
    values: tuple[str, ...],
    after_year_end: float,
    reporting: Reporting,
    last_day: int,
) -> pl.DataFrame:
    """Give rows their publication day and let some be restated.

    Parameters
    ----------
    frame
        Rows in firm order, with ``firm`` (position), ``year`` and the columns of ``values``.
    values
        Columns that a restatement changes together.
    after_year_end
        Days by which this table comes after (or, negative, before) the annual report.
    last_day
        Rows published later do not exist yet.

    Returns
    -------
    polars.DataFrame
        The rows with ``published_on``, restatements behind the rows that they restate.
    """
    firm = frame["firm"].to_numpy()
    year = frame["year"].to_numpy()
    ends = np.array([day_number(y, 12, 31) for y in YEARS])[year - YEARS[0]]
    jitter = streams.generator("published_" + table).integers(0, 12, size=len(firm))
    # all rows of one firm and year come in one report: the jitter is that of the first of them
    first = np.ones(len(firm), dtype=bool)
    first[1:] = (firm[1:] != firm[:-1]) | (year[1:] != year[:-1])
    jitter = jitter[np.maximum.accumulate(np.where(first, np.arange(len(firm)), 0))]
    day = ends + np.maximum(reporting.delay_days[firm] + after_year_end + jitter, 15).astype(np.int64)
    dated = reporting.dated[firm]
    restated = dated & (streams.uniform("restated_" + table, len(firm)) < number("restated_share"))
    wrong = np.exp(number("restatement_spread") * streams.normal("restated_by_" + table, len(firm)))
    again = day + 150 + streams.generator("restated_on_" + table).integers(0, 250, size=len(firm))
    frame = frame.with_columns(
        published_on=dates(day),
        factor=pl.Series(np.where(restated, wrong, 1.0)),
        order=pl.int_range(pl.len()),
    )
    # what was restated was wrong at first; the later row is the true one
    original = frame.with_columns((pl.col(v) * pl.col("factor")).alias(v) for v in values)
    original = original.with_columns(
        published_on=pl.when(pl.Series(dated)).then("published_on").otherwise(None)
    )
    later = frame.with_columns(published_on=dates(again)).filter(pl.Series(restated))
    limit = pl.lit(last_day).cast(pl.Int32).cast(pl.Date)
    known = original.filter(pl.Series(day <= last_day))
    return (
        pl.concat([known, later.filter(pl.col("published_on") <= limit)])
        .sort("order", "published_on", nulls_last=False)
        .drop("order", "factor")
    )
