"""The portfolio under other circumstances: another carbon price, grid factor, allowance, edition, certificate price or policy.

In: a dataset, a model, a policy and scenarios (:func:`read_scenario`, or :class:`Scenario`). Out: for each scenario who
moves, from which grade to which, by sector, and who goes to review (:func:`run_scenarios`). A scenario changes facts,
factors and rules; the score is the model's own.
"""

from __future__ import annotations

from scoring.scenarios.file import parse_scenario, read_scenario
from scoring.scenarios.run import Outcome, ScenarioRun, run_scenarios
from scoring.scenarios.scenario import SCALES, Scenario

__all__ = [
    "SCALES",
    "Outcome",
    "Scenario",
    "ScenarioRun",
    "parse_scenario",
    "read_scenario",
    "run_scenarios",
]
