"""Texts of others on a page: names of firms, findings, numbers of certificates, made harmless and short."""

from __future__ import annotations

import re

__all__ = ["LONGEST", "breakable", "shown"]

LONGEST = 60
"""Characters of a name that are shown."""

# Controls, line and paragraph separators, and every mark that turns the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"\s+")
_LONG_RUN = re.compile(r"([^\s\u200b\u2e80-\u9fff]{20})(?=[^\s\u200b])")


def shown(text: str | None, *, most: int = LONGEST) -> str:
    r"""Return a text of somebody else as it may stand on a page.

    Blanks are drawn together, characters that nobody sees stand as the replacement character, so that a name cannot
    turn the line it stands in, and what is longer than ``most`` is cut with an ellipsis.

    Examples
    --------
    >>> shown("A" * 100, most=5), shown("a\u202eb"), shown("one\n two"), shown(None)
    ('AAAA…', 'a\ufffdb', 'one two', '')
    """
    if not text:
        return ""
    # Far more than can be shown: the rest of a very long text is not looked at.
    plain = _UNSEEN.sub("\ufffd", _BLANKS.sub(" ", text[: 4 * most])).strip()
    return plain if len(plain) <= most and len(text) <= 4 * most else plain[: most - 1].rstrip() + "…"


def breakable(text: str) -> str:
    r"""Return a text with a place to break (U+200B) in every long run without a blank, for a typesetter without CSS.

    Examples
    --------
    >>> breakable("x" * 25) == "x" * 20 + "\u200b" + "x" * 5
    True
    """
    return _LONG_RUN.sub("\\1\u200b", text)
