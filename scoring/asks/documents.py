"""The documents a bank may ask for, the facts they state, and the indicators that hang on each fact: declared once, in TOML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from models.toml_text import parsed
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Document", "Documents", "Fact", "documents", "parse_documents"]

_FILE = "documents.toml"
_FACT_KEYS = {"en", "zh", "gives", "moves", "improves", "expected"}
_DOCUMENT_KEYS = {"en", "zh", "facts"}
_REASON_KEYS = {"en", "zh"}
_SECTIONS = {"version", "documents", "facts", "not_asked"}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact of the data contract that a document states.

    Parameters
    ----------
    id
        ``table.what``, as in ``expected_facts.csv``.
    en, zh
        What it is called.
    gives
        Indicators that some firm loses without it.
    moves
        Indicators that have another value without it and are not lost.
    improves
        Those of either that can only get better by its being handed in.
    expected
        Expected facts that it settles; itself where nothing else is declared.
    """

    id: str
    en: str
    zh: str
    gives: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    improves: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """Table of the contract."""
        return self.id.partition(".")[0]

    @property
    def what(self) -> str:
        """What of the table."""
        return self.id.partition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Document:
    """Something a customer can hand in: an id, its names, and the ids of the facts it states."""

    id: str
    en: str
    zh: str
    facts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Documents:
    """An edition of the declaration.

    Parameters
    ----------
    version
        Edition.
    documents, facts
        By id, in the order of the file.
    not_asked
        Indicators that no document is asked for, to the reason in English and Chinese.
    """

    version: str
    documents: Mapping[str, Document]
    facts: Mapping[str, Fact]
    not_asked: Mapping[str, tuple[str, str]]


@cache
def documents() -> Documents:
    """Return the declaration that comes with the product; read once."""
    content = resources.files("scoring.asks").joinpath(_FILE).read_text(encoding="utf-8")
    return parse_documents(content, file=_FILE)


def parse_documents(content: str, *, file: str) -> Documents:
    """Validate a declaration.

    Parameters
    ----------
    content
        TOML.
    file
        Name of the file for messages.

    Raises
    ------
    GreenCreditError
        If it is not TOML, a key is unknown or missing, a document names a fact that is not declared or that another
        document has, or a fact names an indicator that the catalogue does not have. All faults are named at once.
    """
    found = parsed(content, what="The file of documents", where=file, error=GreenCreditError)
    faults = _faults(found)
    if faults:
        raise GreenCreditError(
            "The documents cannot be used: " + " ".join(faults),
            where=file,
            mend="Mend each key that is named.",
        )
    return Documents(
        version=found["version"],
        documents=MappingProxyType(
            {
                name: Document(id=name, en=entry["en"], zh=entry["zh"], facts=tuple(entry["facts"]))
                for name, entry in found["documents"].items()
            }
        ),
        facts=MappingProxyType(
            {
                name: Fact(
                    id=name,
                    en=entry["en"],
                    zh=entry["zh"],
                    **{
                        key: tuple(entry.get(key, [name] if key == "expected" else []))
                        for key in ("gives", "moves", "improves", "expected")
                    },
                )
                for name, entry in found["facts"].items()
            }
        ),
        not_asked=MappingProxyType(
            {name: (entry["en"], entry["zh"]) for name, entry in found["not_asked"].items()}
        ),
    )


def _faults(found: dict[str, Any]) -> list[str]:
    faults = [f"Unknown key {key}; {did_you_mean(key, _SECTIONS)}" for key in found if key not in _SECTIONS]
    if not isinstance(found.get("version"), str) or not found.get("version"):
        faults.append('`version` must be a text, such as "1".')
    for section, keys, needed in (
        ("documents", _DOCUMENT_KEYS, {"en", "zh", "facts"}),
        ("facts", _FACT_KEYS, {"en", "zh"}),
        ("not_asked", _REASON_KEYS, {"en", "zh"}),
    ):
        entries = found.get(section)
        if not isinstance(entries, dict):
            faults.append(f"`[{section}]` must be a table.")
            continue
        faults += [
            fault for name, entry in entries.items() for fault in _shape(section, name, entry, keys, needed)
        ]
    # What the entries say can only be looked at once each of them is whole.
    return faults or [*_document_faults(found), *_indicator_faults(found)]


def _shape(section: str, name: str, entry: object, keys: set[str], needed: set[str]) -> list[str]:
    where = f"{section}.{name}"
    if not isinstance(entry, dict):
        return [f"{where} must be a table with {', '.join(sorted(needed))}."]
    faults = [f"{where}: unknown key {key}; {did_you_mean(key, keys)}" for key in entry if key not in keys]
    faults += [f"{where}: {key} is missing." for key in sorted(needed - set(entry))]
    for key, value in entry.items():
        texts = [value] if key in {"en", "zh"} else value
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            wanted = "a text" if key in {"en", "zh"} else "a list of texts"
            faults.append(f"{where}.{key} must be {wanted}.")
    return faults


def _document_faults(found: dict[str, Any]) -> list[str]:
    faults, seen = [], dict[str, str]()
    for name, entry in found["documents"].items():
        for fact in entry["facts"]:
            if fact not in found["facts"]:
                faults.append(f"documents.{name}: unknown fact {fact}; {did_you_mean(fact, found['facts'])}")
            elif fact in seen:
                faults.append(f"documents.{name}: the fact {fact} stands in {seen[fact]} already.")
            seen.setdefault(fact, name)
    return faults + [f"facts.{fact}: no document states it." for fact in found["facts"] if fact not in seen]


def _indicator_faults(found: dict[str, Any]) -> list[str]:
    listed = {
        f"facts.{name}.{key}": entry.get(key, [])
        for name, entry in found["facts"].items()
        for key in ("gives", "moves", "improves")
    } | {"not_asked": list(found["not_asked"])}
    faults = [
        f"{where}: unknown indicator {indicator}; {did_you_mean(indicator, CATALOGUE)}"
        for where, indicators in listed.items()
        for indicator in indicators
        if indicator not in CATALOGUE
    ]
    for name, entry in found["facts"].items():
        known = {*entry.get("gives", []), *entry.get("moves", [])}
        faults += [
            f"facts.{name}.improves: {indicator} must stand in gives or moves and have a direction."
            for indicator in entry.get("improves", [])
            if indicator in CATALOGUE and (indicator not in known or not CATALOGUE[indicator].direction)
        ]
    return faults
