"""Reading a declared scorecard from TOML: every message names the line, the key and the mend."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.points import PointsScale
from models.scorecard import DeclaredIndicator, DeclaredScorecard
from models.toml_text import parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["EXAMPLE", "parse_scorecard", "read_scorecard"]

EXAMPLE = "scorecard.toml"
"""The example that comes with the package."""

_TABLES: Mapping[str, tuple[str, ...]] = {
    "": ("version", "title", "scale", "reference", "indicators"),
    "scale": ("points", "odds", "pdo"),
    "reference": ("probability",),
    "indicators": ("id", "weight", "breakpoints", "marks", "reference", "why"),
}
_HEADER = re.compile(r"\s*\[\[?\s*(scale|reference|indicators)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*\"?([A-Za-z_][\w-]*)\"?\s*=")
_FENCE = re.compile(r'"""|' + "'''")

_MOST_POINTS = 10_000.0
"""Weight, at most: larger ones cannot be added to the last digit."""

_Path = tuple[str | int, ...]


def read_scorecard(path: Path | str | None = None) -> DeclaredScorecard:
    """Read and validate a scorecard.

    Parameters
    ----------
    path
        A TOML file; ``None`` for the example that comes with the package.

    Raises
    ------
    ModelError
        If the file is not found, is not TOML, or says something that cannot hold: every mistake with its line.

    Examples
    --------
    >>> card = read_scorecard()
    >>> [round(points, 1) for points in (card.lowest_points, card.base_points, card.highest_points)]
    [523.1, 607.6, 641.1]
    """
    if path is None:
        text = resources.files("models").joinpath(EXAMPLE).read_text(encoding="utf-8")
        return parse_scorecard(text, file=EXAMPLE)
    file = Path(path)
    text = text_of(file, what="The scorecard", mend="Check the path of the TOML file.")
    return parse_scorecard(text, file=str(file))


def parse_scorecard(text: str, *, file: str) -> DeclaredScorecard:
    """Validate the text of a scorecard; see :func:`read_scorecard`.

    Parameters
    ----------
    text
        TOML.
    file
        Name of the file for messages.
    """
    content = parsed(text, what="The scorecard", where=file)
    checked = _Check(lines=_lines(text))
    checked.keys((), content, "")
    version, title = (checked.text((name,), content.get(name)) for name in ("version", "title"))
    scale = _scale(checked, checked.table("scale", content.get("scale", {})))
    probability = math.nan
    if reference := checked.table("reference", content.get("reference")):
        probability = checked.number(
            ("reference", "probability"), reference.get("probability"), low=0.0, high=1.0
        )
    indicators = _indicators(checked, content.get("indicators"))
    if checked.problems:
        raise _refusal(checked.problems, file=file)
    order = {name: place for place, name in enumerate(CATALOGUE)}
    return DeclaredScorecard(
        version=version,
        title=title,
        points_scale=scale,
        reference_probability=probability,
        indicators=tuple(sorted(indicators, key=lambda item: order[item.id])),
        text=text,
    )


