"""Reading a gate file from TOML: every message names the line, the key and the mend."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models.gate.rules import RULES, Gate, Rule
from models.toml_text import parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["EXAMPLE", "parse_gate", "read_gate"]

EXAMPLE = "gate.toml"
"""The gate that comes with the package."""

_WAIVED = "waived"
_HEADER = re.compile(r"\s*\[\s*\"?([\w-]+)\"?\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")
_Problem = tuple[int, str, str]


def read_gate(path: Path | str | None = None) -> Gate:
    """Read and validate a gate.

    Parameters
    ----------
    path
        A TOML file; ``None`` for the one that comes with the package.

    Raises
    ------
    ModelError
        If the file is not found, is not TOML, or says something that cannot hold: every mistake with its line.

    Examples
    --------
    >>> read_gate().rules["withholding"].thresholds["most_firms"]
    0.0
    """
    if path is None:
        return parse_gate(
            resources.files("models").joinpath(EXAMPLE).read_text(encoding="utf-8"), file=EXAMPLE
        )
    file = Path(path)
    text = text_of(file, what="The gate file", mend="Check the path given to --gate.")
    return parse_gate(text, file=str(file))


def parse_gate(text: str, *, file: str) -> Gate:
    """Validate the text of a gate; see :func:`read_gate`.

    Parameters
    ----------
    text
        TOML.
    file
        Name of the file for messages.
    """
    content = parsed(text, what="The gate", where=file)
    lines = _lines(text)
    problems: list[_Problem] = [
        (lines.get((name,), 1), f"unknown rule {name!r}", _near(name, RULES))
        for name in content
        if name not in RULES and name != "version"
    ]
    version = content.get("version")
    if not (isinstance(version, str) and version.strip()):
        problems.append(
            (lines.get(("version",), 1), "the gate has no version", 'Add version = "..." at the top.')
        )
    rules = {name: _rule(name, content.get(name), lines, problems) for name in RULES}
    if problems:
        raise _refusal(sorted(problems), file=file)
    return Gate(version=str(version), rules=rules)


def _rule(
    name: str,
    table: Any,  # noqa: ANN401  (whatever the TOML held)
    lines: Mapping[tuple[str, ...], int],
    problems: list[_Problem],
) -> Rule:
    kinds = RULES[name]
    if not isinstance(table, dict):
        problems.append(
            (
                lines.get((name,), 1),
                f"the rule [{name}] is missing",
                f"Add [{name}] with {', '.join(kinds)}; waive it there where it should not refuse.",
            )
        )
        return Rule(name=name, thresholds={})
    start = lines.get((name,), 1)
    problems.extend(
        (lines.get((name, key), start), f"unknown key {name}.{key}", _near(key, [*kinds, _WAIVED]))
        for key in table
        if key not in kinds and key != _WAIVED
    )
    for key, kind in kinds.items():
        if key not in table:
            problems.append((start, f"the key {name}.{key} is missing", f"Add {key}: {kind.told}."))
        elif not kind.holds(table[key]):
            problems.append(
                (
                    lines.get((name, key), start),
                    f"{name}.{key} must be {kind.told}, got {table[key]!r}",
                    f"Correct {key}.",
                )
            )
    waived = table.get(_WAIVED, "")
    if _WAIVED in table and not (isinstance(waived, str) and waived.strip()):
        problems.append(
            (
                lines.get((name, _WAIVED), start),
                f"{name}.waived must say why, got {waived!r}",
                'Write waived = "why", or leave it out.',
            )
        )
    return Rule(name=name, thresholds={key: table.get(key) for key in kinds}, waived=str(waived))


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Line of every table and key, the first where one stands twice."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = (header[1],)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."


def _refusal(problems: list[_Problem], *, file: str) -> ModelError:
    if len(problems) == 1:
        line, what, mend = problems[0]
        return ModelError(f"The gate cannot be used: {what}.", where=f"{file}, line {line}", mend=mend)
    told = [f"line {line}: {what}. {mend}" for line, what, mend in problems]
    return ModelError(
        "\n".join([f"{len(problems)} things are wrong in the gate:", *told, ""]),
        where=file,
        mend="Mend each line that is named.",
    )
