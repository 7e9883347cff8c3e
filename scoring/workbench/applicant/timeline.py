"""Every certificate of the application on one time line, with the day of the score across it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoring.memo.strings import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from scoring.texts import Language

__all__ = ["Bar", "TimeLine", "time_line"]

_MOST_YEARS = 6
"""The line reaches so far to either side of the day of the score at most; what lies beyond is cut there."""

_LEAST_YEARS = 1
_DAYS_A_YEAR = 365.25
_SOON_MONTHS = 6.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A certificate.

    Parameters
    ----------
    name, number, valid_from, valid_to
        As handed in, made harmless; empty where not known.
    standing
        ``valid``, ``suspended``, ``unknown``, ``expired`` or ``withdrawn``; ``stated``: whether its last day was stated.
    replaced
        Whether another one stands in its place; ``None`` where it has not ended.
    left, width
        Of its bar, shares of the line.
    tone
        ``valid``, ``soon`` (ends within 6 months), ``open`` (nobody knows until when), ``ended`` or ``replaced``.
    """

    name: str
    number: str
    valid_from: str
    valid_to: str
    standing: str
    stated: bool
    replaced: bool | None
    left: float
    width: float
    tone: str


@dataclass(frozen=True, kw_only=True)
class TimeLine:
    """The line: its certificates, where the day of the score stands, and the years with the places of their first days."""

    bars: tuple[Bar, ...]
    now: float
    years: tuple[tuple[int, float], ...]


def time_line(certificates: pl.DataFrame, as_of: dt.date, lang: Language) -> TimeLine | None:
    """Return the time line.

    Parameters
    ----------
    certificates
        Rows of one application, columns of :data:`scoring.memo.certificates.CERTIFICATE_SCHEMA`.
    as_of
        Day of the score.
    lang
        ``en`` or ``zh``.

    Returns
    -------
    TimeLine or None
        ``None`` where there are no certificates.
    """
    if certificates.is_empty():
        return None
    rows = certificates.to_dicts()
    begin, end = _span(rows, as_of)
    days = (end - begin).days

    def at(day: dt.date) -> float:
        return min(max((day - begin).days / days, 0.0), 1.0)

    bars = []
    for row in rows:
        left = 0.0 if row["valid_from"] is None else at(row["valid_from"])
        right = 1.0 if row["valid_to"] is None else at(row["valid_to"])
        bars.append(
            Bar(
                name=shown(row[f"name_{lang}"], most=80),
                number=shown(row["certificate_no"], most=40),
                valid_from=str(row["valid_from"] or ""),
                valid_to=str(row["valid_to"] or ""),
                standing=row["status"],
                stated=row["expiry"] == "stated",
                replaced=row["replaced"],
                left=left,
                width=max(right - left, 0.004),
                tone=_tone(row),
            )
        )
    years = [(year, at(dt.date(year, 1, 1))) for year in range(begin.year + 1, end.year + 1)]
    return TimeLine(bars=tuple(bars), now=at(as_of), years=tuple(years))


def _span(rows: Sequence[Mapping[str, Any]], as_of: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the line."""
    most, least = (dt.timedelta(days=years * _DAYS_A_YEAR) for years in (_MOST_YEARS, _LEAST_YEARS))
    begin = min([row["valid_from"] for row in rows if row["valid_from"]], default=as_of)
    end = max([row["valid_to"] for row in rows if row["valid_to"]], default=as_of)
    return min(max(begin, as_of - most), as_of - least), max(min(end, as_of + most), as_of + least)


def _tone(row: Mapping[str, Any]) -> str:
    if row["replaced"]:
        return "replaced"
    if row["status"] != "valid":
        return "ended" if row["status"] in {"expired", "withdrawn", "suspended"} else "open"
    months = row["months_to_expiry"]
    if months is None:
        return "open"
    return "soon" if months < _SOON_MONTHS else "valid"
