"""Peers: the medians that turn an intensity into a ratio to the firm's own industry."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Texts = NDArray[np.object_] | pd.Series[Any]

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
        group: Texts,
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
            {"base": base[known], "group": np.asarray(group, dtype=object)[known], "firm": firm[known]}
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

    def ratio(self, base: NDArray[np.float64], group: Texts) -> NDArray[np.float64]:
        """Divide the base by the median of its peers, shape (n,); NaN where the base or the group is missing."""
        return base / self._by_row(group)

    def levels(self, group: Texts) -> NDArray[np.object_]:
        """Level that :meth:`ratio` used, shape (n,); ``None`` where the group is missing."""
        codes, groups = _factorized(group)
        names = np.array([*(self.level(name)[0] for name in groups), None], dtype=object)
        return names[codes]

    def _by_row(self, group: Texts) -> NDArray[np.float64]:
        codes, groups = _factorized(group)
        medians = [self.level(name)[1] for name in groups]
        # The last entry answers code -1, the missing group.
        table = np.array([*(np.nan if m is None else m for m in medians), np.nan], dtype=np.float64)
        return table[codes]


def _factorized(group: Texts) -> tuple[NDArray[np.intp], list[str]]:
    """Code of each row, shape (n,), -1 where missing, and the name of each code."""
    if len(group) == 1:
        # One applicant: asking pandas takes longer than the answer.
        only = group[0] if isinstance(group, np.ndarray) else group.iloc[0]
        missing = only is None or only != only  # noqa: PLR0124  (NaN)
        return np.array([-1 if missing else 0]), [] if missing else [str(only)]
    codes, groups = pd.factorize(np.asarray(group, dtype=object))
    return codes, [str(name) for name in groups]
