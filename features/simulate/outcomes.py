"""The true risk of every application and what becomes of it. A simulation: nobody's loan.

The true log-odds are a sum of thresholds, slopes and interactions of *true* facts (not of reported ones), each
monotone in the direction of the catalogue, plus parts that no table shows. The coefficients are the
``effect_*`` and ``hidden_*`` entries of :mod:`features.simulate.assumptions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features import reference
from features.simulate.assumptions import number
from features.simulate.firms import YEARS
from features.simulate.sectors import GROUP_RISK, GROUPS, POLLUTANTS, PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.simulate.applications import Applications
    from features.simulate.certificates import CertificateHistory, GreenPower
    from features.simulate.ecology import Ecology
    from features.simulate.equipment import Park
    from features.simulate.firms import Firms
    from features.simulate.incidents import Incidents
    from features.simulate.panel import Panel
    from features.simulate.projects import Lines
    from features.simulate.streams import Streams
    from features.simulate.types import Booleans, Days, Floats, Integers

__all__ = ["Outcomes", "Risk", "draw_outcomes", "true_facts", "true_risk", "truth_table", "visible_log_odds"]

_YEAR = 365


@dataclass(frozen=True, kw_only=True)
class Risk:
    """True log-odds of default within 12 months and their parts, one entry per application."""

    visible: Floats
    """What true facts explain that some table shows."""
    hidden: Floats
    """What no table shows."""

    @property
    def log_odds(self) -> Floats:
        """True log-odds."""
        return self.visible + self.hidden

    @property
    def probability(self) -> Floats:
        """True probability of default within 12 months."""
        return 1 / (1 + np.exp(-self.log_odds))


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of every application; days since 1970-01-01, ``never`` where nothing happened."""

    decision: Integers
    """0 approved, 1 declined, 2 withdrawn."""
    bad: Booleans
    """Drawn default within 12 months, also where the loan was never given."""
    defaulted: Days
    environmental: Days
    observed_until: Days
    never: int


def ramp(x: Floats, low: float, high: float) -> Floats:
    """Return 0 at ``low``, 1 at ``high``, linear between, flat outside; ``low`` may be the greater one.

    Examples
    --------
    >>> ramp(np.array([0.0, 1.0, 1.5, 9.0]), 1.0, 2.0)
    array([0. , 0. , 0.5, 1. ])
    """
    part: Floats = np.clip((x - low) / (high - low), 0.0, 1.0)
    return part


def true_facts(
    firms: Firms,
    panel: Panel,
    histories: tuple[CertificateHistory, ...],
    green: GreenPower,
    incidents: Incidents,
    park: Park,
    ecology: Ecology,
    lines: Lines,
    applications: Applications,
) -> dict[str, Floats]:
    """Return what is true of each application on its day, under the names of the catalogue.

    Figures are those of the latest full fiscal year, published or not; sector comparisons are against the
    level that the simulation gives the sector.
    """
    firm, day = applications.firm, applications.as_of
    year_of = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    year = np.clip(year_of - 1 - YEARS[0], 0, len(YEARS) - 1)
    money = {name: values[firm, year] for name, values in panel.money.items()}
    revenue = money["revenue"]
    energy = panel.energy[firm, year]
    electricity = panel.electricity_mwh[firm, year]
    own = panel.solar_mwh[firm, year] + green.retired_mwh[firm, year]
    carbon = panel.scope1[firm, year] + panel.scope2[firm, year]
    pollutants = _equivalents(panel.pollutants[firm, year])
    position = panel.position[firm, year]
    makes = firms.product[firm] >= 0
    by_scheme = {h.scheme: h for h in histories}
    cover = {scheme: by_scheme[scheme].coverage_on(firm, day) for scheme in by_scheme}
    lapsed = np.sum([h.lapsed_before(firm, day) for h in histories], axis=0)
    weighted, still, fines = incidents.environmental(firm, day, firms=firms.count)
    top = np.maximum(cover["green_factory_national"], cover["green_supply_chain"]) > 0
    # sector's carbon level: its energy level at the median factor of the firms, about 3.4 tCO2 per tce
    level = firms.intensity[firm] * 3.4
    in_scope = np.array([*(bool(p.cn_code) for p in PRODUCTS), False])[firms.product[firm]]
    return {
        "energy_intensity": energy / revenue,
        "energy_vs_sector": np.exp(panel.efficiency[firm, year]),
        "energy_intensity_trend": panel.trend[firm],
        "benchmark_position": np.where(makes, position, 0.5),
        "below_baseline_share": np.where(makes & (position < 0), 1.0, 0.0),
        "coal_share": panel.coal_share[firm, year],
        "green_power_share": np.minimum(own / np.maximum(electricity, 1e-9), 1.0),
        "renewable_share": own * 0.1229 / energy,
        "carbon_intensity": carbon / revenue,
        "carbon_vs_sector": carbon / revenue / level,
        "under_reporting": panel.understated[firm, year],
        "assured_share": panel.assurance[firm, year] / 2,
        "pollutant_intensity": pollutants / revenue,
        "cbam_cost_share": np.where(in_scope, money["eu_export_share"], 0.0),
        "environmental_management": cover["iso14001"],
        "energy_management": cover["iso50001"],
        "green_site_status": np.where(top, 2.0, np.where(cover["green_factory_provincial"] > 0, 1.0, 0.0)),
        "certificates_lapsed": lapsed,
        "environmental_incidents": weighted,
        "unrectified_incidents": still,
        "fines_ratio": fines / revenue,
        "equipment_age": park.age_on(firm, day),
        "project_vs_benchmark": lines.position,
        "allowance_shortfall": ecology.shortfall[firm, year],
        "leverage": money["total_liabilities"] / money["total_assets"],
        "interest_cover": np.clip(money["ebitda"] / np.maximum(money["interest_expense"], 1e-9), -20, 50),
        "return_on_assets": money["ebitda"] / money["total_assets"],
        "log_revenue": np.log(revenue),
        "firm_age": (day - firms.founded[firm]) / 365.25,
        "industry_risk": np.array([GROUP_RISK[g] for g in GROUPS])[firms.group[firm]],
    }


