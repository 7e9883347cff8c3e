"""From a table of indicators to the matrix the booster sees, and back to notes on what was replaced.

The fitted state is a handful of numbers and vocabularies, all of it stored as JSON. Withholding a fact never
pays: see :class:`Preparation`.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass fields are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from models.frames import categories, numbers
from models.peers import PeerMedians

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING_RULES", "Preparation", "relative_indicators", "used_indicators"]

MISSING_RULES = ("worst", "learned")
"""``worst``: silence stands just beyond the worst value. ``learned``: LightGBM's own branch, which can pay silence."""

_MARGIN = 0.05
"""Silence stands this share of the training range beyond the worst value: far enough for a bin of its own."""


def used_indicators(columns: pd.Index[str]) -> tuple[str, ...]:
    """Non-relative catalogue indicators among ``columns`` that the model may use, in catalogue order."""
    present = set(columns)
    return tuple(
        name
        for name, indicator in CATALOGUE.items()
        if name in present and indicator.used_by_model and indicator.base is None
    )


def relative_indicators(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Relative catalogue indicators whose base and group are both among ``inputs``, in catalogue order."""
    return tuple(
        name
        for name, indicator in CATALOGUE.items()
        if indicator.base in inputs and indicator.relative_to in inputs and indicator.used_by_model
    )


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
    inputs
        Columns asked of every table, in catalogue order.
    features
        Columns of the matrix: inputs and relative indicators, in catalogue order.
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

    inputs: tuple[str, ...]
    features: tuple[str, ...]
    missing: str
    peers: Mapping[str, PeerMedians]
    worst: Mapping[str, float]
    silence: Mapping[str, float]
    median: Mapping[str, float]
    vocabulary: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(
        cls, table: pd.DataFrame, firm: NDArray[np.int64], *, missing: str, sections: Mapping[str, str]
    ) -> Preparation:
        """Fit on training rows.

        Parameters
        ----------
        table
            Shape (n, inputs); catalogue indicators without relative ones.
        firm
            Shape (n,), a code per firm.
        missing
            One of ``MISSING_RULES``.
        sections
            Industry division to section, for peer groups that are too small; may be empty.
        """
        inputs = used_indicators(table.columns)
        relatives = relative_indicators(inputs)
        chosen = {*inputs, *relatives}
        features = tuple(name for name in CATALOGUE if name in chosen)
        peers: dict[str, PeerMedians] = {}
        for name in relatives:
            base, group = CATALOGUE[name].base, CATALOGUE[name].relative_to
            peers[name] = PeerMedians.fit(
                numbers(table, str(base)), categories(table, str(group)), firm, section_of=sections
            )
        unfitted = cls(
            inputs=inputs,
            features=features,
            missing=missing,
            peers=peers,
            worst={},
            silence={},
            median={},
            vocabulary={},
        )
        columns = unfitted.columns(table)
        worst: dict[str, float] = {}
        silence: dict[str, float] = {}
        median: dict[str, float] = {}
        vocabulary: dict[str, tuple[str, ...]] = {}
        for name in features:
            indicator = CATALOGUE[name]
            if indicator.is_category:
                vocabulary[name] = tuple(sorted({str(text) for text in categories(table, name).dropna()}))
                continue
            known = columns[name][~np.isnan(columns[name])]
            if missing == "worst" and indicator.direction:
                silence[name] = 0.0
                if len(known):
                    low, high = float(known.min()), float(known.max())
                    worst[name] = low if indicator.direction > 0 else high
                    margin = max(_MARGIN * (high - low), 1e-6 * max(1.0, abs(worst[name])))
                    silence[name] = worst[name] - indicator.direction * margin
            elif len(known) == len(table):
                median[name] = float(np.median(known))
        return cls(
            inputs=inputs,
            features=features,
            missing=missing,
            peers=peers,
            worst=worst,
            silence=silence,
            median=median,
            vocabulary=vocabulary,
        )

    def columns(self, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Numbers of every non-category feature, relative ones included, each of shape (n,), NaN where missing."""
        found: dict[str, NDArray[np.float64]] = {}
        for name in self.features:
            indicator = CATALOGUE[name]
            if name in self.peers:
                group = categories(table, str(indicator.relative_to))
                found[name] = self.peers[name].ratio(numbers(table, str(indicator.base)), group)
            elif not indicator.is_category:
                found[name] = numbers(table, name)
        return found

    def indicators(self, table: pd.DataFrame) -> pd.DataFrame:
        """Values as a person reads them, shape (n, features): relative ones computed, missing ones missing."""
        columns = self.columns(table)
        return pd.DataFrame(
            {name: columns[name] if name in columns else categories(table, name) for name in self.features},
            index=table.index,
        )

    def matrix(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Build the booster's matrix, shape (n, features), C-ordered; columns are taken by name, never by position."""
        columns = self.columns(table)
        matrix = np.empty((len(table), len(self.features)), dtype=np.float64)
        for position, name in enumerate(self.features):
            if name in self.vocabulary:
                column = self._codes(table, name)
            elif name in self.silence:
                column = self._directed(name, columns[name])
            else:
                column = columns[name]
                if name in self.median:
                    column = np.where(np.isnan(column), self.median[name], column)
            matrix[:, position] = column
        return matrix

    def notes(self, table: pd.DataFrame) -> pd.DataFrame:
        """List what was replaced, one row per case: columns ``row`` (position), ``indicator``, ``status``, ``detail``.

        ``status`` is ``unseen_category`` (detail: the category), ``median_for_missing`` (detail: the median) or
        ``peer_section`` / ``peer_all`` (detail: the group that had too few firms for a median of its own).
        """
        found: list[pd.DataFrame] = []

        def note(where: NDArray[np.bool_], name: str, status: str, detail: NDArray[np.object_]) -> None:
            if where.any():
                rows = np.flatnonzero(where)
                found.append(
                    pd.DataFrame(
                        {"row": rows, "indicator": name, "status": status, "detail": detail[rows].astype(str)}
                    )
                )

        columns = self.columns(table)
        for name in self.features:
            if name in self.vocabulary:
                texts = categories(table, name)
                unseen = texts.notna().to_numpy() & ~texts.isin(self.vocabulary[name]).to_numpy()
                note(unseen, name, "unseen_category", texts.to_numpy(dtype=object))
            elif name in self.median:
                detail = np.full(len(table), repr(self.median[name]), dtype=object)
                note(np.isnan(columns[name]), name, "median_for_missing", detail)
            elif name in self.peers:
                group = categories(table, str(CATALOGUE[name].relative_to))
                levels, known = self.peers[name].levels(group), ~np.isnan(columns[name])
                for level in ("section", "all"):
                    note((levels == level) & known, name, f"peer_{level}", group.to_numpy(dtype=object))
        if not found:
            return pd.DataFrame(
                {"row": np.array([], dtype=np.int64), "indicator": [], "status": [], "detail": []}
            )
        return pd.concat(found, ignore_index=True).sort_values(["row", "indicator"], ignore_index=True)

    def _codes(self, table: pd.DataFrame, name: str) -> NDArray[np.float64]:
        """Category codes, shape (n,): NaN for missing, one past the last for unseen; the booster sends both right."""
        vocabulary = self.vocabulary[name]
        texts = categories(table, name)
        codes = (
            pd.Index(vocabulary, dtype=object).get_indexer(pd.Index(texts, dtype=object)).astype(np.float64)
        )
        codes[codes < 0] = len(vocabulary)
        codes[texts.isna().to_numpy()] = np.nan
        return codes

    def _directed(self, name: str, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put silence beyond the worst value of a directed column, shape (n,)."""
        if name not in self.worst:
            return np.zeros(len(column), dtype=np.float64)
        clip = np.maximum if CATALOGUE[name].direction > 0 else np.minimum
        return np.where(np.isnan(column), self.silence[name], clip(column, self.worst[name]))
