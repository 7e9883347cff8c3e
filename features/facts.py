"""What an application may see, and what a family of indicators gives back.

:func:`features.asof.facts` makes the :class:`Facts`; each family's ``indicators(facts)`` gives a
:class:`FamilyResult`; ``features.pipeline`` puts the families together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from features.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "CROSS_CHECK_SCHEMA",
    "FACT_TABLES",
    "NOTE_SCHEMA",
    "Facts",
    "FamilyResult",
    "NoteStatus",
    "Severity",
    "cross_check",
    "empty_cross_checks",
    "empty_notes",
    "family_part",
    "neutral",
    "note",
    "whole_family",
    "without_rows",
]

T = TypeVar("T")

NoteStatus = Literal["not_applicable", "defaulted", "estimated", "zero", "reported", "recalled"]
Severity = Literal["notice", "warning"]

FACT_TABLES = (
    "annual",
    "energy",
    "production",
    "emissions",
    "certifications",
    "incidents",
    "checks",
    "equipment",
    "ecology",
)
"""Tables of the contract whose as-of rows stand in :class:`Facts` under their own names."""

NOTE_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "application_id": pl.String,
        "indicator": pl.String,
        "status": pl.String,
        "detail_en": pl.String,
        "detail_zh": pl.String,
    }
)
"""Columns of a family's notes. ``status`` is one of :data:`NoteStatus`; ``missing`` is derived from the
values by ``features.quality`` and never noted. ``reported`` takes nothing from a value: it tells what a reader needs beside it. A note of the family as a whole (``recalled``: which
factors were written from memory of a standard and not read in it) has no ``indicator``."""

CROSS_CHECK_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "application_id": pl.String,
        "check": pl.String,
        "severity": pl.String,
        "text_en": pl.String,
        "text_zh": pl.String,
    }
)
"""Columns of cross-checks. ``severity`` is ``warning`` where a person should ask the firm, else ``notice``."""


_NO_NOTES = pl.DataFrame(schema=dict(NOTE_SCHEMA))
_NO_CROSS_CHECKS = pl.DataFrame(schema=dict(CROSS_CHECK_SCHEMA))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Every fact that each application may see on its ``as_of`` day.

    Parameters
    ----------
    applications
        One row per application, sorted by ``application_id``: the columns of the clean applications table,
        and the firm as it stood on ``as_of``: ``name``, ``industry``, ``industry_scheme``, ``region``,
        ``founded_on``, ``division``, ``section``, ``class4``, ``borderline`` (Boolean), ``mapping_note``,
        ``province`` (six digits, null outside China or where unknown), ``country`` (ISO 3166-1 alpha-2, null where
        unknown), ``high_energy_consuming`` (Boolean), ``ets_covered`` (first year, Int32, null where not covered),
        ``cbam_exposed`` (Boolean).
    annual, energy, production, emissions, certifications, incidents, checks, equipment, ecology
        Clean columns plus ``application_id`` and ``as_of``; only rows with ``known_on`` on or before ``as_of``,
        restatements resolved (see :mod:`features.asof`). Tables with a period also carry ``fact_year`` (Int32, the
        calendar year of the period). ``annual``, ``energy``, ``production`` and ``emissions`` carry
        ``first_published_on`` (Date, the earliest stated ``published_on`` among the visible rows of the fact, null
        where none was stated). What happened after ``as_of`` is emptied: ``retired_on`` and ``verified_on`` of
        certificates, ``rectified_on`` of incidents, ``retired_on`` of equipment. One firm's row stands once per application of the firm.
    settings
        How the indicators are computed.
    """

    applications: pl.DataFrame
    annual: pl.DataFrame
    energy: pl.DataFrame
    production: pl.DataFrame
    emissions: pl.DataFrame
    certifications: pl.DataFrame
    incidents: pl.DataFrame
    checks: pl.DataFrame
    equipment: pl.DataFrame
    ecology: pl.DataFrame
    settings: Settings = field(default_factory=Settings)
    _memory: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def once(self, name: str, compute: Callable[[Facts], T]) -> T:
        """Return ``compute(self)``, computed once per Facts: totals that several families read.

        The frames are never changed, so what is kept is what would be computed again.
        """
        if name not in self._memory:
            self._memory[name] = compute(self)
        kept: T = self._memory[name]
        return kept


@dataclass(frozen=True, kw_only=True)
class FamilyResult:
    """What one family of indicators gives.

    Parameters
    ----------
    values
        ``application_id`` and exactly the family's indicators that are not relative; one row per application,
        sorted by ``application_id``. Missing is null; a value is never NaN or infinite.
    notes
        Columns of :data:`NOTE_SCHEMA`: why a value is what it is. Where ``status`` is ``not_applicable`` the
        value is the catalogue's neutral value.
    """

    values: pl.DataFrame
    notes: pl.DataFrame


def without_rows(schema: Mapping[str, Any], *, of: pl.DataFrame) -> pl.DataFrame:
    """Return a table without rows about the applications of a frame: their ids are of the type they have there.

    Inside the pipeline an application is a number (see :mod:`features.pipeline`), at its edges a text.

    Examples
    --------
    >>> without_rows(NOTE_SCHEMA, of=pl.DataFrame({"application_id": [7]})).schema["application_id"]
    Int64
    """
    return _without_rows(tuple({**schema, "application_id": of.schema["application_id"]}.items())).clone()


