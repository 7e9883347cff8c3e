"""``greencredit indicators``: the indicators of a dataset as files, without a model, in bounded memory."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads it when the command runs)
from typing import Annotated

import typer

from scoring.cli_edges import progress_bar, step
from scoring.cli_read import lay_over, read

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(indicators)


def indicators(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="Folder, workbook or database URL, as check takes it.")
    ],
    out: Annotated[Path, typer.Option(help="New or empty folder to write.")],
    factors: Annotated[Path | None, typer.Option(help="Folder of the bank's own reference tables.")] = None,
    firms_per_shard: Annotated[
        int, typer.Option(min=1, help="Firms computed at a time; bounds memory, changes no value.")
    ] = 20_000,
) -> None:
    """Compute the indicators, their data quality and the cross-checks, and write them part by part."""
    lay_over(context, factors)
    with step("Loading the pipeline"):
        from scoring.indicator_files import PARTS, write_indicators  # noqa: PLC0415
    with progress_bar() as tell:
        record = write_indicators(
            lambda: read(dataset, purpose="score"),
            out,
            firms_per_shard=firms_per_shard,
            progress=lambda done, total: tell("indicators", done, total),
        )
    counts = record["applications"]
    typer.echo(
        f"{counts['computed']:,} applications in {record['parts']:,} part(s); "
        f"{counts['refused']:,} refused with a reason, {counts['duplicates']:,} duplicates."
    )
    for name in PARTS:
        typer.echo(f"  {out / name}")
