"""``greencredit portfolio``: financed emissions of the loan book."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  (typer reads the annotations)
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from scoring.cli_edges import step, tracking_store
from scoring.cli_read import lay_over, read

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(portfolio)


def portfolio(
    context: typer.Context,
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="What score wrote.")],
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="The dataset that was scored, with its loans.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables and the page.")] = Path("portfolio"),
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Day of the book; the latest decision's by default.",
        ),
    ] = None,
    estimate_with: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="URI of a model whose training population gives sector medians, for firms without emissions; no estimates without.",
        ),
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(help="Folder of the bank's own reference tables, laid over the shipped ones."),
    ] = None,
) -> None:
    """Attribute the borrowers' emissions to the loans (PCAF), and reconcile coverage to the loan book."""
    from features.errors import GreenCreditError  # noqa: PLC0415
    from scoring.portfolio import portfolio as view_of  # noqa: PLC0415
    from scoring.portfolio.page import portfolio_page  # noqa: PLC0415
    from scoring.portfolio.told import portfolio_text  # noqa: PLC0415
    from scoring.result_folder import written  # noqa: PLC0415
    from scoring.results import read_results  # noqa: PLC0415

    results = read_results(scores)
    lay_over(context, factors)
    handed_in = read(dataset, purpose="check")
    latest = cast("dt.date | None", results.decisions["as_of"].max())
    day = latest if as_of is None else as_of.date()
    if day is None:
        raise GreenCreditError(
            "No application was scored, so that no day of the book is known.",
            where=str(scores),
            mend="Name it with --as-of YYYY-MM-DD.",
        )
    distributions = None
    if estimate_with is not None:
        with step("Loading the model"), tracking_store():
            from models import registry  # noqa: PLC0415

            distributions = registry.load(estimate_with).model.distributions_
        if distributions is None:
            raise GreenCreditError(
                "The model keeps no distributions of its training population, so nothing can be estimated by them.",
                where=estimate_with,
                mend="Name a trained model of this release, or leave --estimate-with out.",
            )
    with step("Adding up"):
        view = view_of(handed_in, results, as_of=day, distributions=distributions)
    written(
        out,
        tables={
            "financed_emissions.parquet": view.book,
            "portfolio.parquet": view.table,
            "coverage.parquet": view.coverage,
        },
        contents={
            "portfolio.json": {
                **view.summary,
                "total": view.total,
                "coverage": view.coverage.to_dicts(),
            }
        },
        pages={"portfolio.html": portfolio_page(view)},
    )
    typer.echo(portfolio_text(view))
    typer.echo(f"Page: {out / 'portfolio.html'}")