@cache
def _without_rows(columns: tuple[tuple[str, Any], ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(columns))


def empty_notes() -> pl.DataFrame:
    """Return a notes table without rows.

    Examples
    --------
    >>> empty_notes().columns
    ['application_id', 'indicator', 'status', 'detail_en', 'detail_zh']
    """
    return _NO_NOTES.clone()


def family_part(values: pl.DataFrame, columns: Sequence[str], notes: Sequence[pl.DataFrame]) -> FamilyResult:
    """Return some of a family's indicators: the applications that have them, and their notes."""
    return FamilyResult(
        values=values.select("application_id", *columns),
        notes=pl.concat(notes or [without_rows(NOTE_SCHEMA, of=values)]),
    )


def whole_family(facts: Facts, family: str, parts: Sequence[FamilyResult]) -> FamilyResult:
    """Put the parts of a family together: one row per application, the indicators in the catalogue's order."""
    values = facts.applications.lazy().select("application_id").sort("application_id")
    for part in parts:
        values = values.join(part.values.lazy(), on="application_id", how="left", maintain_order="left")
    ids = [i.id for i in CATALOGUE.values() if i.family == family and i.relative_to is None]
    notes = pl.concat([part.notes for part in parts])
    return FamilyResult(
        values=values.select("application_id", *ids).collect(),
        notes=notes if notes.height < 2 else notes.sort(list(NOTE_SCHEMA)),
    )


def neutral(indicator: str) -> pl.Expr:
    """Return the catalogue's neutral value of an indicator; null where it has none.

    Examples
    --------
    >>> pl.select(neutral("coal_share"), neutral("electrification").alias("none")).row(0)
    (0.3, None)
    """
    return pl.lit(CATALOGUE[indicator].neutral, dtype=pl.Float64).alias(indicator)


def empty_cross_checks() -> pl.DataFrame:
    """Return a table of cross-checks without rows.

    Examples
    --------
    >>> empty_cross_checks().columns
    ['application_id', 'check', 'severity', 'text_en', 'text_zh']
    """
    return _NO_CROSS_CHECKS.clone()


def note(
    frame: pl.DataFrame,
    *,
    indicators: Sequence[str | None],
    status: NoteStatus,
    en: pl.Expr | str,
    zh: pl.Expr | str,
) -> pl.DataFrame:
    """Return one note per row of ``frame`` and indicator.

    Parameters
    ----------
    frame
        The rows to note, with ``application_id`` and whatever the texts read; filter it first.
    indicators
        Catalogue ids that the note belongs to; None is the family as a whole.
    status
        One of :data:`NoteStatus`.
    en, zh
        The detail in English and Chinese: a text, or an expression over ``frame`` (``pl.format``) with the
        figures, years and factor ids that explain the value.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`NOTE_SCHEMA`, sorted, without exact repeats.

    Raises
    ------
    GreenCreditError
        If ``frame`` has no ``application_id``.

    Examples
    --------
    >>> firms = pl.DataFrame({"application_id": ["A1"], "year": [2023]})
    >>> note(firms, indicators=["coal_share"], status="zero", en=pl.format("No coal in {}.", "year"), zh="无煤").rows()
    [('A1', 'coal_share', 'zero', 'No coal in 2023.', '无煤')]
    """
    if frame.is_empty():
        _needs_application(frame)
        return without_rows(NOTE_SCHEMA, of=frame)
    first, *others = (pl.lit(name, dtype=pl.String).alias("indicator") for name in indicators)
    texts = _texts(frame, indicator=first, status=status, detail_en=en, detail_zh=zh)
    return _without_repeats(pl.concat([texts, *(texts.with_columns(other) for other in others)]))


def cross_check(
    frame: pl.DataFrame, *, check: str, severity: Severity, en: pl.Expr | str, zh: pl.Expr | str
) -> pl.DataFrame:
    """Return one cross-check per row of ``frame``.

    Parameters
    ----------
    frame
        The rows that raise it, with ``application_id`` and the figures that the texts read; filter it first.
    check
        Name of the check, in snake case.
    severity
        One of :data:`Severity`.
    en, zh
        The texts, with the figures that raised the check; a text, or an expression over ``frame``.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`CROSS_CHECK_SCHEMA`, sorted, without exact repeats.

    Raises
    ------
    GreenCreditError
        If ``frame`` has no ``application_id``.

    Examples
    --------
    >>> firms = pl.DataFrame({"application_id": ["A1"], "sold": [7.0]})
    >>> cross_check(
    ...     firms, check="sold_energy", severity="warning", en=pl.format("{} tce sold.", "sold"), zh="外售"
    ... ).rows()
    [('A1', 'sold_energy', 'warning', '7.0 tce sold.', '外售')]
    """
    if frame.is_empty():
        _needs_application(frame)
        return without_rows(CROSS_CHECK_SCHEMA, of=frame)
    return _without_repeats(_texts(frame, check=check, severity=severity, text_en=en, text_zh=zh))


def _without_repeats(told: pl.DataFrame) -> pl.DataFrame:
    return told if told.height == 1 else told.unique().sort(told.columns)


def _texts(frame: pl.DataFrame, **texts: pl.Expr | str) -> pl.DataFrame:
    _needs_application(frame)
    return frame.select(
        "application_id",
        *(
            (pl.lit(text) if isinstance(text, str) else text).cast(pl.String).alias(name)
            for name, text in texts.items()
        ),
    )


def _needs_application(frame: pl.DataFrame) -> None:
    if "application_id" not in frame.columns:
        raise GreenCreditError(
            "A note or cross-check needs the application it belongs to.",
            where=f"columns {', '.join(frame.columns)}",
            mend="Keep application_id in the frame that is handed in.",
        )
