"""``greencredit ledger``: what moved each firm's points and grade between two batches."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.cli_read import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.intake import Dataset
    from features.reference import FactorSet

__all__ = ["register"]


class Compared(StrEnum):
    """What a ledger compares."""

    firm = "firm"
    application = "application"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(ledger)


def ledger(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="What score wrote, earlier.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="What score wrote, later.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write: ledger.parquet, ledger.json and ledger.html.")
    ] = None,
    match: Annotated[
        Compared, typer.Option(help="Compare firms by their latest application, or applications by their id.")
    ] = Compared.firm,
    old_dataset: Annotated[
        str | None,
        typer.Option(
            help="Dataset of the old batch; needed only where data and factors or settings both differ."
        ),
    ] = None,
    new_dataset: Annotated[
        str | None, typer.Option(help="Dataset of the new batch; needed as the old one.")
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the bank's own reference tables, laid over the shipped ones for both batches."
        ),
    ] = None,
    old_factors: Annotated[
        Path | None, typer.Option(help="The same for the old batch; or a set of tables that was kept.")
    ] = None,
    new_factors: Annotated[Path | None, typer.Option(help="The same for the new batch.")] = None,
    old_model: Annotated[
        str | None, typer.Option(help="URI of the old batch's model; the manifest's by default.")
    ] = None,
    new_model: Annotated[
        str | None, typer.Option(help="URI of the new batch's model; the manifest's by default.")
    ] = None,
) -> None:
    """Divide what changed between two batches: points by data, factors and model, grades also by policy."""
    with step("Loading the model libraries"):
        from models import registry  # noqa: PLC0415
        from scoring import ledger as ledgers  # noqa: PLC0415
        from scoring.ledger.files import write_ledger  # noqa: PLC0415
        from scoring.ledger.text import ledger_text  # noqa: PLC0415

    def side(
        folder: Path, name: str, uri: str | None, dataset: str | None, tables: Path | None
    ) -> ledgers.Side:
        return ledgers.read_side(
            folder,
            name=name,
            load_model=lambda recorded: registry.load(uri or recorded),
            read_dataset=_reader(dataset),
            factors=_tables(tables or factors),
        )

    sides = (
        side(old, "old", old_model, old_dataset, old_factors),
        side(new, "new", new_model, new_dataset, new_factors),
    )
    with tracking_store(), progress_bar() as tell:
        found = ledgers.ledger(*sides, by=match.value, progress=tell)
    typer.echo(ledger_text(found))
    if out is not None:
        write_ledger(found, out)
        typer.echo(f"\nWritten 已写入: {out}")


def _reader(source: str | None) -> Callable[[], Dataset] | None:
    return None if source is None else lambda: read(source, purpose="score")


def _tables(folder: Path | None) -> Path | FactorSet | None:
    """Return a bank's folder as it is, and a set that was kept as what it holds."""
    from features.reference import is_kept_set, kept_set  # noqa: PLC0415

    return kept_set(folder) if folder is not None and is_kept_set(folder) else folder
