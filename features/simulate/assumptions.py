"""Every assumption of the simulation: a name, a number, its unit and the reason for it.

None of these numbers was measured on borrowers. They are chosen so that a simulated portfolio has the shape of
a real one and keeps the limits of :data:`LIMITS`; ``tests/benchmarks/ceilings.py`` measures whether it does.
Sector weights and energy levels come from ``features/reference/industry_statistics.csv``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ASSUMPTIONS",
    "INDICATORS_WITH_EFFECT",
    "LIMITS",
    "Assumption",
    "as_dict",
    "fingerprint",
    "number",
]


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One number that the simulation takes for granted."""

    name: str
    value: float
    unit: str
    why: str


def _a(name: str, value: float, unit: str, why: str) -> Assumption:
    return Assumption(name=name, value=value, unit=unit, why=why)


_CORE = (
    _a("generation", 2, "count", "raised whenever the code that uses these numbers draws something else"),
    # the firms
    _a(
        "energy_intensive_tilt",
        2.0,
        "factor",
        "a green-credit book holds more of divisions 25, 26, 30, 31, 32, 44",
    ),
    _a("data_centre_share", 0.01, "share", "data centres stand outside the industry statistics"),
    _a(
        "size_spread",
        1.15,
        "ln",
        "standard deviation of log revenue within a division; firm sizes are lognormal",
    ),
    _a(
        "benchmark_industry_share", 0.55, "share", "firms of a division with benchmark products that make one"
    ),
    _a("foreign_scheme_share", 0.02, "share", "firms whose industry is handed in as NACE or ISIC"),
    _a("age_mean", 14.0, "years", "mean age of a firm at the start of 2021, gamma with shape 2"),
    _a("quality_persistence", 0.8, "correlation", "management quality from one year to the next"),
    _a("quality_permanent_share", 0.8, "share", "variance of management quality that never changes"),
    # energy and emissions
    _a("energy_spread", 0.38, "ln", "spread of energy intensity within a division beside quality"),
    _a("quality_on_energy", -0.22, "ln per sd", "well-led firms need less energy for the same revenue"),
    _a("energy_trend", -0.025, "ln per year", "mean yearly change of energy intensity"),
    _a("quality_on_trend", -0.012, "ln per year per sd", "well-led firms improve faster"),
    _a("trend_spread", 0.03, "ln per year", "spread of the firms' own trends"),
    _a("energy_noise", 0.03, "ln", "a year's own deviation"),
    _a("quality_on_coal", -0.35, "logit per sd", "well-led firms leave coal earlier"),
    _a("coal_decline", -0.08, "logit per year", "coal is leaving the mix"),
    _a("mix_spread", 1.1, "logit", "spread of the fuel mix within a group of industries"),
    _a("solar_adopters", 0.22, "share", "firms with photovoltaics of their own by the end of the panel"),
    _a("solar_share_mean", 0.10, "share", "mean share of own photovoltaics in an adopter's electricity"),
    _a("position_mean", 0.45, "position", "mean benchmark position: 1 advanced level, 0 baseline"),
    _a("quality_on_position", 0.35, "position per sd", "well-led firms stand nearer to the advanced level"),
    _a("position_spread", 0.55, "position", "spread of the benchmark position"),
    _a("under_reporters", 0.12, "share", "firms that state less than their energy implies, at mean quality"),
    _a("under_reported_mean", 0.25, "share", "mean share that such a firm leaves out"),
    # certificates and incidents
    _a("quality_on_certificates", 0.8, "logit per sd", "well-led firms certify"),
    _a("size_on_certificates", 0.7, "logit per sd", "large firms certify"),
    _a("renewal_rate", 0.86, "share", "certificates renewed at expiry, at mean quality"),
    _a("withdrawal_rate", 0.035, "share", "certificates withdrawn within their three years, at mean quality"),
    _a(
        "incident_rate",
        0.10,
        "per year",
        "environmental incidents of a firm of mean quality and middling exposure",
    ),
    _a("quality_on_incidents", -0.6, "ln per sd", "badly led firms are fined more often"),
    _a("remedy_days", 200.0, "days", "mean days to the remedy of an incident, at mean quality"),
    # equipment
    _a("machine_life", 15.0, "years", "median years until a machine is replaced, at mean quality"),
    _a("quality_on_machine_life", -0.15, "ln per sd", "well-led firms renew their equipment earlier"),
    _a("grade_per_year", 0.08, "sd per year", "newer machines are more efficient: standards were raised"),
    _a("quality_on_grade", 0.35, "sd per sd", "well-led firms buy better grades"),
    _a("grade_1_threshold", 1.6, "sd", "about one machine of 2021 in fifteen is of grade 1"),
    _a(
        "grade_2_threshold",
        0.55,
        "sd",
        "about a fifth of the power in service is of grade 1 or 2: the motor efficiency plan of MIIT and SAMR for "
        "2021 to 2023 aims at over 20 % efficient motors in service (from memory)",
    ),
    _a("ungraded_share", 0.06, "share", "machines listed without a grade"),
    # the financed line
    _a("design_new_line", 0.85, "position", "mean design of a new line: 1 advanced level, 0 baseline"),
    _a("design_retrofit", 0.60, "position", "mean design after a retrofit"),
    _a("design_spread", 0.35, "position", "spread of designs beside quality"),
    _a("quality_on_design", 0.15, "position per sd", "well-led firms design nearer to the advanced level"),
    _a("design_told_share", 0.80, "share", "lines of a benchmark product whose design the bank was given"),
    # carbon market, capture, sinks and compensation
    _a(
        "trading_threshold",
        26_000.0,
        "tCO2e per year",
        "entry to the national carbon market: MEE's rules for trading of allowances, 2020 (from memory)",
    ),
    _a(
        "allowance_gap",
        0.04,
        "share",
        "mean share of verified emissions without allowance, no benchmark at hand",
    ),
    _a("capture_adopters", 0.02, "share", "heavy emitters that capture carbon; few in fact do"),
    _a("capture_asked", 0.08, "share", "heavy emitters that state what they store, mostly nothing"),
    _a("sink_holders", 0.02, "share", "firms with sink credits"),
    _a("compensation_payers", 0.03, "share", "firms charged with compensation between regions"),
    _a("compensation_receivers", 0.01, "share", "firms that receive such compensation"),
    # groups and the book
    _a("subsidiary_share", 0.10, "share", "firms owned by another firm of the portfolio"),
    _a("earlier_loan_share", 0.45, "share", "new applicants that have a loan of the bank already"),
    # money
    _a("leverage_mean", 0.1, "logit", "mean logit of liabilities over assets, about 0.52"),
    _a("leverage_spread", 0.75, "logit", "spread of leverage"),
    _a("margin_mean", 0.10, "share", "mean EBITDA over revenue"),
    _a("margin_spread", 0.06, "share", "spread of EBITDA over revenue"),
    # reporting: not missing at random
    _a("size_on_reporting", 0.9, "logit per sd", "small firms report less"),
    _a("quality_on_reporting", 0.35, "logit per sd", "somewhat worse firms report less"),
    _a("reporting_spread", 0.5, "logit", "spread of the willingness to report beside size and quality"),
    _a("restated_share", 0.04, "share", "facts that a later report restates"),
    _a("restatement_spread", 0.08, "ln", "size of a restatement"),
    _a("undated_share", 0.10, "share", "firms whose facts come without a publication day, at mean size"),
    # the loans
    _a("applications_two", 0.40, "share", "firms with a second application"),
    _a("applications_three", 0.15, "share", "firms with a third one"),
    _a("declined_share", 0.10, "share", "applications that the bank declined"),
    _a("declined_on_risk", 0.5, "logit per unit of log-odds", "declined applications are riskier"),
    _a("withdrawn_share", 0.03, "share", "applications that the firm took back"),
    _a("immature_share", 0.04, "share", "loans watched for less than twelve months"),
    _a(
        "later_default_share", 0.7, "factor", "chance of default in months 13 to 30 over that of the first 12"
    ),
    _a(
        "environmental_event_log_odds",
        -5.2,
        "log-odds",
        "environmental events within 12 months at mean quality",
    ),
)

