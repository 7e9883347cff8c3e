"""``greencredit``: a thin face over the three packages.

Every command reads, calls one public function and prints. What takes long to import is imported where it is used,
so that ``greencredit --help`` answers at once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scoring import (
    cli_audit,
    cli_card,
    cli_gaming,
    cli_improve,
    cli_indicators,
    cli_ledger,
    cli_memo,
    cli_models,
    cli_monitor,
    cli_policy,
    cli_portfolio,
    cli_replay,
    cli_scenario,
    cli_serve,
    cli_table,
    cli_tune,
)
from scoring.cli_edges import Commands, progress_bar, quiet_libraries, step, tracking_store
from scoring.cli_read import Register, StandardForm, lay_over, read, read_form, read_register
from scoring.factors_cli import factors_app

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

DatasetSource = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="Folder of CSV or Parquet files, one Excel workbook, or the URL of a database (sqlite:///, postgresql://).",
    ),
]
OwnTables = Annotated[
    Path | None, typer.Option(help="Folder of the bank's own reference tables, laid over the shipped ones.")
]
OutFolder = Annotated[Path, typer.Option(help="Folder to write.")]

app.add_typer(factors_app)
cli_models.register(app)
cli_monitor.register(app)
cli_card.register(app)
cli_tune.register(app)
cli_policy.register(app)
cli_indicators.register(app)
cli_memo.register(app)
cli_scenario.register(app)
cli_ledger.register(app)
cli_improve.register(app)
cli_audit.register(app)
cli_gaming.register(app)
cli_portfolio.register(app)
cli_replay.register(app)
cli_serve.register(app)


class Form(StrEnum):
    """Forms of a written dataset."""

    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"


class Language(StrEnum):
    """Languages of the template."""

    both = "both"
    zh = "zh"
    en = "en"


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
def check(context: typer.Context, dataset: DatasetSource, factors: OwnTables = None) -> None:
    """Tell what is in a dataset, and what would be quarantined and why."""
    from scoring.check_text import check_text  # noqa: PLC0415

    lay_over(context, factors)
    typer.echo(check_text(read(dataset, purpose="check")))


@app.command()
def train(
    context: typer.Context,
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET", help="Dataset with outcomes, as check takes it. Without one, hand in --table."
        ),
    ] = None,
    factors: OwnTables = None,
    *,
    table: Annotated[
        Path | None,
        typer.Option(help="Plain table of features instead of a dataset: CSV, Parquet or ARFF."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --table: 1 for bad, 0 for good.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="With --table: names each row once.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="With --table: the firm; it never stands on both sides of a split."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="With --table: day or year; the latest fifth judges, else five folds do."
        ),
    ] = None,
    demonstration: Annotated[
        bool,
        typer.Option(help="Let a model of simulated outcomes become champion, marked as a demonstration."),
    ] = False,
    interactions: Annotated[
        str,
        typer.Option(
            help="Indicators that may act together: none (no constraint), families, additive, pairs or triples."
        ),
    ] = "none",
    stability: Annotated[
        bool, typer.Option(help="Measure how stable the reasons are; that fits the model twice more.")
    ] = True,
    refits: Annotated[
        bool,
        typer.Option(
            help="Compare with fits without the ESG block, without context, under the other missing rule, and with challengers."
        ),
    ] = True,
    leaks: Annotated[
        Path | None, typer.Option(help="Bounds and waivers of the leak guards (TOML); the defaults without.")
    ] = None,
    window_months: Annotated[
        int, typer.Option(min=1, help="Months in which a default makes a loan bad.")
    ] = 12,
    options: Annotated[
        Path | None, typer.Option(help="Options of the model (TOML), as tune writes them.")
    ] = None,
    from_run: Annotated[
        str | None,
        typer.Option(help="Train this MLflow run again, on its own dataset, to the identical booster."),
    ] = None,
) -> None:
    """Train a model: an MLflow run and a registered version."""
    if table is not None and dataset is None:
        cli_table.train_on_table(
            table, target=target, id_column=id_column, group=group, time=time, options=options
        )
        return
    if dataset is None or table is not None:
        raise typer.BadParameter("hand in a DATASET or --table FILE, one of the two", param_hint="DATASET")
    if target or id_column or group or time:
        raise typer.BadParameter("columns are named for a --table only", param_hint="--target")
    if from_run and (options or interactions != "none" or window_months != 12):
        raise typer.BadParameter("the run brings its own options and window", param_hint="--from-run")
    from scoring.summary_text import train_text  # noqa: PLC0415

    lay_over(context, factors)
    handed_in = read(dataset, purpose="train")
    with step("Loading the model libraries"):
        from models.leaks import load_bounds  # noqa: PLC0415
        from models.options_file import read_options  # noqa: PLC0415
        from scoring.training import train_dataset  # noqa: PLC0415
    leak_bounds = load_bounds(leaks) if leaks else None
    chosen = read_options(options) if options else {}
    if interactions != "none" and "interactions" in chosen:
        raise typer.BadParameter(
            f"{options} says how indicators may act together, too", param_hint="--interactions"
        )
    with tracking_store(), progress_bar() as tell:
        training = train_dataset(
            handed_in,
            demonstration=demonstration,
            interactions=interactions,
            stability=stability,
            refits=refits,
            options=chosen,
            from_run=from_run,
            leak_bounds=leak_bounds,
            window_months=window_months,
            progress=tell,
        )
    typer.echo(train_text(training))


@app.command()
def scorecard(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A declared scorecard (TOML); the shipped example by default."),
    ] = None,
    *,
    register: Annotated[
        bool, typer.Option("--register", help="Register it as a version; champion where there is none.")
    ] = False,
) -> None:
    """Check a declared scorecard, for a bank without outcomes, and tell what each band gives."""
    with step("Loading the model libraries"):
        from models.scorecard_file import read_scorecard  # noqa: PLC0415
        from scoring.scorecard_text import scorecard_text  # noqa: PLC0415
    card = read_scorecard(file)
    typer.echo(scorecard_text(card))
    if not register:
        return
    with tracking_store(), step("Registering"):
        from models.scorecard_run import register_scorecard  # noqa: PLC0415

        done = register_scorecard(card)
    alias = f" and is now {done.alias}" if done.alias else ""
    typer.echo(f"\nRegistered as green-credit version {done.version}{alias}; run {done.run_id}.")


@app.command()
def score(
    context: typer.Context,
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A dataset: folder, workbook or database URL. With --register its file or folder, with --form the filled form.",
        ),
    ],
    out: OutFolder,
    model: Annotated[str | None, typer.Option(help="URI of a model; the champion by default.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file; the shipped example by default.")] = None,
    shadow: Annotated[
        str | None,
        typer.Option(
            help="URI of a challenger that scores the batch, too, into shadow.parquet; it decides nothing."
        ),
    ] = None,
    register: Annotated[Register | None, typer.Option(help="Read a public register as published.")] = None,
    form: Annotated[StandardForm | None, typer.Option(help="Read a standard form, filled in.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="With --form: day of the decision."),
    ] = None,
    factors: OwnTables = None,
    costs: Annotated[
        Path | None, typer.Option(help="Quotes for the way to the next grade (costs.toml).")
    ] = None,
    firms_per_shard: Annotated[
        int, typer.Option(min=1, help="Firms at a time: bounds memory, changes no result.")
    ] = 10_000,
    *,
    basis: Annotated[
        bool,
        typer.Option(
            help="Keep facts, factors, policy and model with the results, to compute them again later."
        ),
    ] = True,
) -> None:
    """Score a dataset: decisions, exact contributions, quarantine, manifest and a report."""
    from scoring.outputs import check_target  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.summary_text import score_text  # noqa: PLC0415

    # What can be refused at once is refused before anything long begins.
    if form is not None and register is not None:
        raise typer.BadParameter("a dataset is a register or a form, not both", param_hint="--form")
    if (form is None) != (as_of is None):
        raise typer.BadParameter("--form and --as-of go together", param_hint="--as-of")
    check_target(out)
    lay_over(context, factors)
    rules = load_policy(policy)
    quotes = None
    if costs is not None:
        from scoring.improve.costs import load_costs  # noqa: PLC0415

        quotes = load_costs(costs)
    if register is not None:
        handed_in = read_register(dataset, register)
    elif form is not None and as_of is not None:
        handed_in = read_form(dataset, form, as_of=as_of.date())
    else:
        handed_in = read(dataset, purpose="score")
    with step("Loading the model"):
        from models import registry  # noqa: PLC0415
        from scoring import batch  # noqa: PLC0415

        with tracking_store():
            # The clock of the edge: a champion that holds from a later day is not used yet.
            registered = registry.load(model, on=datetime.now().astimezone().date())
            challenger = registry.load(shadow) if shadow else None
    with progress_bar() as tell:
        done = batch.score(
            handed_in,
            model=registered,
            policy=rules,
            out=out,
            shadow=challenger,
            costs=quotes,
            firms_per_shard=firms_per_shard,
            basis=basis,
            progress=tell,
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
def groups(
    context: typer.Context,
    dataset: DatasetSource,
    as_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day on which the groups are looked at."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write: one row per group.")],
    factors: OwnTables = None,
) -> None:
    """Roll firms up to their ultimate parents and compute the indicators of each group."""
    from features.groups import groups as group_view  # noqa: PLC0415
    from scoring.groups_text import group_table, groups_text  # noqa: PLC0415
    from scoring.outputs import write_parquet  # noqa: PLC0415

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter("the file must end in .parquet", param_hint="--out")
    lay_over(context, factors)
    view = group_view(read(dataset, purpose="check"), as_of=as_of.date())
    write_parquet(group_table(view), out)
    typer.echo(groups_text(view, as_of=as_of.date()))
    typer.echo(f"Groups: {out}")


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write.")],
    lang: Annotated[Language, typer.Option(help="Language of headers, lists and notes.")] = Language.both,
) -> None:
    """Write the Excel template that a bank fills in: a sheet per table, with lists, units and notes."""
    from features.template import write_template  # noqa: PLC0415

    write_template(file, language=lang.value)
    typer.echo(f"Template 模板: {file}")


@app.command()
def catalogue(
    family: Annotated[str | None, typer.Option(help="Only this family of indicators.")] = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page of the documentation.")] = False,
) -> None:
    """List the indicators with unit, direction, definition and source."""
    from features.catalogue import FAMILIES  # noqa: PLC0415
    from scoring.catalogue_text import catalogue_markdown, catalogue_text  # noqa: PLC0415
    from scoring.spelling import did_you_mean  # noqa: PLC0415

    if family is not None and family not in FAMILIES:
        raise typer.BadParameter(
            f"unknown family {family!r}. {did_you_mean(family, FAMILIES)}", param_hint="--family"
        )
    text = catalogue_markdown if markdown else catalogue_text
    typer.echo(text(family=family), nl=not markdown)


@app.command()
def contract(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page of the documentation.")] = False,
) -> None:
    """List the tables and columns that a dataset may hold."""
    from scoring.contract_text import contract_markdown, contract_text  # noqa: PLC0415

    typer.echo(contract_markdown() if markdown else contract_text(), nl=not markdown)


def main() -> None:
    """Run the command line."""
    quiet_libraries()
    app()


if __name__ == "__main__":
    main()
