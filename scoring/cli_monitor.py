"""``greencredit monitor``: batches against the training population, for people and for schedulers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli_edges import step, tracking_store

__all__ = ["DRIFT", "register"]

DRIFT = 3
"""Exit code where something has to be re-validated; 1 and 2 are errors."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(monitor)


def monitor(
    batches: Annotated[
        list[Path], typer.Argument(metavar="BATCH...", help="Folders that score wrote, by one model version.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for monitor.html and monitor.json.")] = Path("monitor"),
    outcomes: Annotated[
        Path | None,
        typer.Option(
            help="What became of the applications: a CSV or Parquet file with application_id and bad (1 or 0), or "
            "the folder of a dataset with outcomes."
        ),
    ] = None,
) -> None:
    """Compare scored batches with the training population of their model.

    Exit code: 0 quiet, 3 something drifted and should be re-validated, 1 an error, 2 a wrong call.
    """
    with step("Loading the model libraries"):
        from scoring.monitor import monitor as compare  # noqa: PLC0415
        from scoring.monitor_outcomes import read_outcomes  # noqa: PLC0415
        from scoring.monitor_text import monitor_text  # noqa: PLC0415

    known = None if outcomes is None else read_outcomes(outcomes)
    with tracking_store(), step("Comparing"):
        found = compare(batches, out=out, outcomes=known)
    typer.echo(monitor_text(found, out=out))
    if not found.quiet:
        raise typer.Exit(DRIFT)