_EFFECTS = (
    _a("intercept", -7.0, "log-odds", "sets the default rate"),
    # levels and thresholds
    _a("effect_leverage", 0.24, "log-odds", "liabilities over assets from 0.35 to 0.90"),
    _a("effect_leverage_step", 0.15, "log-odds", "liabilities above 0.80 of assets"),
    _a("effect_interest_cover", 0.24, "log-odds", "EBITDA over interest from 8 down to 1"),
    _a("effect_return_on_assets", 0.15, "log-odds", "EBITDA over assets from 0.15 down to 0"),
    _a("effect_energy_vs_sector", 0.34, "log-odds", "energy intensity from 1.0 to 2.2 times the sector's"),
    _a("effect_energy_intensity", 0.12, "log-odds", "energy above 0.5 tce per 10,000 CNY of revenue"),
    _a(
        "effect_energy_intensity_trend",
        0.24,
        "log-odds",
        "energy intensity falling by 6 % a year to rising by 4 %",
    ),
    _a("effect_benchmark_position", 0.24, "log-odds", "benchmark position from 1 down to -0.5"),
    _a("effect_below_baseline_share", 0.29, "log-odds", "output made below the baseline level"),
    _a("effect_coal_share", 0.2, "log-odds", "coal above half of the energy"),
    _a("effect_green_power_share", 0.15, "log-odds", "green power from 30 % of the electricity down to none"),
    _a("effect_renewable_share", 0.07, "log-odds", "renewables from 10 % of the energy down to none"),
    _a("effect_carbon_vs_sector", 0.2, "log-odds", "carbon intensity from 1.0 to 2.5 times the sector's"),
    _a("effect_carbon_intensity", 0.1, "log-odds", "carbon above 2 tCO2e per 10,000 CNY of revenue"),
    _a("effect_under_reporting", 0.29, "log-odds", "emissions stated 10 % to 40 % too low"),
    _a("effect_assured_share", 0.12, "log-odds", "no assurance of emissions"),
    _a("effect_pollutant_intensity", 0.2, "log-odds", "pollution equivalents, over two decades"),
    _a(
        "effect_cbam_cost_share",
        0.2,
        "log-odds",
        "goods under the border adjustment, above 5 % of revenue exported to the EU",
    ),
    _a("effect_environmental_management", 0.2, "log-odds", "no valid ISO 14001"),
    _a("effect_energy_management", 0.12, "log-odds", "no valid ISO 50001"),
    _a("effect_green_site_status", 0.12, "log-odds", "no green factory status"),
    _a("effect_certificates_lapsed", 0.24, "log-odds", "certificates lapsed without replacement, at most 2"),
    _a("effect_environmental_incidents", 0.34, "log-odds", "severity-weighted incidents, from 0 to 3"),
    _a("effect_unrectified_incidents", 0.29, "log-odds", "any incident still open"),
    _a("effect_fines_ratio", 0.15, "log-odds", "fines above 0.1 % of revenue"),
    _a("effect_equipment_age", 0.2, "log-odds", "power-weighted age of the equipment from 5 to 14 years"),
    _a("effect_project_vs_benchmark", 0.2, "log-odds", "design of the financed line from 1 down to 0"),
    _a(
        "effect_allowance_shortfall", 0.2, "log-odds", "allowances missing for 15 % of the verified emissions"
    ),
    _a("effect_reporting_delay", 0.15, "log-odds", "annual reports 2.5 to 5 months after the year's end"),
    _a("effect_size", 0.15, "log-odds", "revenue from 30 m CNY up to 1 bn CNY lowers the risk"),
    _a("effect_age", 0.2, "log-odds", "from 20 years down to 8"),
    _a("effect_industry", 0.1, "log-odds", "spread of the industries' own risk"),
    # interactions
    _a("effect_leverage_without_cover", 1.07, "log-odds", "leverage above 0.6 together with cover below 3"),
    _a("effect_coal_without_management", 0.68, "log-odds", "coal above half, without energy management"),
    _a("effect_open_incident_on_debt", 0.98, "log-odds", "an open incident together with leverage above 0.6"),
    _a(
        "effect_energy_waste_without_profit",
        1.17,
        "log-odds",
        "energy above 1.4 times the sector's, returns below 8 %",
    ),
    _a(
        "effect_size_against_age",
        0.83,
        "log-odds",
        "old and small, or young and large: neither has a direction",
    ),
    # what no table shows
    _a("hidden_firm_spread", 0.65, "log-odds", "owner, customers, guarantees: a firm's own risk in no table"),
    _a("hidden_application_spread", 0.35, "log-odds", "a loan's own risk in no table"),
    _a("effect_quality", 0.05, "log-odds per sd", "management quality beyond what it does to facts"),
)

