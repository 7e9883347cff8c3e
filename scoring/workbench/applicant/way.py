"""The way to the next grade and what to ask for: as the batch found them, or worked out when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoring.asks import documents, moves_text
from scoring.improve.lines import shown as figure
from scoring.improve.text import headline, support_lines
from scoring.memo.strings import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from scoring.texts import Language

__all__ = ["AskLine", "WayLine", "ask_lines", "way_lines"]


@dataclass(frozen=True, kw_only=True)
class WayLine:
    """A set of actions.

    Parameters
    ----------
    headline
        What it reaches.
    reaches
        Whether it reaches a better grade.
    points_before, points_after, months
        Whole points, and the longest of the actions' months.
    cost
        ``(low, high)`` in 10,000 CNY; ``None`` where nobody quoted.
    energy, emissions
        Saved in a year, tce and tCO2e; ``None`` where not known.
    effects, support
        A line for each action, and for each support measure.
    """

    headline: str
    reaches: bool
    points_before: int
    points_after: int
    months: int | None
    cost: tuple[str, str] | None
    energy: str | None
    emissions: str | None
    effects: tuple[str, ...]
    support: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AskLine:
    """A document to ask for: its id, its name, how far it could move the score, and the facts that it states."""

    document: str
    name: str
    moves: str
    facts: tuple[str, ...]


def way_lines(found: pl.DataFrame, lang: Language, *, most: int) -> list[WayLine]:
    """Return the sets of actions of one application.

    Parameters
    ----------
    found
        Its rows of ``improvements.parquet``.
    lang
        ``en`` or ``zh``.
    most
        The policy's largest set.
    """
    return [_way(row, lang, most) for row in found.sort("rank").to_dicts()]


def ask_lines(asked: pl.DataFrame, lang: Language) -> list[AskLine]:
    """Return the documents to ask one applicant for, from its rows of ``asks.parquet``."""
    named = documents().facts
    return [
        AskLine(
            document=row["document"],
            name=shown(row[f"name_{lang}"]),
            moves=moves_text(row, lang),
            facts=tuple(getattr(named[fact], lang) for fact in row["facts"] if fact in named),
        )
        for row in asked.sort("rank").to_dicts()
    ]


def _way(row: Mapping[str, Any], lang: Language, most: int) -> WayLine:
    low, high = row["cost_low"], row["cost_high"]
    return WayLine(
        headline=headline(dict(row), lang, most=most),
        reaches=row["reaches"],
        points_before=row["points_before"],
        points_after=row["points_after"],
        months=row["months"] if row["actions"] else None,
        cost=None if low is None or high is None or not row["actions"] else (figure(low), figure(high)),
        energy=None if row["energy_saved_tce"] is None else figure(row["energy_saved_tce"]),
        emissions=None if row["emissions_saved_tco2e"] is None else figure(row["emissions_saved_tco2e"]),
        effects=tuple(row[f"effects_{lang}"]),
        support=tuple(support_lines(row["support"], lang)),
    )
