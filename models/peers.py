"""Peers: the medians that turn an intensity into a ratio to the firm's own industry."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MINIMUM_FIRMS", "PeerMedians"]

MINIMUM_FIRMS = 30
"""A group with fewer firms that handed in the base has no median of its own."""


@dataclass(frozen=True, kw_only=True)
class PeerMedians:
    """Medians of one base indicator by group, by section, and over all.

    A firm is held against its group where the group had enough firms in training, else against its section,
    else against all. A median that is not positive cannot be a denominator and counts as absent.

    Parameters
    ----------
    groups, sections
        Median (unit of the base) by group and by section; only those with at least ``MINIMUM_FIRMS`` firms.
    overall
        Median over all training rows; ``None`` where nobody handed in the base.
    section_of
        Group to section, as the caller gave it; may be empty.
    """

    groups: Mapping[str, float]
    sections: Mapping[str, float]
    overall: float | None
    section_of: Mapping[str, str]

    @classmethod
    def fit(
        cls,
        base: NDArray[np.float64],
        group: pd.Series[str],
        firm: NDArray[np.int64],
        *,
        section_of: Mapping[str, str],
    ) -> PeerMedians:
        """Fit on training rows.

        Parameters
        ----------
        base
            Shape (n,), NaN where missing; unit of the base.
        group
            Shape (n,), group of each row, null where missing.
        firm
            Shape (n,), a code per firm: firms are counted, not rows.
        section_of
            Group to section.
        """
        known = ~np.isnan(base)
        rows = pd.DataFrame(
            {"base": base[known], "group": group.to_numpy(dtype=object)[known], "firm": firm[known]}
        )
        rows["section"] = rows["group"].map(dict(section_of))

        def medians(column: str) -> dict[str, float]:
            by_group = rows.dropna(subset=[column]).groupby(column, sort=True)
            found = by_group.agg(median=("base", "median"), firms=("firm", "nunique"))
            enough = found[(found["firms"] >= MINIMUM_FIRMS) & (found["median"] > 0.0)]
            return {str(key): float(value) for key, value in enough["median"].items()}

        overall = float(np.median(base[known])) if known.any() else 0.0
        return cls(
            groups=medians("group"),
            sections=medians("section"),
            overall=overall if overall > 0.0 else None,
            section_of=dict(sorted(section_of.items())),
        )

    def level(self, group: str) -> tuple[str, float | None]:
        """Which median stands for ``group`` (``"group"``, ``"section"`` or ``"all"``), and the median."""
        if group in self.groups:
            return "group", self.groups[group]
        section = self.section_of.get(group)
        if section is not None and section in self.sections:
            return "section", self.sections[section]
        return "all", self.overall

    def ratio(self, base: NDArray[np.float64], group: pd.Series[str]) -> NDArray[np.float64]:
        """Divide the base by the median of its peers, shape (n,); NaN where the base or the group is missing."""
        return base / self._by_row(group)

    def levels(self, group: pd.Series[str]) -> NDArray[np.object_]:
        """Level that :meth:`ratio` used, shape (n,); ``None`` where the group is missing."""
        codes, groups = pd.factorize(group, sort=True)
        names = np.array([*(self.level(str(name))[0] for name in groups), None], dtype=object)
        return names[codes]

    def _by_row(self, group: pd.Series[str]) -> NDArray[np.float64]:
        codes, groups = pd.factorize(group, sort=True)
        medians = [self.level(str(name))[1] for name in groups]
        # The last entry answers code -1, the missing group.
        table = np.array([*(np.nan if m is None else m for m in medians), np.nan], dtype=np.float64)
        return table[codes]
