"""Where the firm stands among its peers: each indicator's place within the quantiles that were stored with the model.

The strip is read from the worse peers on the left to the better ones on the right; where neither direction is better, from
the lower values to the higher.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE, FAMILIES
from models.distributions import QUANTILES
from scoring.texts.values import indicator_name, value_text
from scoring.workbench.applicant.contributions import statuses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.distributions import SectorDistributions
    from scoring.results import Results
    from scoring.texts import Language

__all__ = ["Strip", "peer_strips", "place_among"]

_MEDIAN, _LOW, _HIGH = (QUANTILES.index(quantile) for quantile in (0.5, 0.05, 0.95))


@dataclass(frozen=True, kw_only=True)
class Strip:
    """An indicator among its peers.

    Parameters
    ----------
    indicator, name, family, value
        Its id, its name, its family's name, and the firm's value as told to a person.
    left, median, right
        Values of the peers at the ends of the strip (the 5th and 95th percentile, the worse one left) and in the middle.
    level
        Who the peers are: ``group`` (the division), ``section`` or ``all``.
    better
        ``higher``, ``lower`` or ``none``.
    begin, end
        Shares (0 to 1) of the peers to the left of the firm, without and with those of the same value; ``None`` where the firm
        handed nothing in or the indicator does not apply.
    """

    indicator: str
    name: str
    family: str
    value: str
    left: str
    median: str
    right: str
    level: str
    better: str
    begin: float | None
    end: float | None

    @property
    def percentile(self) -> int | None:
        """Middle of the firm's place, in percent; ``None`` without one."""
        return None if self.begin is None or self.end is None else round(50.0 * (self.begin + self.end))


def place_among(value: float, quantiles: Sequence[float]) -> tuple[float, float]:
    """Return which share of the peers lies below a value, without and with those at it.

    Parameters
    ----------
    value
        Of the firm.
    quantiles
        Of the peers, at :data:`models.distributions.QUANTILES`; linear between them.

    Examples
    --------
    >>> place_among(3.0, [0, 0, 1, 2, 4, 6, 8, 9, 10])
    (0.375, 0.375)
    >>> place_among(0.0, [0, 0, 1, 2, 4, 6, 8, 9, 10]), place_among(11.0, [0, 0, 1, 2, 4, 6, 8, 9, 10])
    ((0.0, 0.05), (1.0, 1.0))
    """
    first, behind = bisect_left(quantiles, value), bisect_right(quantiles, value)
    if first < behind:
        return QUANTILES[first], QUANTILES[behind - 1]
    if first == 0:
        return 0.0, 0.0
    if first == len(quantiles):
        return 1.0, 1.0
    below, above = quantiles[first - 1], quantiles[first]
    part = (value - below) / (above - below)
    place = QUANTILES[first - 1] + part * (QUANTILES[first] - QUANTILES[first - 1])
    return place, place


def peer_strips(results: Results, distributions: SectorDistributions, lang: Language) -> list[Strip]:
    """Return the strips of one application, in the catalogue's order.

    Parameters
    ----------
    results
        Of one application.
    distributions
        Of the model that scored it.
    lang
        ``en`` or ``zh``.
    """
    values, status = results.indicators.row(0, named=True), statuses(results)
    division = results.decisions["industry_division"][0]
    strips = []
    for name in (name for name in CATALOGUE if name in distributions.indicators and name in values):
        found = distributions.of(division, name)
        if found is not None:
            level, quantiles = found
            strips.append(_strip(name, values[name], status.get(name), level, quantiles, lang))
    return strips


def _strip(
    name: str,
    value: float | None,
    status: str | None,
    level: str,
    quantiles: Sequence[float],
    lang: Language,
) -> Strip:
    item = CATALOGUE[name]
    place: tuple[float, float] | None = None
    if value is not None and status != "not_applicable":
        place = place_among(value, quantiles)
        if item.direction < 0:
            place = 1.0 - place[1], 1.0 - place[0]
    ends = (_HIGH, _LOW) if item.direction < 0 else (_LOW, _HIGH)
    family = FAMILIES[item.family]
    return Strip(
        indicator=name,
        name=indicator_name(name, lang),
        family=family.en if lang == "en" else family.zh,
        value=value_text(name, value, lang, status=status),
        left=value_text(name, quantiles[ends[0]], lang),
        median=value_text(name, quantiles[_MEDIAN], lang),
        right=value_text(name, quantiles[ends[1]], lang),
        level=level,
        better=item.better,
        begin=None if place is None else place[0],
        end=None if place is None else place[1],
    )
