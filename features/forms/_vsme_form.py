"""A VSME form on its way into tables: who and when, the notices, and the contradictions in its own totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from features.forms import vsme_names as names
from features.forms._vsme_cells import as_text, one
from features.intake.dataset import FINDINGS_SCHEMA

if TYPE_CHECKING:
    from features.forms._named_workbook import NamedWorkbook
    from features.forms._vsme_cells import Figure

__all__ = ["Form", "Row", "findings_frame", "told"]

_LONGEST = 400
"""Characters of a free text that a notice repeats."""

Row = dict[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form on its way into tables.

    Parameters
    ----------
    book
        Its names and cells.
    edition
        The edition it states.
    firm_id, year, document
        What every row carries.
    notices, findings
        What the tables' makers add: rows of ``NOTICES_SCHEMA`` and ``FINDINGS_SCHEMA``.
    """

    book: NamedWorkbook
    edition: str
    firm_id: str
    year: int
    document: str
    notices: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    findings: list[tuple[str, str, str, float, float, str, str]] = field(default_factory=list)

    def note(self, table: str, column_: str, en: str, zh: str) -> None:
        """Add a notice."""
        self.notices.append(("vsme", table, column_, en, zh))

    def row(self, page: str, **cells: Figure) -> Row:
        """Return a row with the firm, the document and the page."""
        return {
            "firm_id": self.firm_id,
            **{name: as_text(value) for name, value in cells.items()},
            "source_document": self.document,
            "page": page,
        }

    def compare(self, check: str, what: tuple[str, str], *, reported: Figure, derived: Figure) -> None:
        """Add a finding where a total of the form is not what its own parts make."""
        if not isinstance(reported, float) or not isinstance(derived, float):
            return
        if abs(reported - derived) <= 1e-6 * max(1.0, abs(reported)):
            return
        self.findings.append(
            (
                self.firm_id,
                check,
                str(self.year),
                reported,
                derived,
                f"{what[0]}: the form states {reported:g}, its parts add up to {derived:g}.",
                f"{what[1]}：表中合计为{reported:g}，各分项之和为{derived:g}。",
            )
        )


def findings_frame(form: Form) -> pl.DataFrame:
    """Return the findings as intake takes them."""
    return pl.DataFrame(form.findings, schema=dict(FINDINGS_SCHEMA), orient="row")


def told(form: Form) -> None:
    """Say what the form holds and the contract has no column for."""
    for entry in names.TOLD:
        value = one(form.book, names.Place(name=entry.name))
        if value is None or value is False or value == 0.0:
            continue
        shown = " ".join((as_text(value) or "").split())[:_LONGEST]
        form.note(entry.table, "", entry.en.format(shown), entry.zh.format(shown))