@dataclass(kw_only=True)
class _Check:
    """Collects what is wrong, with its line, so that one reading names every mistake."""

    lines: Mapping[_Path, int]
    problems: list[tuple[int, str, str]] = field(default_factory=list)

    def line(self, path: _Path) -> int:
        """Line of a key, or of the table that should hold it; 1 where neither is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def wrong(self, path: _Path, what: str, mend: str) -> None:
        """Note that something is wrong at a key."""
        self.problems.append((self.line(path), what, mend))

    def keys(self, path: _Path, table: Mapping[str, Any], kind: str) -> None:
        """Note keys that no scorecard has."""
        for name in table:
            if name not in _TABLES[kind]:
                self.wrong((*path, name), f"unknown key {name!r}", _near(name, _TABLES[kind]))

    def table(self, name: str, found: object) -> Mapping[str, Any]:
        """Give a table, empty where it is none."""
        if isinstance(found, dict) and (found or name == "scale"):
            self.keys((name,), found, name)
            return found
        self.wrong(
            (name,), f"the table [{name}] is missing", f"Add [{name}] with {', '.join(_TABLES[name])}."
        )
        return {}

    def text(self, path: _Path, found: object) -> str:
        """Give a text, empty where it is none."""
        if isinstance(found, str) and found.strip():
            return found
        self.wrong(path, f"{path[-1]} must be a text, got {_told(found)}", f'Write {path[-1]} = "…".')
        return ""

    def number(
        self,
        path: _Path,
        found: Any,  # noqa: ANN401  (whatever the TOML held)
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> float:
        """Give a number strictly between the bounds, NaN where it is none."""
        if _is_number(found) and low < found < high:
            return float(found)
        bounds = {
            (-math.inf, math.inf): "a number",
            (0.0, math.inf): "a positive number",
        }.get((low, high), f"a number between {low:g} and {high:g}")
        self.wrong(path, f"{path[-1]} must be {bounds}, got {_told(found)}", f"Correct {path[-1]}.")
        return math.nan

    def numbers(self, path: _Path, found: object, *, least: int) -> tuple[float, ...] | None:
        """Give a list of at least so many finite numbers, ``None`` where it is none."""
        if isinstance(found, list) and len(found) >= least and all(map(_is_number, found)):
            return tuple(float(x) for x in found)
        self.wrong(
            path,
            f"{path[-1]} must be a list of at least {least} number{'s' if least > 1 else ''}, got {_told(found)}",
            f"Write {path[-1]} = [worst, …, best].",
        )
        return None


def _scale(checked: _Check, table: Mapping[str, Any]) -> PointsScale:
    defaults = PointsScale()
    found = {
        name: checked.number(
            ("scale", name),
            table.get(name, getattr(defaults, name)),
            low=-math.inf if name == "points" else 0.0,
        )
        for name in _TABLES["scale"]
    }
    return defaults if any(map(math.isnan, found.values())) else PointsScale(**found)


def _indicators(checked: _Check, found: object) -> list[DeclaredIndicator]:
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        checked.wrong(
            ("indicators",), "the scorecard has no indicators", "Add one [[indicators]] table per indicator."
        )
        return []
    first: dict[str, int] = {}
    made = []
    for place, item in enumerate(found):
        path: _Path = ("indicators", place)
        checked.keys(path, item, "indicators")
        before = len(checked.problems)
        name = checked.text((*path, "id"), item.get("id"))
        if name and _may_be_used(checked, (*path, "id"), name):
            if name in first:
                at = checked.line(("indicators", first[name], "id"))
                checked.wrong(
                    (*path, "id"), f"{name} stands twice, first in line {at}", "Keep one of the two."
                )
            first.setdefault(name, place)
        weight = checked.number((*path, "weight"), item.get("weight"), low=0.0, high=_MOST_POINTS)
        reference = checked.number((*path, "reference"), item.get("reference"))
        breakpoints = checked.numbers((*path, "breakpoints"), item.get("breakpoints"), least=1)
        if len(checked.problems) > before or breakpoints is None:
            continue
        _check_order(checked, (*path, "breakpoints"), name, breakpoints)
        marks = _marks(checked, (*path, "marks"), item, bands=len(breakpoints) + 1)
        if len(checked.problems) == before:
            made.append(
                DeclaredIndicator(
                    id=name, weight=weight, breakpoints=breakpoints, marks=marks, reference=reference
                )
            )
    return made


def _may_be_used(checked: _Check, path: _Path, name: str) -> bool:
    item = CATALOGUE.get(name)
    if item is None:
        checked.wrong(path, f"unknown indicator {name!r}", _near(name, list(CATALOGUE)))
    elif item.base is not None:
        checked.wrong(
            path, f"{name} is relative to peers, and a scorecard has none", f"Use {item.base} instead."
        )
    elif not item.direction:
        checked.wrong(
            path,
            f"{name} has no better and worse side in the catalogue",
            "Leave it to the policy, which can send applications to review.",
        )
    else:
        return True
    return False


def _check_order(checked: _Check, path: _Path, name: str, breakpoints: Sequence[float]) -> None:
    """Refuse breakpoints that do not lead from the worst to the best, or that no value can reach."""
    item = CATALOGUE[name]
    steps = [item.direction * (b - a) for a, b in pairwise(breakpoints)]
    if any(step <= 0.0 for step in steps):
        side = "rise: higher is better" if item.direction > 0 else "fall: lower is better"
        checked.wrong(
            path, f"the breakpoints of {name} must {side}", "Order them from the worst to the best."
        )
    low, high = item.clip or (-math.inf, math.inf)
    beyond = [f"{value:g}" for value in breakpoints if not low <= value <= high]
    if beyond:
        checked.wrong(
            path,
            f"{name} lies between {low:g} and {high:g}, a breakpoint at {', '.join(beyond)} is never met",
            f"Write {name} in its unit: {item.unit}.",
        )


def _marks(checked: _Check, path: _Path, item: Mapping[str, Any], *, bands: int) -> tuple[float, ...]:
    """Read the marks, or space them evenly."""
    even = tuple(place / (bands - 1) for place in range(bands))
    if "marks" not in item:
        return even
    marks = checked.numbers(path, item["marks"], least=2)
    if marks is None:
        return even
    if len(marks) != bands:
        checked.wrong(
            path,
            f"{bands - 1} breakpoints make {bands} bands, got {len(marks)} marks",
            "Write one mark per band, from the worst to the best.",
        )
    elif marks[0] != 0.0 or marks[-1] != 1.0 or any(b < a for a, b in pairwise(marks)):
        checked.wrong(
            path,
            f"marks must go from 0 to 1 and never fall, got {_told(list(marks))}",
            "Give the worst band 0 and the best 1; the weight holds the points.",
        )
    return marks


def _lines(text: str) -> dict[_Path, int]:
    """Line of every key and table of the kinds that a scorecard has; lines inside a long text are passed over."""
    found: dict[_Path, int] = {}
    path: _Path = ()
    tables = 0
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        fences = len(_FENCE.findall(line))
        if not inside:
            if header := _HEADER.match(line):
                name = header[1]
                path = (name,)
                found.setdefault(path, number)
                if name == "indicators":
                    path = (name, tables)
                    tables += 1
                    found[path] = number
            elif key := _KEY.match(line):
                found.setdefault((*path, key[1]), number)
        inside ^= fences % 2 == 1
    return found


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return (
        f"Did you mean {near[0]}?"
        if near
        else f"Known: {', '.join(names) if len(names) < 20 else 'see greencredit catalogue'}."
    )


def _is_number(found: object) -> bool:
    """Whether this is a number that a float holds; TOML has true, nan, inf and whole numbers of any length."""
    return isinstance(found, (int, float)) and not isinstance(found, bool) and abs(found) < 1e300


def _told(found: object) -> str:
    return "nothing" if found is None else repr(found)


def _refusal(problems: Sequence[tuple[int, str, str]], *, file: str) -> ModelError:
    ordered = sorted(problems, key=lambda problem: problem[0])
    if len(ordered) == 1:
        line, what, mend = ordered[0]
        return ModelError(f"The scorecard cannot be used: {what}.", where=f"{file}, line {line}", mend=mend)
    told = [f"line {line}: {what}. {mend}" for line, what, mend in ordered]
    return ModelError(
        "\n".join([f"{len(ordered)} things are wrong in the scorecard:", *told, ""]),
        where=file,
        mend="Mend each line that is named.",
    )
