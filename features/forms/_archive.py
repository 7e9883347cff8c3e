"""The parts of a workbook's archive, read defensively: sizes bounded, no document type, nothing unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.parsers import expat

from features.errors import DatasetError
from features.intake.raw import spelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["MAX_ARCHIVE", "MAX_FILE", "MAX_PART", "damaged", "opened", "part_of", "too_large", "walk"]

MAX_FILE = 16 * 2**20
"""Largest file, in bytes; the published forms have less than 1 MB."""
MAX_PART = 16 * 2**20
"""Largest part of the archive, unpacked, in bytes; the largest of the published forms has 1 MB."""
MAX_ARCHIVE = 64 * 2**20
"""Largest sum of the unpacked parts, in bytes; the published forms have 4 MB."""


def damaged(source: str, detail: str) -> DatasetError:
    """Return that the file cannot be read."""
    return DatasetError(
        f"The file is no Excel workbook, or it is damaged: {detail}.",
        where=source,
        mend="Open the form in Excel, save it as .xlsx and hand it in again.",
    )


def too_large(source: str, detail: str) -> DatasetError:
    """Return that the file is larger than a form can be."""
    return DatasetError(
        f"The workbook is refused for its size: {detail}.",
        where=source,
        mend="Hand in the form as published, filled in, without anything added to it.",
    )


def opened(path: Path) -> zipfile.ZipFile:
    """Return the archive, opened; DatasetError if there is none, it is damaged or too large."""
    source = spelled(path)
    try:
        if not path.is_file():
            raise DatasetError(
                f"There is no file {spelled(path.name)!r}.", where=source, mend="Check the path."
            )
        if path.stat().st_size > MAX_FILE:
            raise too_large(source, f"it has more than {MAX_FILE // 2**20} MB")
        archive = zipfile.ZipFile(path)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        # RuntimeError: its subclass NotImplementedError, for a version of the format that nobody wrote yet.
        raise damaged(source, "it is no zip archive") from error
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > MAX_ARCHIVE:
        archive.close()
        raise too_large(source, f"it unpacks to more than {MAX_ARCHIVE // 2**20} MB")
    return archive


def part_of(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    """Return one part, unpacked; DatasetError if it is missing, damaged, under a password or too large."""
    try:
        with archive.open(name) as stream:
            content = stream.read(MAX_PART + 1)
    except KeyError as error:
        raise damaged(source, f"it lacks {name}") from error
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # RuntimeError: a part under a password; its subclass NotImplementedError: an unknown compression.
        raise damaged(source, f"{name} cannot be unpacked") from error
    if len(content) > MAX_PART:
        raise too_large(source, f"{name} unpacks to more than {MAX_PART // 2**20} MB")
    return content


def walk(
    content: bytes,
    *,
    source: str,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda _: None,
    text: Callable[[str], None] = lambda _: None,
) -> None:
    """Call back for every element (by its name without namespace) and every text of an XML part.

    Raises
    ------
    DatasetError
        If the part is no well-formed XML, or carries a document type: the door of entity bombs and external entities.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise DatasetError(
            f"The part {part} of the workbook carries a document type, which no form has.",
            where=source,
            mend="Hand in the form as Excel saves it.",
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition("}")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition("}")[2])
    parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise damaged(source, f"{part} is no well-formed XML") from error
