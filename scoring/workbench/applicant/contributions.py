"""Every contribution to the score, against the portfolio or against the firm's own sector, in points that add up on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES
from scoring.rounding import largest_remainder
from scoring.sectors import against_sector
from scoring.texts.values import indicator_name, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.results import Results
    from scoring.texts import Language

__all__ = [
    "AGAINST",
    "ContributionView",
    "FamilyLines",
    "Line",
    "contribution_view",
    "hundredths",
    "statuses",
]

Against = Literal["portfolio", "sector"]
AGAINST: tuple[Against, ...] = ("portfolio", "sector")
"""What the score is held against: the average training application, or that of the firm's own sector."""

_BASE = "base"


@dataclass(frozen=True, kw_only=True)
class Line:
    """An indicator.

    Parameters
    ----------
    indicator, name, value
        Its id, its name and its value as told to a person.
    points
        Hundredths of a point, whole.
    share
        Size of its bar, from -1 to 1: the largest contribution of the firm fills half the room.
    """

    indicator: str
    name: str
    value: str
    points: int
    share: float


@dataclass(frozen=True, kw_only=True)
class FamilyLines:
    """A family: its name, the sum of its lines (hundredths of a point), and its lines, the largest first."""

    family: str
    name: str
    points: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class ContributionView:
    """All contributions.

    Parameters
    ----------
    against
        What they are held against.
    level
        Whose mean stands for the sector: ``group``, ``section`` or ``all``; ``None`` against the portfolio.
    base, total
        Hundredths of a point: ``total`` is ``base`` and all families.
    families
        In the catalogue's order.
    """

    against: Against
    level: str | None
    base: int
    total: int
    families: tuple[FamilyLines, ...]


def contribution_view(results: Results, lang: Language, *, against: Against) -> ContributionView | None:
    """Return the contributions of one application.

    Parameters
    ----------
    results
        Of one application.
    lang
        ``en`` or ``zh``.
    against
        What the score is held against.

    Returns
    -------
    ContributionView or None
        ``None`` where the model has no sector means.
    """
    exact, level = _exact(results, against)
    if exact is None:
        return None
    whole = hundredths(exact)
    base = whole.pop(_BASE)
    values = results.indicators.row(0, named=True)
    status = statuses(results)
    largest = max((abs(points) for points in whole.values()), default=0) or 1
    lines: dict[str, list[Line]] = {}
    for name in sorted(whole, key=lambda one: (-abs(whole[one]), one)):
        told = value_text(
            name,
            values.get(name),
            lang,
            status=status.get(name),
            own_industry_names=results.own_industry_names,
        )
        line = Line(
            indicator=name,
            name=indicator_name(name, lang),
            value=told,
            points=whole[name],
            share=whole[name] / largest,
        )
        lines.setdefault(CATALOGUE[name].family, []).append(line)
    return ContributionView(
        against=against,
        level=level,
        base=base,
        total=base + sum(whole.values()),
        families=tuple(
            FamilyLines(
                family=family.id,
                name=family.en if lang == "en" else family.zh,
                points=sum(line.points for line in lines[family.id]),
                lines=tuple(lines[family.id]),
            )
            for family in FAMILIES.values()
            if family.id in lines
        ),
    )


def hundredths(exact: Mapping[str, float]) -> dict[str, int]:
    """Return parts of a score in whole hundredths of a point that add up to their sum.

    Examples
    --------
    >>> hundredths({"base": 600.004, "energy": 0.004, "emissions": 0.003})
    {'base': 60001, 'energy': 0, 'emissions': 0}
    """
    parts = {name: 100.0 * points for name, points in exact.items()}
    return largest_remainder(parts, total=round(math.fsum(parts.values())))


def statuses(results: Results) -> dict[str, str]:
    """Return the data-quality status of each indicator of one application."""
    known = results.data_quality.filter(pl.col("indicator").is_not_null())
    return dict(known.select("indicator", "status").iter_rows())


def _exact(results: Results, against: Against) -> tuple[dict[str, float] | None, str | None]:
    """Return base and contributions (points), and whose mean stands for the sector."""
    if against == "portfolio":
        row: dict[str, Any] = results.contributions.row(0, named=True)
        return {name: row[name] for name in row if name == _BASE or name in CATALOGUE}, None
    held = against_sector(results)
    if held.is_empty():
        return None, None
    row = held.row(0, named=True)
    own = {name: row[name] for name in row if name in CATALOGUE}
    return {_BASE: row["sector_base"], **own}, row["level"]
