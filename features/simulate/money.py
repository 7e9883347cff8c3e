"""The firms' true years in money, people, water and waste."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.simulate.assumptions import number

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams
    from features.simulate.types import Floats

__all__ = ["draw_money"]


def draw_money(streams: Streams, firms: Firms, revenue: Floats, understated: Floats) -> dict[str, Floats]:
    """Return the columns of ``annual`` in 10,000 CNY, persons, m3, t and hours."""
    count, years = revenue.shape
    quality = firms.quality_path

    def own(name: str, center: float, spread: float, yearly: float = 0.05) -> Floats:
        level: Floats = np.exp(
            np.log(center)
            + spread * streams.normal(name, count)[:, None]
            + yearly * streams.normal(name + "_year", count, years)
        )
        return level

    def logit(
        name: str, center: float, spread: float, on_quality: float = 0.0, yearly: float = 0.1
    ) -> Floats:
        x = center + spread * streams.normal(name, count)[:, None] + on_quality * quality
        return 1 / (1 + np.exp(-x - yearly * streams.normal(name + "_year", count, years)))

    margin = (
        number("margin_mean")
        + 0.02 * quality
        + number("margin_spread") * streams.normal("margin", count)[:, None]
        + 0.02 * streams.normal("margin_year", count, years)
    )
    ebitda = margin * revenue
    assets = revenue * own("turnover", 1.1, 0.35)
    leverage = logit("leverage", number("leverage_mean"), number("leverage_spread"), -0.15)
    liabilities = leverage * assets
    debt = liabilities * logit("debt", 0.2, 0.6)
    interest = debt * own("rate", 0.048, 0.2)
    employees = np.maximum(np.round(revenue / own("productivity", 110.0, 0.4)), 3)
    insured = np.round(employees * logit("insured", 2.0, 0.9, 0.4))
    capex = revenue * own("capex", 0.05, 0.6, 0.4)
    rd = revenue * own("rd", 0.02, 0.7, 0.2)
    water = revenue * own("water", 3.0, 1.0)
    waste = revenue * own("waste", 0.05, 1.2)
    exporter = streams.uniform("exporter", count) < 0.3
    exports = np.where(exporter[:, None], logit("exports", -2.2, 0.8), 0.0)
    spend = revenue * own("control", 0.004, 0.8) * (1 - 0.3 * understated[:, None])
    equity = assets - liabilities
    often = number("listed_share") * np.exp(
        number("size_on_listed") * (firms.size - 0.5 * number("size_on_listed"))
    )
    listed = (streams.uniform("listed", count) < often)[:, None]
    market = own("market", number("market_to_book"), number("market_spread"), number("market_year"))
    rating = 1.2 + 0.7 * quality + 0.9 * streams.normal("tax_rating", count)[:, None]
    return {
        "revenue": revenue,
        "value_added": revenue * logit("value_added", -1.1, 0.18, 0.0, 0.03),
        "ebitda": ebitda,
        "total_assets": assets,
        "total_liabilities": liabilities,
        "total_debt": debt,
        "total_equity": equity,
        "cash": assets * logit("cash", -2.5, 0.6),
        # PCAF: market value of the equity and book value of the debt, no cash taken off; of listed firms only.
        "evic": np.where(listed, equity * market + debt, np.nan),
        "interest_expense": interest,
        "employees": employees,
        "insured_employees": insured,
        "eu_export_share": exports,
        "green_revenue": revenue * logit("green_revenue", -3.0, 1.2, 0.4),
        "green_capex": capex * logit("green_capex", -2.5, 1.0, 0.4),
        "capex": capex,
        "green_rd": rd * logit("green_rd", -2.0, 1.0, 0.3),
        "rd": rd,
        "pollution_control_spend": spend,
        "environmental_tax": spend * 0.1,
        "water_withdrawn": water,
        "water_reused": water * own("reuse", 0.8, 0.9),
        "waste": waste,
        "waste_recycled": waste * logit("recycled", 0.5, 1.0, 0.3),
        "hazardous_waste": waste * logit("hazardous", -3.0, 1.0),
        "injuries": np.floor(employees * 0.004 * own("injuries", 1.0, 0.6, 0.5) * np.exp(-0.3 * quality)),
        "hours_worked": employees * 2050.0,
        "tax_rating": rating,
    }
