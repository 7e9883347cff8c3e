"""Writing a few tables, figures and pages into a folder, which may hold other files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError
from scoring import outputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

__all__ = ["written"]


def written(
    out: Path,
    *,
    tables: Mapping[str, pl.DataFrame],
    contents: Mapping[str, Mapping[str, Any]],
    pages: Mapping[str, str],
) -> None:
    """Write Parquet, JSON and HTML files by name; equal content gives equal bytes.

    Raises
    ------
    GreenCreditError
        If the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            outputs.write_parquet(table, out / name)
        for name, content in contents.items():
            outputs.write_json(content, out / name)
        for name, page in pages.items():
            (out / name).write_text(page, encoding="utf-8")
    except OSError as error:
        raise GreenCreditError(
            f"The files cannot be written ({error.strerror or error}).",
            where=str(out),
            mend="Name a folder that you may write with --out.",
        ) from None
