"""The firms of a simulated portfolio: who they are and how well they are led."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.identifiers import make_uscc
from features.simulate.assumptions import number
from features.simulate.sectors import (
    DIVISION_GROUP,
    EMERGING_CLASSES,
    FOREIGN_CODES,
    GROUPS,
    PRODUCTS,
    PROVINCES,
)

if TYPE_CHECKING:
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Days, Floats, Integers, Texts

__all__ = ["EPOCH_2021", "YEARS", "Firms", "draw_firms", "firms_table"]

YEARS: tuple[int, ...] = tuple(range(2017, 2025))
"""Fiscal years that the simulation lives through; a dataset hands in six of them."""

EPOCH_2021 = 18628
"""2021-01-01 in days since 1970-01-01."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])


@dataclass(frozen=True, kw_only=True)
class Firms:
    """Firms as arrays of one entry per firm (n), or one row per firm and year (n, years)."""

    firm_id: Texts
    division: Texts
    group: Integers
    industry: Texts
    scheme: Texts
    province: Texts
    founded: Days
    product: Integers
    """Position in ``PRODUCTS``, -1 where the firm makes no benchmark product."""
    power_station: Booleans
    """Coal- and gas-fired stations: they sell the electricity they make."""
    log_revenue: Floats
    size: Floats
    """Log revenue as a standard score over all firms."""
    quality: Floats
    """Permanent management quality, standard score; no table shows it."""
    quality_path: Floats
    """Management quality by year, shape (n, years)."""
    intensity: Floats
    """Sector's energy level in tce per 10,000 CNY of revenue."""

    @property
    def count(self) -> int:
        """Number of firms."""
        return len(self.firm_id)


def _statistics() -> pl.DataFrame:
    table = reference.table("industry_statistics").select(
        pl.col("industry_division").cast(pl.String).alias("division"),
        pl.col("enterprises").cast(pl.Float64),
        pl.col("revenue_trillion_cny").cast(pl.Float64),
        pl.col("energy_intensity_tce_per_10k_cny_revenue").cast(pl.Float64).alias("intensity"),
    )
    tilt = pl.col("division").is_in(["25", "26", "30", "31", "32", "44"])
    table = table.with_columns(
        weight=pl.col("enterprises") * pl.when(tilt).then(number("energy_intensive_tilt")).otherwise(1.0),
        mean_revenue=pl.col("revenue_trillion_cny") * 1e8 / pl.col("enterprises"),
    )
    share = number("data_centre_share")
    centres = pl.DataFrame(
        {
            "division": ["6450"],
            "intensity": [0.35],
            "weight": [share / (1 - share) * float(table["weight"].to_numpy().sum())],
            "mean_revenue": [20_000.0],
        }
    )
    columns = ["division", "intensity", "weight", "mean_revenue"]
    return pl.concat([table.select(columns), centres.select(columns)]).sort("division")


