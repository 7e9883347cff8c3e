"""The release gate: from a trial of every move to one line each, and whether the model and the policy may be released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from scipy.stats import binom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.gaming.move import Move

__all__ = ["GamingReport", "allowed", "verdict"]

_NOTHING = 1e-9
_CONFIDENCE = 0.99


@dataclass(frozen=True, kw_only=True)
class GamingReport:
    """What the library of moves showed.

    Parameters
    ----------
    table
        One row per move, in the library's order: ``move``, ``en``, ``zh``, ``stopped_by``, ``witnesses``; ``applications`` that
        could make it; as shares of them ``points_rise``, ``decisions_rise`` and ``unstopped``; ``largest_gain`` (points);
        ``rise_in_review`` (share of those whose points rise that go to a person; null where none do); ``shown`` (number in
        which the mechanism was seen at work) and ``broken`` (number in which it was not as declared); ``most`` (bound of
        ``unstopped``), ``why_open`` and ``passed``.
    applications
        Number of applications of the dataset that moves were tried on.
    """

    table: pl.DataFrame
    applications: int

    @property
    def passed(self) -> bool:
        """Whether every move is stopped as declared, and no rest is larger than its bound, sampling allowed for."""
        return bool(self.table["passed"].all())

    @property
    def refused_by(self) -> tuple[str, ...]:
        """Moves that are not."""
        return tuple(self.table.filter(~pl.col("passed"))["move"])

    @property
    def rests(self) -> pl.DataFrame:
        """Moves by which some get, the largest share first."""
        return self.table.filter(pl.col("unstopped") > 0).sort(
            ["unstopped", "move"], descending=[True, False]
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {
            "applications": self.applications,
            "passed": self.passed,
            "refused_by": list(self.refused_by),
            "moves": self.table.to_dicts(),
        }


def allowed(applications: int, most: float) -> int:
    """Return how many of so many may get by before a bound on their share is refused at 99 % confidence.

    Examples
    --------
    >>> allowed(1000, 0.0), allowed(11, 0.05), allowed(1000, 0.05)
    (0, 3, 67)
    """
    return int(binom.ppf(_CONFIDENCE, applications, most))


def verdict(tried: pl.DataFrame, moves: Sequence[Move], *, applications: int) -> GamingReport:
    """Judge a trial.

    Parameters
    ----------
    tried
        What :func:`scoring.gaming.trial.trial` gave for the moves.
    moves
        The moves.
    applications
        Number of applications of the dataset.

    Notes
    -----
    A mechanism is broken where points rise or an input of the model gets better (``construction``), or an indicator named
    still has a value (``missing_sum``). A check or a rule is broken where a decision rises without it: that is what
    ``unstopped`` counts.
    """
    rises = pl.col("gain") > _NOTHING
    at_work = pl.col("named").list.len() > 0
    broken = {
        "construction": rises | (pl.col("better").list.len() > 0),
        "missing_sum": pl.col("still_there").list.len() > 0,
    }
    seen = {
        "construction": ~broken["construction"],
        "missing_sum": pl.col("turned_missing").list.len() > 0,
        "cross_check": at_work,
        "review_rule": at_work,
    }
    rows = []
    for move in moves:
        mine = tried.filter(pl.col("move") == move.id)
        how = move.stopped_by
        counted = mine.select(
            applications=pl.len(),
            points_rise=rises.mean(),
            largest_gain=pl.max_horizontal(pl.col("gain").max(), 0.0),
            rise_in_review=pl.col("in_review").filter(rises).mean(),
            decisions_rise=pl.col("rose").mean(),
            unstopped=pl.col("unstopped").mean(),
            by=pl.col("unstopped").sum(),
            shown=seen.get(how, pl.lit(value=False)).sum(),
            broken=broken.get(how, pl.lit(value=False)).sum(),
        ).row(0, named=True)
        some = counted["applications"] > 0
        rows.append(
            {
                "move": move.id,
                "en": move.en,
                "zh": move.zh,
                "stopped_by": how,
                "witnesses": list(move.witnesses),
                **{
                    name: value if some else _NONE.get(name)
                    for name, value in counted.items()
                    if name != "by"
                },
                "most": move.most,
                "why_open": move.why_open,
                "passed": not some
                or (counted["by"] <= allowed(counted["applications"], move.most) and not counted["broken"]),
            }
        )
    return GamingReport(table=pl.DataFrame(rows, schema=_SCHEMA), applications=applications)


_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "move": pl.String,
    "en": pl.String,
    "zh": pl.String,
    "stopped_by": pl.String,
    "witnesses": pl.List(pl.String),
    "applications": pl.Int64,
    "points_rise": pl.Float64,
    "largest_gain": pl.Float64,
    "rise_in_review": pl.Float64,
    "decisions_rise": pl.Float64,
    "unstopped": pl.Float64,
    "shown": pl.Int64,
    "broken": pl.Int64,
    "most": pl.Float64,
    "why_open": pl.String,
    "passed": pl.Boolean,
}
_NONE = {
    "applications": 0,
    "points_rise": 0.0,
    "largest_gain": 0.0,
    "decisions_rise": 0.0,
    "unstopped": 0.0,
    "shown": 0,
    "broken": 0,
}
"""What a move that nobody could make shows."""
