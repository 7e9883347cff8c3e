"""What differs between an application's kept rows and the rows computed again: bit for bit, and only what was kept.

A later release may compute more than the old one did: columns that it adds are no difference. What it calls itself, and what
it calls the same policy (whose new settings have defaults), are labels and not results; they are told apart, as versions.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE
from scoring.memo.record import HASH, record_hashes, record_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scoring.results import Results

__all__ = ["ABSENT", "Moved", "compared_values", "hash_of", "hash_with_labels_of", "moved", "versions"]

ABSENT = "—"
"""Stands for a value that one side does not have."""

_LABELS = ("policy_version",)
"""Columns of the decision that name a version of this release: of one policy each release may compute another."""

_REASON_KEY = ("family", "kind", "code")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One value that is not what it was.

    Parameters
    ----------
    part
        ``decision``, ``contribution``, ``reason``, ``indicator`` or ``version``.
    name
        Column, indicator, or the reason's family, kind and code.
    was, now
        As text; numbers in full, so that a last bit shows.
    """

    part: str
    name: str
    was: str
    now: str


def moved(kept: Results, again: Results) -> tuple[Moved, ...]:
    """Return every value that differs.

    Parameters
    ----------
    kept, again
        Results of one application: as the batch wrote them, and computed again.
    """
    return (
        *_rows("decision", kept.decisions.drop(HASH, *_LABELS, strict=False), again.decisions),
        *_rows("contribution", kept.contributions, again.contributions),
        *_reasons(kept.reasons, again.reasons),
        *_rows("indicator", kept.indicators, again.indicators),
    )


def versions(kept: Results, again: Results) -> tuple[Moved, ...]:
    """Return the versions that differ: of the product, the factors, the settings, the policy and the model's content."""
    was, now = (_flat(record_versions(side.manifest)) for side in (kept, again))
    return tuple(
        Moved(part="version", name=name, was=_text(value), now=_text(now[name]) if name in now else ABSENT)
        for name, value in was.items()
        if name not in now or not _same(value, now[name])
    )


def compared_values(kept: Results) -> int:
    """Return how many values are compared."""
    own = kept.decisions.drop(HASH, *_LABELS, strict=False)
    return sum(
        frame.height * frame.width for frame in (own, kept.contributions, kept.reasons, kept.indicators)
    )


def hash_of(results: Results) -> str:
    """Return the hash of an application's record as its rows make it now."""
    return str(
        record_hashes(results.decisions, results.contributions, results.reasons, manifest=results.manifest)[0]
    )


def hash_with_labels_of(kept: Results, again: Results) -> str:
    """Return the hash that the rows computed again make under the versions and in the columns of the record.

    Equal to the recorded hash only where every bit of decision, contributions and reasons is.
    """
    labels = [
        pl.lit(kept.decisions[name][0], dtype=kept.decisions.schema[name]).alias(name)
        for name in _LABELS
        if name in kept.decisions.columns
    ]
    exact = [n for n in kept.contributions.columns if n in CATALOGUE or n in {"application_id", "base"}]
    frames = {
        "decisions": _only(again.decisions.with_columns(labels), kept.decisions.columns),
        "contributions": _only(again.contributions, exact),
        "reasons": _only(again.reasons, kept.reasons.columns) if kept.reasons.columns else kept.reasons,
    }
    return hash_of(replace(again, **frames, manifest=kept.manifest))


def _only(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.select(name for name in names if name in frame.columns)


def _rows(part: str, kept: pl.DataFrame, again: pl.DataFrame) -> Iterator[Moved]:
    """Compare the one row of each; a row that is gone is told by every value of it."""
    now = again.row(0, named=True) if again.height else {}
    for name, was in (kept.row(0, named=True) if kept.height else {}).items():
        if name not in now:
            yield Moved(part=part, name=name, was=_text(was), now=ABSENT)
        elif not _same(was, now[name]):
            yield Moved(part=part, name=name, was=_text(was), now=_text(now[name]))


def _reasons(kept: pl.DataFrame, again: pl.DataFrame) -> Iterator[Moved]:
    if not kept.columns:
        return
    before, after = (_by_key(frame) for frame in (kept, again))
    for key in {**before, **after}:
        if key not in after or key not in before:
            there = (ABSENT, key) if key in after else (key, ABSENT)
            yield Moved(part="reason", name=key, was=there[0], now=there[1])
            continue
        for name, was in before[key].items():
            now = after[key].get(name)
            if not _same(was, now):
                yield Moved(part="reason", name=f"{key}: {name}", was=_text(was), now=_text(now))


def _by_key(reasons: pl.DataFrame) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in reasons.sort(_REASON_KEY, nulls_last=True).iter_rows(named=True):
        name = " ".join(str(row[part]) for part in _REASON_KEY if row[part])
        unique, count = name, 1
        while unique in found:
            count += 1
            unique = f"{name} #{count}"
        found[unique] = row
    return found


def _flat(values: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        whole = f"{within}.{name}" if within else name
        found |= _flat(value, whole) if isinstance(value, dict) else {whole: value}
    return found


def _same(was: Any, now: Any) -> bool:  # noqa: ANN401  (cells of a table)
    if isinstance(was, float) and isinstance(now, float):
        return struct.pack("<d", was) == struct.pack("<d", now)
    if isinstance(was, list) and isinstance(now, list):
        return len(was) == len(now) and all(_same(*pair) for pair in zip(was, now, strict=True))
    return bool(was == now)


def _text(value: Any) -> str:  # noqa: ANN401  (cells of a table)
    if value is None:
        return ABSENT
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or ABSENT
    return repr(value) if isinstance(value, float) else str(value)
