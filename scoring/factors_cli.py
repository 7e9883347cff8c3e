"""``greencredit factors``: the registry of factors, and a bank's own tables over it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["factors_app"]

factors_app = typer.Typer(
    name="factors",
    help="The reference tables behind every figure: factors, benchmarks, schemes, industries, rates.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

OwnTables = Annotated[
    Path | None, typer.Option(help="Folder of the bank's own tables, laid over the shipped ones.")
]


@factors_app.command("list")
def list_tables(factors: OwnTables = None) -> None:
    """List the tables with rows, version, and how many rows are seen, recalled or confirmed."""
    from features import reference  # noqa: PLC0415
    from scoring.factors_text import list_text  # noqa: PLC0415

    with reference.overlaid(factors):
        typer.echo(list_text())


@factors_app.command()
def show(
    table: Annotated[str, typer.Argument(help="Name of a reference table, as list prints it.")],
    year: Annotated[int | None, typer.Option(help="Only what a fact of this year gets.")] = None,
    key: Annotated[str | None, typer.Option(help="Only this id, code or substance.")] = None,
    factors: OwnTables = None,
) -> None:
    """Show the rows of a table with source, validity, and whether they were seen, recalled or confirmed."""
    from features import reference  # noqa: PLC0415
    from scoring.factors_text import show_text  # noqa: PLC0415

    with reference.overlaid(factors):
        typer.echo(show_text(table, year=year, key=key))


@factors_app.command()
def overlay(
    folder: Annotated[Path, typer.Argument(help="CSV files named after reference tables.")],
) -> None:
    """Check a bank's own tables and tell what they add, replace and confirm."""
    from features import reference  # noqa: PLC0415
    from scoring.factors_text import overlay_text  # noqa: PLC0415

    typer.echo(overlay_text(reference.read_overlay(folder)))
