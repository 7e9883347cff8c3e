"""The grid behind the data-quality record: applications times the places that each of them has in the record.

The record has millions of rows, and of every application the same ones in the same order: its indicators family by family,
each family closed by its grade. So a cell of the grid is a number, ``row of the application * places + place``, and the
record is built in its final order from small numbers; the texts are written in the end. Nothing that long is sorted,
grouped, or joined by texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["STATUS_GRADES", "Grid", "filled", "graded", "grid_of", "rendered", "told", "with_others"]

STATUS_GRADES: Mapping[str, float] = MappingProxyType(
    {"reported": 2.0, "zero": 1.0, "defaulted": 3.0, "estimated": 4.0, "missing": 5.0}
)
"""Status of an indicator to its PCAF grade; one that does not apply has none."""

_VERIFIED_BY = {
    "emissions": ("assured_share", 0.0, 1.0),
    "certification": ("unverified_certificates", 1.0, -1.0),
}
"""Family to the indicator that tells how much of it is verified, as ``offset + sign * value``."""

_STATUSES = (
    "not_applicable",
    "estimated",
    "defaulted",
    "zero",
    "reported",
    "missing",
    "pcaf",
    "recalled",
    "documented",
)
"""Status by its code; of several notes on one value the first of these stands."""

_CODES = {status: code for code, status in enumerate(_STATUSES)}


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Applications times places.

    Parameters
    ----------
    values
        ``application_id`` and indicators, sorted by ``application_id``.
    places
        Family and indicator of each row of an application's record; without an indicator it is the family's grade.
    """

    values: pl.DataFrame
    places: tuple[tuple[str, str | None], ...]


def grid_of(values: pl.DataFrame) -> Grid:
    """Return the grid of the applications and the indicators of the catalogue that stand in ``values``."""
    held = set(values.columns)
    places: list[tuple[str, str | None]] = []
    for family in FAMILIES:
        own = [i.id for i in CATALOGUE.values() if i.family == family and i.id in held]
        if own:
            places += [*((family, name) for name in own), (family, None)]
    ordered = values if values["application_id"].is_sorted() else values.sort("application_id")
    return Grid(values=ordered, places=tuple(places))


def told(grid: Grid, notes: pl.DataFrame) -> pl.DataFrame:
    """Return one row per noted cell: ``cell``, ``code`` (of its status), ``detail_en``, ``detail_zh`` (never null)."""
    places = {name: place for place, (_, name) in enumerate(grid.places) if name is not None}
    place = pl.col("indicator").replace_strict(places, default=None, return_dtype=pl.Int64)
    found = (
        notes.join(_rows(grid), on="application_id", how="inner")
        .select(
            cell=pl.col("row") * len(grid.places) + place,
            code=_code(pl.col("status")),
            detail_en="detail_en",
            detail_zh="detail_zh",
        )
        .filter(pl.col("cell").is_not_null())
    )
    repeated = found["cell"].is_duplicated()
    once = found.filter(~repeated).with_columns(pl.col("detail_en", "detail_zh").fill_null(""))
    if once.height == found.height:
        return once
    several = (
        found.filter(repeated)
        .sort("cell", "code", "detail_en", "detail_zh")
        .group_by("cell", maintain_order=True)
        .agg(pl.col("code").first(), pl.col("detail_en").str.join(" "), pl.col("detail_zh").str.join(""))
    )
    return pl.concat([once, several])


def filled(grid: Grid, noted: pl.DataFrame) -> pl.DataFrame:
    """Return every cell in order: ``cell``, ``code``, and ``text``: the row of ``noted`` that explains it.

    Where a value is missing and nothing was noted, ``text`` is the height of ``noted``: the place of the usual text.
    """
    nothing = pl.lit(None, dtype=pl.Boolean)
    given = (
        grid.values.select(
            given=pl.concat_arr(
                nothing if name is None else pl.col(name).is_not_null() for _, name in grid.places
            )
        )
        .explode("given")
        .to_series()
    )
    code = pl.repeat(_CODES["reported"], given.len(), dtype=pl.UInt8, eager=True)
    text = pl.repeat(None, given.len(), dtype=pl.UInt32, eager=True)
    code.scatter(noted["cell"], noted["code"])
    text.scatter(noted["cell"], pl.int_range(noted.height, dtype=pl.UInt32, eager=True))
    missing = ~pl.col("given")
    stated = pl.when("given").then("code").when(missing).then(_CODES["missing"]).otherwise(_CODES["pcaf"])
    return pl.DataFrame({"given": given, "code": code, "text": text}).select(
        cell=pl.int_range(pl.len()),
        code=stated.cast(pl.UInt8),
        text=pl.when(missing).then(pl.col("text").fill_null(noted.height)).otherwise("text"),
    )


