"""Which stored facts and files are no longer what they were when somebody decided on them.

A record of the audit keeps a seal of every fact (:func:`scoring.basis.fact_seals`); the batch keeps a hash of every file, and
the audit one of that list. So an altered fact is named by its table, its row and, where the seals tell it, its column, and
an altered factor, policy or model by its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.contract import CONTRACT
from scoring.basis import column_seals, fact_seals, fact_table_names
from scoring.basis.seals import COLUMN_DIGITS, ROW_DIGITS, row_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from features.intake import Dataset

__all__ = ["AlteredFact", "AlteredFile", "altered_facts", "file_kind"]

_NUMBER = " #"
"""Before the number of a row among those of one key (:func:`scoring.basis.fact_seals`)."""


@dataclass(frozen=True, kw_only=True)
class AlteredFact:
    """A fact that is no longer what was sealed.

    Parameters
    ----------
    table
        Of the contract.
    row
        What names the row: its key.
    what
        ``altered``, ``gone`` or ``added``.
    now
        Column to the value that stands there now, of those that the seals tell; empty where they tell none, as where a
        value was taken out.
    """

    table: str
    row: str
    what: str
    now: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AlteredFile:
    """A stored file that is not what the batch wrote.

    Parameters
    ----------
    name
        Below the batch's folder.
    kind
        ``facts``, ``factors``, ``policy``, ``model``, ``settings``, ``hashes``, ``manifest`` or ``results``.
    """

    name: str
    kind: str


def file_kind(name: str) -> str:
    """Return what a file of the basis holds.

    Examples
    --------
    >>> file_kind("facts/energy.parquet"), file_kind("policy.json"), file_kind("registered.json"), file_kind("note.txt")
    ('facts', 'policy', 'model', 'hashes')
    """
    first = name.split("/", maxsplit=1)[0].removesuffix(".json")
    known = {"facts", "factors", "policy", "model", "settings"}
    return "model" if first == "registered" else first if first in known else "hashes"


def altered_facts(kept: Mapping[str, Mapping[str, str]], facts: Dataset) -> tuple[AlteredFact, ...]:
    """Return the facts of a firm that are not what a record sealed.

    Parameters
    ----------
    kept
        Seals of the record: table to key to seal.
    facts
        The firm's facts as they are stored now (:func:`scoring.basis.firm_of`).
    """
    now = fact_seals(facts)
    found: list[AlteredFact] = []
    for table in fact_table_names():
        was = kept.get(table, {})
        if was != now.get(table, {}):
            found += _of_table(table, was, now.get(table, {}), facts.tables[table].to_dicts())
    return tuple(found)


def _of_table(
    table: str, was: Mapping[str, str], now: Mapping[str, str], rows: list[dict[str, Any]]
) -> Iterator[AlteredFact]:
    before, after = _by_name(was), _by_name(now)
    for name in sorted({*before, *after}):
        # Rows of one key change their numbers when one of them does: what is whole on both sides is not looked at.
        old, new = list(before.get(name, ())), list(after.get(name, ()))
        for seal in tuple(old):
            if seal in new:
                old.remove(seal)
                new.remove(seal)
        for seal, other in zip(old, new, strict=False):
            changed = _changed(seal, other, table, name, rows)
            yield AlteredFact(table=table, row=name, what="altered", now=changed)
        for what, left in (("gone", old[len(new) :]), ("added", new[len(old) :])):
            for _ in left:
                yield AlteredFact(table=table, row=name, what=what, now=MappingProxyType({}))


def _by_name(seals: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, seal in sorted(seals.items()):
        name, mark, number = key.rpartition(_NUMBER)
        found.setdefault(name if mark and number.isdigit() else key, []).append(seal)
    return found


def _changed(seal: str, other: str, table: str, name: str, rows: list[dict[str, Any]]) -> Mapping[str, str]:
    """Return the columns of the row with the other seal whose values the first seal does not know."""
    known = _digests(seal)
    if known is None:
        return MappingProxyType({})
    for row in rows:
        own = column_seals(row)
        if (
            row_name(row, CONTRACT[table].key) == name
            and "".join(sorted(own.values())) == other[ROW_DIGITS + 1 :]
        ):
            return MappingProxyType(
                {column: str(row[column]) for column, digest in own.items() if digest not in known}
            )
    return MappingProxyType({})


def _digests(seal: str) -> frozenset[str] | None:
    _, mark, digests = seal.partition(".")
    if not mark:
        return None
    return frozenset(digests[at : at + COLUMN_DIGITS] for at in range(0, len(digests), COLUMN_DIGITS))
