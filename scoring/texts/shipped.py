"""The catalogue of texts that comes with the product."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from scoring.texts.library import TextLibrary, parse_texts

if TYPE_CHECKING:
    from scoring.texts.library import Language

__all__ = ["text", "texts"]

_FILE = "catalogue.toml"


@cache
def texts() -> TextLibrary:
    """Return the catalogue; read once."""
    content = resources.files("scoring.texts").joinpath(_FILE).read_text(encoding="utf-8")
    return parse_texts(content, file=_FILE)


def text(code: str, lang: Language, **values: object) -> str:
    """Return one text of the catalogue; see :meth:`TextLibrary.text`.

    Examples
    --------
    >>> text("demonstration", "en"), text("demonstration", "zh")
    ('demonstration', '演示')
    """
    return texts().text(code, lang, **values)
