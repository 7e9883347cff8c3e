"""Reasons in words, from the versioned library ``library.toml``."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE
from scoring.telling import tell
from scoring.texts import parse_texts, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.texts import Language, TextLibrary

__all__ = ["library_sha256", "reason_library", "sentence"]

_FILE = "library.toml"
_MOST_NAMED = 4
"""Missing indicators that a sentence names; the number of the others follows."""

_SAID_BY_THE_SENTENCE = frozenset({"ratio", "position", "level", "count", "weighted count", "PCAF 1 to 5"})
"""Units without dimension, which a sentence says in its own words: only the figure is filled in."""

_BETWEEN_NAMES = MappingProxyType({"en": ", ", "zh": "、"})


@cache
def reason_library() -> TextLibrary:
    """Return the library that comes with the product; read once."""
    return parse_texts(_content(), file=_FILE)


def library_sha256() -> str:
    """Return the hash of the library's file."""
    return hashlib.sha256(_content().encode()).hexdigest()


def sentence(
    row: Mapping[str, Any],
    lang: Language,
    *,
    own_industry_names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> str:
    """Say one reason.

    Parameters
    ----------
    row
        A row of ``reasons.parquet``; see :data:`scoring.reasons.table.COLUMNS`.
    lang
        ``en`` or ``zh``.
    own_industry_names
        As in :func:`scoring.telling.sector_name`.

    Returns
    -------
    str
        With the firm's value and, where the model knows it, the sector's median; of what was not handed in its names
        only, and of what does not apply that it does not.

    Examples
    --------
    >>> row = {"code": "coal_share_down", "kind": "value", "indicator": "coal_share", "value": 0.62, "value_text": None}
    >>> sentence(row | {"sector_median": 0.305, "sector_level": "group"}, "en")
    'Coal and coke supply 62.0 % of the energy used (sector median 30.5 %); reliance on coal weighs on the score.'
    >>> row = {"code": "energy_not_handed_in", "kind": "not_handed_in", "missing": ["coal_share", "electrification"]}
    >>> sentence(row, "zh")
    '能源数据未提供：煤炭消费占比、电气化率。可由能源账单、计量记录或能源审计报告补充。'
    """
    library, code = reason_library(), str(row["code"])
    if row["kind"] == "not_handed_in":
        return library.text(code, lang, missing=_listed(row["missing"], lang))
    indicator = str(row["indicator"])
    if code.startswith("does_not_apply"):
        item = CATALOGUE[indicator]
        return library.text(code, lang, name=item.en if lang == "en" else item.zh)
    value = row["value_text"] if row["value"] is None else row["value"]
    return library.text(
        code,
        lang,
        value=_told(indicator, value, lang, own=own_industry_names),
        median=_median(indicator, row["sector_median"], row["sector_level"], lang),
    )


def _content() -> str:
    return resources.files("scoring.reasons").joinpath(_FILE).read_text(encoding="utf-8")


def _told(
    indicator: str,
    value: float | str | None,
    lang: Language,
    *,
    own: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> str:
    if CATALOGUE[indicator].unit in _SAID_BY_THE_SENTENCE and not isinstance(value, str):
        return tell(indicator, value).partition(" ")[0]
    return value_text(indicator, value, lang, own_industry_names=own)


def _median(indicator: str, median: float | None, level: str | None, lang: Language) -> str:
    """Return the comparison with the sector, or nothing where the model knows none."""
    if median is None or level is None:
        return ""
    return reason_library().text(f"median_{level}", lang, median=_told(indicator, median, lang))


def _listed(missing: list[str], lang: Language) -> str:
    names = [CATALOGUE[name].en if lang == "en" else CATALOGUE[name].zh for name in missing]
    told, more = _BETWEEN_NAMES[lang].join(names[:_MOST_NAMED]), len(names) - _MOST_NAMED
    if more <= 0:
        return reason_library().text("listed", lang, names=told)
    return reason_library().text("listed_and_more", lang, names=told, more=more)
