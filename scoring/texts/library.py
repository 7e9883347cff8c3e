"""A library of texts: code, English, Chinese, a version and who approved it, read from TOML.

A file looks like this; ``{name}`` stands for what is filled in, the same names in both languages::

    version = "1"
    approved_by = "Credit committee"   # empty: nobody approved it yet
    approved_on = 2026-01-01           # only together with approved_by

    [texts]
    points_to_next = { en = "{points} points to {grade}.", zh = "距{grade}还差{points}分。" }
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from features.errors import GreenCreditError
from models.toml_text import parsed, text_of
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LANGUAGES", "Language", "TextLibrary", "parse_texts", "read_texts"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_CODE = re.compile(r"[a-z][a-z0-9_]*")
_KEYS = ("version", "approved_by", "approved_on", "texts")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, kw_only=True)
class TextLibrary:
    """Texts by code and language.

    Parameters
    ----------
    version
        Edition of the texts.
    approved_by, approved_on
        Who approved this edition and when; empty and None while nobody has.
    texts
        Code to language to text.
    """

    version: str
    approved_by: str
    approved_on: dt.date | None
    texts: Mapping[str, Mapping[str, str]]

    def text(self, code: str, lang: Language, **values: object) -> str:
        r"""Return a text with its values filled in.

        Parameters
        ----------
        code
            Which text.
        lang
            ``en`` or ``zh``.
        values
            What its names stand for. A value is text: braces in it are not read.

        Raises
        ------
        KeyError
            If there is no such text, or a name of it was not given.

        Examples
        --------
        >>> library = parse_texts('version = "1"\n[texts]\nto = { en = "To {grade}.", zh = "距{grade}。" }', file="t")
        >>> library.text("to", "zh", grade="{A}")
        '距{A}。'
        """
        template = self.texts[code][lang]
        return template.format_map(values) if "{" in template else template


def read_texts(file: Path) -> TextLibrary:
    """Read a library of texts; errors as of :func:`parse_texts`."""
    return parse_texts(
        text_of(file, what="The file of texts", mend="Check the path.", error=GreenCreditError),
        file=str(file),
    )


def parse_texts(content: str, *, file: str) -> TextLibrary:
    """Validate a library of texts.

    Parameters
    ----------
    content
        TOML.
    file
        Name of the file for messages.

    Raises
    ------
    GreenCreditError
        If it is not TOML, a key is unknown or missing, a text lacks a language, its two languages do not fill in the
        same names, or an approval is not whole. All faults are named at once.
    """
    found = parsed(content, what="The file of texts", where=file, error=GreenCreditError)
    given = found.get("texts")
    texts: dict[str, Any] = given if isinstance(given, dict) else {}
    faults = [*_head_faults(found), *_text_faults(texts)]
    if faults:
        raise GreenCreditError(
            "The texts cannot be used: " + " ".join(faults), where=file, mend="Mend each key that is named."
        )
    return TextLibrary(
        version=found["version"],
        approved_by=found.get("approved_by", ""),
        approved_on=found.get("approved_on"),
        texts=MappingProxyType(
            {
                code: MappingProxyType({lang: entry[lang] for lang in LANGUAGES})
                for code, entry in texts.items()
            }
        ),
    )


def _head_faults(found: Mapping[str, Any]) -> list[str]:
    faults = [f"Unknown key {key}; {did_you_mean(key, _KEYS)}" for key in found if key not in _KEYS]
    if not isinstance(found.get("version"), str) or not found.get("version"):
        faults.append('`version` must be a text, such as "1".')
    if not isinstance(found.get("texts"), dict) or not found["texts"]:
        faults.append("`[texts]` must hold at least one text.")
    by, on = found.get("approved_by", ""), found.get("approved_on")
    if not isinstance(by, str):
        faults.append("`approved_by` must be a text.")
    if on is not None and (not isinstance(on, dt.date) or isinstance(on, dt.datetime)):
        faults.append("`approved_on` must be a day, such as 2026-01-01.")
    if bool(by) != (on is not None):
        faults.append("`approved_by` and `approved_on` go together.")
    return faults


def _text_faults(texts: Mapping[str, Any]) -> list[str]:
    faults: list[str] = []
    for code, entry in texts.items():
        if not _CODE.fullmatch(code):
            faults.append(f"texts.{code}: a code has small letters, digits and underscores.")
        elif not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
            faults.append(f"texts.{code}: give exactly en and zh.")
        elif not all(isinstance(entry[lang], str) and entry[lang].strip() for lang in LANGUAGES):
            faults.append(f"texts.{code}: en and zh must be texts, not empty.")
        else:
            faults += _language_faults(code, entry)
    return faults


def _language_faults(code: str, entry: Mapping[str, str]) -> list[str]:
    names: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        try:
            fields = [field for field in Formatter().parse(entry[lang]) if field[1] is not None]
        except ValueError as error:
            return [f"texts.{code}.{lang}: {error}; write a brace as {{{{ or }}}}."]
        # Attributes, indices and formats would let a text reach into what it is given.
        plain = all(_CODE.fullmatch(name or "") and not spec and not conv for _, name, spec, conv in fields)
        if not plain:
            return [f"texts.{code}.{lang}: only plain names stand in braces, such as {{points}}."]
        names[lang] = sorted({str(name) for _, name, _, _ in fields})
    if names["en"] != names["zh"]:
        return [f"texts.{code}: en fills in {names['en']}, zh {names['zh']}; both need the same names."]
    if _HAN.search(entry["en"]):
        return [f"texts.{code}.en: Chinese characters in the English text."]
    return []
