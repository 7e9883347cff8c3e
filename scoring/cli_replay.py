"""``greencredit replay``: a decision computed again from what its batch kept, and compared with what was recorded."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

from scoring.cli_audit import DEFAULT_STORE, StoreUrl
from scoring.cli_edges import step

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(replay)


def replay(
    record: Annotated[
        int | None,
        typer.Argument(
            metavar="[RECORD]", min=1, help="Number of a record of the audit; or name --application."
        ),
    ] = None,
    store: StoreUrl = DEFAULT_STORE,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the batch's results; with RECORD where they are not where the store says."
        ),
    ] = None,
    application: Annotated[
        str | None, typer.Option(help="With --batch and without RECORD: the application.")
    ] = None,
) -> None:
    """Compute a decision again from stored facts, factors, policy and model: identical, or what moved."""
    if (record is None) != (application is not None) or (record is None and batch is None):
        raise typer.BadParameter("name a RECORD, or --batch FOLDER and --application ID", param_hint="RECORD")
    from scoring.workbench.audit import AuditKey  # noqa: PLC0415
    from scoring.workbench.replay import replay_application, replay_record, replay_text  # noqa: PLC0415
    from scoring.workbench.store import open_store  # noqa: PLC0415

    if record is None:
        assert batch is not None  # noqa: S101  (checked above)
        assert application is not None  # noqa: S101  (checked above)
        with step("Computing again"):
            found = replay_application(batch, application)
    else:
        key = AuditKey.from_environment()
        with open_store(store, create=False).read() as connection, step("Computing again"):
            found = replay_record(connection, record, key=key, folder=batch)
    typer.echo(replay_text(found))
    if found.verdict != "identical":
        raise typer.Exit(1)
