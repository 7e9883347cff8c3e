"""One way to compare spellings: half-width, lower case, without blanks."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

__all__ = ["normalise", "normalise_expr"]

# Named one by one, because the blanks of Python's and of the table engine's ``\s`` are not the same set.
_BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + ("\u2028\u2029\u202f\u205f\u2060\u3000\ufeff")
)
_BLANK = f"[{_BLANKS}]"


def normalise(text: str) -> str:
    """Return a spelling as it is compared: NFKC, lower case, no blanks.

    Full-width letters and digits become half-width, superscripts plain digits, and blanks vanish: ``ISO 14001``,
    ``ＩＳＯ14001`` and ``iso14001`` are one spelling. Only for comparing, never for storing.

    Examples
    --------
    >>> normalise(" ＩＳＯ  14001 "), normalise("烟　煤"), normalise("m³")
    ('iso14001', '烟煤', 'm3')
    """
    return re.sub(_BLANK, "", unicodedata.normalize("NFKC", text)).lower()


def normalise_expr(expr: pl.Expr) -> pl.Expr:
    """Return :func:`normalise` of a text column, vectorised; null stays null.

    Examples
    --------
    >>> pl.select(normalise_expr(pl.lit("ＧＢ/Ｔ 24001"))).item()
    'gb/t24001'
    """
    return expr.cast(pl.String).str.normalize("NFKC").str.replace_all(_BLANK, "").str.to_lowercase()
