"""Actions on energy: who can do them, and what becomes of the quantities.

Percentages are of the part of the energy that the action touches: boiler fuel, furnace fuel, the electricity of a group of
machines (bought electricity shared out by rated power, at most what the machines can use in a year). Where boilers and kilns
or furnaces stand side by side no table says which burns what, and what touches only one of them is not offered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scoring.improve.amounts import MACHINES, other_electricity, used_energy

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.improve.amounts import Amounts, Booleans, Floats, Integers, Known

__all__ = [
    "PV_SHARE",
    "above_advanced",
    "boiler_fuel_saved",
    "burns_boiler_coal",
    "burns_boiler_fuel",
    "burns_furnace_fuel",
    "burns_furnace_gas",
    "burns_kiln_coal",
    "buys_heat",
    "buys_uncovered_power",
    "can_capture",
    "capture",
    "coal_to_biomass",
    "coal_to_gas",
    "furnace_fuel_saved",
    "furnace_gas_saved",
    "green_power",
    "has_group",
    "heat_saved",
    "kiln_coal_to_waste",
    "kiln_heat_to_power",
    "makes_clinker",
    "managed",
    "renew_group",
    "retrofit",
    "rooftop_pv",
    "saved_evenly",
    "without_enms",
    "without_pv",
]

PV_SHARE = 0.2
"""Electricity that rooftop photovoltaics make, of what is bought, where no quote states their size: an assumption of this
product, small enough to be used on site without storage. Roofs are not among the facts."""

_ETA_COAL, _ETA_GAS, _ETA_BIOMASS = 0.80, 0.925, 0.84
"""Boiler efficiencies: middle of the ranges that ``actions.csv`` states."""

_CAPTURE_MWH, _CAPTURE_GJ = 0.2, 3.25
"""Electricity and heat per tonne captured: middle of the ranges that ``actions.csv`` states."""

_CLINKER = "cement_clinker"
_PERCENT = 0.01
_KWH_A_MWH = 1000.0


def _bought(known: Known, *, kinds: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Integers:
    return known.carriers.of(kinds=kinds, names=names, flow="purchased")


def _coal(known: Known) -> Integers:
    """Return the bought coals; coke and coal for coking are no boiler coal."""
    names = known.carriers.names
    return np.array(
        [p for p in _bought(known, kinds=("coal",)) if names[p] not in {"coke", "washed_coal"}],
        dtype=np.int64,
    )


def _any(quantities: Floats) -> Booleans:
    there: Booleans = np.any(np.nan_to_num(quantities) > 0, axis=1)
    return there


def _boiler_only(known: Known) -> Booleans:
    only: Booleans = known.boiler & ~known.kiln & ~known.furnace & ~known.generator
    return only


def _furnace_only(known: Known) -> Booleans:
    only: Booleans = (known.kiln | known.furnace) & ~known.boiler & ~known.generator
    return only


def _scaled(amounts: Amounts, columns: Integers, on: Booleans, factor: Floats) -> Amounts:
    """Multiply some columns of energy on some rows."""
    energy = amounts.energy.copy()
    rows = np.flatnonzero(on)
    energy[np.ix_(rows, columns)] *= factor[rows, None]
    return replace(amounts, energy=energy)


def _added(amounts: Amounts, column: int, on: Booleans, amount: Floats) -> Amounts:
    """Add to a column of energy on some rows; what was not handed in becomes the amount, where there is one."""
    energy = amounts.energy.copy()
    rows = on & (np.nan_to_num(amount) > 0)
    energy[rows, column] = np.nan_to_num(energy[rows, column]) + amount[rows]
    return replace(amounts, energy=energy)


def _saved(known: Known, amounts: Amounts, columns: Integers, on: Booleans, factor: Floats) -> Amounts:
    """Multiply some columns, and the energy allocated to products by what that makes of all the energy bought."""
    before = used_energy(known, amounts)
    scaled = _scaled(amounts, columns, on, factor)
    after = used_energy(known, scaled)
    kept = np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0)
    products = np.where(
        on[:, None] & (amounts.product_energy > 0),
        amounts.product_energy * kept[:, None],
        amounts.product_energy,
    )
    return replace(scaled, product_energy=products)


def burns_boiler_coal(known: Known, amounts: Amounts) -> Booleans:
    """Buys coal, and has boilers but no kiln, furnace or generator that could burn it."""
    return _boiler_only(known) & _any(amounts.energy[:, _coal(known)])


def _coal_to(
    known: Known, amounts: Amounts, on: Booleans, share: Floats, *, fuel: str, eta: float
) -> Amounts:
    coals = _coal(known)
    heat = np.nansum(amounts.energy[:, coals] * known.tce[:, coals], axis=1) * share
    column = known.carriers.one(fuel, "purchased")
    switched = _scaled(amounts, coals, on, 1.0 - share)
    return _added(switched, column, on, heat * _ETA_COAL / eta / known.tce[:, column])


def coal_to_gas(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Burn natural gas for a share of the boiler coal: as much useful heat, at the better efficiency."""
    return _coal_to(known, amounts, on, size, fuel="natural_gas", eta=_ETA_GAS)


