"""What every table is made from, and the tables ``annual`` and ``production`` as firms report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.columns import constant, labels
from features.simulate.firms import YEARS
from features.simulate.reporting import publish, reports
from features.simulate.sectors import PRODUCTS

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.panel import Panel
    from features.simulate.reporting import Reporting
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Floats, Integers

__all__ = ["Source", "annual_rows", "production_rows"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What all tables are made from."""

    streams: Streams
    firms: Firms
    panel: Panel
    reporting: Reporting
    years: tuple[int, ...]
    """Fiscal years handed in."""
    last_day: int
    """Day of the extract, days since 1970-01-01."""

    @property
    def window(self) -> Booleans:
        """Which of YEARS are handed in, shape (years,)."""
        return np.isin(YEARS, self.years)

    def shown(self, name: str, logit: float, on_willingness: float = 1.0) -> Booleans:
        """Return which firm-years hand in a fact, shape (n, years)."""
        given = reports(self.streams, self.reporting, name, logit=logit, on_willingness=on_willingness)
        return given & self.window[None, :]

    def frame(self, firm: Integers, year: Integers, **columns: pl.Series | Floats | Integers) -> pl.DataFrame:
        """Return long rows with the firm's position, id and the fiscal year."""
        return pl.DataFrame(
            {
                "firm": firm,
                "firm_id": labels(self.firms.firm_id, firm),
                "year": np.array(YEARS)[year],
                **columns,
            }
        )


_FACTS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    # name of the group, logit of being handed in, columns
    ("value_added", 3.6, ("value_added",)),
    ("profit", 3.0, ("ebitda", "interest_expense")),
    ("balance", 3.4, ("total_assets", "total_liabilities", "total_debt", "total_equity", "cash", "evic")),
    ("employees", 3.0, ("employees", "insured_employees", "hours_worked", "injuries")),
    ("exports", 2.0, ("eu_export_share",)),
    ("green", -0.6, ("green_revenue", "green_capex", "capex", "green_rd", "rd")),
    ("spend", 0.6, ("pollution_control_spend", "environmental_tax")),
    ("water", 0.8, ("water_withdrawn", "water_reused")),
    ("waste", 0.6, ("waste", "waste_recycled", "hazardous_waste")),
)
_MONEY = (
    "revenue", "value_added", "ebitda", "total_assets", "total_liabilities", "total_debt", "total_equity", "cash", "evic",
    "interest_expense", "green_revenue", "green_capex", "capex", "green_rd", "rd", "pollution_control_spend",
    "environmental_tax",
)  # fmt: skip


def annual_rows(source: Source) -> pl.DataFrame:
    """Return the contract's table ``annual``: money in 10,000 CNY or, for some firms, in CNY."""
    money = source.panel.money
    firm, year = np.nonzero(source.shown("annual", 4.5))
    hidden: dict[str, Booleans] = {}
    for name, logit, columns in _FACTS:
        given = source.shown(name, logit)[firm, year]
        hidden.update(dict.fromkeys(columns, ~given))
    in_yuan = (source.streams.uniform("in_yuan", source.firms.count) < 0.25)[firm]
    cells_of: dict[str, pl.Series] = {}
    for name, values in money.items():
        if name == "tax_rating":
            continue
        cells = values[firm, year]
        if name in _MONEY:
            cells = np.where(in_yuan, np.round(cells * 1e4, 0), np.round(cells, 4))
        missing = hidden.get(name, np.zeros(len(firm), dtype=bool))
        cells_of[name] = pl.Series(np.where(missing, np.nan, cells)).fill_nan(None)
    grade = np.digitize(money["tax_rating"][firm, year], [-1.5, -0.6, 0.4, 1.6])
    cells_of["tax_credit_rating"] = labels("DCMBA", grade)
    frame = source.frame(firm, year, **cells_of).with_columns(
        currency=pl.when(pl.Series(in_yuan)).then(pl.lit("CNY")).otherwise(pl.lit("万元"))
    )
    frame = publish(
        source.streams,
        frame,
        table="annual",
        values=("revenue", "value_added", "ebitda"),
        after_year_end=0,
        reporting=source.reporting,
        last_day=source.last_day,
    )
    order = ["firm_id", "year", "published_on", "currency", *cells_of]
    # as many digits as a spreadsheet keeps, so that every form of the dataset reads the same
    return frame.select(order).with_columns(pl.col("year").cast(pl.String), pl.selectors.float().round(4))


def production_rows(source: Source) -> pl.DataFrame:
    """Return the contract's table ``production``: benchmark products and the electricity of power stations."""
    panel = source.panel
    shown = source.shown("production", 2.4)
    firm, year = np.nonzero(shown & (panel.output > 0))
    product = source.firms.product[firm]

    def of(attribute: str) -> pl.Series:
        return labels([getattr(p, attribute) or None for p in PRODUCTS], product)

    limits = {
        str(row[0]): float(row[1])
        for row in reference.table("taxonomy_thresholds").select("id", "threshold").iter_rows()
    }
    threshold = np.array([limits.get(p.taxonomy, np.nan) for p in PRODUCTS])[product]
    output = panel.output[firm, year]
    stated = source.shown("product_emissions", -0.2)[firm, year]
    embedded = np.where(stated, threshold * panel.product_ratio[firm] * output, np.nan)
    has = np.isfinite(embedded)
    goods = source.frame(
        firm,
        year,
        product=of("id"),
        quantity=np.round(output, 3),
        unit=of("quantity_unit"),
        energy=np.round(panel.product_energy[firm, year], 3),
        energy_unit=of("energy_unit"),
        emissions=pl.Series(np.round(embedded, 3)).fill_nan(None),
        emissions_unit=labels([None, "tCO2e"], has.astype(np.int64)),
        cn_code=of("cn_code"),
        taxonomy_id=of("taxonomy").set(pl.Series(~has), None),
    )
    firm, year = np.nonzero(shown & (panel.sold_mwh > 0))
    nothing = constant(None, len(firm))
    blank = pl.repeat(None, len(firm), eager=True, dtype=pl.Float64)
    power = source.frame(
        firm,
        year,
        product=constant("electricity", len(firm)),
        quantity=np.round(panel.sold_mwh[firm, year] / 0.94, 1),
        unit=constant("MWh", len(firm)),
        energy=blank,
        energy_unit=nothing,
        emissions=blank,
        emissions_unit=nothing,
        cn_code=nothing,
        taxonomy_id=nothing,
    )
    frame = pl.concat([goods, power]).sort("firm", "year", "product")
    frame = publish(
        source.streams,
        frame,
        table="production",
        values=("quantity", "energy", "emissions"),
        after_year_end=-50,
        reporting=source.reporting,
        last_day=source.last_day,
    )
    frame = frame.with_columns(pl.selectors.float().round(3), period=pl.col("year").cast(pl.String))
    return frame.select(
        "firm_id", "period", "product", "quantity", "unit", "energy", "energy_unit", "emissions", "emissions_unit",
        "cn_code", "taxonomy_id", "published_on",
    )  # fmt: skip
