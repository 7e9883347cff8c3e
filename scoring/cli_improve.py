"""``greencredit improve``: the cheapest set of actions that reaches a better grade, for one application."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

from scoring.cli_edges import step, tracking_store
from scoring.cli_read import lay_over, read

__all__ = ["register"]


class Shown(StrEnum):
    """Languages of the text."""

    en = "en"
    zh = "zh"
    both = "both"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(improve)


def improve(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Folder, workbook or database URL.")],
    application_id: Annotated[str, typer.Argument(metavar="APPLICATION_ID", help="The application.")],
    model: Annotated[str | None, typer.Option(help="URI of a model; the champion by default.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file; the shipped example by default.")] = None,
    costs: Annotated[
        Path | None, typer.Option(help="Quotes of the bank or the customer (costs.toml).")
    ] = None,
    factors: Annotated[Path | None, typer.Option(help="Folder of the bank's own reference tables.")] = None,
    lang: Annotated[Shown, typer.Option(help="Language of the text.")] = Shown.both,
    out: Annotated[
        Path | None, typer.Option(help="Parquet file to write the sets to, besides showing them.")
    ] = None,
) -> None:
    """Find the cheapest set of actions that reaches a better grade; the firm's facts change, the real model scores."""
    from scoring.improve.costs import load_costs  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415

    # What can be refused at once is refused before anything long begins.
    lay_over(context, factors)
    rules, quotes = load_policy(policy), load_costs(costs)
    handed_in = read(dataset, purpose="score")
    with step("Loading the model"):
        from models import registry  # noqa: PLC0415
        from scoring.improve.on_demand import way_of  # noqa: PLC0415
        from scoring.improve.text import way_text  # noqa: PLC0415
        from scoring.outputs import write_parquet  # noqa: PLC0415
        from scoring.telling import grade_label, is_demonstration  # noqa: PLC0415

        with tracking_store():
            registered = registry.load(model, on=datetime.now().astimezone().date())
    with step("Searching"):
        decision, found = way_of(
            handed_in, application_id, model=registered.model, policy=rules, costs=quotes
        )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(found, out)
    demonstration = is_demonstration(registered.label_origin, demonstration=registered.demonstration)
    grade = grade_label(decision["grade"][0], demonstration=demonstration)
    typer.echo(f"{application_id}: {decision['points_shown'][0]}, {grade}")
    for language in ("en", "zh"):
        if lang in {Shown.both, language}:
            typer.echo("")
            typer.echo(way_text(found, language, grade=grade, most=rules.improvement.most_actions))
