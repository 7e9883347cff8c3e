"""A plain table of features: what a team has that keeps no data contract, ready for the same estimator.

One row per application; one column is the target, one the id, perhaps one names the group (the firm: it never stands
on both sides of a split) and one the time. Every other column is a feature: numbers are numbers, texts and truth
values are categories or 0 and 1, and a column with the name of a catalogue indicator is that indicator.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import InputError
from models.arff import read_arff
from models.columns import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PlainTable", "read_plain_table"]


@dataclass(frozen=True, kw_only=True)
class PlainTable:
    """Features, target, ids, groups and times of n applications, in the order of the ids.

    Parameters
    ----------
    features
        Shape (n, k).
    bad
        Shape (n,): the target as it came; of its two values the greater one is bad.
    ids
        Shape (n,), each once.
    groups
        Shape (n,), or ``None`` where every row is a group of its own.
    times
        Shape (n,), dates, or ``None``.
    content_hash
        Of the content, whatever the order of rows and the form of the file.
    """

    features: pl.DataFrame
    bad: pl.Series
    ids: pl.Series
    groups: pl.Series | None
    times: pl.Series | None
    content_hash: str

    @property
    def directions(self) -> dict[str, int]:
        """Directions to declare: none for columns that are no catalogue indicators."""
        texts = {*self.categories}
        return {name: 0 for name in self.features.columns if name not in CATALOGUE and name not in texts}

    @property
    def categories(self) -> list[str]:
        """Columns of texts."""
        return [name for name, kind in self.features.schema.items() if kind == pl.String]

    def group_names(self) -> NDArray[np.object_]:
        """Shape (n,): the group of each row, its id where there are no groups."""
        return (self.ids if self.groups is None else self.groups).cast(pl.String).to_numpy()


def read_plain_table(
    file: Path | str, *, target: str, id_column: str, group: str | None = None, time: str | None = None
) -> PlainTable:
    """Read a table from CSV, Parquet or ARFF.

    Parameters
    ----------
    file
        Its ending says what it is.
    target
        Column with two values, of which the greater one is bad; rows without one are refused.
    id_column
        Column that names each row once.
    group, time
        Columns, or ``None``.

    Raises
    ------
    InputError
        If the file or a column cannot be used; the message names it.
    """
    path = Path(file)
    table = _read(path)
    asked = {"--target": target, "--id": id_column, "--group": group, "--time": time}
    for option, name in asked.items():
        if name is not None and name not in table.columns:
            raise InputError(
                f"The table has no column {named([name], table.columns)}.",
                where=f"{path}, {option}",
                mend="Name a column of the file.",
            )
    roles = [name for name in asked.values() if name is not None]
    if len(set(roles)) < len(roles):
        raise InputError(
            "One column is given two roles among target, id, group and time.",
            where=str(path),
            mend="Name a column once; without --group every row is a group of its own.",
        )
    if empty := [name for name in roles if table[name].null_count()]:
        raise InputError(
            f"Columns have gaps: {', '.join(empty)}.",
            where=str(path),
            mend="Leave out the rows without a target, id, group or time, and count them.",
        )
    if table[id_column].n_unique() < table.height:
        raise InputError(
            f"The column {id_column} names {table.height - table[id_column].n_unique()} rows more than once.",
            where=str(path),
            mend="Name the firm with --group; --id is one per row.",
        )
    ordered = table.sort(pl.col(id_column).cast(pl.String))
    return PlainTable(
        features=_features(ordered.drop(roles), where=str(path)),
        bad=ordered[target],
        ids=ordered[id_column],
        groups=None if group is None else ordered[group],
        times=None if time is None else _dates(ordered[time], where=f"{path}, column {time}"),
        content_hash=_content_hash(ordered),
    )


def _read(path: Path) -> pl.DataFrame:
    ending = path.suffix.lower()
    if ending == ".arff":
        return read_arff(path)
    try:
        if ending == ".parquet":
            return pl.read_parquet(path)
        if ending == ".csv":
            return pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"The table cannot be read: {str(error).splitlines()[0]}.",
            where=str(path),
            mend="Save it anew as UTF-8 CSV or Parquet.",
        ) from error
    raise InputError(
        f"The ending {ending or '(none)'} says no form that is read.",
        where=str(path),
        mend="Hand in .csv, .parquet or .arff.",
    )


def _features(columns: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Bring features to Float64 or String; refuse what is neither."""
    chosen, odd = [], []
    for name, kind in columns.schema.items():
        if kind.is_numeric() or kind in {pl.Boolean, pl.Null}:
            number = pl.col(name).cast(pl.Float64)
            # A file has no other way to say that a ratio has no denominator.
            chosen.append(pl.when(number.is_finite()).then(number).alias(name))
        elif kind == pl.String or isinstance(kind, (pl.Categorical, pl.Enum)):
            chosen.append(pl.col(name).cast(pl.String))
        else:
            odd.append(f"{name} ({kind})")
    if odd:
        raise InputError(
            f"Columns are neither numbers nor texts: {', '.join(odd)}.",
            where=where,
            mend="Leave them out, name one with --time, or turn them into numbers.",
        )
    if not chosen:
        raise InputError(
            "The table has no feature.", where=where, mend="Hand in a column beside target and id."
        )
    return columns.select(chosen)


def _dates(times: pl.Series, *, where: str) -> pl.Series:
    if times.dtype in {pl.Date, pl.Datetime}:
        return times.cast(pl.Date)
    # Years and quarters as numbers are ordered, and an order is all a split out of time asks for.
    if times.dtype.is_integer():
        return times.cast(pl.Int32).cast(pl.Date)
    raise InputError(
        f"The time is {times.dtype}, neither a date nor a whole number.",
        where=where,
        mend="Write dates as YYYY-MM-DD, or years as numbers.",
    )


def _content_hash(table: pl.DataFrame) -> str:
    digest = sha256()
    for name in sorted(table.columns):
        column = table[name]
        digest.update(f"{name}\0".encode())
        digest.update("\0".join(map(repr, column.to_list())).encode())
    return digest.hexdigest()
