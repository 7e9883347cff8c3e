"""Trying moves: every firm that can make a move makes it, is judged again, and is held against what it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from scoring.gaming.judged import Judged, judged
from scoring.gaming.stack import SEPARATOR, of_firms, stacked, touched_firms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from features.intake import Dataset
    from features.settings import Settings
    from models.stored import AnyModel
    from scoring.gaming.move import Move
    from scoring.policy import Policy

__all__ = ["TRIAL_SCHEMA", "trial"]

TRIAL_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "move": pl.String,
    "application_id": pl.String,
    "firm_id": pl.String,
    "gain": pl.Float64,
    "places_won": pl.Int32,
    "in_review": pl.Boolean,
    "named": pl.List(pl.String),
    "better": pl.List(pl.String),
    "turned_missing": pl.List(pl.String),
    "still_there": pl.List(pl.String),
    "rose": pl.Boolean,
    "unstopped": pl.Boolean,
}
"""Columns of a trial; see :func:`trial`."""

_NOTHING = 1e-9
"""Points, and parts of a value, below which a difference is rounding."""

_COPIES = 20_000
"""Firms judged at once; bounds memory, changes no result."""


def trial(
    dataset: Dataset,
    moves: Sequence[Move],
    *,
    model: AnyModel,
    policy: Policy,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Let every firm make every move that it can make.

    Parameters
    ----------
    dataset
        Honest facts.
    moves
        What is tried, each by itself.
    model, policy
        What judges.
    settings
        How the indicators are computed; the defaults where None.
    progress
        Called with moves done and in all.

    Returns
    -------
    pl.DataFrame
        One row per move and application whose firm's rows it changed, sorted: ``move``, ``application_id``, ``firm_id``; ``gain``
        (points); ``places_won`` (grades, caps applied); ``in_review`` (after the move); ``named`` (of the move's witnesses,
        the warnings and review rules that the decision names after it); ``better`` (inputs of the model with a direction
        that got better, and inputs without one that changed); ``turned_missing`` and ``still_there`` (of the witnesses,
        indicators that had a value and have none, or still have one); ``rose``: a better grade; or the same one, on
        more points without the review that there was, or without a cap or veto that waited for a person;
        ``unstopped``: it rose, and does not go to a person with the contradiction named.
    """
    before = judged(dataset, model=model, policy=policy, settings=settings)
    firms = dataset.tables["applications"].select("application_id", "firm_id")
    inputs = [name for name in model.preparation_.inputs if name in before.values.columns]
    parts = [pl.DataFrame(schema=TRIAL_SCHEMA)]
    done = 0
    for some in _blocks(dataset, moves):
        versions = {move.id: version for move, version in some if version is not None}
        if versions:
            after = judged(stacked(versions), model=model, policy=policy, settings=settings)
            parts += [
                _compared(move, before, _of_version(after, move.id), inputs=inputs).join(
                    firms, on="application_id"
                )
                for move, version in some
                if version is not None
            ]
        done += len(some)
        if progress is not None:
            progress(done, len(moves))
    return pl.concat([part.select(list(TRIAL_SCHEMA)) for part in parts]).sort("move", "application_id")


def _blocks(dataset: Dataset, moves: Sequence[Move]) -> Iterator[list[tuple[Move, Dataset | None]]]:
    """Yield moves with the rows of the firms that they touched, so many at a time that memory stays bounded."""
    block: list[tuple[Move, Dataset | None]] = []
    copies = 0
    for move in moves:
        played = move.apply(dataset)
        firms = touched_firms(dataset, played)
        if block and copies + len(firms) > _COPIES:
            yield block
            block, copies = [], 0
        block.append((move, of_firms(played, firms, version=move.id) if firms else None))
        copies += len(firms)
    if block:
        yield block


def _of_version(after: Judged, version: str) -> Judged:
    """Return one version's rows under the ids that they had."""
    end = f"{SEPARATOR}{version}"

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("application_id").str.ends_with(end)).with_columns(
            pl.col("application_id").str.strip_suffix(end)
        )

    return Judged(values=own(after.values), warnings=own(after.warnings), decisions=own(after.decisions))


def _compared(move: Move, before: Judged, after: Judged, *, inputs: Sequence[str]) -> pl.DataFrame:
    warned = after.warnings.group_by("application_id").agg(checks=pl.col("check").sort())
    frame = (
        after.decisions.join(before.decisions, on="application_id", suffix="_before", validate="1:1")
        .join(warned, on="application_id", how="left", validate="1:1")
        .with_columns(pl.col("checks").fill_null([]))
        .join(_values(move, before, after, inputs=inputs), on="application_id", validate="1:1")
    )
    gain = pl.col("points") - pl.col("points_before")
    won = pl.col("grade_place_before") - pl.col("grade_place")
    free = pl.col("against").list.len() == 0
    freed = (gain > _NOTHING) & (pl.col("against_before").list.len() > 0) & free
    let_go = (pl.col("waiting_before").list.len() > 0) & free
    rose = (won > 0) | ((won == 0) & (freed | let_go))
    seen = pl.concat_list("checks", "review_reasons")
    named = seen.list.set_intersection(pl.lit(list(move.witnesses), dtype=pl.List(pl.String))).list.sort()
    return frame.select(
        "application_id",
        "better",
        "turned_missing",
        "still_there",
        move=pl.lit(move.id),
        gain=gain,
        places_won=won,
        in_review="review",
        named=named,
        rose=rose,
        unstopped=rose & ~(pl.col("review") & (named.list.len() > 0)),
    )


def _values(move: Move, before: Judged, after: Judged, *, inputs: Sequence[str]) -> pl.DataFrame:
    """Return what became of the indicators: ``better``, ``turned_missing`` and ``still_there``."""
    witnesses = [name for name in move.witnesses if name in CATALOGUE and name in after.values.columns]
    wanted = list(dict.fromkeys([*inputs, *witnesses]))
    both = after.values.select("application_id", *wanted).join(
        before.values.select("application_id", *wanted), on="application_id", suffix=" before", validate="1:1"
    )
    return both.select(
        "application_id",
        _names({name: _better(name) for name in inputs}).alias("better"),
        _names({n: pl.col(f"{n} before").is_not_null() & pl.col(n).is_null() for n in witnesses}).alias(
            "turned_missing"
        ),
        _names({n: pl.col(f"{n} before").is_not_null() & pl.col(n).is_not_null() for n in witnesses}).alias(
            "still_there"
        ),
    )


def _better(name: str) -> pl.Expr:
    """Whether an input got better; of one without a direction, whether it changed."""
    item, now, was = CATALOGUE[name], pl.col(name), pl.col(f"{name} before")
    if item.is_category or not item.direction:
        return now.ne_missing(was)
    nearer = item.direction * (now - was) > _NOTHING * pl.max_horizontal(now.abs(), was.abs(), 1.0)
    return (now.is_not_null() & (was.is_null() | nearer)).fill_null(value=False)


def _names(where: dict[str, pl.Expr]) -> pl.Expr:
    if not where:
        return pl.lit([], dtype=pl.List(pl.String))
    return pl.concat_list(
        [pl.when(holds).then(pl.lit(name)) for name, holds in where.items()]
    ).list.drop_nulls()
