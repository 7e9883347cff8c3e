"""From a cell as handed in to a value: text, numbers, days, periods and choices, vectorised.

Every cell becomes text first, whatever its type was in the source, so a CSV file, a Parquet file and a workbook of
the same facts are read by the same rules. Nothing is guessed: ``1,5`` and ``05/01/2023`` are refused because they
mean different things in different countries, unless a dataset declares what its comma means (:func:`with_points`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.reference import normalise
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.contract import Column

__all__ = [
    "choices",
    "day",
    "filled",
    "not_finite",
    "number",
    "plain_text",
    "respell",
    "text_cells",
    "with_points",
]

MISSING = (
    *("", "-", "--", "---", "—", "——", "–", "―", "－", "/", "n/a", "#n/a", "n.a.", "null"),
    *("无数据", "暂无", "暂无数据", "未披露", "不适用", "缺失"),
)
"""Spellings of an empty cell. ``0`` is a number, ``none`` and ``无`` are choices, ``NA`` is a country."""

_GROUPED = r"^[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+|(?:'[0-9]{3})+)(?:\.[0-9]+)?$"
"""Thousands apart by one mark, the same all the way: a comma, a blank or an apostrophe."""

_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"^[+-]?(?:nan|inf|infinity)$"
_DAY = r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$"
_COMPACT_DAY = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_TIME = r"[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?$"


def text_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every cell as text; whole numbers without a decimal point, days as ``2023-05-01``.

    Examples
    --------
    >>> text_cells(pl.DataFrame({"year": [2023.0, None], "share": [0.1, 1e-7]})).rows()
    [('2023', '0.1'), (None, '1e-7')]
    """
    return pl.DataFrame([_text_column(column) for column in frame.get_columns()])


