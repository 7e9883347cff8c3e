"""``greencredit card``: the model card of a registered version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli_edges import step, tracking_store

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(card)


def card(
    uri: Annotated[
        str | None, typer.Argument(metavar="[URI]", help="URI of a model; the champion by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for model_card.html and model_card.json.")] = Path(),
) -> None:
    """Fetch the model card of a version: purpose, data, figures with intervals, limits, directions."""
    from scoring.card import card_text, fetch_card, write_card  # noqa: PLC0415

    with tracking_store(), step("Fetching the card"):
        found = fetch_card(uri)
    page = write_card(found, out)
    typer.echo(card_text(found.content))
    typer.echo(f"The page: {page}")