def graded(grid: Grid, cells: pl.DataFrame) -> pl.DataFrame:
    """Add ``grade``: of a family the mean grade of its indicators that apply, of an indicator null."""
    grade = {_CODES[status]: value for status, value in STATUS_GRADES.items()}
    of_cells = cells["code"].replace_strict(grade, default=None, return_dtype=pl.Float64)
    names = [name or family for family, name in grid.places]
    wide = pl.DataFrame({"grade": of_cells.reshape((grid.values.height, len(names)))}).select(
        pl.col("grade").arr.to_struct(fields=names).struct.unnest()
    )
    families: dict[str, list[str]] = {}
    for family, name in grid.places:
        if name is not None:
            families.setdefault(family, []).append(name)
    verified = [_verified(grid, wide, family, sorted(own)) for family, own in families.items()]
    # Other grades are whole numbers: every order of adding gives the same sum.
    means = wide.select(_mean(pl.sum_horizontal(own), own).alias(family) for family, own in families.items())
    means = means.with_columns(grades for grades in verified if grades is not None)
    none = pl.lit(None, dtype=pl.Float64)
    of_places = means.select(
        grade=pl.concat_arr(pl.col(family) if name is None else none for family, name in grid.places)
    )
    return cells.with_columns(of_places.explode("grade").to_series())


def _mean(total: pl.Expr, names: Sequence[str]) -> pl.Expr:
    number = pl.sum_horizontal(pl.col(names).is_not_null())
    return pl.when(number > 0).then(total / number)


def _verified(grid: Grid, wide: pl.DataFrame, family: str, names: Sequence[str]) -> pl.Series | None:
    """Return the mean of a family of which a share may be verified: each reported grade is better by the share.

    The grades are added in the order of the indicators' names, not of the catalogue, whose order may change.
    """
    verifying, offset, sign = _VERIFIED_BY.get(family, ("", 0.0, 0.0))
    if verifying not in wide.columns:
        return None
    share = (offset + sign * grid.values[verifying].cast(pl.Float64)).clip(0.0, 1.0)
    # What does not apply says nothing of the rest: its neutral value is no share that was verified.
    share = share.zip_with(wide[verifying].is_not_null(), pl.Series([0.0])).fill_null(0.0)
    grades = pl.col(names)
    better = pl.when(grades == STATUS_GRADES["reported"]).then(grades - share).otherwise(grades)
    own = wide.select(better)
    total = _compensated_sum(own.fill_null(0.0).get_columns())
    return own.select(_mean(pl.lit(total), names).alias(family)).to_series()


def _compensated_sum(columns: Sequence[pl.Series]) -> pl.Series:
    """Return the sum row by row with the rounding of each step carried to the next (Kahan, 1965), as polars sums groups."""
    total, lost = columns[0], columns[0] * 0.0
    for column in columns[1:]:
        exact = column - lost
        raised = total + exact
        lost = (raised - total) - exact
        total = raised
    return total


def with_others(grid: Grid, cells: pl.DataFrame, others: pl.DataFrame, *, texts: int) -> pl.DataFrame:
    """Return the cells with rows of the families as a whole behind the families' grades, by status and detail.

    Parameters
    ----------
    others
        ``application_id``, ``family``, ``status``, ``detail_en``; their details stand behind ``texts`` other texts.
    """
    if others.is_empty():
        return cells
    places = {family: place for place, (family, name) in enumerate(grid.places) if name is None}
    rows = (
        others.with_row_index("text", offset=texts)
        .join(_rows(grid), on="application_id", how="inner")
        .with_columns(
            cell=pl.col("row") * len(grid.places)
            + pl.col("family").replace_strict(places, return_dtype=pl.Int64)
        )
        .sort("cell", "status", "detail_en", "detail_zh", nulls_last=True)
        .select("cell", code=_code(pl.col("status")), text="text", grade=pl.lit(None, dtype=pl.Float64))
    )
    # merge_sorted does not say which of two equal keys comes first, so no two are equal.
    return (
        cells.with_columns(key=pl.col("cell") * 2)
        .merge_sorted(rows.with_columns(key=pl.col("cell") * 2 + 1), key="key")
        .drop("key")
    )


def rendered(grid: Grid, cells: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Return the record: the numbers of ``cells`` in words, their details from the rows of ``texts``."""
    width = max(len(grid.places), 1)
    row, place = pl.col("cell") // width, pl.col("cell") % width
    named = pl.DataFrame(grid.places, schema={"family": pl.String, "indicator": pl.String}, orient="row")
    return cells.select(
        pl.lit(grid.values["application_id"]).gather(row).alias("application_id"),
        *(pl.lit(named[name]).gather(place).alias(name) for name in named.columns),
        pl.lit(pl.Series(_STATUSES)).gather("code").alias("status"),
        *(pl.lit(texts[name]).gather("text").alias(name) for name in ("detail_en", "detail_zh")),
        pl.col("grade"),
    )


def _rows(grid: Grid) -> pl.DataFrame:
    return grid.values.select("application_id", row=pl.int_range(pl.len()))


def _code(status: pl.Expr) -> pl.Expr:
    return status.replace_strict(_CODES, return_dtype=pl.UInt8)
