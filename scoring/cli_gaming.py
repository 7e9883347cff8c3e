"""``greencredit gaming``: the release gate of gaming moves, for people and for schedulers."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.cli_read import lay_over, read

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(gaming)


def gaming(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset of honest facts.")],
    model: Annotated[str | None, typer.Option(help="URI of a model; the champion by default.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file; the shipped example by default.")] = None,
    move: Annotated[list[str] | None, typer.Option(help="Only this move; may be given again.")] = None,
    firms: Annotated[int, typer.Option(min=1, help="Try the moves on so many firms of the dataset.")] = 500,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .json or .parquet: one row per move.")
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(help="Folder of the bank's own reference tables, laid over the shipped ones."),
    ] = None,
    *,
    record: Annotated[
        bool,
        typer.Option("--record", help="Keep the result with the version; promote refuses one that failed."),
    ] = False,
) -> None:
    """Let firms make every gaming move: exit status 0 where each is stopped as declared, 1 where one is not."""
    from scoring.gaming.library import moves_named  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415

    if out is not None and out.suffix.lower() not in {".json", ".parquet"}:
        raise typer.BadParameter("the file must end in .json or .parquet", param_hint="--out")
    chosen = moves_named(move or [])
    if record and move:
        raise typer.BadParameter("what is kept is the whole library's result", param_hint="--record")
    rules = load_policy(policy)
    lay_over(context, factors)
    handed_in = read(dataset, purpose="score")
    with step("Loading the model"):
        from models import registry  # noqa: PLC0415
        from scoring.gaming.gate import gaming_gate, record_gaming  # noqa: PLC0415
        from scoring.gaming.text import gaming_text  # noqa: PLC0415
        from scoring.outputs import write_json, write_parquet  # noqa: PLC0415

        with tracking_store():
            registered = registry.load(model)
    with progress_bar() as tell:
        report = gaming_gate(
            handed_in,
            model=registered.model,
            policy=rules,
            moves=chosen,
            most_firms=firms,
            progress=lambda done, total: tell("moves", done, total),
        )
    if record:
        with tracking_store():
            record_gaming(str(registered.version), report, policy=rules)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == ".json":
            write_json(report.as_dict(), out)
        else:
            write_parquet(report.table, out)
    typer.echo(gaming_text(report))
    if not report.passed:
        raise typer.Exit(1)
