"""What the gate found: one finding per rule, and all of them together as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEMA_VERSION", "Finding", "GateResult"]

SCHEMA_VERSION = 1
"""Of the JSON; raised by one whenever an older one could be misread."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule found.

    Parameters
    ----------
    rule
        One of ``models.gate.rules.RULES``.
    problems
        What is not as the gate asks, a sentence each; empty where all is.
    figures
        What was measured, as JSON takes it.
    thresholds
        As the gate declares them.
    waived
        Why the rule does not refuse; empty where it does.
    """

    rule: str
    problems: tuple[str, ...]
    figures: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    waived: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything is as the gate asks."""
        return not self.problems

    @property
    def refuses(self) -> bool:
        """Whether the challenger may not be promoted because of this rule."""
        return bool(self.problems) and not self.waived

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rule": self.rule,
            "passed": self.passed,
            "waived": self.waived,
            "problems": list(self.problems),
            "figures": dict(self.figures),
            "thresholds": dict(self.thresholds),
        }


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """The whole verdict.

    Parameters
    ----------
    challenger, champion
        Versions in the registry; the champion's is empty for a model outside it.
    champion_uri
        Where the champion was found.
    gate
        The gate as it was declared, plain values.
    gate_sha256
        Hash of that.
    dataset_hash
        Of the dataset they were held against each other on.
    applications, bads
        That were judged.
    demonstration
        Whether simulated outcomes stand behind it: it then allows promotion for demonstration only.
    findings
        One per rule.
    """

    challenger: str
    champion: str
    champion_uri: str
    gate: Mapping[str, Any]
    gate_sha256: str
    dataset_hash: str
    applications: int
    bads: int
    demonstration: bool
    findings: tuple[Finding, ...]

    @property
    def refused_by(self) -> tuple[str, ...]:
        """Names of the rules that refuse."""
        return tuple(finding.rule for finding in self.findings if finding.refuses)

    @property
    def passed(self) -> bool:
        """Whether no rule refuses."""
        return not self.refused_by

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "passed": self.passed,
            "refused_by": list(self.refused_by),
            "challenger": self.challenger,
            "champion": self.champion,
            "champion_uri": self.champion_uri,
            "gate": dict(self.gate),
            "gate_sha256": self.gate_sha256,
            "dataset_hash": self.dataset_hash,
            "applications": self.applications,
            "bads": self.bads,
            "demonstration": self.demonstration,
            "findings": [finding.as_dict() for finding in self.findings],
        }