def coal_to_biomass(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Burn solid biomass for a share of the boiler coal; its CO2 is biogenic and counts apart."""
    return _coal_to(known, amounts, on, size, fuel="biomass", eta=_ETA_BIOMASS)


def burns_kiln_coal(known: Known, amounts: Amounts) -> Booleans:
    """Make clinker and buy coal."""
    return _clinker(known) & _any(amounts.energy[:, _coal(known)])


def kiln_coal_to_waste(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Replace a percentage of the kiln coal's heat by waste fuel, whose fossil part is counted."""
    coals = _coal(known)
    heat = np.nansum(amounts.energy[:, coals] * known.tce[:, coals], axis=1) * size * _PERCENT
    column = known.carriers.one("municipal_waste", "purchased")
    switched = _scaled(amounts, coals, on, 1.0 - size * _PERCENT)
    return _added(switched, column, on, heat / known.tce[:, column])


def _boiler_fuels(known: Known) -> Integers:
    return np.concatenate([_coal(known), _bought(known, names=("natural_gas",))])


def burns_boiler_fuel(known: Known, amounts: Amounts) -> Booleans:
    """Buys coal or natural gas, and has boilers but no kiln, furnace or generator that could burn it."""
    return _boiler_only(known) & _any(amounts.energy[:, _boiler_fuels(known)])


def boiler_fuel_saved(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Save a percentage of the boiler fuel."""
    return _saved(known, amounts, _boiler_fuels(known), on, 1.0 - size * _PERCENT)


def buys_heat(known: Known, amounts: Amounts) -> Booleans:
    """Buys heat or steam."""
    return _any(amounts.energy[:, _bought(known, kinds=("heat",))])


def heat_saved(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Save a percentage of the heat and steam bought."""
    return _saved(known, amounts, _bought(known, kinds=("heat",)), on, 1.0 - size * _PERCENT)


def burns_furnace_fuel(known: Known, amounts: Amounts) -> Booleans:
    """Buys coal or natural gas, and has kilns or furnaces but no boiler or generator that could burn it."""
    return _furnace_only(known) & _any(amounts.energy[:, _boiler_fuels(known)])


def furnace_fuel_saved(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Save a percentage of the furnace fuel."""
    return _saved(known, amounts, _boiler_fuels(known), on, 1.0 - size * _PERCENT)


def burns_furnace_gas(known: Known, amounts: Amounts) -> Booleans:
    """Buys natural or producer gas, and has furnaces but no boiler, kiln or generator that could burn it."""
    gases = _bought(known, names=("natural_gas", "producer_gas"))
    return _furnace_only(known) & ~known.kiln & _any(amounts.energy[:, gases])


def furnace_gas_saved(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Save a percentage of the furnace gas."""
    return _saved(
        known, amounts, _bought(known, names=("natural_gas", "producer_gas")), on, 1.0 - size * _PERCENT
    )


def _power(known: Known) -> Integers:
    return np.array([known.carriers.one("electricity", "purchased")], dtype=np.int64)


def has_group(group: str) -> Callable[[Known, Amounts], Booleans]:
    """Return who buys electricity and has machines of the group, with every power stated."""

    def eligible(known: Known, amounts: Amounts) -> Booleans:
        share: Floats = getattr(known, group)
        return (np.nan_to_num(share) > 0) & _any(amounts.energy[:, _power(known)])

    return eligible


def renew_group(group: str) -> Callable[[Known, Amounts, Booleans, Floats], Amounts]:
    """Return the saving of a percentage of the group's electricity; motors and transformers become grade 1."""

    def apply(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
        place = _power(known)
        bought = amounts.energy[:, place[0]]
        share: Floats = np.nan_to_num(getattr(known, group))
        most: Floats = getattr(known, f"{group}_mwh")
        saved = np.minimum(bought * share, most) * size * _PERCENT
        factor = np.where(bought > 0, 1.0 - saved / np.where(bought > 0, bought, 1.0), 1.0)
        changed = _saved(known, amounts, place, on, factor)
        if group not in MACHINES:
            return changed
        machines = amounts.machines.copy()
        machines[on, MACHINES.index(group)] = True
        return replace(changed, machines=machines)

    return apply


def saved_evenly(known: Known, amounts: Amounts, on: Booleans, factor: Floats) -> Amounts:
    """Multiply everything bought."""
    every = np.array(
        [p for p, flow in enumerate(known.carriers.flows) if flow == "purchased"], dtype=np.int64
    )
    return _saved(known, amounts, every, on, factor)


def without_enms(known: Known, amounts: Amounts) -> Booleans:
    """Buys energy, and holds no certified energy management system."""
    return ~known.holds[:, 1] & (used_energy(known, amounts) > 0)


def managed(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Save a percentage of everything bought; what was estimated is metered from then on."""
    return replace(
        saved_evenly(known, amounts, on, 1.0 - size * _PERCENT),
        metered=amounts.metered | (on & (known.estimated > 0)),
    )


def above_advanced(known: Known, amounts: Amounts) -> Booleans:
    """Make a product that takes more than its advanced level, out of energy that is bought."""
    excess = amounts.product_energy - known.advanced * known.output
    above: Booleans = (np.nan_to_num(excess) > 0).any(axis=1) & (used_energy(known, amounts) > 0)
    return above


def retrofit(known: Known, amounts: Amounts, on: Booleans, _size: Floats) -> Amounts:
    """Bring products to their advanced level; what they take less is bought less, of every carrier alike."""
    advanced = known.advanced * known.output
    better = on[:, None] & (np.nan_to_num(amounts.product_energy - advanced) > 0)
    excess = np.where(better, amounts.product_energy - advanced, 0.0).sum(axis=1)
    bought = used_energy(known, amounts)
    factor = np.clip(1.0 - excess / np.where(bought > 0, bought, 1.0), 0.0, 1.0)
    every = np.array(
        [p for p, flow in enumerate(known.carriers.flows) if flow == "purchased"], dtype=np.int64
    )
    scaled = _scaled(amounts, every, on, factor)
    return replace(scaled, product_energy=np.where(better, advanced, amounts.product_energy))


def _clinker(known: Known) -> Booleans:
    if _CLINKER not in known.products:
        return np.zeros(len(known.year), dtype=bool)
    made: Booleans = np.nan_to_num(known.output[:, known.products.index(_CLINKER)]) > 0
    return made


def _made_on_site(
    known: Known, amounts: Amounts, on: Booleans, generated: Floats, *, carrier: str
) -> Amounts:
    """Make electricity on site, at most what is bought, and buy so much less."""
    place = _power(known)
    bought = np.nan_to_num(amounts.energy[:, place[0]])
    used = np.minimum(generated, bought)
    factor = np.where(bought > 0, 1.0 - used / np.where(bought > 0, bought, 1.0), 1.0)
    lowered = _scaled(amounts, place, on, factor)
    return _added(lowered, known.carriers.one(carrier, "self_generated"), on, used)


def makes_clinker(known: Known, amounts: Amounts) -> Booleans:
    """Make clinker, buy electricity and make none from waste heat."""
    own = amounts.energy[:, [known.carriers.one("waste_heat_power", "self_generated")]]
    return _clinker(known) & _any(amounts.energy[:, _power(known)]) & ~_any(own)


def kiln_heat_to_power(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Make kWh of electricity per tonne of clinker out of the kiln's waste heat."""
    output = np.nan_to_num(known.output[:, known.products.index(_CLINKER)])
    generated = output * size / _KWH_A_MWH
    return _made_on_site(known, amounts, on, generated, carrier="waste_heat_power")


def without_pv(known: Known, amounts: Amounts) -> Booleans:
    """Buys electricity and makes none from the sun."""
    own = amounts.energy[:, known.carriers.of(names=("solar_power",), flow="self_generated")]
    return _any(amounts.energy[:, _power(known)]) & ~_any(own)


def rooftop_pv(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Make a share of the electricity bought on the roof and use it on site."""
    bought = np.nan_to_num(amounts.energy[:, _power(known)[0]])
    return _made_on_site(known, amounts, on, bought * size, carrier="solar_power")


def buys_uncovered_power(known: Known, amounts: Amounts) -> Booleans:
    """Buys electricity that no certificate and no own generation covers yet."""
    return other_electricity(known, amounts) - known.retired > 0


def green_power(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Buy a share of the electricity with certificates, never beyond what is bought and not yet covered."""
    other = other_electricity(known, amounts)
    free = np.maximum(other - known.retired, 0.0)
    return replace(amounts, green_mwh=np.where(on, np.minimum(size * other, free), amounts.green_mwh))


def can_capture(known: Known, amounts: Amounts) -> Booleans:
    """States its scope 1 and the electricity it buys, and stores no CO2 yet."""
    return _any(amounts.emissions[:, :2]) & _any(amounts.energy[:, _power(known)]) & ~known.stored


def capture(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Store a share of scope 1, at the price of bought electricity and heat."""
    stated = np.nanmax(np.nan_to_num(amounts.emissions[:, :2]), axis=1)
    captured = np.where(on, stated * size, 0.0)
    powered = _added(amounts, int(_power(known)[0]), on, captured * _CAPTURE_MWH)
    heated = _added(powered, known.carriers.one("heat", "purchased"), on, captured * _CAPTURE_GJ)
    return replace(heated, captured=np.where(on, captured, amounts.captured))
