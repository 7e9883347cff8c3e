"""The audit on the command line: verify it, export its end."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

__all__ = ["DEFAULT_STORE", "StoreUrl", "register"]

DEFAULT_STORE = "sqlite:///greencredit-workbench.db"

StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="GREENCREDIT_STORE",
        help="Database of the workbench: sqlite:///FILE or postgresql://...",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    audit = typer.Typer(help="Verify the workbench's audit, or export its end.", no_args_is_help=True)
    audit.command()(verify)
    audit.command()(head)
    app.add_typer(audit, name="audit")


def verify(
    store: StoreUrl = DEFAULT_STORE,
    head: Annotated[
        list[Path] | None,
        typer.Option(
            help="An exported end of the audit, which must still be in it; may be given more than once."
        ),
    ] = None,
) -> None:
    """Read the whole audit, seal it anew, and tell what was altered, removed, put elsewhere or cut off."""
    from scoring.workbench.audit import AuditKey, read_head  # noqa: PLC0415
    from scoring.workbench.audit import verify as verified  # noqa: PLC0415
    from scoring.workbench.store import open_store  # noqa: PLC0415

    key = AuditKey.from_environment()
    known = [read_head(file) for file in head or []]
    opened = open_store(store, create=False)
    with opened.read() as connection:
        found = verified(connection, key=key, known=known)
    for finding in found.findings:
        typer.echo(f"Record {finding.sequence}: {finding.what}. {finding.what_zh}。")
    if found.whole:
        typer.echo(
            f"The audit is whole: {found.records:,} records, {found.erased:,} of them blank by rule. 审计链完整。"
        )
        return
    typer.echo(f"The audit is broken: {len(found.findings)} findings. 审计链不完整。")
    raise typer.Exit(1)


def head(
    store: StoreUrl = DEFAULT_STORE,
    out: Annotated[Path | None, typer.Option(help="File to write; the screen by default.")] = None,
) -> None:
    """Export the end of the audit; keep it where the database is not."""
    from scoring.workbench.audit import AuditKey, export_head, head_of  # noqa: PLC0415
    from scoring.workbench.store import open_store  # noqa: PLC0415

    key = AuditKey.from_environment()
    with open_store(store, create=False).read() as connection:
        text = export_head(head_of(connection, key))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"Head of the audit: {out}")
