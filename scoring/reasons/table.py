"""The reasons of many applications as one long table, a row per reason: ``reasons.parquet``."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.reasons import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.told_reasons import Explained, ToldReasons

__all__ = ["COLUMNS", "DIRECTIONS", "reason_table"]

DIRECTIONS = ("up", "down")

COLUMNS: Mapping[str, Any] = MappingProxyType(
    {
        "application_id": pl.String,
        "direction": pl.String,
        "rank": pl.Int32,
        "code": pl.String,
        "kind": pl.String,
        "family": pl.String,
        "indicator": pl.String,
        "value": pl.Float64,
        "value_text": pl.String,
        "sector_median": pl.Float64,
        "sector_level": pl.String,
        "missing": pl.List(pl.String),
        "points": pl.Float64,
        "points_shown": pl.Int32,
        "rescore_points": pl.Float64,
        "printed": pl.Boolean,
    }
)
"""Columns and their types.

``rank`` counts within the direction, the largest first. ``code`` names the sentence. ``indicator`` is the one that says
most of the reason; ``value`` is its value in its unit and ``value_text`` that of a category; both are null where it was
not handed in or does not apply. ``sector_median`` and ``sector_level`` (``group``, ``section`` or ``all``) are null there
as well, and where the model knows no sector. ``missing`` lists what was not handed in, the largest points first; it is null for a value.
``points`` add up to the score with the base, ``points_shown`` to the score as shown. ``rescore_points`` is the score with
the reason's indicators where those of the sector stand; null where it was not computed or cannot be."""


def reason_table(
    told: ToldReasons,
    explained: Explained,
    *,
    ids: pl.Series,
    features: Sequence[str],
    texts: Mapping[str, pl.Series],
    not_applicable: NDArray[np.bool_],
    relative: Mapping[str, tuple[str, str]],
) -> pl.DataFrame:
    """Return one row per reason that has points.

    Parameters
    ----------
    told, explained
        Of the same n applications.
    ids
        Their n ids.
    features
        Names of the k indicators.
    texts
        Category to its n values.
    not_applicable
        Shape (n, k): whether a neutral value stands because the indicator does not apply to the firm.
    relative
        Relative indicator to its base and its group: what a firm can hand in is the one or the other.

    Returns
    -------
    pl.DataFrame
        ``COLUMNS``, in the order of the applications, what lifts before what lowers, by rank.
    """
    points = told.reasons.points
    row, reason = np.nonzero(points)
    down = (points[row, reason] < 0.0).astype(np.intp)
    rank = told.rank[row, reason]
    order = np.lexsort((rank, down, row))
    row, reason, down, rank = row[order], reason[order], down[order], rank[order]
    lead = told.reasons.lead[row, reason]
    silent = reason % len(KINDS) == 1
    neutral = ~silent & not_applicable[row, lead]
    plain = ~silent & ~neutral
    families = [family for family, _ in told.reasons.names]
    value = np.where(plain, explained.numbers[row, lead], np.nan)
    columns: dict[str, Any] = {
        "application_id": ids.gather(row),
        "direction": _named(DIRECTIONS, down),
        "rank": rank.astype(np.int32),
        "code": _codes(
            features, families, reason=reason, lead=lead, down=down, silent=silent, neutral=neutral
        ),
        "kind": _named(KINDS, reason % len(KINDS)),
        "family": _named(families, reason),
        "indicator": _named(features, lead),
        "value": pl.Series(value).fill_nan(None),
        "value_text": _value_texts(texts, features, row=row, lead=lead, plain=plain),
        **_sector(told, row=row, lead=lead, plain=plain),
        "points": points[row, reason],
        "points_shown": told.whole[row, reason].astype(np.int32),
        "rescore_points": pl.Series(told.rescored[row, reason]).fill_nan(None),
        "printed": told.printed[row, reason],
    }
    weights = _silent_weights(told, explained, features=features, relative=relative)
    columns["missing"] = _missing(
        weights, told, features=features, relative=relative, row=row, reason=reason, silent=silent
    )
    table = pl.DataFrame({name: columns[name] for name in COLUMNS}, schema_overrides=dict(COLUMNS))
    # What a firm can hand in of a ratio to its sector is the base of that ratio, which heads the list.
    first = pl.when(pl.col("kind") == KINDS[1]).then(pl.col("missing").list.first())
    return table.with_columns(indicator=pl.coalesce(first, "indicator"))


