"""From a table of indicators to the matrix the booster sees, and back to notes on what was replaced.

The fitted state is a handful of numbers and vocabularies, all of it stored as JSON. Withholding a fact never
pays: see :class:`Preparation`.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.columns import ColumnRoles
from models.frames import Table, column_names, has_names
from models.peers import PeerMedians

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING_RULES", "Preparation"]

MISSING_RULES = ("worst", "learned")
"""``worst``: silence stands just beyond the worst value. ``learned``: LightGBM's own branch, which can pay silence."""

_MARGIN = 0.05
"""Silence stands this share of the training range beyond the worst value: far enough for a bin of its own."""

_ROWS = 2048
"""Rows prepared at a time: a block of them stays in the processor's cache. It changes no result."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What was fitted on the training rows to prepare any row.

    With ``missing="worst"`` a value x of an indicator for which higher is better, with the worst training value
    w and the training range r, becomes ``max(x, w)``, and a missing one ``w - margin``, where
    ``margin = max(0.05 r, 1e-6 max(1, |w|))``; mirrored where lower is better. So silence stands below every
    value that can be handed in, beyond the training range included, and a monotone model cannot pay for it.

    An undirected number that was never missing in training has no learned branch for silence: LightGBM would
    read 0. The training median stands there instead and :meth:`notes` says so.

    Parameters
    ----------
    roles
        Inputs, features, directions, categories and relative features.
    named
        Whether the training table named its columns; else they are taken by position.
    missing
        One of ``MISSING_RULES``.
    peers
        Relative indicator to its medians.
    worst, silence
        Directed indicator to its worst training value and to the value that stands for a missing one, in the
        indicator's unit. Under ``missing="learned"`` both are empty. An indicator that nobody handed in has
        ``silence`` only: every value of it becomes 0, so it carries no information.
    median
        Indicator whose missing value has no learned branch, to its training median.
    vocabulary
        Category indicator to its categories, in order: the code of a category is its position.
    """

    roles: ColumnRoles
    named: bool
    missing: str
    peers: Mapping[str, PeerMedians]
    worst: Mapping[str, float]
    silence: Mapping[str, float]
    median: Mapping[str, float]
    vocabulary: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(
        cls,
        table: Any,  # noqa: ANN401  (whatever Table.of reads)
        firm: NDArray[np.int64],
        *,
        missing: str,
        sections: Mapping[str, str],
        roles: ColumnRoles | None = None,
        named: bool = True,
    ) -> Preparation:
        """Fit on training rows.

        Parameters
        ----------
        table
            Shape (n, columns): what :meth:`models.frames.Table.of` reads, or what it gave.
        firm
            Shape (n,), a code per firm.
        missing
            One of ``MISSING_RULES``.
        sections
            Industry division to section, for peer groups that are too small; may be empty.
        roles
            What each column is; the catalogue says it where ``None``.
        named
            Whether the training table named its columns.
        """
        if roles is None:
            roles, named = ColumnRoles.declared(column_names(table)), has_names(table)
        read = Table.of(table, roles, named=named)
        peers = {
            name: PeerMedians.fit(read.numbers(base), read.texts[group], firm, section_of=sections)
            for name, (base, group) in roles.relative.items()
        }
        nothing: dict[str, Any] = {"worst": {}, "silence": {}, "median": {}, "vocabulary": {}}
        unfitted = cls(roles=roles, named=named, missing=missing, peers=peers, **nothing)
        worst: dict[str, float] = {}
        silence: dict[str, float] = {}
        median: dict[str, float] = {}
        vocabulary: dict[str, tuple[str, ...]] = {}
        for name in roles.features:
            if name in roles.categories:
                vocabulary[name] = tuple(sorted({str(text) for text in read.texts[name] if text is not None}))
                continue
            column = unfitted.column(read, name)
            known = column[~np.isnan(column)]
            if missing == "worst" and (direction := roles.directions[name]):
                silence[name] = 0.0
                if len(known):
                    low, high = float(known.min()), float(known.max())
                    worst[name] = low if direction > 0 else high
                    margin = max(_MARGIN * (high - low), 1e-6 * max(1.0, abs(worst[name])))
                    silence[name] = worst[name] - direction * margin
            elif len(known) == len(read):
                median[name] = float(np.median(known))
        return replace(unfitted, worst=worst, silence=silence, median=median, vocabulary=vocabulary)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns asked of every table."""
        return self.roles.inputs

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the matrix."""
        return self.roles.features

    @property
    def code_places(self) -> tuple[int, ...]:
        """Places of the categories among the features."""
        return tuple(place for place, _ in self._coded)

    def read(self, X: Any) -> Table:  # noqa: ANN401, N803
        """Check and read a table, once for all that follows; see :meth:`models.frames.Table.of`."""
        return Table.of(X, self.roles, named=self.named)

    def column(self, table: Table, name: str) -> NDArray[np.float64]:
        """Numbers of a feature that is no category, relative ones computed, shape (n,), NaN where missing."""
        if name not in self.peers:
            return table.numbers(name)
        base, group = self.roles.relative[name]
        return self.peers[name].ratio(table.numbers(base), table.texts[group])

    def indicators(self, X: Any) -> pd.DataFrame:  # noqa: ANN401, N803
        """Values as a person reads them, shape (n, features): relative ones computed, missing ones missing."""
        table = self.read(X)
        block = np.full((len(table), len(self.features)), np.nan, order="F")
        self._fill_numbers(table, block)
        frame = pd.DataFrame(block, columns=self._labels, index=table.index, copy=False)
        for place, name in self._coded:
            # As a series of objects: pandas would make its own texts of an array, and NaN of what is missing.
            texts = pd.Series(table.texts[name], index=table.index, dtype=object, copy=False)
            frame.isetitem(place, texts)  # type: ignore[arg-type]  # the stubs know no series here
        return frame

    def matrix(self, X: Any) -> NDArray[np.float64]:  # noqa: ANN401, N803
        """Build the booster's matrix, shape (n, features), C-ordered."""
        table = self.read(X)
        matrix = np.empty((len(table), len(self.features)), dtype=np.float64)
        self._fill_numbers(table, matrix)
        for place, name in self._coded:
            matrix[:, place] = self._codes(table.texts[name], name)
        low, high, filler = self._bounds
        for start in range(0, len(matrix), _ROWS):
            rows = matrix[start : start + _ROWS]
            missing = np.isnan(rows)
            np.maximum(rows, low, out=rows)
            np.minimum(rows, high, out=rows)
            np.copyto(rows, filler, where=missing)
        return matrix

    def notes(self, X: Any) -> pd.DataFrame:  # noqa: ANN401, N803
        """List what was replaced, one row per case: columns ``row`` (position), ``indicator``, ``status``, ``detail``.

        ``status`` is ``unseen_category`` (detail: the category), ``median_for_missing`` (detail: the median) or
        ``peer_section`` / ``peer_all`` (detail: the group that had too few firms for a median of its own).
        """
        table = self.read(X)
        found: list[pd.DataFrame] = []

        def note(where: NDArray[np.bool_], name: str, status: str, detail: NDArray[np.object_]) -> None:
            if where.any():
                rows = np.flatnonzero(where)
                found.append(
                    pd.DataFrame(
                        {"row": rows, "indicator": name, "status": status, "detail": detail[rows].astype(str)}
                    )
                )

        for name in self.features:
            if name in self.vocabulary:
                texts = table.texts[name]
                unseen = self._codes(texts, name) == len(self.vocabulary[name])
                note(unseen, name, "unseen_category", texts)
            elif name in self.median:
                detail = np.full(len(table), repr(self.median[name]), dtype=object)
                note(np.isnan(self.column(table, name)), name, "median_for_missing", detail)
            elif name in self.peers:
                group = table.texts[self.roles.relative[name][1]]
                levels, known = self.peers[name].levels(group), ~np.isnan(self.column(table, name))
                for level in ("section", "all"):
                    note((levels == level) & known, name, f"peer_{level}", group)
        if not found:
            return pd.DataFrame(
                {"row": np.array([], dtype=np.int64), "indicator": [], "status": [], "detail": []}
            )
        return pd.concat(found, ignore_index=True).sort_values(["row", "indicator"], ignore_index=True)

    @cached_property
    def _labels(self) -> pd.Index[str]:
        return pd.Index(self.features)

    @cached_property
    def _coded(self) -> tuple[tuple[int, str], ...]:
        """Place and name of every category."""
        return tuple((k, name) for k, name in enumerate(self.features) if name in self.roles.categories)

    @cached_property
    def _vocabulary_codes(self) -> Mapping[str, Mapping[str, int]]:
        return {name: {word: k for k, word in enumerate(words)} for name, words in self.vocabulary.items()}

    @cached_property
    def _numbers(self) -> NDArray[np.intp]:
        """Place among the features of every column of a table's block."""
        at = {name: place for place, name in enumerate(self.features)}
        return np.array(
            [at[name] for name in self.inputs if name not in self.roles.categories], dtype=np.intp
        )

    @cached_property
    def _bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest value of each feature, and what stands for a missing one, each of shape (features,)."""
        low, high = np.full(len(self.features), -np.inf), np.full(len(self.features), np.inf)
        filler = np.full(len(self.features), np.nan)
        for place, name in enumerate(self.features):
            filler[place] = self.silence.get(name, self.median.get(name, np.nan))
            if name in self.worst:
                (low if self.roles.directions[name] > 0 else high)[place] = self.worst[name]
            elif name in self.silence:
                low[place] = high[place] = 0.0
        return low, high, filler

    def _fill_numbers(self, table: Table, target: NDArray[np.float64]) -> None:
        """Write every number, relative ones computed, into its column of the target, shape (n, features)."""
        for start in range(0, len(table), _ROWS):
            target[start : start + _ROWS, self._numbers] = table.block[start : start + _ROWS]
        for place, name in enumerate(self.features):
            if name in self.peers:
                target[:, place] = self.column(table, name)

    def _codes(self, texts: NDArray[np.object_], name: str) -> NDArray[np.float64]:
        """Category codes, shape (n,): NaN for missing, one past the last for unseen; the booster sends both right."""
        known = self._vocabulary_codes[name]
        if len(texts) == 1:
            # One applicant: asking pandas takes longer than the answer.
            return np.array([np.nan if texts[0] is None else known.get(texts[0], len(known))], dtype=float)
        codes, words = pd.factorize(texts)
        return np.array([*(known.get(str(word), len(known)) for word in words), np.nan])[codes]
