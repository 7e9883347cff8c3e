"""The table ``energy``: what firms bought, made and sold, by carrier and period, as they report it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.columns import labels
from features.simulate.panel import COALS
from features.simulate.reporting import publish
from features.simulate.sectors import CARRIERS
from features.text import formatted

if TYPE_CHECKING:
    from features.simulate.tables import Source

__all__ = ["energy_rows"]

_UNITS = {
    "coal": "t",
    "coke": "t",
    "natural_gas": "万m3",
    "diesel": "t",
    "electricity": "MWh",
    "heat": "GJ",
    "biomass": "t",
}


def energy_rows(source: Source) -> pl.DataFrame:
    """Return the contract's table ``energy``: by year, for some firms by quarter, month or site."""
    panel = source.panel
    tce = {
        row[0]: float(row[1])
        for row in reference.table("energy_carriers").select("id", "tce_per_unit").iter_rows()
    }
    shown = source.shown("energy", 2.4)
    quantities = panel.energy[:, :, None] * panel.mix
    for place, carrier in enumerate(CARRIERS):
        if carrier == "coal":
            per = np.array([tce[c] for c in COALS])[panel.coal]
            quantities[:, :, place] /= per[:, None]
        else:
            quantities[:, :, place] /= tce[carrier]
    power = CARRIERS.index("electricity")
    quantities[:, :, power] = np.maximum(quantities[:, :, power] - panel.solar_mwh, 0.0)
    every = np.concatenate([quantities, panel.solar_mwh[:, :, None], panel.sold_mwh[:, :, None]], axis=2)
    firm, year, item = np.nonzero((every > 0) & shown[:, :, None])
    # the firm's sort of coal stands behind the other names
    names = (*CARRIERS, "solar_power", "electricity", *COALS)
    name = np.where(item == 0, len(CARRIERS) + 2 + panel.coal[firm], item)
    frame = source.frame(
        firm,
        year,
        carrier=labels(names, name),
        flow=labels([*("purchased" for _ in CARRIERS), "self_generated", "sold"], item),
        quantity=every[firm, year, item],
        unit=labels([*(_UNITS[c] for c in CARRIERS), "MWh", "MWh"], item),
        basis=labels(["metered", "invoiced", "estimated"], source.reporting.basis[firm]),
    ).with_columns(period=pl.col("year").cast(pl.String), site=pl.lit(None, dtype=pl.String))
    frame = publish(
        source.streams,
        frame,
        table="energy",
        values=("quantity",),
        after_year_end=-50,
        reporting=source.reporting,
        last_day=source.last_day,
    )
    frame = _by_period(source, _by_site(source, frame))
    return frame.select(
        "firm_id",
        "period",
        "carrier",
        "flow",
        "site",
        pl.col("quantity").round(4),
        "unit",
        "basis",
        "published_on",
    )


def _by_site(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """Split the rows of firms that report by site into two sites."""
    two = pl.Series(source.reporting.sites[frame["firm"].to_numpy()])
    part = source.streams.uniform("site_part", source.firms.count) * 0.6 + 0.2
    share = pl.Series(part[frame["firm"].to_numpy()])
    frame = frame.with_columns(two=two, share=share, order=pl.int_range(pl.len()))
    split = frame.filter("two")
    first = split.with_columns(site=pl.lit("一厂"), quantity=pl.col("quantity") * pl.col("share"))
    second = split.with_columns(site=pl.lit("二厂"), quantity=pl.col("quantity") * (1 - pl.col("share")))
    return (
        pl.concat([frame.filter(~pl.col("two")), first, second])
        .sort("order", "site")
        .drop("order", "two", "share")
    )


def _by_period(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """Split purchased electricity of some firms into quarters or months; a few hand in the year beside them."""
    grain = source.reporting.grain[frame["firm"].to_numpy()]
    both = (source.streams.uniform("year_beside", source.firms.count) < 0.15)[frame["firm"].to_numpy()]
    electric = frame.select(
        (pl.col("carrier") == "electricity") & (pl.col("flow") == "purchased")
    ).to_series()
    frame = frame.with_columns(
        grain=pl.when(electric).then(pl.Series(grain)).otherwise(0),
        both=pl.Series(both),
        order=pl.int_range(pl.len()),
    )
    parts = [
        frame.filter((pl.col("grain") == 0) | pl.col("both")).with_columns(part=pl.lit(0, dtype=pl.Int64))
    ]
    for level, pieces, label in ((1, 4, "{}Q{}"), (2, 12, "{}-{}")):
        rows = frame.filter(pl.col("grain") == level)
        # a seasonal load: weights of the pieces add up to 1
        season = 1 + 0.15 * np.sin(np.arange(pieces) * 2 * np.pi / pieces)
        season /= season.sum()
        pieces_frame = pl.DataFrame({"part": np.arange(1, pieces + 1), "weight": season})
        digits = 1 if pieces == 4 else 2
        rows = (
            rows.join(pieces_frame, how="cross")
            .with_columns(
                quantity=pl.col("quantity") * pl.col("weight"),
                period=formatted(label, "year", pl.col("part").cast(pl.String).str.zfill(digits)),
            )
            .drop("weight")
        )
        parts.append(rows.select(parts[0].columns))
    return pl.concat(parts).sort("order", "part").drop("order", "part", "grain", "both")
