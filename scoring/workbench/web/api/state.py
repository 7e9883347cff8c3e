"""What the API holds while the server runs: limits, and what collects requests to be scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scoring.workbench.web.api.limits import Buckets

if TYPE_CHECKING:
    from scoring.workbench.web.api.collector import Collector

__all__ = ["ApiState"]


def _per_token() -> Buckets:
    return Buckets(per_second=1000.0, most=3000.0)


def _per_address() -> Buckets:
    return Buckets(per_second=2.0, most=100.0)


@dataclass(frozen=True, kw_only=True)
class ApiState:
    """What the API holds.

    Parameters
    ----------
    collector
        Scores; ``None`` where the server has no model.
    requests
        What each token may ask for: a request takes one, and scoring one for each further application.
    failures
        How often each address may come without a token in force.
    """

    collector: Collector | None
    requests: Buckets = field(default_factory=_per_token)
    failures: Buckets = field(default_factory=_per_address)