_BESIDE = (
    _a("listed_share", 0.03, "share", "firms of mean size that are listed; a bank's borrowers seldom are"),
    _a("size_on_listed", 0.8, "ln per sd", "large firms are listed"),
    _a("market_to_book", 1.6, "ratio", "median market value of a listed firm's equity over its book value"),
    _a("market_spread", 0.5, "ln", "spread of market over book between firms"),
    _a("market_year", 0.2, "ln", "a year's own deviation of it"),
)
"""Numbers of facts that are in the tables and on which no risk, and no indicator, rests."""

ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType({a.name: a for a in (*_CORE, *_EFFECTS, *_BESIDE)})
"""Every assumption by its name."""

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "default_rate": (0.015, 0.03),
        "hidden_variance_share": (0.30, 1.0),
        "indicators_without_effect_share": (1 / 3, 1.0),
        "visible_auc": (0.72, 0.82),
        "logistic_gap": (0.01, 1.0),
    }
)
"""What the simulation keeps, lowest and highest: measured values stand in ``ceilings.json``."""

_SHAPES = {
    "leverage_step",
    "size",
    "age",
    "industry",
    "leverage_without_cover",
    "coal_without_management",
    "open_incident_on_debt",
    "energy_waste_without_profit",
    "size_against_age",
    "quality",
}
"""Effects that do not carry the name of an indicator."""

INDICATORS_WITH_EFFECT: tuple[str, ...] = (
    *(
        name
        for name in (a.name.removeprefix("effect_") for a in _EFFECTS if a.name.startswith("effect_"))
        if name not in _SHAPES
    ),
    "log_revenue",
    "firm_age",
    "industry_division",
)
"""Indicators of the catalogue whose true fact has an effect; all others have none."""


def number(name: str) -> float:
    """Return the value of the assumption of that name; KeyError where there is none."""
    return ASSUMPTIONS[name].value


def as_dict() -> dict[str, dict[str, float | str]]:
    """Return all assumptions, as they are written beside a simulated dataset."""
    return {a.name: {"value": a.value, "unit": a.unit, "why": a.why} for a in ASSUMPTIONS.values()}


def fingerprint() -> str:
    """Return the SHA-256 of the names and values on which risk or an indicator rests: it ties measured ceilings to them.

    Examples
    --------
    >>> len(fingerprint())
    64
    """
    values = {a.name: float(a.value) for a in (*_CORE, *_EFFECTS)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
