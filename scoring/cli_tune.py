"""``greencredit tune``: search the options of the model, so that the search can be stopped and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.cli_read import lay_over, read

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(tune)


def tune(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="Folder, workbook or database URL, with outcomes.")
    ],
    factors: Annotated[Path | None, typer.Option(help="Folder of the bank's own reference tables.")] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials that the study has in the end, those of before included.")
    ] = 50,
    folds: Annotated[
        int, typer.Option(min=1, help="Slices of time that judge a trial; fewer where outcomes are few.")
    ] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same study.")] = 0,
    study: Annotated[
        str | None, typer.Option(help="Name of the study; from the dataset and the seed by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="TOML file for the best options.")] = Path("options.toml"),
    interactions: Annotated[str, typer.Option(help="As of train; the same in every trial.")] = "none",
    leaks: Annotated[Path | None, typer.Option(help="Bounds and waivers of the leak guards (TOML).")] = None,
    window_months: Annotated[
        int, typer.Option(min=1, help="Months in which a default makes a loan bad.")
    ] = 12,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study of this name.")] = False,
) -> None:
    """Search the options of the model: later applications of other firms judge every trial."""
    # What is searched for hours has somewhere to go.
    out.parent.mkdir(parents=True, exist_ok=True)
    lay_over(context, factors)
    handed_in = read(dataset, purpose="train")
    with step("Loading the model libraries"):
        from models.leaks import load_bounds  # noqa: PLC0415
        from scoring.tuning import tune_dataset, tuned_text  # noqa: PLC0415
    with tracking_store(), progress_bar() as tell:
        tuned = tune_dataset(
            handed_in,
            trials=trials,
            folds=folds,
            seed=seed,
            study=study,
            resume=resume,
            interactions=interactions,
            leak_bounds=load_bounds(leaks) if leaks else None,
            window_months=window_months,
            progress=tell,
        )
    out.write_text(tuned.options_text, encoding="utf-8")
    typer.echo(tuned_text(tuned))
    typer.echo(f"Options: {out}. Train with them: greencredit train {dataset} --options {out}")
