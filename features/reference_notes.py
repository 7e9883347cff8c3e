"""The notes on reference rows that are the same whatever table the rows are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.facts import note
from features.text import formatted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["other_edition_note", "recalled_note"]


def other_edition_note(rows: pl.DataFrame, *, indicator: str, of: str, en: str, zh: str) -> pl.DataFrame:
    """Return a note per row whose reference is of another time than its ``year``.

    Parameters
    ----------
    rows
        ``application_id``, ``year`` and the column ``of``; filter it first.
    indicator
        Catalogue id.
    of
        Column that names the reference rows.
    en, zh
        What they are, in the plural.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"application_id": ["A"], "year": [2020], "goods": ["clinker"]})
    >>> other_edition_note(rows, indicator="cbam_cost_share", of="goods", en="Benchmarks", zh="基准值").row(0)[3:]
    ('Benchmarks of another time stand in for 2020: clinker.', '2020年采用其他时期的基准值：clinker。')
    """
    return note(
        rows,
        indicators=[indicator],
        status="defaulted",
        en=formatted(f"{en} of another time stand in for {{}}: {{}}.", "year", of),
        zh=formatted(f"{{}}年采用其他时期的{zh}：{{}}。", "year", of),
    )


def recalled_note(rows: pl.DataFrame, *, of: str, en: str, zh: str, of_zh: str | None = None) -> pl.DataFrame:
    """Return a note of the family per row that rests on reference rows written from memory of their source.

    Parameters
    ----------
    rows
        ``application_id`` and the column ``of``; filter it first.
    of, of_zh
        Column that names the reference rows, and the one that names them in Chinese where there is one.
    en, zh
        What they are, in the plural.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"application_id": ["A"], "goods": ["clinker"]})
    >>> recalled_note(rows, of="goods", en="Benchmarks", zh="基准值").row(0)[2:]
    ('recalled', 'Benchmarks recalled, not read in their source: clinker.', '基准值凭记忆录入、未经核对：clinker。')
    """
    return note(
        rows,
        indicators=[None],
        status="recalled",
        en=formatted(f"{en} recalled, not read in their source: {{}}.", of),
        zh=formatted(f"{zh}凭记忆录入、未经核对：{{}}。", of_zh or of),
    )
