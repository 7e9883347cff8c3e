"""Plain columns of text that line up, Chinese characters counted as two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["columns_text"]


def columns_text(rows: Sequence[Sequence[str]], *, right: Collection[int] = (), indent: int = 2) -> str:
    """Lay out rows of cells.

    Parameters
    ----------
    rows
        Rows of equally many cells.
    right
        Positions of the columns that are set to the right.
    indent
        Blanks before each line.

    Examples
    --------
    >>> print(columns_text([["grade 等级", "n"], ["A", "10"]], right=(1,), indent=0))
    grade 等级   n
    A           10
    """
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - cell_len(cell))
            cells.append(blanks + cell if column in right else cell + blanks)
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)
