"""The true risk: a naive twin of its formula, its directions, and the hidden part."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.simulate.assumptions import ASSUMPTIONS, INDICATORS_WITH_EFFECT
from features.simulate.outcomes import ramp, visible_log_odds

RANGES = {
    "energy_intensity": (0.01, 9),
    "energy_vs_sector": (0.2, 4),
    "energy_intensity_trend": (-0.15, 0.15),
    "benchmark_position": (-2, 2),
    "below_baseline_share": (0, 1),
    "coal_share": (0, 1),
    "green_power_share": (0, 1),
    "renewable_share": (0, 1),
    "carbon_intensity": (0.01, 40),
    "carbon_vs_sector": (0.1, 9),
    "under_reporting": (0, 1),
    "assured_share": (0, 1),
    "pollutant_intensity": (0.0001, 10),
    "cbam_cost_share": (0, 1),
    "environmental_management": (0, 1),
    "energy_management": (0, 1),
    "green_site_status": (0, 2),
    "certificates_lapsed": (0, 5),
    "environmental_incidents": (0, 9),
    "unrectified_incidents": (0, 9),
    "fines_ratio": (0, 0.01),
    "equipment_age": (0, 40),
    "project_vs_benchmark": (-2, 2),
    "allowance_shortfall": (-1, 1),
    "leverage": (0, 1.3),
    "interest_cover": (-20, 50),
    "return_on_assets": (-0.3, 0.5),
    "reporting_delay": (1, 7),
    "log_revenue": (5, 15),
    "firm_age": (1, 60),
    "industry_risk": (-2, 2),
}
DIRECTED = [name for name in RANGES if name != "industry_risk" and CATALOGUE[name].direction != 0]
FACTS = st.fixed_dictionaries({name: st.floats(low, high) for name, (low, high) in RANGES.items()})


def naive(f):
    """The documented formula, in plain Python."""
    e = {
        name.removeprefix("effect_"): a.value for name, a in ASSUMPTIONS.items() if name.startswith("effect_")
    }

    def slope(x, low, high):
        return min(1.0, max(0.0, (x - low) / (high - low)))

    small_to_large = slope(f["log_revenue"], math.log(3000), math.log(100000))
    young = slope(f["firm_age"], 20, 8)
    total = ASSUMPTIONS["intercept"].value
    total += e["leverage"] * slope(f["leverage"], 0.35, 0.9)
    total += e["leverage_step"] * (f["leverage"] > 0.8)
    total += e["interest_cover"] * slope(f["interest_cover"], 8, 1)
    total += e["return_on_assets"] * slope(f["return_on_assets"], 0.15, 0)
    total += e["energy_vs_sector"] * slope(f["energy_vs_sector"], 1, 2.2)
    total += e["energy_intensity"] * (f["energy_intensity"] > 0.5)
    total += e["energy_intensity_trend"] * slope(f["energy_intensity_trend"], -0.06, 0.04)
    total += e["benchmark_position"] * slope(f["benchmark_position"], 1, -0.5)
    total += e["below_baseline_share"] * f["below_baseline_share"]
    total += e["coal_share"] * (f["coal_share"] > 0.5)
    total += e["green_power_share"] * slope(f["green_power_share"], 0.3, 0)
    total += e["renewable_share"] * slope(f["renewable_share"], 0.1, 0)
    total += e["carbon_vs_sector"] * slope(f["carbon_vs_sector"], 1, 2.5)
    total += e["carbon_intensity"] * (f["carbon_intensity"] > 2)
    total += e["under_reporting"] * slope(f["under_reporting"], 0.1, 0.4)
    total += e["assured_share"] * (1 - f["assured_share"])
    total += e["pollutant_intensity"] * slope(math.log10(f["pollutant_intensity"]), -2, 0)
    total += e["cbam_cost_share"] * (f["cbam_cost_share"] > 0.05)
    total += e["environmental_management"] * (1 - f["environmental_management"])
    total += e["energy_management"] * (1 - f["energy_management"])
    total += e["green_site_status"] * (1 - f["green_site_status"] / 2)
    total += e["certificates_lapsed"] * slope(f["certificates_lapsed"], 0, 2)
    total += e["environmental_incidents"] * slope(f["environmental_incidents"], 0, 3)
    total += e["unrectified_incidents"] * (f["unrectified_incidents"] > 0)
    total += e["fines_ratio"] * (f["fines_ratio"] > 0.001)
    total += e["equipment_age"] * slope(f["equipment_age"], 5, 14)
    total += e["project_vs_benchmark"] * slope(f["project_vs_benchmark"], 1, 0)
    total += e["allowance_shortfall"] * slope(f["allowance_shortfall"], 0, 0.15)
    total += e["reporting_delay"] * slope(f["reporting_delay"], 2.5, 5)
    total += e["size"] * (1 - small_to_large)
    total += e["age"] * young
    total += e["industry"] * f["industry_risk"]
    total += e["leverage_without_cover"] * (f["leverage"] > 0.6 and f["interest_cover"] < 3)
    total += e["coal_without_management"] * (f["coal_share"] > 0.5) * (1 - f["energy_management"])
    total += e["open_incident_on_debt"] * (f["unrectified_incidents"] > 0 and f["leverage"] > 0.6)
    total += e["energy_waste_without_profit"] * (f["energy_vs_sector"] > 1.4 and f["return_on_assets"] < 0.08)
    total += e["size_against_age"] * (young * small_to_large + (1 - young) * (1 - small_to_large))
    return total


def arrays(facts):
    return {name: np.array([value]) for name, value in facts.items()}


@given(FACTS)
def test_visible_log_odds_are_the_documented_sum(facts):
    assert visible_log_odds(arrays(facts))[0] == pytest.approx(naive(facts), abs=1e-9)


@given(FACTS, st.sampled_from(DIRECTED), st.floats(0, 1))
def test_a_fact_that_gets_better_never_raises_the_risk(facts, name, part):
    low, high = RANGES[name]
    better = high if CATALOGUE[name].direction > 0 else low
    improved = facts | {name: facts[name] + part * (better - facts[name])}
    assert visible_log_odds(arrays(improved))[0] <= visible_log_odds(arrays(facts))[0] + 1e-9


@pytest.mark.parametrize("name", [n for n in RANGES if n != "industry_risk"])
def test_every_indicator_said_to_have_an_effect_has_one(name):
    assert name in INDICATORS_WITH_EFFECT
    low, high = RANGES[name]
    middle = {n: (a + b) / 2 for n, (a, b) in RANGES.items()}
    steps = [visible_log_odds(arrays(middle | {name: x}))[0] for x in np.linspace(low, high, 50)]
    assert max(steps) - min(steps) > 0.01


def test_nothing_else_has_an_effect():
    assert set(INDICATORS_WITH_EFFECT) == (set(RANGES) - {"industry_risk"}) | {"industry_division"}


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_ramp_stays_between_0_and_1(x, low, high):
    if abs(low - high) > 1e-6:
        assert 0 <= ramp(np.array([x]), low, high)[0] <= 1