def _named(names: Sequence[str], places: NDArray[np.integer[Any]]) -> pl.Series:
    return pl.Series(list(names), dtype=pl.String).gather(places)


def _codes(
    features: Sequence[str],
    families: Sequence[str],
    *,
    reason: NDArray[np.intp],
    lead: NDArray[np.intp],
    down: NDArray[np.intp],
    silent: NDArray[np.bool_],
    neutral: NDArray[np.bool_],
) -> pl.Series:
    """Name the sentence of each reason."""
    own = [f"{name}_{direction}" for name in features for direction in DIRECTIONS]
    whole = [f"{family}_not_handed_in" for family in families]
    apart = [f"does_not_apply_{direction}" for direction in DIRECTIONS]
    place = np.where(silent, len(own) + reason, len(DIRECTIONS) * lead + down)
    return _named([*own, *whole, *apart], np.where(neutral, len(own) + len(whole) + down, place))


def _value_texts(
    texts: Mapping[str, pl.Series],
    features: Sequence[str],
    *,
    row: NDArray[np.intp],
    lead: NDArray[np.intp],
    plain: NDArray[np.bool_],
) -> pl.Series:
    """Values of the categories that lead a reason, null elsewhere."""
    found = pl.Series([None], dtype=pl.String).gather(np.zeros(len(row), dtype=np.intp))
    for place, name in enumerate(features):
        rows = np.flatnonzero(plain & (lead == place)) if name in texts else np.empty(0, dtype=np.intp)
        if len(rows):
            found = found.scatter(rows, texts[name].cast(pl.String).gather(row[rows]))
    return found


def _sector(
    told: ToldReasons, *, row: NDArray[np.intp], lead: NDArray[np.intp], plain: NDArray[np.bool_]
) -> dict[str, pl.Series]:
    """Median of the lead in the sector, and whose it is; null where a sector has no say."""
    if told.typical is None:
        nothing = np.zeros(len(row), dtype=np.intp)
        return {
            "sector_median": pl.Series([None], dtype=pl.Float64).gather(nothing),
            "sector_level": pl.Series([None], dtype=pl.String).gather(nothing),
        }
    sector = told.typical.codes[row]
    median = np.where(plain, told.typical.values[sector, lead], np.nan)
    levels = ("group", "section", "all", None)
    code = np.array([[levels.index(level) for level in own] for own in told.typical.levels], dtype=np.intp)
    place = np.where(np.isnan(median), levels.index(None), code[sector, lead])
    return {
        "sector_median": pl.Series(median).fill_nan(None),
        "sector_level": pl.Series(levels, dtype=pl.String).gather(place),
    }


def _silent_weights(
    told: ToldReasons,
    explained: Explained,
    *,
    features: Sequence[str],
    relative: Mapping[str, tuple[str, str]],
) -> NDArray[np.float64]:
    """Size of what each missing indicator moved, shape (n, k), points; that of a ratio goes to its missing base."""
    weights = np.where(explained.missing, np.abs(told.reasons.differences), 0.0)
    at = {name: place for place, name in enumerate(features)}
    for name, (base, _) in relative.items():
        moved = explained.missing[:, at[base]]
        weights[:, at[base]] += np.where(moved, weights[:, at[name]], 0.0)
        weights[:, at[name]] = np.where(moved, 0.0, weights[:, at[name]])
    return weights


def _missing(
    weights: NDArray[np.float64],
    told: ToldReasons,
    *,
    features: Sequence[str],
    relative: Mapping[str, tuple[str, str]],
    row: NDArray[np.intp],
    reason: NDArray[np.intp],
    silent: NDArray[np.bool_],
) -> pl.Series:
    """List what was not handed in and moved the score, the largest first; null for a value."""
    at, indicator = np.nonzero(weights)
    # Each pair of application and reason is one run of entries; equal weights stay in the order of the catalogue.
    count = told.reasons.points.shape[1]
    key = at * count + told.reasons.part[at, indicator]
    order = np.lexsort((-weights[at, indicator], key))
    # A ratio to the sector that is missing beside its base lacks the sector.
    names = _named([relative[name][1] if name in relative else name for name in features], indicator[order])
    runs = pl.DataFrame({"key": key[order], "name": names}).group_by("key", maintain_order=True).agg("name")
    place = np.searchsorted(runs["key"].to_numpy(), row * count + reason)
    wanted = pl.Series("place", place).to_frame().select(pl.when(pl.Series(silent)).then("place"))
    return runs["name"].gather(wanted["place"])
