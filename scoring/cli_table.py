"""``greencredit train --table``: the same estimator on a plain table of features, judged and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from scoring.cli_edges import progress_bar, step, tracking_store
from scoring.columns_text import columns_text

if TYPE_CHECKING:
    from pathlib import Path

    from models.plain_table import PlainTable
    from models.table_training import TableTraining

__all__ = ["table_text", "train_on_table"]


def train_on_table(
    file: Path,
    *,
    target: str | None,
    id_column: str | None,
    group: str | None,
    time: str | None,
    options: Path | None,
) -> None:
    """Read, train and print.

    Raises
    ------
    typer.BadParameter
        If target or id is not named.
    ModelError
        If the table cannot be used.
    """
    if target is None or id_column is None:
        raise typer.BadParameter("--table needs --target COLUMN and --id COLUMN", param_hint="--table")
    with step("Loading the model libraries"):
        from models.options_file import read_options  # noqa: PLC0415
        from models.plain_table import read_plain_table  # noqa: PLC0415
        from models.table_training import train_table  # noqa: PLC0415
    chosen = read_options(options) if options else {}
    table = read_plain_table(file, target=target, id_column=id_column, group=group, time=time)
    steps = ("fit", "log")
    with tracking_store(), progress_bar() as tell:
        training = train_table(
            table, options=chosen, progress=lambda name: tell("model", steps.index(name), len(steps))
        )
        tell("model", len(steps), len(steps))
    typer.echo(table_text(table, training))


def table_text(table: PlainTable, training: TableTraining) -> str:
    """Return what training on a plain table gave, each figure beside what it is held against."""
    judged = training.judgement
    metrics = judged.metrics
    rows = [
        [
            "AUC",
            f"{metrics['auc']:.4f}",
            f"95 % interval {metrics['auc_low']:.4f} to {metrics['auc_high']:.4f}",
        ]
    ]
    if "auc_fold_mean" in metrics:
        folds = ", ".join(f"{auc:.4f}" for auc in judged.fold_auc)
        rows.append(
            [
                "AUC by fold",
                f"{metrics['auc_fold_mean']:.4f}",
                f"deviation {metrics['auc_fold_deviation']:.4f}: {folds}",
            ]
        )
    rows.append(
        [
            "Brier score",
            f"{metrics['brier']:.4f}",
            f"{metrics['brier_share_of_constant']:.0%} of the constant's {metrics['brier_constant']:.4f}",
        ]
    )
    if "calibration_slope" in metrics:
        rows.append(
            [
                "calibration slope",
                f"{metrics['calibration_slope']:.3f}",
                f"intercept {metrics['calibration_intercept']:.3f}; 1 and 0 are perfect",
            ]
        )
    head = (
        f"Trained on {len(table.bad):,} rows of {table.features.width} features, judged {judged.design} on "
        f"{int(metrics['applications']):,} rows, {int(metrics['bads']):,} of them bad."
    )
    tail = f"MLflow run {training.run_id}; the model is its artifact model. It is not registered."
    return "\n".join([head, "", columns_text(rows), "", tail])
