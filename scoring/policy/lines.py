"""On which line of a TOML file each key stands: the standard library's reader keeps no lines.

The text has been read as TOML before, so that only what is valid has to be understood here.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Path", "lines_of_keys"]

Path = tuple[str | int, ...]
"""Keys, and positions in lists, from the top of the file."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_TEXT = re.compile(r'"{3}(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_PLAIN = re.compile(r"[^,\]\}\n#]+")


def lines_of_keys(text: str) -> Mapping[Path, int]:
    r"""Return the line (from 1) on which each key, table and member of a list begins.

    Examples
    --------
    >>> lines = lines_of_keys('a = 1\n[[rules]]\nid = "x"\nwhen = [\n  { fact = "f" },\n]')
    >>> lines["rules", 0], lines["rules", 0, "id"], lines["rules", 0, "when", 0, "fact"]
    (2, 3, 5)
    """
    places: dict[Path, int] = {}
    # A line helps the reader of a message; where one cannot be found, the message stands without it.
    with contextlib.suppress(ValueError, IndexError):
        places.update(_Scanner(text).places())
    return places


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def places(self) -> Iterator[tuple[Path, int]]:
        table: Path = ()
        lists: dict[Path, int] = {}
        while self._skip_blank():
            line = self._line()
            if self._text[self._at] == "[":
                double = self._text.startswith("[[", self._at)
                self._at += 2 if double else 1
                named = _inside(self._key(), lists)
                if double:
                    lists[named] = lists.get(named, -1) + 1
                    yield named, line
                    named = (*named, lists[named])
                self._at += 2 if double else 1
                table = named
                yield table, line
            else:
                yield from self._pair(table)

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        line = self._line()
        path = (*table, *self._key())
        yield path, line
        self._at += 1  # the equals sign
        self._skip_blank()
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        begins = self._text[self._at]
        if begins in "\"'":
            self._take(_TEXT)
        elif begins == "[":
            yield from self._members(path)
        elif begins == "{":
            yield from self._inline(path)
        else:
            self._take(_PLAIN)

    def _members(self, path: Path) -> Iterator[tuple[Path, int]]:
        position = 0
        self._at += 1
        while self._skip_blank() and self._text[self._at] != "]":
            member = (*path, position)
            yield member, self._line()
            yield from self._value(member)
            self._skip_comma()
            position += 1
        self._at += 1

    def _inline(self, path: Path) -> Iterator[tuple[Path, int]]:
        self._at += 1
        while self._skip_blank() and self._text[self._at] != "}":
            yield from self._pair(path)
            self._skip_comma()
        self._at += 1

    def _key(self) -> Path:
        """Take a dotted key."""
        parts = []
        while True:
            parts.append(self._take(_KEY).strip().strip("\"'"))
            if self._text[self._at : self._at + 1] != ".":
                return tuple(parts)
            self._at += 1

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"not understood at line {self._line()}")
        self._at = found.end()
        return found.group()

    def _skip_comma(self) -> None:
        self._skip_blank()
        if self._text[self._at : self._at + 1] == ",":
            self._at += 1

    def _skip_blank(self) -> bool:
        """Go to the next thing said; return whether there is any."""
        self._take(_BLANK)
        return self._at < len(self._text)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1


def _inside(key: Path, lists: Mapping[Path, int]) -> Path:
    """Put the current position into a table's name where part of it is a list of tables."""
    path: Path = ()
    for part in key:
        path = (*path, part)
        if path in lists and path != key:
            path = (*path, lists[path])
    return path
