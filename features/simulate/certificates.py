"""Certificates that are adopted, renewed, lapse, come back and get withdrawn, and green power that is retired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.assumptions import number
from features.simulate.columns import constant, dates, labels
from features.simulate.firms import YEARS
from features.simulate.footprints import FOOTPRINT_SCHEME, declared_footprints, product_footprints
from features.text import formatted

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.panel import Panel
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Days, Floats, Integers

__all__ = [
    "SCHEMES",
    "CertificateHistory",
    "GreenPower",
    "certificate_rows",
    "draw_certificates",
    "draw_green_power",
]

_TERM = 1095  # days of a certificate; site statuses and labels are re-evaluated at the same rhythm here
_CYCLES = 4
_FIRST = 16436  # 2015-01-01
_NEVER = 99_999


@dataclass(frozen=True, kw_only=True)
class _Scheme:
    """A scheme of the certification table and how common it is (logit at mean size and quality)."""

    id: str
    logit: float
    whole: float = 1.0
    """Share of holders whose certificate covers every site; 1 where sites do not matter."""


SCHEMES: tuple[_Scheme, ...] = (
    _Scheme(id="iso14001", logit=0.2, whole=0.75),
    _Scheme(id="iso50001", logit=-1.2, whole=0.75),
    _Scheme(id="iso45001", logit=-0.2, whole=0.8),
    _Scheme(id="iso9001", logit=1.2, whole=0.9),
    _Scheme(id="green_factory_national", logit=-3.2),
    _Scheme(id="green_factory_provincial", logit=-2.4),
    _Scheme(id="green_supply_chain", logit=-4.2),
    _Scheme(id="cn_green_product", logit=-2.6),
    _Scheme(id="cn_env_label", logit=-2.4),
    _Scheme(id="cn_energy_conservation", logit=-2.8),
    _Scheme(id="green_design_product", logit=-3.0),
    _Scheme(id="iso14067", logit=-2.6),
    _Scheme(id="iso37001", logit=-4.6),
    _Scheme(id="iso37301", logit=-3.4),
)


@dataclass(frozen=True, kw_only=True)
class CertificateHistory:
    """One scheme's certificates, shape (n, cycles) unless said otherwise; days since 1970-01-01."""

    scheme: str
    issued: Days
    held: Booleans
    """Whether the certificate of that cycle exists."""
    ends: Days
    """Day on which it stops to count: expiry, or withdrawal if that comes first."""
    withdrawn: Booleans
    coverage: Floats
    """Share of sites covered, shape (n,)."""

    def coverage_on(self, firm: Integers, day: Days) -> Floats:
        """Return the site coverage in force for each firm on each day."""
        live = self.held[firm] & (self.issued[firm] <= day[:, None]) & (day[:, None] <= self.ends[firm])
        return np.where(live.any(axis=1), self.coverage[firm], 0.0)

    def lapsed_before(self, firm: Integers, day: Days) -> Floats:
        """Return the number of certificates that ended in the 24 months before and were not replaced."""
        recent = self.held[firm] & (self.ends[firm] < day[:, None]) & (self.ends[firm] >= day[:, None] - 730)
        alive = self.coverage_on(firm, day) > 0
        return np.where(alive, 0.0, recent.sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class GreenPower:
    """Green electricity retired for a firm, MWh by firm and year."""

    retired_mwh: Floats
    scheme: Integers


def draw_certificates(streams: Streams, firms: Firms) -> tuple[CertificateHistory, ...]:
    """Draw the certificates of every scheme."""
    return tuple(_history(streams, firms, scheme) for scheme in SCHEMES)


def _history(streams: Streams, firms: Firms, scheme: _Scheme) -> CertificateHistory:
    count = firms.count
    name = "certificate_" + scheme.id
    logit = (
        scheme.logit
        + number("quality_on_certificates") * firms.quality
        + number("size_on_certificates") * firms.size
    )
    adopts = streams.uniform(name, count) < 1 / (1 + np.exp(-logit))
    start = _FIRST + np.floor(streams.uniform(name + "_start", count) * 3200).astype(np.int64)
    start = np.maximum(start, firms.founded + 180)
    issued = start[:, None] + _TERM * np.arange(_CYCLES)[None, :]
    renew_logit = np.log(number("renewal_rate") / (1 - number("renewal_rate"))) + 0.6 * firms.quality
    renewed = streams.uniform(name + "_renew", count, _CYCLES) < (1 / (1 + np.exp(-renew_logit)))[:, None]
    renewed[:, 0] = True
    # a lapsed certificate comes back a cycle later as often as a first one is adopted
    held = adopts[:, None] & renewed
    risk = np.minimum(number("withdrawal_rate") * np.exp(-0.5 * firms.quality), 0.3)
    withdrawn = held & (streams.uniform(name + "_withdrawn", count, _CYCLES) < risk[:, None])
    days = 60 + np.floor(streams.uniform(name + "_withdrawal_day", count, _CYCLES) * (_TERM - 120)).astype(
        np.int64
    )
    ends = np.where(withdrawn, issued + days, issued + _TERM - 1)
    whole = streams.uniform(name + "_whole", count) < scheme.whole
    part = np.round(0.3 + 0.6 * streams.uniform(name + "_part", count), 2)
    return CertificateHistory(
        scheme=scheme.id,
        issued=issued,
        held=held,
        ends=ends,
        withdrawn=withdrawn,
        coverage=np.where(whole, 1.0, part),
    )


def draw_green_power(streams: Streams, firms: Firms, panel: Panel) -> GreenPower:
    """Draw green certificates and green power trades retired for the firms' electricity."""
    count = firms.count
    logit = -2.0 + 0.8 * firms.quality + 0.6 * firms.size
    buys = streams.uniform("green_buys", count) < 1 / (1 + np.exp(-logit))
    start = 2017 + np.floor(streams.uniform("green_start", count) * 7)
    share = 0.05 + 0.6 * streams.generator("green_share").beta(1.2, 2.5, count)
    on = buys[:, None] & (np.array(YEARS)[None, :] >= start[:, None])
    bought = np.maximum(panel.electricity_mwh - panel.solar_mwh, 0.0)
    retired = np.where(on, np.floor(share[:, None] * bought), 0.0)
    scheme = np.floor(streams.uniform("green_scheme", count) * 3).astype(np.int64)
    return GreenPower(retired_mwh=retired, scheme=scheme)


def certificate_rows(
    streams: Streams,
    firms: Firms,
    histories: tuple[CertificateHistory, ...],
    green: GreenPower,
    panel: Panel,
    *,
    handed_in: Booleans,
    years: tuple[int, ...],
    last_day: int,
) -> pl.DataFrame:
    """Return the contract's table ``certifications`` in raw form.

    Parameters
    ----------
    handed_in
        Firms that hand in their certificates, shape (n,).
    panel
        What declared product footprints are taken from.
    years
        Fiscal years whose green power is handed in.
    last_day
        Events after it have not happened yet.
    """
    told = product_footprints(firms, panel)
    parts = [
        _events(streams, firms, h, footprints=told, handed_in=handed_in, last_day=last_day) for h in histories
    ]
    parts.append(_green_rows(firms, green, handed_in=handed_in, years=years, last_day=last_day))
    return pl.concat(parts).sort("firm_id", "scheme", "issued_on", "status_on", nulls_last=False)


_COLUMNS = (
    "firm_id", "scheme", "certificate_no", "period", "issuer", "scope", "issued_on", "expires_on", "status",
    "status_on", "site_coverage", "product", "quantity", "unit", "retired_on", "verified_on", "published_on",
)  # fmt: skip


def _events(
    streams: Streams,
    firms: Firms,
    history: CertificateHistory,
    *,
    footprints: Floats,
    handed_in: Booleans,
    last_day: int,
) -> pl.DataFrame:
    show = history.held & handed_in[:, None] & (history.issued <= last_day)
    firm, cycle = np.nonzero(show)
    name = "register_" + history.scheme
    asked = streams.uniform(name, firms.count) < 0.65
    issued = history.issued[firm, cycle]
    checked = np.minimum(
        issued + 30 + np.floor(800 * streams.uniform(name + "_day", firms.count))[firm].astype(int), last_day
    )
    is_footprint = history.scheme == FOOTPRINT_SCHEME
    declared = declared_footprints(firms, footprints if is_footprint else None, firm, issued)
    base = pl.DataFrame(
        {
            "firm_id": labels(firms.firm_id, firm),
            "number": firm + 1,
            "cycle": cycle + 1,
            "issued_on": dates(issued),
            "expires_on": dates(issued + _TERM - 1),
            "site_coverage": history.coverage[firm],
            "verified_on": dates(np.where(asked[firm], checked, _NEVER)),
            "published_on": dates(issued + 5),
            "withdrawn": history.withdrawn[firm, cycle],
            "ends": dates(history.ends[firm, cycle]),
            "status": constant("valid", len(firm)),
            **declared,
        }
    ).with_columns(status_on=pl.col("issued_on"))
    gone = base.filter(
        pl.col("withdrawn") & (pl.col("ends") <= pl.lit(last_day).cast(pl.Int32).cast(pl.Date))
    )
    gone = gone.with_columns(
        status=pl.lit("withdrawn"),
        status_on=pl.col("ends"),
        published_on=pl.col("ends").dt.offset_by("6d"),
        verified_on=pl.lit(None, dtype=pl.Date),
    )
    return (
        pl.concat([base, gone])
        .with_columns(
            scheme=pl.lit(history.scheme),
            certificate_no=formatted("SIM-{}-{}-{}", pl.lit(history.scheme), "number", "cycle"),
            period=pl.lit(None, dtype=pl.String),
            issuer=pl.lit("模拟认证机构 (simulated)"),
            scope=pl.lit(None, dtype=pl.String),
            retired_on=pl.lit(None, dtype=pl.Date),
            verified_on=pl.when(pl.col("verified_on").dt.year() > 2100).then(None).otherwise("verified_on"),
        )
        .select(_COLUMNS)
    )


def _green_rows(
    firms: Firms, green: GreenPower, *, handed_in: Booleans, years: tuple[int, ...], last_day: int
) -> pl.DataFrame:
    first = YEARS.index(years[0])
    retired = green.retired_mwh[:, first : first + len(years)]
    firm, year = np.nonzero((retired > 0) & handed_in[:, None])
    when = np.array(years)[year]
    issued = pl.Series(when, dtype=pl.Int32)
    return (
        pl.DataFrame(
            {
                "firm_id": labels(firms.firm_id, firm),
                "scheme": labels(["gec", "green_power_trade", "irec"], green.scheme[firm]),
                "number": firm + 1,
                "year": issued,
                "quantity": retired[firm, year],
            }
        )
        .with_columns(
            certificate_no=formatted("SIM-GREEN-{}-{}", "number", "year"),
            period=pl.col("year").cast(pl.String),
            issuer=pl.lit("模拟绿证平台 (simulated)"),
            scope=pl.lit(None, dtype=pl.String),
            issued_on=pl.date(pl.col("year"), 12, 15),
            expires_on=pl.date(pl.col("year") + 2, 12, 14),
            status=pl.lit("valid"),
            status_on=pl.date(pl.col("year"), 12, 15),
            site_coverage=pl.lit(None, dtype=pl.Float64),
            product=pl.lit(None, dtype=pl.String),
            unit=pl.lit("MWh"),
            retired_on=pl.date(pl.col("year"), 12, 31),
            verified_on=pl.date(pl.col("year") + 1, 1, 20),
            published_on=pl.date(pl.col("year") + 1, 1, 10),
        )
        .filter(pl.col("published_on") <= pl.lit(last_day).cast(pl.Int32).cast(pl.Date))
        .select(_COLUMNS)
    )
