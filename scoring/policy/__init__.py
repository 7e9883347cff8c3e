"""The bank's rules as data: a policy file in, grades, classes and reviews with their reasons out.

:func:`load_policy` reads and validates a TOML file; :func:`decide` applies the policy to scored applications.
"""

from __future__ import annotations

from scoring.policy.apply import decide, shown_points
from scoring.policy.facts import FACTS, policy_facts
from scoring.policy.file import load_policy, parse_policy
from scoring.policy.rules import Policy, Rule

__all__ = ["FACTS", "Policy", "Rule", "decide", "load_policy", "parse_policy", "policy_facts", "shown_points"]
