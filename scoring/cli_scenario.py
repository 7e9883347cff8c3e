"""``greencredit scenario``: the portfolio again under other prices, factors, allowances, editions or rules."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.cli_read import lay_over, read

if TYPE_CHECKING:
    from scoring.scenarios import Scenario

__all__ = ["register"]

_OPTIONS = "options"
"""Name of the scenario that options describe."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(scenario)


def scenario(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="A dataset: folder, workbook or database URL.")
    ],
    scenarios: Annotated[
        list[Path] | None,
        typer.Option("--scenario", metavar="FILE", help="A scenario (TOML); may be given several times."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="URI of a model; the champion by default.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file of the base; the shipped example by default.")
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the bank's own reference tables, laid over the shipped ones in the base."
        ),
    ] = None,
    carbon_price: Annotated[
        float | None, typer.Option(help="Another carbon price at home, CNY per tCO2e.")
    ] = None,
    certificate_price: Annotated[
        float | None, typer.Option(help="Another price of a border-adjustment certificate, EUR per tCO2e.")
    ] = None,
    grid: Annotated[
        float | None, typer.Option(min=0.0, help="Grid factors times this; 0.8 for a fifth less.")
    ] = None,
    allowances: Annotated[
        float | None, typer.Option(min=0.0, help="Allowances allocated times this.")
    ] = None,
    edition: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE=YYYY-MM-DD", help="Reference table and the day whose edition holds for every year."
        ),
    ] = None,
    other_policy: Annotated[Path | None, typer.Option(help="Another policy file.")] = None,
    other_factors: Annotated[
        Path | None, typer.Option(help="Folder of reference tables laid over the base's.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write: scenarios.parquet, scenarios.json and scenarios.html."),
    ] = None,
) -> None:
    """Decide the portfolio again under scenarios: who moves, from which grade to which, by sector."""
    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.scenarios import Scenario, read_scenario  # noqa: PLC0415

    asked: list[Scenario] = [read_scenario(file) for file in scenarios or []]
    settings = {"carbon_price": carbon_price, "cbam_certificate_price": certificate_price}
    scale = {"grid_factors": grid, "allowances": allowances}
    described = Scenario(
        name=_OPTIONS,
        settings={name: value for name, value in settings.items() if value is not None},
        scale={name: value for name, value in scale.items() if value is not None},
        editions=dict(_edition(one) for one in edition or []),
        factors=other_factors,
        policy=other_policy,
    )
    if described.told:
        asked.append(described)
    if not asked:
        raise typer.BadParameter(
            "name a scenario with --scenario FILE, or describe one with options such as --carbon-price 200",
            param_hint="--scenario",
        )
    lay_over(context, factors)
    rules = load_policy(policy)
    with step("Loading the model"):
        from models import registry  # noqa: PLC0415
        from scoring.scenarios import run_scenarios  # noqa: PLC0415
        from scoring.scenarios.files import write_scenarios  # noqa: PLC0415
        from scoring.scenarios.text import scenarios_text  # noqa: PLC0415

        with tracking_store():
            # The clock of the edge: a champion that holds from a later day is not used yet.
            registered = registry.load(model, on=dt.datetime.now().astimezone().date())
    with progress_bar() as tell:
        done = run_scenarios(
            lambda: read(dataset, purpose="score"), asked, model=registered, policy=rules, progress=tell
        )
    typer.echo(scenarios_text(done))
    if out is not None:
        write_scenarios(done, out)
        typer.echo(f"\nWritten 已写入: {out}")


def _edition(text: str) -> tuple[str, dt.date]:
    from features.reference import TABLES_BY_YEAR  # noqa: PLC0415
    from scoring.spelling import did_you_mean  # noqa: PLC0415

    table, _, day = text.partition("=")
    if table not in TABLES_BY_YEAR:
        raise typer.BadParameter(
            f"{table!r} has no editions by year. {did_you_mean(table, TABLES_BY_YEAR)}",
            param_hint="--edition",
        )
    try:
        return table, dt.date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(
            f"{day!r} is no day; write {table}=2026-01-01", param_hint="--edition"
        ) from None