def _equivalents(tonnes: Floats) -> Floats:
    table = reference.table("pollution_equivalents").drop_nulls("contract_substance")
    kg = {str(s): float(e) for s, e in table.select("contract_substance", "equivalent_kg").iter_rows() if s}
    total: Floats = (tonnes * 1000 / np.array([kg[p] for p in POLLUTANTS])).sum(axis=-1)
    return total


def visible_log_odds(facts: Mapping[str, Floats]) -> Floats:
    """Return the part of the true log-odds that follows from true facts.

    Parameters
    ----------
    facts
        As :func:`true_facts` gives them.

    Returns
    -------
    numpy.ndarray
        One entry per application. Never falls where a fact with a direction gets worse.
    """
    leverage, cover, returns = facts["leverage"], facts["interest_cover"], facts["return_on_assets"]
    waste, coal, unsolved = facts["energy_vs_sector"], facts["coal_share"], facts["unrectified_incidents"]
    size = ramp(facts["log_revenue"], np.log(3_000), np.log(100_000))
    young = ramp(facts["firm_age"], 20.0, 8.0)
    terms = {
        "leverage": ramp(leverage, 0.35, 0.90),
        "leverage_step": (leverage > 0.80) * 1.0,
        "interest_cover": ramp(cover, 8.0, 1.0),
        "return_on_assets": ramp(returns, 0.15, 0.0),
        "energy_vs_sector": ramp(waste, 1.0, 2.2),
        "energy_intensity": (facts["energy_intensity"] > 0.5) * 1.0,
        "energy_intensity_trend": ramp(facts["energy_intensity_trend"], -0.06, 0.04),
        "benchmark_position": ramp(facts["benchmark_position"], 1.0, -0.5),
        "below_baseline_share": facts["below_baseline_share"],
        "coal_share": (coal > 0.5) * 1.0,
        "green_power_share": ramp(facts["green_power_share"], 0.3, 0.0),
        "renewable_share": ramp(facts["renewable_share"], 0.1, 0.0),
        "carbon_vs_sector": ramp(facts["carbon_vs_sector"], 1.0, 2.5),
        "carbon_intensity": (facts["carbon_intensity"] > 2.0) * 1.0,
        "under_reporting": ramp(facts["under_reporting"], 0.1, 0.4),
        "assured_share": 1 - facts["assured_share"],
        "pollutant_intensity": ramp(np.log10(np.maximum(facts["pollutant_intensity"], 1e-9)), -2.0, 0.0),
        "cbam_cost_share": (facts["cbam_cost_share"] > 0.05) * 1.0,
        "environmental_management": 1 - facts["environmental_management"],
        "energy_management": 1 - facts["energy_management"],
        "green_site_status": 1 - facts["green_site_status"] / 2,
        "certificates_lapsed": ramp(facts["certificates_lapsed"], 0.0, 2.0),
        "environmental_incidents": ramp(facts["environmental_incidents"], 0.0, 3.0),
        "unrectified_incidents": (unsolved > 0) * 1.0,
        "fines_ratio": (facts["fines_ratio"] > 0.001) * 1.0,
        "equipment_age": ramp(facts["equipment_age"], 5.0, 14.0),
        "project_vs_benchmark": ramp(facts["project_vs_benchmark"], 1.0, 0.0),
        "allowance_shortfall": ramp(facts["allowance_shortfall"], 0.0, 0.15),
        "reporting_delay": ramp(facts["reporting_delay"], 2.5, 5.0),
        "size": 1 - size,
        "age": young,
        "industry": facts["industry_risk"],
        "leverage_without_cover": ((leverage > 0.6) & (cover < 3)) * 1.0,
        "coal_without_management": (coal > 0.5) * (1 - facts["energy_management"]),
        "open_incident_on_debt": ((unsolved > 0) & (leverage > 0.6)) * 1.0,
        "energy_waste_without_profit": ((waste > 1.4) & (returns < 0.08)) * 1.0,
        # neither size nor age has a direction: what is risky is to be out of step
        "size_against_age": young * size + (1 - young) * (1 - size),
    }
    total = number("intercept") + sum(number("effect_" + name) * term for name, term in terms.items())
    return np.asarray(total, dtype=np.float64)


