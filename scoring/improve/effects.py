"""What each action does to the amounts, and for whom it can be done: pure functions, one place per action.

Every effect takes what is known, the amounts as they are (earlier actions of a set included), the rows it applies to and
its size, and returns new amounts. Sizes are the typical values of ``actions.csv`` unless a quote states its own. What follows
for emissions is worked out once, from the change of the energy (:mod:`scoring.improve.consequences`).

Three things keep an action from being a relabelling move: no effect removes a row, a scope or a category; what is bought less
is what is used less or made on site; and certificates end at what was bought and is not yet covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from scoring.improve import effects_of_energy as of_energy
from scoring.improve import effects_of_record as of_record
from scoring.improve.domains import CERTIFICATES, INCIDENTS, OPERATIONS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scoring.improve.amounts import Amounts, Booleans, Floats, Known

__all__ = ["EFFECTS", "Effect"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One action's effect.

    Parameters
    ----------
    eligible
        From what is known and the amounts as handed in, to the rows (R,) on which it can be done.
    apply
        From what is known, the amounts, the rows and their sizes (R,), to the new amounts.
    domains
        Names of the parts of the facts that it changes (:mod:`scoring.improve.domains`).
    instead_of
        Actions with the same name here replace one another: a set holds at most one of them.
    needs_size
        Whether a quote must state the size, because the table has no typical value.
    """

    eligible: Callable[[Known, Amounts], Booleans]
    apply: Callable[[Known, Amounts, Booleans, Floats], Amounts]
    domains: frozenset[str]
    instead_of: str = ""
    needs_size: bool = False


def _operations(
    eligible: Callable[[Known, Amounts], Booleans],
    apply: Callable[[Known, Amounts, Booleans, Floats], Amounts],
    *,
    instead_of: str = "",
    needs_size: bool = False,
) -> Effect:
    return Effect(
        eligible=eligible,
        apply=apply,
        domains=frozenset({OPERATIONS}),
        instead_of=instead_of,
        needs_size=needs_size,
    )


def _certify(place: int) -> Effect:
    return Effect(
        eligible=lambda known, _: ~known.holds[:, place] & ~known.lapsing[:, place],
        apply=lambda _, amounts, on, __: of_record.certify(amounts, on, place),
        domains=frozenset({CERTIFICATES}),
    )


def _footprint() -> Effect:
    place = of_record.FOOTPRINT
    return Effect(
        # A footprint is of a product.
        eligible=lambda known, _: ~known.holds[:, place] & np.isfinite(known.output).any(axis=1),
        apply=lambda _, amounts, on, __: of_record.certify(amounts, on, place),
        domains=frozenset({CERTIFICATES}),
    )


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        # What is renewed and saved comes first, then what is made on site, then what is bought with certificates.
        "retrofit_benchmark": _operations(of_energy.above_advanced, of_energy.retrofit),
        "coal_boiler_gas": _operations(
            of_energy.burns_boiler_coal, of_energy.coal_to_gas, instead_of="boiler"
        ),
        "coal_boiler_biomass": _operations(
            of_energy.burns_boiler_coal, of_energy.coal_to_biomass, instead_of="boiler"
        ),
        "alt_fuel_kiln": _operations(of_energy.burns_kiln_coal, of_energy.kiln_coal_to_waste),
        "boiler_economiser": _operations(of_energy.burns_boiler_fuel, of_energy.boiler_fuel_saved),
        "steam_traps": _operations(of_energy.buys_heat, of_energy.heat_saved),
        "whr_flue": _operations(of_energy.burns_furnace_fuel, of_energy.furnace_fuel_saved),
        "regenerative_burner": _operations(of_energy.burns_furnace_gas, of_energy.furnace_gas_saved),
        "motor_old_ie3": _operations(of_energy.has_group("motor_low"), of_energy.renew_group("motor_low")),
        "motor_ie3_ie5": _operations(of_energy.has_group("motor_2"), of_energy.renew_group("motor_2")),
        "transformer_s22": _operations(
            of_energy.has_group("transformer_low"), of_energy.renew_group("transformer_low")
        ),
        "vsd": _operations(of_energy.has_group("fan_pump"), of_energy.renew_group("fan_pump")),
        "compressed_air": _operations(of_energy.has_group("compressor"), of_energy.renew_group("compressor")),
        "enms": _operations(of_energy.without_enms, of_energy.managed),
        "cleaner_production": Effect(
            eligible=of_record.not_audited,
            apply=of_record.cleaner_production,
            domains=frozenset({OPERATIONS, RESOURCES}),
        ),
        "whr_kiln_power": _operations(of_energy.makes_clinker, of_energy.kiln_heat_to_power),
        "rooftop_pv": _operations(of_energy.without_pv, of_energy.rooftop_pv),
        "green_power": _operations(of_energy.buys_uncovered_power, of_energy.green_power),
        "carbon_capture": _operations(of_energy.can_capture, of_energy.capture, needs_size=True),
        "meter_energy": _operations(of_record.has_estimates, of_record.meter),
        "ghg_verification": _operations(of_record.has_unassured, of_record.verify),
        "water_reuse": Effect(
            eligible=of_record.draws_fresh_water,
            apply=of_record.reuse_water,
            domains=frozenset({RESOURCES}),
        ),
        "waste_recycling": Effect(
            eligible=of_record.disposes_of_waste,
            apply=of_record.recycle_waste,
            domains=frozenset({RESOURCES}),
        ),
        "certify_iso14001": _certify(0),
        "certify_iso50001": _certify(1),
        "certify_iso45001": _certify(2),
        "footprint": _footprint(),
        "renew_certificate": Effect(
            eligible=lambda known, _: known.to_renew > 0,
            apply=lambda _, amounts, on, __: of_record.renew(amounts, on),
            domains=frozenset({CERTIFICATES}),
        ),
        "rectify_incident": Effect(
            eligible=lambda known, _: known.open_incidents > 0,
            apply=lambda _, amounts, on, __: of_record.rectify(amounts, on),
            domains=frozenset({INCIDENTS}),
        ),
    }
)
"""Action to its effect, in the order in which the actions of a set are done."""
