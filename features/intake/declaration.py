"""What a dataset says about itself: ``dataset.toml`` beside its tables, or the keyword of the reader.

The whole of the file::

    decimal = ","            # of every number that is written as text: 1.444,83
    [tables.energy]          # a table and its columns by English or Chinese names
    decimal = "."            # here it is a point
    [tables.energy.columns]
    quantity = ","           # and in this column a comma again

The nearest word counts: column, table, dataset. Without one the mark is a point. Cells that are numbers in their
source (Parquet, a database) have no mark and are left alone.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

import polars as pl

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake.cells import with_points
from features.intake.headers import match_columns, match_tables
from features.intake.raw import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from features.intake.raw import Notice

__all__ = [
    "DECLARATION",
    "Declaration",
    "Mark",
    "comma_notices",
    "pointed",
    "read_declaration",
    "refuse_commas",
]

DECLARATION = "dataset.toml"
"""Name of the file in a dataset's folder."""

Mark = Literal[".", ","]

_NUMBERS = frozenset({"number", "money", "integer"})


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The decimal marks of a dataset.

    Parameters
    ----------
    decimal
        The mark of the whole dataset.
    tables
        Name of a table to the mark of its columns.
    columns
        Table and column to the mark of the column.

    Examples
    --------
    >>> said = Declaration(decimal=",", columns={("energy", "quantity"): "."})
    >>> said.commas("energy", ["firm_id", "quantity"]), said.commas("annual", ["firm_id", "营业收入"])
    ((), ('营业收入',))
    """

    decimal: Mark = "."
    tables: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[tuple[str, str], Mark] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_commas(self) -> bool:
        """Whether any column may have decimal commas."""
        return "," in {self.decimal, *self.tables.values(), *self.columns.values()}

    def commas(self, table: str, headers: Sequence[str], *, source: str = "") -> tuple[str, ...]:
        """Return the headers of a table whose numbers have decimal commas; ``source`` is for messages."""
        if not self.has_commas:
            return ()
        of_table = self.tables.get(table, self.decimal)
        meant = match_columns(table, headers, source=source).columns
        return tuple(
            header
            for header, column in meant.items()
            if CONTRACT[table].column(column).kind in _NUMBERS
            and self.columns.get((table, column), of_table) == ","
        )


def read_declaration(file: Path, *, decimal: Mark | None = None) -> Declaration:
    """Return what a dataset declares; the contract's own defaults where there is no such file.

    Parameters
    ----------
    file
        The ``dataset.toml``.
    decimal
        The mark of the whole dataset by word of the caller.

    Raises
    ------
    DatasetError
        If the file is no TOML, a key or value of it is unknown, or it contradicts the caller; with the key.
    """
    given = _loaded(file) if file.is_file() else {}
    source = spelled(file)
    _known(given, {"decimal", "tables"}, at="", source=source)
    tables = _section(given, "tables", at="tables", source=source)
    names = match_tables(list(tables), source=source)
    for name in tables:
        if name not in names:
            raise _wrong(
                f"tables.{name}", "names no table of the contract", ", ".join(CONTRACT), source=source
            )
    of_table: dict[str, Mark] = {}
    of_column: dict[tuple[str, str], Mark] = {}
    for name, table in names.items():
        at = f"tables.{name}"
        said = _section(tables, name, at=at, source=source)
        _known(said, {"decimal", "columns"}, at=f"{at}.", source=source)
        if "decimal" in said:
            of_table[table] = _mark(said["decimal"], at=f"{at}.decimal", source=source)
        columns = _section(said, "columns", at=f"{at}.columns", source=source)
        meant = match_columns(table, list(columns), source=source).columns
        numbers = [column.name for column in CONTRACT[table].columns if column.kind in _NUMBERS]
        for header, mark in columns.items():
            key = f"{at}.columns.{header}"
            if meant.get(header) not in numbers:
                raise _wrong(key, f"names no number of {table}", ", ".join(numbers), source=source)
            of_column[table, meant[header]] = _mark(mark, at=key, source=source)
    whole = _mark(given["decimal"], at="decimal", source=source) if "decimal" in given else decimal
    if decimal is not None and decimal != whole:
        raise DatasetError(
            f'The dataset declares decimal = "{whole}", but it was to be read with "{decimal}".',
            where=f"{source}, key decimal",
            mend="Say it in one place, or the same in both.",
        )
    return Declaration(
        decimal=whole or ".", tables=MappingProxyType(of_table), columns=MappingProxyType(of_column)
    )


def _loaded(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # ValueError: no TOML, no UTF-8, or a whole number of more digits than Python reads.
        raise DatasetError(
            f"The declaration is no TOML in UTF-8: {error}.",
            where=spelled(file),
            mend='Write it as in: decimal = ","',
        ) from error
    except OSError as error:
        raise DatasetError(
            f"The file cannot be read: {error.strerror}.",
            where=spelled(file),
            mend="Check the file and its permissions.",
        ) from error


def _section(given: Mapping[str, object], key: str, *, at: str, source: str) -> Mapping[str, object]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise _wrong(at, "is no section", f"a section [{at}]", source=source)
    return found


def _known(given: Mapping[str, object], keys: set[str], *, at: str, source: str) -> None:
    for key in given:
        if key not in keys:
            raise _wrong(f"{at}{key}", "is no key of a declaration", ", ".join(sorted(keys)), source=source)


def _mark(value: object, *, at: str, source: str) -> Mark:
    if not isinstance(value, str) or value not in {".", ","}:
        raise _wrong(at, f"is {value!r}, which is no decimal mark", '"." or ","', source=source)
    return cast("Mark", value)


def _wrong(key: str, what: str, wanted: str, *, source: str) -> DatasetError:
    return DatasetError(
        f"The key {key} {what}.", where=f"{source}, key {key}", mend=f"There may stand: {wanted}."
    )


def refuse_commas(declared: Declaration, *, source: str) -> None:
    """Raise DatasetError where decimal commas are declared for a workbook: its numbers have no mark."""
    if declared.has_commas:
        raise DatasetError(
            "Decimal commas are declared, but a workbook stores numbers without any mark.",
            where=source,
            mend="Take the declaration away; cells that Excel shows as text are to be made numbers there.",
        )


def pointed(frame: pl.DataFrame, headers: Sequence[str]) -> pl.DataFrame:
    """Return the frame with decimal points in the text cells of these columns; numbers stay as they are."""
    return frame.with_columns(
        with_points(pl.col(header)) for header in headers if frame.schema[header] == pl.String
    )


def comma_notices(table: str, headers: Sequence[str]) -> list[Notice]:
    """Return that columns were read with decimal commas, because their bad cells are shown respelled."""
    return [
        (
            "decimal_comma",
            table,
            header,
            f"{header} of {table} was read with decimal commas; in the quarantine its marks stand exchanged: 1.444,83 as 1,444.83.",
            f"{CONTRACT[table].zh}表的“{header}”列已按逗号小数点读取；隔离区中该列的点与逗号互换：1.444,83 显示为 1,444.83。",
        )
        for header in headers
    ]
