"""A scenario: which prices, factors, allowances, editions or rules are other than today's; declared, nothing applied.

The carbon price and the price of border-adjustment certificates are settings of the indicators. A scale or another edition
of the grid factors changes the reference tables, and with them the part of reported location-based scope 2 that rests on the
grid (:mod:`scoring.scenarios.facts`); a bank's own tables (``factors``) change no fact. Allowances are facts that firms hand in: another allocation plan is a scale on what was
allocated.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.settings import Settings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SCALES", "SETTINGS", "Scenario"]

SCALES: Mapping[str, str] = MappingProxyType(
    {
        "grid_factors": "every grid factor, and what of reported location-based scope 2 is purchased electricity",
        "allowances": "emission allowances allocated to every firm",
    }
)
"""What a scenario may multiply: name to meaning."""

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {setting.name: setting.default for setting in dataclasses.fields(Settings)}
)
"""Settings of the indicators: name to default."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is other than in the base.

    Parameters
    ----------
    name
        Short, for files and columns.
    en, zh
        What a reader sees; the name where they are empty.
    settings
        Settings with another value.
    scale
        Names of :data:`SCALES` with the factor.
    editions
        Reference tables and the day whose edition holds for every year.
    factors
        Folder of reference tables laid over the base's; None for the base's.
    policy
        Policy file; None for the base's.

    Examples
    --------
    >>> Scenario(name="dear_carbon", settings={"carbon_price": 200.0}).told
    ('carbon_price = 200.0',)
    """

    name: str
    en: str = ""
    zh: str = ""
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    scale: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    editions: Mapping[str, dt.date] = field(default_factory=lambda: MappingProxyType({}))
    factors: Path | None = None
    policy: Path | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """What is other than in the base, a line each; paths by the name of their file."""
        lines = [f"{name} = {value}" for name, value in self.settings.items()]
        lines += [f"{name} x {factor:g}" for name, factor in self.scale.items()]
        lines += [f"{name}: edition of {day}" for name, day in self.editions.items()]
        lines += [f"factors: {self.factors.name}"] if self.factors else []
        return (*lines, *([f"policy: {self.policy.name}"] if self.policy else []))

    def settings_over(self, base: Settings) -> Settings:
        """Return the settings of the indicators.

        Raises
        ------
        GreenCreditError
            If a value is not one that the setting takes.
        """
        return dataclasses.replace(base, **self.settings)

    def as_dict(self) -> dict[str, Any]:
        """Return the scenario as plain values."""
        return {
            "name": self.name,
            "en": self.en,
            "zh": self.zh,
            "settings": dict(self.settings),
            "scale": dict(self.scale),
            "editions": {name: str(day) for name, day in self.editions.items()},
            "factors": self.factors.name if self.factors else None,
            "policy": self.policy.name if self.policy else None,
        }
