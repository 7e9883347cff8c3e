"""The ledger of one table: which rows broke which rule, and which values were taken that were not handed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from features.intake.dataset import DEFAULTS_SCHEMA, QUARANTINE_SCHEMA
from features.intake.rules import REASONS, RULES

if TYPE_CHECKING:
    from features.contract import Table

__all__ = ["RAW", "Ledger", "raw"]

RAW = "raw:"
"""Before a column's name: its cells as handed in, beside the parsed ones, in the frame that rules look at."""

_ISSUE = {c: t for c, t in QUARANTINE_SCHEMA.items() if c not in {"table", "record"}}


def raw(column: str) -> pl.Expr:
    """Return the cells of a column as handed in."""
    return pl.col(RAW + column)


class Ledger:
    """Collects what intake finds in one table.

    Parameters
    ----------
    table
        The table's declaration.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._issues: list[pl.DataFrame] = []
        self._defaults: list[pl.DataFrame] = []

    def refuse(
        self,
        rows: pl.DataFrame,
        column: str,
        rule: str,
        *,
        value: pl.Expr | None = None,
        hint: tuple[str | pl.Expr, str | pl.Expr] = ("", ""),
        names: pl.Expr | None = None,
    ) -> None:
        """Record that rows broke a rule.

        Parameters
        ----------
        rows
            The rows that broke it, with ``row``.
        column
            Column of the contract that is wrong.
        rule
            Id of a rule.
        value
            The value that is wrong; the cell as handed in where it is not given.
        hint
            The rule's own detail in English and Chinese.
        names
            Columns that are wrong, where they differ by row.
        """
        if rows.is_empty():
            return
        if value is None:
            value = raw(column) if RAW + column in rows.columns else pl.lit(None, dtype=pl.String)
        texts = RULES[rule]
        declared = self.table.column(column)
        english = {"table": self.table.name, "column": names if names is not None else declared.name}
        chinese = {"table": self.table.zh, "column": names if names is not None else declared.zh}
        filled = {
            "what_en": _fill(texts.what_en, value=value, hint=hint[0], **english),
            "what_zh": _fill(texts.what_zh, value=value, hint=hint[1], **chinese),
            "mend_en": _fill(texts.mend_en, value=value, hint=hint[0], **english),
            "mend_zh": _fill(texts.mend_zh, value=value, hint=hint[1], **chinese),
        }
        self._issues.append(
            rows.select(
                pl.col("row").cast(pl.Int64),
                (names if names is not None else pl.lit(column)).alias("column"),
                value.cast(pl.String).alias("value"),
                pl.lit(rule).alias("rule"),
                *(text.alias(name) for name, text in filled.items()),
            )
        )

    def default(self, rows: pl.DataFrame, column: str, reason: str, *, value: pl.Expr | None = None) -> None:
        """Record that rows hold a value that was not handed in.

        Parameters
        ----------
        rows
            The rows, with ``row`` and, where the table has it, ``firm_id``.
        column
            Column of the contract that was filled.
        reason
            Id of a reason.
        value
            What was taken; the cell as it stands now where it is not given.
        """
        if rows.is_empty():
            return
        if reason not in REASONS:
            raise KeyError(reason)
        firm = pl.col("firm_id") if "firm_id" in rows.columns else pl.lit(None, dtype=pl.String)
        self._defaults.append(
            rows.select(
                pl.lit(self.table.name).alias("table"),
                firm.alias("firm_id"),
                pl.col("row").cast(pl.Int64),
                pl.lit(column).alias("column"),
                (pl.col(column) if value is None else value).cast(pl.String).alias("value"),
                pl.lit(reason).alias("reason"),
            )
        )

    def issues(self) -> pl.DataFrame:
        """Return every broken rule: the quarantine's columns apart from ``table`` and ``record``."""
        return pl.concat([pl.DataFrame(schema=_ISSUE), *self._issues]).unique()

    def broken(self) -> pl.Series:
        """Return the numbers of the rows that broke a rule."""
        return self.issues().get_column("row").unique()

    def defaults(self) -> pl.DataFrame:
        """Return every default, of quarantined rows too."""
        return pl.concat([pl.DataFrame(schema=dict(DEFAULTS_SCHEMA)), *self._defaults]).unique()


def _fill(template: str, **parts: str | pl.Expr) -> pl.Expr:
    """Return the template with its ``{name}`` places filled by texts or columns.

    Examples
    --------
    >>> frame = pl.DataFrame({"v": ["x", None]})
    >>> frame.select(_fill("{table}: '{value}'. {hint}", table="firms", value=pl.col("v"), hint=""))["literal"].to_list()
    ["firms: 'x'.", "firms: ''."]
    """
    pieces = [
        pl.lit(piece) if index % 2 == 0 else _piece(parts[piece])
        for index, piece in enumerate(re.split(r"\{(\w+)\}", template))
        if piece
    ]
    return pl.concat_str(pieces).str.strip_chars()


def _piece(part: str | pl.Expr) -> pl.Expr:
    return pl.lit(part) if isinstance(part, str) else part.cast(pl.String).fill_null("")
