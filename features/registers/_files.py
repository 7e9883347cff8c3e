"""What every register reader needs: finding its files, refusing what is not as published, noting what was left out."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import RegisterError
from features.intake.dataset import NOTICES_SCHEMA, Dataset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Notice", "folder_of", "notice", "require_columns", "with_record"]

Notice = tuple[str, str, str, str, str]
"""A row of the notices table: kind, table, column, English text, Chinese text."""


def folder_of(path: Path | str, *, register: str, needed: str, known: Sequence[str]) -> Path:
    """Return the folder of a register's files, given the folder or one of the files.

    Parameters
    ----------
    register
        Name of the register, for the message.
    needed
        The file without which nothing can be read.
    known
        Names under which the register's files are published.

    Raises
    ------
    RegisterError
        If the path does not exist, is another file, or the folder lacks the needed file.
    """
    place = Path(path)
    mend = f"Give the folder that holds {needed}, or that file itself."
    if not place.exists():
        raise RegisterError(f"There is no file or folder {place.name!r}.", where=str(place), mend=mend)
    if place.is_file() and place.name not in known:
        raise RegisterError(
            f"{place.name!r} is no file of the register {register} (known: {', '.join(known)}).",
            where=str(place),
            mend=mend,
        )
    folder = place if place.is_dir() else place.parent
    if not (folder / needed).is_file():
        raise RegisterError(f"The folder lacks {needed}.", where=str(folder), mend=mend)
    return folder


def require_columns(frame: pl.DataFrame, columns: Iterable[str], *, where: str) -> None:
    """Refuse a file that lacks published columns, naming all of them.

    Raises
    ------
    RegisterError
        If a column is missing.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise RegisterError(
            f"The file is not as published: it lacks {', '.join(repr(c) for c in missing)}.",
            where=where,
            mend="Use the file as the register published it, with its header row unchanged.",
        )


def notice(table: str, column: str, *, en: str, zh: str) -> Notice:
    """Return a row of the notices table: what a reader did with a table's column, empty where all are meant."""
    return ("register", table, column, en, zh)


def with_record(dataset: Dataset, *, notices: Sequence[Notice], files: Sequence[Path]) -> Dataset:
    """Return the dataset with the reader's notices and the hashes of the files it read."""
    added = pl.DataFrame(list(notices), schema=dict(NOTICES_SCHEMA), orient="row")
    hashes: Mapping[str, str] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)
    }
    return replace(
        dataset,
        notices=pl.concat([dataset.notices, added]).sort(list(NOTICES_SCHEMA)),
        files=MappingProxyType(dict(hashes)),
    )
