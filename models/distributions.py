"""How the values of each indicator lie in each sector: quantiles of the training rows, stored with the model.

What is plausible for a firm that handed in nothing, what its sector's median is, and whether a value lies outside
everything the model was trained on: all of it is answered from these numbers and never from the batch, so a shard, a
resumed run and a single applicant get the same answer. As with :class:`models.peers.PeerMedians` a firm is held against
its division where at least ``MINIMUM_FIRMS`` firms of it handed in that indicator, else against its section, else
against all; here each indicator decides for itself, since few firms of a sector may hand in the one and all the other.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.errors import InputError
from models.peers import MINIMUM_FIRMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Divisions = pd.Series[Any] | NDArray[np.object_]

__all__ = ["QUANTILES", "SectorDistributions", "SectorValues"]

QUANTILES = (0.0, 0.05, 0.10, 0.25, 0.5, 0.75, 0.90, 0.95, 1.0)
"""Quantiles that are kept; 0 and 1 are the training minimum and maximum."""


@dataclass(frozen=True, kw_only=True)
class SectorValues:
    """Values of the indicators in one division, in one section, or over all.

    Parameters
    ----------
    quantiles
        Indicator to its values at ``QUANTILES``, in the indicator's unit; only indicators with enough firms.
    shares
        Category to the share of each of its values among the rows that have one; only categories with enough firms.
    """

    quantiles: Mapping[str, tuple[float, ...]]
    shares: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class SectorDistributions:
    """Quantiles of every indicator by industry division, by section, and over all.

    Rows are weighed alike, as for the peer medians; firms are counted only to tell whether there are enough.

    Parameters
    ----------
    indicators
        Names of the indicators that are numbers, relative ones included, in the order in which they were handed in.
    groups, sections
        Division and section to values.
    overall
        Values over all training rows; indicators that nobody handed in are absent.
    section_of
        Division to section, as the caller gave it; may be empty.
    """

    indicators: tuple[str, ...]
    groups: Mapping[str, SectorValues]
    sections: Mapping[str, SectorValues]
    overall: SectorValues
    section_of: Mapping[str, str]

    @classmethod
    def fit(
        cls,
        numbers: Iterable[tuple[str, NDArray[np.float64]]],
        texts: Mapping[str, NDArray[np.object_]],
        group: Divisions | None,
        firm: NDArray[np.int64],
        *,
        section_of: Mapping[str, str],
    ) -> SectorDistributions:
        """Fit on training rows.

        Parameters
        ----------
        numbers
            Name and values of each indicator, shape (n,), NaN where missing; read one at a time.
        texts
            Category to its values, shape (n,), ``None`` where missing.
        group
            Shape (n,), division of each row, null where missing; ``None`` where the model knows no division.
        firm
            Shape (n,), a code per firm.
        section_of
            Division to section.
        """
        divisions = pd.Series(np.full(len(firm), None) if group is None else np.asarray(group, dtype=object))
        everyone = _Grouping.of(pd.Series(np.zeros(len(firm), dtype=np.int64)), firm, enough=1)
        by_division = _Grouping.of(divisions, firm, enough=MINIMUM_FIRMS)
        by_section = _Grouping.of(divisions.map(dict(section_of)), firm, enough=MINIMUM_FIRMS)
        groupings = (by_division, by_section, everyone)
        quantiles: list[dict[str, dict[str, tuple[float, ...]]]] = [{}, {}, {}]
        shares: list[dict[str, dict[str, dict[str, float]]]] = [{}, {}, {}]
        names = []
        for name, values in numbers:
            names.append(name)
            unsigned = values + 0.0  # turns -0.0 into 0.0, so that the order of equal values leaves no trace
            order = np.argsort(unsigned)[: int((~np.isnan(unsigned)).sum())]
            for found, grouping in zip(quantiles, groupings, strict=True):
                for key, own in grouping.quantiles(unsigned, order).items():
                    found.setdefault(key, {})[name] = own
        for name, words in texts.items():
            for found_shares, grouping in zip(shares, groupings, strict=True):
                for key, part in grouping.shares(words).items():
                    found_shares.setdefault(key, {})[name] = part
        tables = [
            {
                key: SectorValues(quantiles=numbers_of.get(key, {}), shares=shares_of.get(key, {}))
                for key in sorted({*numbers_of, *shares_of})
            }
            for numbers_of, shares_of in zip(quantiles, shares, strict=True)
        ]
        return cls(
            indicators=tuple(names),
            groups=tables[0],
            sections=tables[1],
            overall=next(iter(tables[2].values()), SectorValues(quantiles={}, shares={})),
            section_of=dict(sorted(section_of.items())),
        )

    def of(self, division: str | None, indicator: str) -> tuple[str, tuple[float, ...]] | None:
        """Whose values stand for a firm, and its values at ``QUANTILES``, in the indicator's unit.

        Returns
        -------
        tuple of str and tuple of float, or None
            ``"group"`` (its division), ``"section"`` or ``"all"``, and the values; ``None`` where nobody handed the
            indicator in when the model was trained, or it is no number.
        """
        for level, values in self._levels(division):
            if indicator in values.quantiles:
                return level, values.quantiles[indicator]
        return None

    def shares(self, division: str | None, category: str) -> tuple[str, Mapping[str, float]] | None:
        """Whose values stand for a firm, and the share of each value of a category; ``None`` where it has none."""
        for level, values in self._levels(division):
            if category in values.shares:
                return level, values.shares[category]
        return None

    def rows(
        self,
        divisions: Divisions | None,
        indicators: str | Sequence[str],
        quantile: float,
        *,
        rows: int,
    ) -> NDArray[np.float64]:
        """Give one quantile of each indicator in the sector of each row.

        Parameters
        ----------
        divisions
            Shape (rows,), industry division, null where not known; ``None`` where none is.
        indicators
            k names, or one.
        quantile
            One of ``QUANTILES``.
        rows
            Number of rows.

        Returns
        -------
        ndarray
            Shape (rows, k), in the indicator's unit; NaN where :meth:`of` gives ``None``.

        Raises
        ------
        InputError
            If the quantile is not kept.

        Examples
        --------
        >>> values = SectorValues(quantiles={"coal_share": (0.0, 0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)}, shares={})
        >>> made = SectorDistributions(
        ...     indicators=("coal_share",), groups={}, sections={}, overall=values, section_of={}
        ... )
        >>> made.rows(None, "coal_share", 0.95, rows=2)
        array([[0.9],
               [0.9]])
        """
        if quantile not in QUANTILES:
            raise InputError(
                f"The quantile must be one of {', '.join(map(str, QUANTILES))}. Got {quantile} instead.",
                where="quantile",
                mend="Only these were stored when the model was trained.",
            )
        place = QUANTILES.index(quantile)
        names = [indicators] if isinstance(indicators, str) else list(indicators)
        codes, known = _coded(divisions, rows=rows)
        table = np.full((len(known), len(names)), np.nan)
        for row, division in enumerate(known):
            for column, name in enumerate(names):
                if found := self.of(division, name):
                    table[row, column] = found[1][place]
        return table[codes]

    def levels(
        self, divisions: Divisions | None, indicators: str | Sequence[str], *, rows: int
    ) -> NDArray[np.object_]:
        """Level that :meth:`rows` used, shape (rows, k); ``None`` where it gives NaN."""
        names = [indicators] if isinstance(indicators, str) else list(indicators)
        codes, known = _coded(divisions, rows=rows)
        table = np.full((len(known), len(names)), None, dtype=object)
        for row, division in enumerate(known):
            for column, name in enumerate(names):
                if found := self.of(division, name):
                    table[row, column] = found[0]
        return table[codes]

    def _levels(self, division: str | None) -> Iterable[tuple[str, SectorValues]]:
        if division is not None and division in self.groups:
            yield "group", self.groups[division]
        section = None if division is None else self.section_of.get(division)
        if section is not None and section in self.sections:
            yield "section", self.sections[section]
        yield "all", self.overall


@dataclass(frozen=True, kw_only=True)
class _Grouping:
    """Rows put into groups: a code per row, -1 for none, and the groups' names.

    ``by_firm`` orders the rows by group and then by firm, so that firms are counted by comparing neighbours.
    """

    codes: NDArray[np.int16] | NDArray[np.intp]
    names: tuple[str, ...]
    firm: NDArray[np.int64]
    by_firm: NDArray[np.intp]
    enough: int

    @classmethod
    def of(cls, names: pd.Series[Any], firm: NDArray[np.int64], *, enough: int) -> _Grouping:
        codes, known = pd.factorize(names, sort=True)
        # Small integers are sorted by their digits, many times faster.
        small = len(known) < np.iinfo(np.int16).max
        return cls(
            codes=codes.astype(np.int16) if small else codes.astype(np.intp),
            names=tuple(map(str, known)),
            firm=firm,
            by_firm=np.lexsort((firm, codes)),
            enough=enough,
        )

    def large_enough(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which groups have enough firms among the known rows, shape (groups,)."""
        rows = self.by_firm[known[self.by_firm]]
        codes, firm = self.codes[rows], self.firm[rows]
        first = np.ones(len(rows), dtype=np.bool_)
        first[1:] = (codes[1:] != codes[:-1]) | (firm[1:] != firm[:-1])
        first &= codes >= 0
        return np.bincount(codes[first], minlength=len(self.names)) >= self.enough

    def quantiles(self, values: NDArray[np.float64], order: NDArray[np.intp]) -> dict[str, tuple[float, ...]]:
        """Quantiles by group, linear between neighbours; ``order`` sorts the rows that have a value."""
        known = np.zeros(len(values), dtype=np.bool_)
        known[order] = True
        kept = np.flatnonzero(self.large_enough(known))
        if not len(kept):
            return {}
        codes = self.codes[order]
        # Stable, so every group's values stay in their order.
        ranked = values[order][np.argsort(codes, kind="stable")]
        counts = np.bincount(codes.astype(np.intp) + 1, minlength=len(self.names) + 1)
        starts = np.cumsum(counts)[kept]
        # Place of each quantile, shape (groups, quantiles): its whole part, and how far it is on to the next value.
        whole = np.outer(counts[kept + 1] - 1, QUANTILES)
        below = np.floor(whole).astype(np.intp)
        above = np.minimum(below + 1, (counts[kept + 1] - 1)[:, None])
        lower, upper = ranked[starts[:, None] + below], ranked[starts[:, None] + above]
        part = whole - below
        # Weighed from both sides, so that no difference of two large values overflows.
        between = np.clip(lower * (1.0 - part) + upper * part, lower, upper)
        return {self.names[code]: tuple(row) for code, row in zip(kept, between.tolist(), strict=True)}

    def shares(self, words: NDArray[np.object_]) -> dict[str, dict[str, float]]:
        """Share of each word by group."""
        own, known = pd.factorize(words, sort=True)
        has = own >= 0
        kept = self.large_enough(has)
        inside = has & (self.codes >= 0)
        counts = np.bincount(
            self.codes[inside].astype(np.intp) * len(known) + own[inside],
            minlength=len(self.names) * len(known),
        ).reshape(len(self.names), len(known))
        return {
            self.names[code]: {
                str(word): int(count) / int(counts[code].sum())
                for word, count in zip(known, counts[code], strict=True)
                if count
            }
            for code in np.flatnonzero(kept)
        }


def _coded(divisions: Divisions | None, *, rows: int) -> tuple[NDArray[np.intp], list[str | None]]:
    """Code of each row, shape (rows,), and the division of each code; the last one is the missing division."""
    if divisions is None:
        return np.full(rows, -1, dtype=np.intp), [None]
    codes, names = pd.factorize(pd.Series(np.asarray(divisions, dtype=object)), sort=True)
    return codes, [*map(str, names), None]
