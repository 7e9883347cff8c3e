"""Texts with figures in them, row by row."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["formatted"]


def formatted(template: str, *parts: pl.Expr | str) -> pl.Expr:
    """Return the template with a part in place of each ``{}``; null where any part is null.

    ``pl.format`` of polars 2.1 panics on a column whose first chunk a filter has emptied; ``pl.concat_str`` does not.

    Parameters
    ----------
    template
        Text with as many ``{}`` as there are parts.
    parts
        Expressions, or names of columns.

    Raises
    ------
    ValueError
        If the number of parts is not that of the places.

    Examples
    --------
    >>> frame = pl.DataFrame({"year": [2023, 2024], "energy": [1.5, None]})
    >>> frame.select(formatted("{}: {} tce.", "year", pl.col("energy"))).to_series().to_list()
    ['2023: 1.5 tce.', None]
    """
    if all(isinstance(part, str) for part in parts):
        return _of_columns(template, parts)
    return _formatted(template, parts)


@cache
def _of_columns(template: str, parts: tuple[str, ...]) -> pl.Expr:
    """Return the text of named columns, written down once: the same texts are asked for over and over."""
    return _formatted(template, parts)


def _formatted(template: str, parts: Sequence[pl.Expr | str]) -> pl.Expr:
    texts = template.split("{}")
    if len(texts) != len(parts) + 1:
        raise ValueError(f"{len(parts)} parts for the {len(texts) - 1} places of {template!r}")
    columns = [pl.col(part) if isinstance(part, str) else part for part in parts]
    pieces: list[pl.Expr] = [pl.lit(texts[0])]
    for column, text in zip(columns, texts[1:], strict=True):
        pieces += [column.cast(pl.String), pl.lit(text)]
    joined = pl.concat_str(pieces, ignore_nulls=False)
    # The text goes by the name of its first part, as pl.format has it.
    name = columns[0].meta.output_name(raise_if_undetermined=False) if columns else None
    return joined if name is None else joined.alias(name)
