"""Who was champion from which day: the terms that the registry keeps, and who holds on a day."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHAMPIONS", "Term", "as_text", "in_force", "read_terms"]

CHAMPIONS = "champions"
"""Tag of the registered model that holds the terms."""

_MOST = 20
"""Terms kept: a tag holds 5,000 characters."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One version as champion.

    Parameters
    ----------
    version
        In the registry.
    holds_from
        First day of the term; ``None`` where it held from the start.
    """

    version: str
    holds_from: dt.date | None = None


def read_terms(text: str | None, *, champion: str | None) -> tuple[Term, ...]:
    """Read the terms, oldest first; the alias is the truth where somebody set it by hand.

    Parameters
    ----------
    text
        The tag; ``None`` where it was never written.
    champion
        Version that has the alias; ``None`` where none has.

    Raises
    ------
    ModelError
        If the tag cannot be read.
    """
    try:
        found = tuple(
            Term(
                version=str(entry["version"]),
                holds_from=dt.date.fromisoformat(entry["holds_from"]) if entry["holds_from"] else None,
            )
            for entry in json.loads(text or "[]")
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The terms of the champions cannot be read ({error}).",
            where=f"tag {CHAMPIONS} of the registered model",
            mend="Restore the tag from a backup of the registry, or delete it: the alias champion then stands alone.",
        ) from error
    if champion is None:
        return ()
    if not found or found[-1].version != champion:
        return (Term(version=champion),)
    return found


def as_text(terms: Sequence[Term]) -> str:
    """Write the latest terms as the tag holds them."""
    kept = [
        {
            "version": term.version,
            "holds_from": term.holds_from.isoformat() if term.holds_from else None,
        }
        for term in terms[-_MOST:]
    ]
    return json.dumps(kept, separators=(",", ":"))


def in_force(terms: Sequence[Term], on: dt.date) -> Term | None:
    """Give the latest term that has begun on a day; ``None`` where none has.

    Examples
    --------
    >>> terms = (Term(version="1"), Term(version="2", holds_from=dt.date(2027, 1, 1)))
    >>> in_force(terms, dt.date(2026, 12, 31)).version, in_force(terms, dt.date(2027, 1, 1)).version
    ('1', '2')
    """
    for term in reversed(terms):
        if term.holds_from is None or term.holds_from <= on:
            return term
    return None
