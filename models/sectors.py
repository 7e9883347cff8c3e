"""The firm against its own sector: what the average training application of its industry gets per indicator.

A contribution says how far an indicator moves the score from the portfolio's base. A steel mill wants to know how
it stands among steel mills: the mean contribution of its industry goes into the base, and what is left of each
contribution is the difference to its peers::

    sector base = base + sum of the sector's mean contributions
    difference  = contribution - the sector's mean contribution
    sector base + sum of differences = score

Nothing is explained a second time and nothing is approximated: the same terms are added in another order.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalogue import PILLARS
from models.peers import MINIMUM_FIRMS
from models.sums import add_up, as_explanation, sums_by_family, sums_by_pillar

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GROUP", "AgainstSector", "SectorMeans"]

GROUP = "industry_division"
"""Catalogue indicator that names a firm's sector."""


@dataclass(frozen=True, kw_only=True)
class SectorMeans:
    """Mean contributions in points by industry division, by section, and over all.

    As with :class:`models.peers.PeerMedians`, a firm is held against its division where that had at least
    ``MINIMUM_FIRMS`` firms in training, else against its section, else against all. A firm whose division is not
    known is held against all.

    Parameters
    ----------
    indicators
        Names of the k means, in the order of the contributions.
    groups, sections
        Division and section to means, shape (k,), points; only those with enough firms.
    overall
        Means over all training rows, shape (k,), points.
    section_of
        Division to section, as the caller gave it; may be empty.
    """

    indicators: tuple[str, ...]
    groups: Mapping[str, tuple[float, ...]]
    sections: Mapping[str, tuple[float, ...]]
    overall: tuple[float, ...]
    section_of: Mapping[str, str]

    @classmethod
    def fit(
        cls,
        values: pd.DataFrame,
        group: pd.Series[str] | NDArray[np.object_] | None,
        firm: NDArray[np.int64],
        *,
        section_of: Mapping[str, str],
    ) -> SectorMeans:
        """Fit on training rows.

        Parameters
        ----------
        values
            Shape (n, k): contributions of the training rows, points.
        group
            Shape (n,), division of each row, null where missing; ``None`` where the model knows no division.
        firm
            Shape (n,), a code per firm: firms are counted, not rows.
        section_of
            Division to section.
        """
        numbers = values.to_numpy()
        sections: dict[str, tuple[float, ...]] = {}
        groups: dict[str, tuple[float, ...]] = {}
        if group is not None:
            divisions = pd.Series(np.asarray(group, dtype=object))
            groups = _means(numbers, divisions, firm)
            sections = _means(numbers, divisions.map(dict(section_of)), firm)
        everyone = np.zeros(len(values), dtype=np.intp)
        return cls(
            indicators=tuple(values.columns),
            groups=groups,
            sections=sections,
            overall=tuple(_group_means(numbers, everyone, count=1)[0].tolist()),
            section_of=dict(sorted(section_of.items())),
        )

    def of(self, group: str | None) -> tuple[str, tuple[float, ...]]:
        """Which means stand for ``group`` (``"group"``, ``"section"`` or ``"all"``), and the means."""
        if group is not None and group in self.groups:
            return "group", self.groups[group]
        section = None if group is None else self.section_of.get(group)
        if section is not None and section in self.sections:
            return "section", self.sections[section]
        return "all", self.overall

    def rows(
        self, group: pd.Series[str] | None, *, rows: int
    ) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """Means, shape (rows, k), points, and levels, shape (rows,), that stand for each row."""
        codes, names = np.full(rows, -1, dtype=np.intp), pd.Index([])
        if group is not None:
            codes, names = pd.factorize(pd.Series(group.to_numpy(dtype=object)), sort=True)
        # The last entry answers code -1, the missing division.
        found = [self.of(str(name)) for name in names] + [self.of(None)]
        table = np.array([means for _, means in found], dtype=np.float64).reshape(len(found), -1)
        levels = np.array([level for level, _ in found], dtype=object)
        return table[codes], levels[codes]


@dataclass(frozen=True, kw_only=True)
class AgainstSector:
    """What each indicator gives beyond the average of the firm's own sector, in points, for n rows.

    Parameters
    ----------
    base
        Shape (n,): points of the average training application of the row's sector.
    values
        Shape (n, indicators): differences to the sector's mean contribution, points.
    points
        Shape (n,): the score.
    data
        Shape (n, indicators): the values as a person reads them.
    level
        Shape (n,): whose means stand for the row, ``"group"`` (its division), ``"section"`` or ``"all"``.
    """

    base: NDArray[np.float64]
    values: pd.DataFrame
    points: NDArray[np.float64]
    data: pd.DataFrame
    level: NDArray[np.object_]

    def by_family(self) -> pd.DataFrame:
        """Sum by family, shape (n, families), points."""
        return sums_by_family(self.values)

    def by_pillar(self) -> pd.DataFrame:
        """Sum by pillar (E, S, G, context), shape (n, 4), points."""
        return sums_by_pillar(self.values)

    def esg_part(self) -> NDArray[np.float64]:
        """Give the ESG part against the sector, shape (n,), points: the sum of E, S and G, without context."""
        pillars = self.by_pillar()
        return add_up(pillars[[pillar for pillar in PILLARS if pillar != "context"]])

    def to_shap(self) -> Any:  # noqa: ANN401  (shap is imported late)
        """Make a ``shap.Explanation`` in points, for every plot of shap; each row has a base of its own."""
        return as_explanation(self.values, base=self.base, data=self.data)


def _means(
    numbers: NDArray[np.float64], names: pd.Series[Any], firm: NDArray[np.int64]
) -> dict[str, tuple[float, ...]]:
    """Means by name, for names with enough firms."""
    codes, known = pd.factorize(names, sort=True)
    firms = pd.Series(firm).groupby(codes).nunique().reindex(range(len(known)), fill_value=0).to_numpy()
    table = _group_means(numbers, codes, count=len(known))
    return {
        str(name): tuple(table[position].tolist())
        for position, name in enumerate(known)
        if firms[position] >= MINIMUM_FIRMS
    }


def _group_means(numbers: NDArray[np.float64], codes: NDArray[np.intp], *, count: int) -> NDArray[np.float64]:
    """Mean of each column by code, shape (count, k); rows are added in their order, those with code -1 left out."""
    inside = codes >= 0
    kept = codes[inside]
    rows = np.maximum(np.bincount(kept, minlength=count), 1)
    sums = [np.bincount(kept, weights=column[inside], minlength=count) for column in numbers.T]
    return np.column_stack([total / rows for total in sums]) if sums else np.empty((count, 0))
