"""The rules of the gate and their thresholds: what a gate file may say, and what it says."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RULES", "Gate", "Kind", "Rule"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a threshold may be.

    Parameters
    ----------
    low, high
        Bounds of a number, both included.
    whole
        Whether it is a whole number.
    yes_or_no
        Whether it is true or false, and no number at all.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    yes_or_no: bool = False

    def holds(self, value: object) -> bool:
        """Whether a value is one."""
        if self.yes_or_no:
            return isinstance(value, bool)
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return self.low <= value <= self.high

    @property
    def told(self) -> str:
        """In words."""
        if self.yes_or_no:
            return "true or false"
        kind = "a whole number" if self.whole else "a number"
        if math.isinf(self.high):
            return kind if math.isinf(self.low) else f"{kind} of at least {self.low:g}"
        return f"{kind} from {self.low:g} to {self.high:g}"


_SHARE = Kind(low=0.0, high=1.0)
_POSITIVE = Kind(low=0.0, high=1e6)
_FLAG = Kind(yes_or_no=True)

RULES: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "discrimination": {
            "margin": _SHARE,
            "confidence": Kind(low=0.5, high=0.999),
            "replicates": Kind(low=50, high=100_000, whole=True),
        },
        "calibration": {
            "lowest_slope": Kind(low=0.0, high=1.0),
            "highest_slope": Kind(low=1.0, high=1e6),
            "largest_intercept": _POSITIVE,
            "highest_brier_ratio": _POSITIVE,
        },
        "monotonicity": {"most_violations": Kind(low=0, high=10**9, whole=True)},
        "withholding": {"most_firms": _SHARE, "most_points": _POSITIVE},
        "stability": {"most_replaced_by_indicator": _SHARE, "most_replaced_by_family": _SHARE},
        "segments": {
            "least_bads": Kind(low=2, high=10**9, whole=True),
            "lowest_auc": _SHARE,
            "largest_intercept": _POSITIVE,
        },
        "swap_set": {"most_moved": _SHARE, "most_moved_further": _SHARE},
        "exactness": {
            "largest_additivity_gap": _POSITIVE,
            "largest_booster_gap": _POSITIVE,
            "compiled": _FLAG,
        },
        "label_origin": {"declared_may_pass": _FLAG},
    }
)
"""Rule to the thresholds it needs."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a gate.

    Parameters
    ----------
    name
        One of ``RULES``.
    thresholds
        Name to value.
    waived
        Why it does not refuse; empty where it does.
    """

    name: str
    thresholds: Mapping[str, Any]
    waived: str = ""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A declared gate: every rule of ``RULES``, in that order.

    Parameters
    ----------
    version
        The bank's own name of the edition.
    rules
        By name.
    """

    version: str
    rules: Mapping[str, Rule]

    def content(self) -> dict[str, Any]:
        """Plain values, as they stand in the file."""
        return {
            "version": self.version,
            **{
                name: dict(rule.thresholds) | ({"waived": rule.waived} if rule.waived else {})
                for name, rule in self.rules.items()
            },
        }

    @property
    def sha256(self) -> str:
        """Hash of what the gate says; comments and layout do not count."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
