"""What scores within the workbench: a model, the bank's rules, the settings and the bank's own reference tables."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from features import reference
from features.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.reference import FactorSet
    from models.registry import RegisteredModel
    from scoring.policy import Policy

__all__ = ["Scorer"]


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """What scores.

    Parameters
    ----------
    model
        A registered model.
    policy
        The bank's rules.
    settings
        How the indicators are computed.
    factors
        The bank's own reference tables; ``None`` for the shipped ones.
    """

    model: RegisteredModel
    policy: Policy
    settings: Settings = field(default_factory=Settings)
    factors: FactorSet | None = None

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Put the reference tables in force for the block: data must be read, and scored, within one."""
        with reference.overlaid(self.factors):
            yield
