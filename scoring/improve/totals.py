"""Energy and emissions of a firm under a set of actions, from the rebuilt totals, to tell what the set saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.emissions.derived import derived_emissions
from features.emissions.totals import emissions_by_year
from features.energy.balance import energy_by_year
from features.intensity import latest

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["totals_of"]


def totals_of(facts: Facts) -> pl.DataFrame:
    """Return the totals of the latest year of each application.

    Returns
    -------
    pl.DataFrame
        ``energy_tce``, ``reported_tco2e`` (scope 1 and scope 2 by location, as handed in) and ``derived_tco2e`` (what energy
        and output imply); null where not known. One row per application, in order.
    """
    reported = emissions_by_year(facts).select(
        "application_id", "year", reported_tco2e=pl.col("scope1") + pl.col("scope2_location")
    )
    found = facts.applications.select("application_id")
    for table, name in (
        (energy_by_year(facts).rename({"energy": "energy_tce"}), "energy_tce"),
        (reported, "reported_tco2e"),
        (derived_emissions(facts).rename({"derived": "derived_tco2e"}), "derived_tco2e"),
    ):
        last = latest(table, known=name).select("application_id", name)
        found = found.join(last, on="application_id", how="left", maintain_order="left")
    return found.drop("application_id")
