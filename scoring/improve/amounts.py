"""The facts that actions change, as arrays: one row per application and year, one column per carrier, gas or product.

A row is a year of a firm for which one of its totals is the latest known (mostly one year). The tables hold the same
quantities by month, site and restatement; :mod:`scoring.improve.reading` sums them up to here and
:mod:`scoring.improve.editing` writes a change back to every row it came from, so an action need not know how a firm reports.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

__all__ = [
    "ANNUAL",
    "GASES",
    "MACHINES",
    "SCHEMES",
    "Amounts",
    "Carriers",
    "Known",
    "other_electricity",
    "used_energy",
]

GASES = (
    ("1", "CO2"),
    ("1", "CO2e"),
    ("2-location", "CO2"),
    ("2-location", "CO2e"),
    ("2-market", "CO2"),
    ("2-market", "CO2e"),
)
"""Scope and substance of the columns of ``Amounts.emissions``; tonnes, CO2 and CO2e alike."""

ANNUAL = ("water_withdrawn", "water_reused", "waste", "waste_recycled")
"""Columns of ``Amounts.annual``: m3, m3, t, t."""

MACHINES = ("motor_low", "motor_2", "transformer_low")
"""Groups of machines that can be renewed: motors below grade 2 (no grade counts as 3), motors of grade 2, and
transformers below grade 1."""

SCHEMES = ("iso14001", "iso50001", "iso45001", "iso14067")
"""Schemes in which a certificate can be obtained."""


@dataclass(frozen=True, kw_only=True)
class Carriers:
    """The columns of ``Amounts.energy``: each a carrier and a flow.

    Parameters
    ----------
    names, flows, kinds, units
        Of each column, K of them; kinds and units as in the carrier table.
    """

    names: tuple[str, ...]
    flows: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]

    def of(self, *, kinds: tuple[str, ...] = (), names: tuple[str, ...] = (), flow: str) -> Integers:
        """Return the columns of a flow that have one of the kinds or one of the names."""
        wanted = [
            place
            for place, (name, of_flow, kind) in enumerate(
                zip(self.names, self.flows, self.kinds, strict=True)
            )
            if of_flow == flow and (kind in kinds or name in names)
        ]
        return np.array(wanted, dtype=np.int64)

    def one(self, name: str, flow: str) -> int:
        """Return the column of a carrier and flow."""
        return next(
            place for place, key in enumerate(zip(self.names, self.flows, strict=True)) if key == (name, flow)
        )


class _Rows:
    """Something with an array of R rows in each field."""

    def take(self, rows: Integers) -> Self:
        """Return the rows of these positions, repeated and in the order given."""
        taken: dict[str, Any] = {}
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            taken[each.name] = value[rows] if isinstance(value, np.ndarray) else value
        return replace(self, **taken)  # type: ignore[type-var]


@dataclass(frozen=True, kw_only=True)
class Known(_Rows):
    """What actions read and never change; NaN is not known.

    Parameters
    ----------
    application, year
        Shape (R,): position of the application, and the calendar year (-1 where a firm has no year of any total).
    carriers
        The columns of energy.
    products
        Ids of the benchmark products, P of them.
    tce, co2
        Shape (R, K): tce, and tCO2 that count as the firm's own or bought, per unit of each column; electricity at
        the grid's average of province and year.
    output, advanced
        Shape (R, P): output in the benchmark's unit, and the advanced level in tce per unit, of products of which less
        energy is better.
    share_reported_1, share_reported_2
        Shape (R,): reported over derived scope 1 and 2, at most 1: of a saving in tCO2 that share is taken off what
        was reported, so that who reports too little gains too little.
    retired
        Shape (R,): MWh of certificates retired for the year already, 0 where none.
    estimated
        Shape (R,): tce of energy that was estimated.
    boiler, kiln, furnace, generator
        Shape (R,): whether the firm has one in service.
    fan_pump, compressor, motor_low, motor_2, transformer_low
        Shape (R,): share of the rated power of all electric equipment in service (transformers: of all transformers): fans
        and pumps below grade 2, compressors, and the groups of :data:`MACHINES`; NaN where a machine states no power.
    fan_pump_mwh, compressor_mwh, motor_low_mwh, motor_2_mwh, transformer_low_mwh
        Shape (R,): what their rated power makes in a whole year, MWh.
    holds
        Shape (R, S): whether the firm holds a certificate in each of :data:`SCHEMES` (or, for footprints, in another one).
    lapsing
        Shape (R, S): whether one of the scheme can be renewed.
    to_renew
        Shape (R,): certificates that ended in the 24 months before, or end within six months.
    open_incidents
        Shape (R,): open environmental incidents.
    unassured
        Shape (R,): rows of scope 1 and 2 of the year without assurance.
    stored
        Shape (R,): whether CO2 stored was handed in for the year.
    audited
        Shape (R,): whether the firm has a cleaner-production audit on record.
    """

    application: Integers
    year: Integers
    carriers: Carriers
    products: tuple[str, ...]
    tce: Floats
    co2: Floats
    output: Floats
    advanced: Floats
    share_reported_1: Floats
    share_reported_2: Floats
    retired: Floats
    estimated: Floats
    boiler: Booleans
    kiln: Booleans
    furnace: Booleans
    generator: Booleans
    fan_pump: Floats
    compressor: Floats
    motor_low: Floats
    motor_2: Floats
    transformer_low: Floats
    fan_pump_mwh: Floats
    compressor_mwh: Floats
    motor_low_mwh: Floats
    motor_2_mwh: Floats
    transformer_low_mwh: Floats
    holds: Booleans
    lapsing: Booleans
    to_renew: Integers
    open_incidents: Integers
    unassured: Integers
    stored: Booleans
    audited: Booleans


@dataclass(frozen=True, kw_only=True)
class Amounts(_Rows):
    """What actions change; NaN was not handed in.

    Parameters
    ----------
    energy
        Shape (R, K), in the carrier's unit.
    emissions
        Shape (R, 6), t, columns :data:`GASES`.
    product_energy
        Shape (R, P), tce allocated to the product.
    annual
        Shape (R, 4), columns :data:`ANNUAL`.
    green_mwh
        Shape (R,): MWh of certificates retired by an action, never beyond what was bought and is not covered.
    captured
        Shape (R,): tCO2 captured and stored by an action.
    metered, assured, rectified, renewed
        Shape (R,): estimated energy is metered, emissions are verified, open incidents rectified, certificates renewed.
    machines
        Shape (R, 3): groups of :data:`MACHINES` that are replaced by grade 1.
    certified
        Shape (R, S): schemes in which a certificate is obtained.
    """

    energy: Floats
    emissions: Floats
    product_energy: Floats
    annual: Floats
    green_mwh: Floats
    captured: Floats
    metered: Booleans
    assured: Booleans
    rectified: Booleans
    renewed: Booleans
    machines: Booleans
    certified: Booleans


def used_energy(known: Known, amounts: Amounts) -> Floats:
    """Return what was bought, without feedstock and before sales, in tce: shape (R,); 0 where nothing was handed in."""
    bought = [place for place, flow in enumerate(known.carriers.flows) if flow == "purchased"]
    taken: Floats = np.nansum(amounts.energy[:, bought] * known.tce[:, bought], axis=1)
    return taken


def other_electricity(known: Known, amounts: Amounts) -> Floats:
    """Return electricity that was bought and used and that no own generation covers: shape (R,), MWh.

    The ceiling of what certificates can cover; as ``other_electricity`` of :func:`features.energy.balance.energy_by_year`.
    """
    carriers = known.carriers

    def total(flow: str, *, renewable: bool) -> Floats:
        green = ("solar_power", "wind_power", "hydro_power")
        places = [
            p
            for p in carriers.of(kinds=("electricity",), flow=flow)
            if (carriers.names[p] in green) == renewable
        ]
        summed: Floats = np.nansum(amounts.energy[:, places], axis=1)
        return summed

    bought = total("purchased", renewable=False) + total("purchased", renewable=True)
    sold_from_green = np.maximum(
        total("sold", renewable=False) - total("self_generated", renewable=False), 0.0
    )
    green = total("self_generated", renewable=True) - total("sold", renewable=True) - sold_from_green
    covered: Floats = np.maximum(bought + np.minimum(green, 0.0), 0.0)
    return covered
