"""The EFRAG VSME digital template as a dataset: what a firm in the EU fills in for its bank.

The form is read by its defined names (``features.forms.vsme_names``), stored values only. What it holds and the contract
has no column for is told in notices; nothing is guessed. Facts carry the file and the defined name they were read at.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import DatasetError
from features.forms import vsme_names as names
from features.forms._named_workbook import names_of, read_named
from features.forms._vsme_annual import annual
from features.forms._vsme_cells import as_text, day, one
from features.forms._vsme_firm import firm, identity
from features.forms._vsme_flows import emissions, energy
from features.forms._vsme_form import Form, findings_frame, told
from features.identifiers import tidy_identifier
from features.intake.dataset import NOTICES_SCHEMA
from features.intake.raw import digest, spelled
from features.intake.validate import validate_tables

if TYPE_CHECKING:
    import datetime as dt

    from features.forms._named_workbook import NamedWorkbook
    from features.forms._vsme_form import Row
    from features.intake.dataset import Dataset

__all__ = ["edition", "is_vsme", "read"]

_DAYS_OF_A_YEAR = (350, 380)
"""Shortest and longest period that is a year: 52 or 53 weeks, and a little to spare."""


def is_vsme(path: Path | str) -> bool:
    """Return whether a file is this form; only its list of names is looked at.

    Examples
    --------
    >>> is_vsme("no such file.xlsx")
    False
    """
    try:
        found = names_of(Path(path))
    except DatasetError:
        return False
    return all(mark in found for mark in names.MARKS)


def edition(path: Path | str) -> str:
    """Return the edition the form states, such as ``1.2.0``.

    Raises
    ------
    DatasetError
        If the file is not this form, or states no edition.
    """
    place = Path(path)
    return _edition(read_named(place, [names.EDITION.name]), spelled(place))


def read(path: Path | str, *, as_of: dt.date | str | None = None) -> Dataset:
    """Return a filled form as a dataset of one firm and one year.

    Parameters
    ----------
    path
        The ``.xlsx`` or ``.xlsm`` file, of edition 1.1.1, 1.2.0 or 1.3.0; of another with a notice.
    as_of
        Day of decision: one application is made of it. Without it the dataset has none and cannot be scored.

    Returns
    -------
    Dataset
        Through :func:`features.intake.validate_tables`. ``source_document`` is the file's name and ``page`` the defined
        name of the fact (of the annual row: each column with its name). ``published_on`` is empty, since the form does
        not say it: the contract's usual delay is taken, and recorded. ``findings`` holds totals of the form that its
        own parts do not make.

    Raises
    ------
    DatasetError
        If the file is not this form, is damaged or too large, is blank or lacks who and when, or its period is no year.
    """
    place = Path(path)
    source = spelled(place)
    book = read_named(place, names.every_name())
    stated_edition = _edition(book, source)
    _refuse_lost_names(book, source, stated_edition)
    identifier, first, last = _who_and_when(book, source)
    form = Form(
        book=book, edition=stated_edition, firm_id=identifier, year=last.year, document=spelled(place.name)
    )
    if stated_edition not in names.EDITIONS:
        form.note(
            "",
            "",
            f"The form is of edition {stated_edition}, which was not compared with those known ({', '.join(names.EDITIONS)}).",
            f"表格版本为{stated_edition}，未与已知版本（{'、'.join(names.EDITIONS)}）核对。",
        )
    _note_period(form, first, last)
    tables: dict[str, list[Row]] = {
        "firms": [firm(form)],
        "annual": annual(form),
        "energy": energy(form),
        "emissions": emissions(form),
    }
    told(form)
    _note_unstored(form)
    if not any(rows for name, rows in tables.items() if name != "firms"):
        form.note("", "", "The form names the firm and holds no figure.", "表中仅有企业信息，无任何数值。")
    if as_of is not None:
        application = f"vsme-{identifier}-{last.year}"
        tables["applications"] = [form.row("", application_id=application, as_of=str(as_of))]
    dataset = validate_tables(
        {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items() if rows},
        source=source,
        purpose="check" if as_of is None else "score",
        findings=findings_frame(form),
    )
    added = pl.DataFrame(form.notices, schema=dict(NOTICES_SCHEMA), orient="row")
    return replace(
        dataset,
        notices=pl.concat([dataset.notices, added]).sort(list(NOTICES_SCHEMA)),
        files=MappingProxyType({form.document: digest(place.read_bytes())}),
    )


def _edition(book: NamedWorkbook, source: str) -> str:
    if not all(mark in book.names for mark in names.MARKS):
        lost = [mark for mark in names.MARKS if mark not in book.names]
        raise DatasetError(
            f"The workbook is no VSME digital template: it lacks the defined names {', '.join(lost)}.",
            where=source,
            mend="Hand in the template as EFRAG publishes it, filled in.",
        )
    value = one(book, names.EDITION)
    if value is None:
        raise DatasetError(
            f"The VSME template does not state its edition ({names.EDITION} is empty).",
            where=source,
            mend="Hand in the template as EFRAG publishes it, with its introduction unchanged.",
        )
    return as_text(value) or ""


def _refuse_lost_names(book: NamedWorkbook, source: str, stated_edition: str) -> None:
    lost = [name for name in names.every_name() if name not in book.names]
    if lost:
        raise DatasetError(
            f"The VSME template (edition {stated_edition}) lacks defined names it is read by: {', '.join(lost)}.",
            where=source,
            mend="Hand in the template as EFRAG publishes it, without sheets or rows deleted.",
        )


def _who_and_when(book: NamedWorkbook, source: str) -> tuple[str, dt.date, dt.date]:
    """Return the identifier and the days of the period; one message for all that is empty, one for all that is no day."""
    identifier = as_text(one(book, names.IDENTIFIER))
    stated = {place: one(book, place) for place in (names.START, names.END)}
    meanings = {
        names.IDENTIFIER: "the identifier of the reporting entity",
        names.START: "the first day of the reporting period",
        names.END: "the last day of the reporting period",
    }
    empty = [
        f"{meaning} ({place}, {book.address(place.name)})"
        for place, meaning in meanings.items()
        if (identifier if place == names.IDENTIFIER else stated[place]) is None
    ]
    if identifier is None or empty:
        raise DatasetError(
            f"The VSME template is blank where it says who reports and when: {', '.join(empty)}.",
            where=source,
            mend="Fill in the sheet General Information, save the form in Excel so that its formulas keep their values, "
            "and hand it in again.",
        )
    first, last = (day(value) for value in stated.values())
    if first is None or last is None:
        wrong = [
            f"{book.address(place.name)} ({place}) holds {as_text(value)!r}"
            for place, value in stated.items()
            if day(value) is None
        ]
        raise DatasetError(
            f"The VSME template says when with what is no day: {', '.join(wrong)}.",
            where=source,
            mend="Write the day as 2024-12-31, or as a date of Excel; an order of day and month is not guessed.",
        )
    days = (last - first).days + 1
    if not _DAYS_OF_A_YEAR[0] <= days <= _DAYS_OF_A_YEAR[1]:
        raise DatasetError(
            f"The reporting period of the VSME template is no year: {first} to {last} are {days} days.",
            where=f"{source}, {names.START}, {names.END}",
            mend="Hand in a form that covers twelve months.",
        )
    tidy = pl.select(tidy_identifier(pl.lit(identifier))).item()
    return identity(book, tidy)[0], first, last


def _note_period(form: Form, first: dt.date, last: dt.date) -> None:
    if (first.month, first.day, last.month, last.day) != (1, 1, 12, 31) or first.year != last.year:
        form.note(
            "",
            "",
            f"The reporting period {first} to {last} is no calendar year; its facts stand under {last.year}, the year it ends in.",
            f"报告期{first}至{last}不是日历年，按结束年份{last.year}处理。",
        )


def _note_unstored(form: Form) -> None:
    """Tell which facts are formulas without a stored value, or errors: they count as empty."""
    singles = (*names.ANNUAL.values(), *names.SCOPES.values(), names.SCOPE_3, *names.ENERGY_PARTS)
    wrong = [
        f"{place} ({cell.problem})"
        for place in singles
        for cell in form.book.lines(place.name, down=place.down, count=1)
        if cell is not None and cell.problem
    ]
    if wrong:
        form.note(
            "",
            "",
            f"Formulas without a stored value, or with an error, count as empty: {', '.join(wrong)}. Open the form in Excel and save it.",
            f"无缓存值或出错的公式按空值处理：{'、'.join(wrong)}。请在Excel中打开并保存。",
        )
