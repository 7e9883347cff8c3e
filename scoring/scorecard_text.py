"""A declared scorecard as text for a terminal: what each band gives against the reference applicant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import CATALOGUE
from scoring.columns_text import columns_text
from scoring.telling import tell

if TYPE_CHECKING:
    from models.scorecard import DeclaredIndicator, DeclaredScorecard

__all__ = ["scorecard_text"]


def scorecard_text(card: DeclaredScorecard) -> str:
    """Return the scale, the reference applicant, and the points of every band of every indicator."""
    lines = [
        f"{card.title} ({card.version})",
        "Declared by the bank: no outcome stands behind it. 由银行设定，未经实际结果验证。",
        "",
        (
            f"The reference applicant has {card.base_points:.1f} points: a probability of default of "
            f"{100 * card.reference_probability:.3g} %."
        ),
        (
            f"Points run from {card.lowest_points:.1f} (the worst band of everything, as where nothing is handed in) to "
            f"{card.highest_points:.1f}."
        ),
        "",
    ]
    for item in card.indicators:
        lines += _indicator(item)
    return "\n".join(lines)


def _indicator(item: DeclaredIndicator) -> list[str]:
    declared = CATALOGUE[item.id]
    own = float(item.points(np.array([item.reference]))[0])
    higher = declared.direction > 0
    told = [tell(item.id, value) for value in item.breakpoints]
    beyond, reached = ("below", "at least") if higher else ("above", "at most")
    bands = [f"{beyond} {told[0]}, or not handed in", *(f"{reached} {text}" for text in told)]
    rows = [[band, f"{item.weight * mark - own:+.1f}"] for band, mark in zip(bands, item.marks, strict=True)]
    return [
        f"{declared.en} {declared.zh} ({item.id}); reference {tell(item.id, item.reference)}",
        columns_text(rows, right=(1,)),
    ]
