"""The financed line: which product it makes and how much energy it is designed for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.assumptions import number
from features.simulate.columns import labels
from features.simulate.sectors import PRODUCTS

if TYPE_CHECKING:
    from features.simulate.applications import Applications
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Floats

__all__ = ["Lines", "draw_lines", "line_columns"]

NEUTRAL = 0.5
"""Where the application finances no line of a benchmark product: the catalogue's neutral value."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Financed lines, one entry per application."""

    made: Booleans
    """Whether a line of a benchmark product is financed."""
    position: Floats
    """Where its design stands: 1 advanced level, 0 baseline; ``NEUTRAL`` where there is none."""
    told: Booleans
    """Whether the bank was given the design."""


def draw_lines(streams: Streams, firms: Firms, asked: Applications) -> Lines:
    """Draw the designs of the lines: a new line starts higher than a retrofit."""
    slot = np.arange(asked.count) - np.searchsorted(asked.firm, asked.firm)
    made = (firms.product[asked.firm] >= 0) & (asked.project_kind != "working_capital")
    new = asked.project_kind == "new_line"
    spread = number("design_spread") * streams.normal("design", firms.count, 3)[asked.firm, slot]
    position = (
        np.where(new, number("design_new_line"), number("design_retrofit"))
        + number("quality_on_design") * firms.quality[asked.firm]
        + spread
    )
    # far beyond the advanced level a line would need no energy at all
    position = np.clip(position, -1.5, 1.4)
    told = streams.uniform("design_told", firms.count, 3)[asked.firm, slot] < number("design_told_share")
    return Lines(made=made, position=np.where(made, position, NEUTRAL), told=told & made)


def line_columns(firms: Firms, asked: Applications, lines: Lines) -> dict[str, pl.Series]:
    """Return ``project_product``, ``design_energy`` and ``design_energy_unit`` of the table ``applications``."""
    table = reference.table("sector_benchmarks").select("id", "unit", "advanced", "baseline")
    by_id = {str(row[0]): (str(row[1]), float(row[2]), float(row[3])) for row in table.iter_rows()}
    product = firms.product[asked.firm]
    advanced = np.array([by_id[p.id][1] for p in PRODUCTS])[product]
    baseline = np.array([by_id[p.id][2] for p in PRODUCTS])[product]
    design = baseline - lines.position * (baseline - advanced)
    silent = pl.Series(~lines.told)
    return {
        "project_product": labels([p.id for p in PRODUCTS], np.maximum(product, 0)).set(silent, None),
        "design_energy": pl.Series(np.where(lines.told, np.round(design, 4), np.nan)).fill_nan(None),
        "design_energy_unit": labels([by_id[p.id][0] for p in PRODUCTS], np.maximum(product, 0)).set(
            silent, None
        ),
    }
