"""Periods: a year, a quarter or a month, in the spellings banks use, to one label and its first and last day.

Canonical labels are ``2023``, ``2023Q2`` and ``2023-05``. Accepted besides them: ``2023年``, ``2023年度``, ``FY2023``,
``2023-Q2``, ``2023 q2``, ``2023年第二季度``, ``2023年2季度``, ``202305``, ``2023/5``, ``2023年5月``. Full-width digits count as
digits. A day (``2023-05-01``) is no period: whether the month or the year was meant is not guessed here.
Half years and ``2023.5`` are refused, the first because the contract has none, the second because it may be a number.
"""

from __future__ import annotations

import polars as pl

from features.text import formatted

__all__ = [
    "due_year",
    "months_between",
    "parse_period",
    "period_label",
    "years_between",
]

_YEAR = r"((?:19|20|21)[0-9]{2})"
_YEAR_ONLY = rf"^(?:fy)?{_YEAR}(?:\.0)?$"
_QUARTER = rf"^{_YEAR}-?(?:q|第)?([1-4])(?:季度|季)$|^{_YEAR}-?q([1-4])$"
_MONTH = rf"^{_YEAR}-(0?[1-9]|1[0-2])$|^{_YEAR}(0[1-9]|1[0-2])$"
_CHINESE_QUARTERS = (("一季", "1季"), ("二季", "2季"), ("三季", "3季"), ("四季", "4季"))


def _plain(period: pl.Expr) -> pl.Expr:
    """Return the spelling without blanks, width, case and the Chinese words for year and month."""
    text = (
        period.cast(pl.String)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"\s", "")
        .str.replace(r"年度?$", "")
        .str.replace("年", "-", literal=True)
        .str.replace(r"月份?$", "")
        .str.replace("/", "-", literal=True)
        .str.replace("-第", "-", literal=True)
    )
    for chinese, digit in _CHINESE_QUARTERS:
        text = text.str.replace(chinese, digit, literal=True)
    return text


def _groups(text: pl.Expr, pattern: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the first and second thing that either half of an alternation caught, as integers."""
    first = pl.coalesce(text.str.extract(pattern, 1), text.str.extract(pattern, 3))
    second = pl.coalesce(text.str.extract(pattern, 2), text.str.extract(pattern, 4))
    return first.cast(pl.Int32, strict=False), second.cast(pl.Int32, strict=False)


def period_label(period: pl.Expr) -> pl.Expr:
    """Return the canonical label: ``2023``, ``2023Q2`` or ``2023-05``; null where the spelling is none of them.

    Parameters
    ----------
    period
        Spellings, text or integers.

    Examples
    --------
    >>> spellings = pl.DataFrame({"period": ["2023年", "2023第二季度", "２０２３年５月", "202312", "May 2023", None]})
    >>> spellings.select(period_label(pl.col("period"))).to_series().to_list()
    ['2023', '2023Q2', '2023-05', '2023-12', None, None]
    """
    text = _plain(period)
    year = text.str.extract(_YEAR_ONLY, 1)
    quarter_year, quarter = _groups(text, _QUARTER)
    month_year, month = _groups(text, _MONTH)
    return pl.coalesce(
        year,
        formatted("{}Q{}", quarter_year, quarter),
        formatted("{}-{}", month_year, month.cast(pl.String).str.zfill(2)),
    )


def parse_period(period: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the first and the last day of the periods.

    Parameters
    ----------
    period
        Spellings, text or integers.

    Returns
    -------
    tuple of pl.Expr
        ``period_start`` and ``period_end``, dates, both inclusive; null where the spelling is no period.

    Examples
    --------
    >>> start, end = parse_period(pl.col("period"))
    >>> pl.DataFrame({"period": ["2023", "2023Q2", "2024-02"]}).select(start, end).rows()
    [(datetime.date(2023, 1, 1), datetime.date(2023, 12, 31)),
     (datetime.date(2023, 4, 1), datetime.date(2023, 6, 30)),
     (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))]
    """
    label = period_label(period)
    year = label.str.slice(0, 4).cast(pl.Int32)
    quarter = label.str.extract(r"Q([1-4])$", 1).cast(pl.Int32)
    month = label.str.extract(r"-([0-9]{2})$", 1).cast(pl.Int32)
    first_month = pl.coalesce(month, 3 * quarter - 2, pl.lit(1, dtype=pl.Int32))
    last_month = pl.coalesce(month, 3 * quarter, pl.lit(12, dtype=pl.Int32))
    start = pl.date(year, first_month, 1)
    end = pl.date(year, last_month, 1).dt.month_end()
    return start.alias("period_start"), end.alias("period_end")


def due_year(as_of: pl.Expr, *, delay_days: int) -> pl.Expr:
    """Return the latest calendar year whose end plus a delay has passed.

    Examples
    --------
    >>> import datetime as dt
    >>> days = pl.DataFrame({"as_of": [dt.date(2024, 4, 28), dt.date(2024, 4, 29), dt.date(2024, 12, 31)]})
    >>> days.select(due_year(pl.col("as_of"), delay_days=120)).to_series().to_list()
    [2022, 2023, 2023]
    """
    return as_of.dt.offset_by(f"-{delay_days}d").dt.offset_by("1d").dt.year() - 1


_YEARS_A_DAY = 1 / 365.25
"""Multiplied by, not divided: polars divides one row and many by different arithmetic, so that the last bit would depend on
how many firms are computed together."""


def years_between(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    """Return the years of 365.25 days from one day to another; negative where the other comes first.

    Examples
    --------
    >>> import datetime as dt
    >>> days = pl.DataFrame({"first": [dt.date(2020, 6, 30), None], "last": [dt.date(2024, 6, 30)] * 2})
    >>> days.select(years_between(pl.col("first"), pl.col("last"))).to_series().to_list()
    [4.0, None]
    """
    return (last - first).dt.total_days() * _YEARS_A_DAY


def months_between(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    """Return the months of 365.25 / 12 days from one day to another; negative where the other comes first.

    Examples
    --------
    >>> import datetime as dt
    >>> days = pl.DataFrame({"first": [dt.date(2020, 6, 30)], "last": [dt.date(2024, 6, 30)]})
    >>> days.select(months_between(pl.col("first"), pl.col("last"))).item()
    48.0
    """
    return (last - first).dt.total_days() * (12 * _YEARS_A_DAY)
