"""What the certificates of product footprints declare: the product and its kgCO2e per unit.

The reference footprints that they are held against are a bank's own table: none is shipped, none is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.columns import constant, labels
from features.simulate.firms import YEARS
from features.simulate.sectors import PRODUCTS

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.panel import Panel
    from features.simulate.types import Days, Floats, Integers

__all__ = ["FOOTPRINT_SCHEME", "declared_footprints", "product_footprints"]

FOOTPRINT_SCHEME = "iso14067"
"""The scheme under which simulated firms declare footprints."""


def product_footprints(firms: Firms, panel: Panel) -> Floats:
    """Return kgCO2e per unit of the benchmark product, shape (n, years); not a number where none is made.

    All scope 1 and 2 of the firm over the output: that it makes other things too stands for what its suppliers emit.
    """
    output = np.where(firms.product[:, None] >= 0, panel.output, 0.0)
    carbon = 1000.0 * (panel.scope1 + panel.scope2)
    return np.where(output > 0, carbon / np.maximum(output, 1e-9), np.nan)


def declared_footprints(
    firms: Firms, footprints: Floats | None, firm: Integers, issued: Days
) -> dict[str, pl.Series]:
    """Return ``product``, ``quantity`` and ``unit`` of certificates.

    Parameters
    ----------
    footprints
        What :func:`product_footprints` gave; None for schemes that declare none.
    firm, issued
        Position of the firm and day of issue, one entry per certificate; the figures are those of the year before.
    """
    if footprints is None:
        return {
            "product": constant(None, len(firm)),
            "quantity": pl.repeat(None, len(firm), eager=True, dtype=pl.Float64),
            "unit": constant(None, len(firm)),
        }
    year = issued.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    figure = footprints[firm, np.clip(year - 1 - YEARS[0], 0, len(YEARS) - 1)]
    product = np.where(np.isfinite(figure), firms.product[firm], len(PRODUCTS))
    return {
        "product": labels([*(p.id for p in PRODUCTS), None], product),
        "quantity": pl.Series(np.round(figure, 2)).fill_nan(None),
        "unit": labels([*("kgCO2e/" + p.quantity_unit for p in PRODUCTS), None], product),
    }
