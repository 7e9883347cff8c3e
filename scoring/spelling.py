"""What somebody may have meant: the near misses that every message of this package offers."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["close_to", "did_you_mean"]


def close_to(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names closest to ``name``, the closest first.

    Examples
    --------
    >>> close_to("Coal_shar", ["coal_share", "leverage"])
    ['coal_share']
    """
    # Case is the commonest slip, so it does not count; the first of two names that differ in nothing else stands.
    folded: dict[str, str] = {}
    for candidate in sorted(known):
        folded.setdefault(candidate.casefold(), candidate)
    return [
        folded[match]
        for match in difflib.get_close_matches(name.casefold(), list(folded), n=most, cutoff=0.6)
    ]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint: the closest known names, or all of them where none is close.

    Examples
    --------
    >>> did_you_mean("coal_shar", ["coal_share", "leverage"])
    'Did you mean coal_share?'
    >>> did_you_mean("zzz", ["b", "a"])
    'Known: a, b.'
    """
    names = list(known)
    close = close_to(name, names)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join(sorted(names))}."
