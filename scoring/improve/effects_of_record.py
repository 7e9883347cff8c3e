"""Actions on water and waste, on what is known and how well, on certificates and on incidents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scoring.improve.amounts import ANNUAL, SCHEMES, used_energy
from scoring.improve.effects_of_energy import saved_evenly

if TYPE_CHECKING:
    from scoring.improve.amounts import Amounts, Booleans, Floats, Known

__all__ = [
    "FOOTPRINT",
    "certify",
    "cleaner_production",
    "disposes_of_waste",
    "draws_fresh_water",
    "has_estimates",
    "has_unassured",
    "meter",
    "not_audited",
    "rectify",
    "recycle_waste",
    "renew",
    "reuse_water",
    "verify",
]

FOOTPRINT = SCHEMES.index("iso14067")
"""Column of the footprint among the schemes."""

_WITHDRAWN, _REUSED, _WASTE, _RECYCLED = (
    ANNUAL.index(name) for name in ("water_withdrawn", "water_reused", "waste", "waste_recycled")
)
_MOST_REUSED = 0.7
"""A firm that already reuses so much of its water is not offered more: the top of the range of ``actions.csv``."""

_PERCENT = 0.01


def _with_annual(amounts: Amounts, **columns: Floats) -> Amounts:
    annual = amounts.annual.copy()
    for name, values in columns.items():
        annual[:, ANNUAL.index(name)] = values
    return replace(amounts, annual=annual)


def draws_fresh_water(_known: Known, amounts: Amounts) -> Booleans:
    """States water withdrawn and reused, and reuses less than the technique reaches."""
    withdrawn, reused = amounts.annual[:, _WITHDRAWN], amounts.annual[:, _REUSED]
    every = withdrawn + reused
    eligible: Booleans = (withdrawn > 0) & (reused < _MOST_REUSED * every)
    return eligible


def reuse_water(_known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Use a percentage of the fresh water again instead of drawing it."""
    withdrawn, reused = amounts.annual[:, _WITHDRAWN], amounts.annual[:, _REUSED]
    again = np.where(on, withdrawn * size * _PERCENT, 0.0)
    return _with_annual(amounts, water_withdrawn=withdrawn - again, water_reused=reused + again)


def disposes_of_waste(_known: Known, amounts: Amounts) -> Booleans:
    """States waste and what of it is recycled, and disposes of some."""
    disposes: Booleans = amounts.annual[:, _WASTE] > amounts.annual[:, _RECYCLED]
    return disposes


def recycle_waste(_known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Recycle a percentage of what is disposed of."""
    waste, recycled = amounts.annual[:, _WASTE], amounts.annual[:, _RECYCLED]
    more = np.where(on, np.maximum(waste - recycled, 0.0) * size * _PERCENT, 0.0)
    return _with_annual(amounts, waste_recycled=recycled + more)


def not_audited(known: Known, amounts: Amounts) -> Booleans:
    """Buys energy or states water or waste, and has no cleaner-production audit on record."""
    states = (np.nan_to_num(amounts.annual[:, [_WITHDRAWN, _WASTE]]) > 0).any(axis=1)
    return ~known.audited & (states | (used_energy(known, amounts) > 0))


def cleaner_production(known: Known, amounts: Amounts, on: Booleans, size: Floats) -> Amounts:
    """Use a percentage less of everything bought, of fresh water and of waste; what is recycled stays as it is."""
    factor = 1.0 - size * _PERCENT
    saved = saved_evenly(known, amounts, on, factor)
    withdrawn, waste = amounts.annual[:, _WITHDRAWN], amounts.annual[:, _WASTE]
    recycled = np.nan_to_num(amounts.annual[:, _RECYCLED])
    # Less waste cannot make more of it recycled than there is.
    less = np.maximum(waste * factor, np.minimum(recycled, waste))
    return _with_annual(
        saved, water_withdrawn=np.where(on, withdrawn * factor, withdrawn), waste=np.where(on, less, waste)
    )


def has_estimates(known: Known, _amounts: Amounts) -> Booleans:
    """Estimated some of its energy."""
    estimates: Booleans = known.estimated > 0
    return estimates


def meter(_known: Known, amounts: Amounts, on: Booleans, _size: Floats) -> Amounts:
    """Meter what was estimated, with the same quantity."""
    return replace(amounts, metered=amounts.metered | on)


def has_unassured(known: Known, _amounts: Amounts) -> Booleans:
    """Report emissions without assurance."""
    bare: Booleans = known.unassured > 0
    return bare


def verify(_known: Known, amounts: Amounts, on: Booleans, _size: Floats) -> Amounts:
    """Have the emissions of scope 1 and 2 verified, under limited assurance."""
    return replace(amounts, assured=amounts.assured | on)


def certify(amounts: Amounts, on: Booleans, place: int) -> Amounts:
    """Obtain a certificate in a scheme, for all sites."""
    certified = amounts.certified.copy()
    certified[on, place] = True
    return replace(amounts, certified=certified)


def renew(amounts: Amounts, on: Booleans) -> Amounts:
    """Renew what lapsed or lapses soon: same scheme and coverage, full validity."""
    return replace(amounts, renewed=amounts.renewed | on)


def rectify(amounts: Amounts, on: Booleans) -> Amounts:
    """Rectify the open environmental incidents and have it confirmed."""
    return replace(amounts, rectified=amounts.rectified | on)