def _identifiers(streams: Streams, province: Texts) -> Texts:
    """Return valid unified social credit codes, distinct within a dataset.

    The organisation's eight characters walk through all 31^8 numbers in one cycle from a start that depends on
    the seed, so they never repeat; their check character follows GB 11714, the last one GB 32100.
    """
    count = len(province)
    modulus = len(_ALPHABET) ** 8
    start = int(streams.generator("organisation").integers(modulus))
    walk = [(start + index * 27_644_437_001) % modulus for index in range(count)]
    digits = np.empty((count, 8), dtype=np.int64)
    rest = np.array(walk, dtype=np.int64)
    for position in range(7, -1, -1):
        rest, digits[:, position] = np.divmod(rest, len(_ALPHABET))
    letters = np.array(list(_ALPHABET))
    # GB 11714 counts letters by their place in the whole alphabet
    values = np.array(["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) for letter in _ALPHABET])
    check = 11 - (values[digits] * _ORGANISATION_WEIGHTS).sum(axis=1) % 11
    check_letters = np.array([*"?123456789X0"])[check]
    bodies = ["".join(row) for row in letters[digits]]
    return np.array(
        [
            make_uscc(f"91{place}{body}{last}")
            for place, body, last in zip(province, bodies, check_letters, strict=True)
        ],
        dtype=object,
    )


def draw_firms(streams: Streams, count: int) -> Firms:
    """Draw ``count`` firms of a world."""
    statistics = _statistics()
    picked = streams.choice("division", count, statistics["weight"].to_numpy())
    divisions = statistics["division"].to_numpy()
    division = divisions[picked].astype(object)
    group_of = np.array([GROUPS.index(DIVISION_GROUP.get(d, "light")) for d in divisions])
    spread = number("size_spread")
    mean = np.log(statistics["mean_revenue"].to_numpy())[picked] - spread**2 / 2
    log_revenue = mean + spread * streams.normal("size", count)
    codes = np.array(list(PROVINCES), dtype=object)
    province = codes[streams.choice("province", count, np.array(list(PROVINCES.values())))]

    permanent = number("quality_permanent_share")
    quality = streams.normal("quality", count)
    step = number("quality_persistence")
    shocks = streams.normal("quality_path", count, len(YEARS))
    wave = np.empty_like(shocks)
    wave[:, 0] = shocks[:, 0]
    for year in range(1, len(YEARS)):
        wave[:, year] = step * wave[:, year - 1] + np.sqrt(1 - step**2) * shocks[:, year]
    path = np.sqrt(permanent) * quality[:, None] + np.sqrt(1 - permanent) * wave

    product, industry, scheme = _industries(streams, division)
    station = (division == "44") & (streams.uniform("station", count) < 0.45)
    # the rest of the division supplies power or heat that others make
    supplies = np.where(streams.uniform("supply", count) < 0.5, "4420", "4430").astype(object)
    industry = np.where(station, "4411", np.where(division == "44", supplies, industry))
    age = streams.generator("age").gamma(2.0, number("age_mean") / 2, count)
    return Firms(
        firm_id=_identifiers(streams, province),
        division=division,
        group=group_of[picked],
        industry=industry,
        scheme=scheme,
        province=province,
        # a firm that applies has existed for two years at the least
        founded=(EPOCH_2021 - 365 * 3 - np.round(age * 365.25)).astype(np.int64),
        product=product,
        power_station=station,
        log_revenue=log_revenue,
        size=np.clip((log_revenue - 9.2) / 1.35, -3, 3),
        quality=quality,
        quality_path=path,
        intensity=statistics["intensity"].to_numpy()[picked],
    )


def _industries(streams: Streams, division: Texts) -> tuple[Integers, Texts, Texts]:
    """Return the benchmark product, the industry code as handed in and its scheme."""
    count = len(division)
    levels = reference.table("sector_benchmarks").select(
        pl.col("id").cast(pl.String), pl.col("industry").cast(pl.String)
    )
    industry_of = dict(levels.iter_rows())
    classes = [industry_of[p.id] for p in PRODUCTS]
    homes = np.array([c if c == "6450" else c[:2] for c in classes], dtype=object)
    product = np.full(count, -1, dtype=np.int64)
    industry = division.copy()
    scheme = np.full(count, "GBT4754", dtype=object)
    makes = streams.uniform("makes", count) < number("benchmark_industry_share")
    which = streams.uniform("product", count)
    for home in sorted(set(homes)):
        options = np.flatnonzero(homes == home)
        here = (division == home) & (makes | (home == "6450"))
        product[here] = options[(which[here] * len(options)).astype(np.int64)]
    made = product >= 0
    industry[made] = np.array(classes, dtype=object)[product[made]]
    emerging = streams.uniform("emerging", count)
    for home, options_of in EMERGING_CLASSES.items():
        here = (division == home) & ~made & (emerging < 0.12)
        industry[here] = np.array(options_of, dtype=object)[
            (emerging[here] / 0.12 * len(options_of)).astype(np.int64)
        ]
    foreign = streams.uniform("foreign", count)
    for home, pairs in FOREIGN_CODES.items():
        share = number("foreign_scheme_share") * 4  # these divisions hold about a quarter of the firms
        here = (division == home) & ~made & (foreign < share)
        choice = (foreign[here] / share * len(pairs)).astype(np.int64)
        scheme[here] = np.array([p[0] for p in pairs], dtype=object)[choice]
        industry[here] = np.array([p[1] for p in pairs], dtype=object)[choice]
    return product, industry, scheme


def firms_table(firms: Firms) -> pl.DataFrame:
    """Return the contract's table ``firms`` in raw form."""
    return pl.DataFrame(
        {
            "firm_id": pl.Series(firms.firm_id, dtype=pl.String),
            "id_scheme": pl.repeat("uscc", firms.count, eager=True),
            "name": pl.Series([f"模拟企业{i + 1:06d} (simulated)" for i in range(firms.count)]),
            "industry": pl.Series(firms.industry, dtype=pl.String),
            "industry_scheme": pl.Series(firms.scheme, dtype=pl.String),
            "region": pl.Series(firms.province, dtype=pl.String),
            "founded_on": pl.Series(firms.founded).cast(pl.Int32).cast(pl.Date),
            "valid_from": pl.Series([None] * firms.count, dtype=pl.Date),
        }
    )
