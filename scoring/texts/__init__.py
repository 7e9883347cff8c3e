"""What is said to people, in English and Chinese: one versioned catalogue of texts, validated, approved by somebody.

- :func:`texts` gives the catalogue that comes with the product (``catalogue.toml``); :func:`text` one text of it.
- :func:`read_texts` and :func:`parse_texts` read any file of that form, such as the library of reasons.
- :func:`value_text` tells an indicator's value in one language.
"""

from scoring.texts.library import LANGUAGES, Language, TextLibrary, parse_texts, read_texts
from scoring.texts.shipped import text, texts
from scoring.texts.values import value_text

__all__ = [
    "LANGUAGES",
    "Language",
    "TextLibrary",
    "parse_texts",
    "read_texts",
    "text",
    "texts",
    "value_text",
]