def true_risk(
    streams: Streams, firms: Firms, applications: Applications, facts: Mapping[str, Floats]
) -> Risk:
    """Return the true risk of every application; ``facts`` as :func:`true_facts` gives them."""
    own = number("hidden_firm_spread") * streams.normal("hidden_firm", firms.count)
    slots = _slots(applications.firm)
    loan = streams.normal("hidden_application", firms.count, 3)[applications.firm, slots]
    hidden = (
        own[applications.firm]
        + number("hidden_application_spread") * loan
        - number("effect_quality") * firms.quality[applications.firm]
    )
    return Risk(visible=visible_log_odds(facts), hidden=hidden)


def _slots(firm: Integers) -> Integers:
    """Return the place of each application among its firm's; ``firm`` is sorted."""
    first = np.searchsorted(firm, firm)
    return np.arange(len(firm)) - first


def draw_outcomes(
    streams: Streams, firms: Firms, applications: Applications, risk: Risk, *, last_day: int
) -> Outcomes:
    """Draw decisions, defaults within and after 12 months, environmental events and how long loans are watched."""
    never = last_day + 100_000
    count, firm = firms.count, applications.firm
    slots = _slots(firm)

    def uniform(name: str) -> Floats:
        return streams.uniform(name, count, 3)[firm, slots]

    bad = uniform("default") < risk.probability
    within = applications.as_of + 1 + np.floor(uniform("default_day") * _YEAR).astype(np.int64)
    later_chance = 1 - (1 - risk.probability) ** number("later_default_share")
    later = ~bad & (uniform("later_default") < later_chance)
    after = applications.as_of + _YEAR + 3 + np.floor(uniform("later_day") * 540).astype(np.int64)
    defaulted = np.where(bad, within, np.where(later, after, never))

    events = 1 / (1 + np.exp(-number("environmental_event_log_odds") + 0.6 * firms.quality[firm]))
    event_day = applications.as_of + 1 + np.floor(uniform("environmental_day") * _YEAR).astype(np.int64)
    environmental = np.where(uniform("environmental") < events, event_day, never)

    share = number("declined_share")
    logit = np.log(share / (1 - share)) + number("declined_on_risk") * (risk.log_odds + 4.6)
    declined = uniform("declined") < 1 / (1 + np.exp(-logit))
    took_back = uniform("withdrawn") < number("withdrawn_share")
    decision = np.where(declined, 1, np.where(took_back, 2, 0))
    short = uniform("immature") < number("immature_share")
    watched = applications.as_of + 30 + np.floor(uniform("watched") * 300).astype(np.int64)
    return Outcomes(
        decision=decision,
        bad=bad,
        defaulted=defaulted,
        environmental=environmental,
        observed_until=np.where(short, watched, last_day),
        never=never,
    )


def truth_table(
    ids: pl.Series, firms: Firms, applications: Applications, risk: Risk, outcomes: Outcomes
) -> pl.DataFrame:
    """Return the truth of every application, which never enters a dataset."""
    return pl.DataFrame(
        {
            "application_id": ids,
            "true_probability": risk.probability,
            "true_log_odds": risk.log_odds,
            "visible_log_odds": risk.visible,
            "hidden_log_odds": risk.hidden,
            "management_quality": firms.quality[applications.firm],
            "drawn_default": outcomes.bad,
        }
    )