def _text_column(column: pl.Series) -> pl.Series:
    """Return one column as text."""
    kind = column.dtype
    if kind == pl.String:
        return column
    if kind == pl.Object:
        return pl.Series(
            column.name, [None if cell is None else str(cell) for cell in column], dtype=pl.String
        )
    cell = pl.col(column.name)
    if kind.is_float():
        whole = cell.is_finite() & (cell == cell.round()) & (cell.abs() < 1e15)
        text = (
            pl.when(whole)
            .then(cell.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(cell.cast(pl.String))
        )
    elif kind == pl.Datetime:
        text = cell.dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    elif kind == pl.Binary:
        text = cell.bin.encode("base64")
    elif kind == pl.Duration:
        text = cell.dt.to_string("iso")
    elif kind.is_nested():
        text = pl.struct(cell).struct.json_encode()
    else:
        text = cell.cast(pl.String)
    return column.to_frame().select(text.alias(column.name)).to_series()


def filled(text: pl.Expr) -> pl.Expr:
    """Return the cell without blanks around it; null where it is empty or says that there is nothing.

    Examples
    --------
    >>> pl.DataFrame({"c": [" 5 ", "—", "无数据", "N/A", "0", None]}).select(filled(pl.col("c")))["c"].to_list()
    ['5', None, None, None, '0', None]
    """
    stripped = text.str.strip_chars(" \t\r\n\u00a0\u3000\ufeff\u200b")
    return pl.when(~stripped.str.to_lowercase().is_in(MISSING)).then(stripped)


def plain_text(text: pl.Expr) -> pl.Expr:
    """Return a text that identifies something: half-width, inner blanks as one.

    Examples
    --------
    >>> pl.select(plain_text(pl.lit("ＧＦ－１　 东厂"))).item()
    'GF-1 东厂'
    """
    return text.str.normalize("NFKC").str.replace_all(r"\s+", " ").str.strip_chars()


def _half_width(text: pl.Expr) -> pl.Expr:
    """Return a spelling with plain marks; NFKC has made commas, points and blanks of every width plain before."""
    dashes = plain_text(text).str.replace_all("[\u2212\u2010-\u2013]", "-")
    return dashes.str.replace_all("[\u2018\u2019\u02bc\u2032]", "'")


def with_points(text: pl.Expr) -> pl.Expr:
    """Return cells of a column with declared decimal commas in the spelling with decimal points.

    Points and commas change places, so ``1.444,83`` is ``1,444.83``, and what contradicts the declaration (``1.5``)
    is what would contradict a decimal point (``1,5``): no number.

    Parameters
    ----------
    text
        Cells as handed in, text.

    Examples
    --------
    >>> cells = pl.DataFrame({"c": ["1.444,83", "1 444,83", "1’444，83", "1444,83", "1.444", "1.5", "1,444.83"]})
    >>> cells.select(number(with_points(pl.col("c"))))["c"].to_list()
    [1444.83, 1444.83, 1444.83, 1444.83, 1444.0, None, None]
    """
    plain = text.str.replace_all("\uff0c", ",", literal=True).str.replace_all("\uff0e", ".", literal=True)
    return plain.str.replace_many([",", "."], [".", ","])


def number(text: pl.Expr, *, percent: bool = False) -> pl.Expr:
    """Return the number in a cell; null where there is none, infinite where it is too large for one.

    Parameters
    ----------
    text
        Filled cells.
    percent
        Whether a percent sign is understood (``35 %`` is 0.35); elsewhere it makes the cell no number.

    Examples
    --------
    >>> cells = pl.DataFrame({"c": ["1,444.83", "1 444.83", "１２３", "35%", "1,5", "12t", "nan"]})
    >>> cells.select(number(pl.col("c")))["c"].to_list()
    [1444.83, 1444.83, 123.0, None, None, None, None]
    >>> grouped = pl.DataFrame({"c": ["1'444.83", "1’444.83", "1，444．83", "1\u202f444.83", "1,444'000"]})
    >>> grouped.select(number(pl.col("c")))["c"].to_list()
    [1444.83, 1444.83, 1444.83, 1444.83, None]
    >>> cells.select(number(pl.col("c"), percent=True))["c"].to_list()[3]
    0.35
    """
    spelled = pl.when(text.str.contains(_NUMBER)).then(text).otherwise(_half_width(text))
    hundred = pl.lit(1.0)
    if percent:
        is_percent = spelled.str.ends_with("%")
        spelled = pl.when(is_percent).then(spelled.str.strip_suffix("%").str.strip_chars()).otherwise(spelled)
        hundred = pl.when(is_percent).then(100.0).otherwise(1.0)
    ungrouped = (
        pl.when(spelled.str.contains(_GROUPED)).then(spelled.str.replace_all("[, ']", "")).otherwise(spelled)
    )
    digits = pl.when(ungrouped.str.contains(_NUMBER)).then(ungrouped)
    # Adding zero makes -0 plain 0, so equal facts have equal text.
    return digits.cast(pl.Float64, strict=False) / hundred + 0.0


def not_finite(text: pl.Expr) -> pl.Expr:
    """Return whether a cell spells infinity or not-a-number, which no quantity is."""
    return text.str.to_lowercase().str.contains(_NOT_FINITE)


def day(text: pl.Expr) -> pl.Expr:
    """Return the day in a cell; null where there is none. A time of day is dropped.

    Examples
    --------
    >>> spellings = ["2023-05-01", "2023/5/1", "2023年5月1日", "20230501", "2023-05-01 13:04:00", "1/5/2023", "2023-02-30"]
    >>> pl.DataFrame({"c": spellings}).select(day(pl.col("c")).dt.to_string("%m-%d"))["c"].to_list()
    ['05-01', '05-01', '05-01', '05-01', '05-01', None, None]
    """
    spelled = (
        _half_width(text)
        .str.replace(_TIME, "")
        .str.replace_all("[年月/.]", "-")
        .str.replace("[日号]$", "")
        .str.replace_all(" ", "")
    )
    year, month, date = (
        pl.coalesce(spelled.str.extract(_DAY, group), spelled.str.extract(_COMPACT_DAY, group)).cast(pl.Int32)
        for group in (1, 2, 3)
    )
    parts = formatted("{}-{}-{}", year.cast(pl.String).str.zfill(4), _two(month), _two(date))
    return parts.str.to_date("%Y-%m-%d", strict=False)


def _two(part: pl.Expr) -> pl.Expr:
    return part.cast(pl.String).str.zfill(2)


def respell(column: pl.Series, meaning: Callable[[str], str | None]) -> pl.Series:
    """Return what each distinct spelling means; null where it means nothing.

    Parameters
    ----------
    column
        Text.
    meaning
        Called once per distinct spelling.
    """
    spellings = column.drop_nulls().unique().sort().to_list()
    known = {spelling: meant for spelling in spellings if (meant := meaning(spelling)) is not None}
    if not known:
        return pl.Series(column.name, [None] * len(column), dtype=pl.String)
    return column.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def choices(column: pl.Series, declared: Column) -> pl.Series:
    """Return the canonical choice of each cell; null where it is none of them.

    Parameters
    ----------
    column
        Filled cells.
    declared
        Column of the contract with its choices and their other spellings.
    """
    names = {normalise(alias): choice for choice, aliases in declared.choices.items() for alias in aliases}
    names |= {normalise(choice): choice for choice in declared.choices}
    return respell(column, lambda spelling: names.get(normalise(spelling)))
