"""``greencredit``: a thin face over the three packages.

Every command reads, calls one public function and prints. What takes long to import is imported where it is used,
so that ``greencredit --help`` answers at once.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scoring.cli_edges import Commands, progress_bar, quiet_libraries, step, tracking_store

if TYPE_CHECKING:
    from features.intake import Dataset

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Commands,
    name="greencredit",
    help="Score loan applicants on their green performance and explain each score.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DatasetPath = Annotated[Path, typer.Argument(help="Folder of CSV or Parquet files, or one Excel workbook.")]
OutFolder = Annotated[Path, typer.Option(help="Folder to write.")]


class Form(StrEnum):
    """Forms of a written dataset."""

    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"


class Register(StrEnum):
    """Public registers that can be scored as published."""

    ghgrp = "ghgrp"
    cea = "cea"


def _print_version(asked: bool) -> None:
    if asked:
        from scoring.manifest import product_version  # noqa: PLC0415

        typer.echo(f"greencredit {product_version()}")
        raise typer.Exit


@app.callback()
def _common(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Hold the options of every command; the help of the command line is the group's own."""


@app.command()
def simulate(
    out: OutFolder,
    firms: Annotated[int, typer.Option(min=1, help="Number of firms.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same portfolio.")] = 0,
    *,
    messy: Annotated[
        bool, typer.Option(help="Add what real files bring: mixed units, wrong ids ...")
    ] = False,
    new_applicants: Annotated[
        bool, typer.Option(help="New applicants, without decisions and outcomes.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="Form of the dataset.")] = Form.parquet,
) -> None:
    """Simulate a portfolio with known true risk: OUT/dataset and, apart from it, OUT/truth."""
    from features import simulate as simulation  # noqa: PLC0415

    with step(f"Simulating {firms:,} firms"):
        portfolio = simulation.simulate(firms=firms, seed=seed, messy=messy, new_applicants=new_applicants)
        simulation.write(portfolio, out, form=form.value)
    typer.echo("SIMULATED: no firm, loan or outcome below is real. 以下企业、贷款与结果均为模拟。")
    for name, table in portfolio.tables.items():
        typer.echo(f"  {name:<16}{table.height:>10,} rows")
    typer.echo(f"Dataset: {out / 'dataset'}. The truth, which no model may see: {out / 'truth'}")


@app.command()
def check(dataset: DatasetPath) -> None:
    """Tell what is in a dataset, and what would be quarantined and why."""
    from scoring.check_text import check_text  # noqa: PLC0415

    typer.echo(check_text(_read(dataset, purpose="check")))


@app.command()
def train(
    dataset: DatasetPath,
    *,
    demonstration: Annotated[
        bool,
        typer.Option(help="Let a model of simulated outcomes become champion, marked as a demonstration."),
    ] = False,
) -> None:
    """Train a model: an MLflow run and a registered version."""
    from scoring.summary_text import train_text  # noqa: PLC0415

    read = _read(dataset, purpose="train")
    with step("Loading the model libraries"):
        from scoring.training import train_dataset  # noqa: PLC0415
    with tracking_store(), progress_bar() as tell:
        training = train_dataset(read, demonstration=demonstration, progress=tell)
    typer.echo(train_text(training))


@app.command()
def score(
    dataset: Annotated[
        Path, typer.Argument(help="A dataset; with --register, a file or folder of the register.")
    ],
    out: OutFolder,
    model: Annotated[str | None, typer.Option(help="URI of a model; the champion by default.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file; the shipped example by default.")] = None,
    register: Annotated[Register | None, typer.Option(help="Read a public register as published.")] = None,
    firms_per_shard: Annotated[
        int, typer.Option(min=1, help="Firms at a time: bounds memory, changes no result.")
    ] = 10_000,
) -> None:
    """Score a dataset: decisions, exact contributions, quarantine, manifest and a report."""
    from scoring.outputs import check_target  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.summary_text import score_text  # noqa: PLC0415

    # What can be refused at once is refused before anything long begins.
    check_target(out)
    rules = load_policy(policy)
    read = _read(dataset, purpose="score") if register is None else _read_register(dataset, register)
    with step("Loading the model"):
        from models import registry  # noqa: PLC0415
        from scoring import batch  # noqa: PLC0415

        with tracking_store():
            registered = registry.load(model)
    with progress_bar() as tell:
        done = batch.score(
            read, model=registered, policy=rules, out=out, firms_per_shard=firms_per_shard, progress=tell
        )
    typer.echo(score_text(done.results, out=out))


@app.command()
def explain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What score wrote.")],
    application_id: Annotated[str, typer.Argument(help="The application.")],
) -> None:
    """Tell the decision on one application and its reasons, as text."""
    from scoring import explain_text  # noqa: PLC0415

    typer.echo(explain_text.explain(folder, application_id))


@app.command()
def catalogue(
    family: Annotated[str | None, typer.Option(help="Only this family of indicators.")] = None,
) -> None:
    """List the indicators with unit, direction, definition and source."""
    from features.catalogue import FAMILIES  # noqa: PLC0415
    from scoring.catalogue_text import catalogue_text  # noqa: PLC0415
    from scoring.spelling import did_you_mean  # noqa: PLC0415

    if family is not None and family not in FAMILIES:
        raise typer.BadParameter(
            f"unknown family {family!r}. {did_you_mean(family, FAMILIES)}", param_hint="--family"
        )
    typer.echo(catalogue_text(family=family))


def _read(path: Path, *, purpose: Literal["score", "train", "check"]) -> Dataset:
    from features.intake import read_dataset  # noqa: PLC0415

    with step(f"Reading {path}"):
        return read_dataset(path, purpose=purpose)


def _read_register(path: Path, register: Register) -> Dataset:
    from features.registers import cea, ghgrp  # noqa: PLC0415

    with step(f"Reading {path}"):
        return {"ghgrp": ghgrp.read, "cea": cea.read}[register.value](path)


def main() -> None:
    """Run the command line."""
    quiet_libraries()
    app()


if __name__ == "__main__":
    main()
