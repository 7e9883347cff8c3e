"""The life of a model on the command line: compare, promote, rollback."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  (typer reads the annotations)
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.cli_read import lay_over, read

if TYPE_CHECKING:
    import polars as pl

__all__ = ["register"]

_Approver = Annotated[str, typer.Option(help="Who approves; kept in the registry.")]
_Reason = Annotated[str, typer.Option(help="Why; kept in the registry.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(compare)
    app.command()(promote)
    app.command()(rollback)


def compare(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A dataset with outcomes.")],
    challenger: Annotated[str, typer.Option(help="Registered version: models:/green-credit/VERSION.")],
    champion: Annotated[
        str | None, typer.Option(help="What it is held against; the champion by default.")
    ] = None,
    gate: Annotated[Path | None, typer.Option(help="Gate file; the shipped one by default.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file with the cut-offs; the shipped example by default.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .csv or .parquet: who moves across a cut-off.")
    ] = None,
    share: Annotated[
        float,
        typer.Option(
            min=0.01, max=1.0, help="Latest share of the outcomes to judge on; 1 for data no model has seen."
        ),
    ] = 0.2,
    window_months: Annotated[
        int, typer.Option(min=1, help="Months in which a default makes a loan bad.")
    ] = 12,
    factors: Annotated[
        Path | None,
        typer.Option(help="Folder of the bank's own reference tables, laid over the shipped ones."),
    ] = None,
    *,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="Let simulated outcomes pass, for demonstration.")
    ] = False,
) -> None:
    """Hold a challenger against the champion: exit status 0 where the gate lets it pass, 1 where it refuses."""
    from models.gate.file import read_gate  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415

    # What can be refused at once is refused before anything long begins.
    if out is not None and out.suffix.lower() not in {".csv", ".parquet"}:
        raise typer.BadParameter("the file must end in .csv or .parquet", param_hint="--out")
    declared, rules = read_gate(gate), load_policy(policy)
    lay_over(context, factors)
    handed_in = read(dataset, purpose="train")
    with step("Loading the models"):
        from models import registry  # noqa: PLC0415
        from scoring import comparison  # noqa: PLC0415
        from scoring.comparison_text import comparison_text  # noqa: PLC0415
    with tracking_store(), progress_bar() as tell:
        found = comparison.compare(
            handed_in,
            challenger=registry.load(challenger),
            champion=registry.load(champion),
            gate=declared,
            policy=rules,
            demonstration=demonstration,
            share=share,
            window_months=window_months,
            progress=tell,
        )
    if out is not None:
        _write(found.moved, out)
    typer.echo(comparison_text(found, out=str(out or "")))
    if not found.result.passed:
        raise typer.Exit(1)


def promote(
    version: Annotated[int, typer.Argument(min=1, help="Number of the version.")],
    approver: _Approver,
    reason: _Reason,
    holds_from: Annotated[
        datetime,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day on which it is used."
        ),
    ],
    *,
    demonstration: Annotated[
        bool,
        typer.Option("--demonstration", help="Promote a model of simulated outcomes, for demonstration."),
    ] = False,
) -> None:
    """Make a version champion, where the gate has let it pass, and no gaming move was found to raise its decisions."""
    with step("Loading the model libraries"):
        from models import promotion  # noqa: PLC0415
        from scoring.comparison_text import change_text  # noqa: PLC0415
        from scoring.gaming.gate import check_gaming  # noqa: PLC0415
    with tracking_store():
        resists = check_gaming(str(version))
        change = promotion.promote(
            str(version),
            approver=approver,
            reason=reason,
            holds_from=holds_from.date(),
            demonstration=demonstration,
        )
    typer.echo(change_text(change))
    if not resists:
        typer.echo(
            "Gaming moves were not tried on it: greencredit gaming DATASET --model ... --record. 尚未试验粉饰手法。"
        )


def rollback(approver: _Approver, reason: _Reason) -> None:
    """Put the former champion back, at once."""
    with step("Loading the model libraries"):
        from models import promotion  # noqa: PLC0415
        from scoring.comparison_text import change_text  # noqa: PLC0415
    with tracking_store():
        change = promotion.rollback(approver=approver, reason=reason)
    typer.echo(change_text(change))


def _write(moved: pl.DataFrame, out: Path) -> None:
    from scoring.outputs import write_parquet  # noqa: PLC0415

    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".csv":
        moved.write_csv(out)
    else:
        write_parquet(moved, out)
