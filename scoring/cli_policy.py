"""The bank's rules on the command line: ``policy-check`` and ``what-if-policy``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.cli_read import lay_over

__all__ = ["register"]

_OwnTables = Annotated[
    Path | None,
    typer.Option(help="Folder of the bank's own reference tables: what is confirmed there acts by itself."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("policy-check")(policy_check)
    app.command("what-if-policy")(what_if_policy)


def policy_check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy (TOML).")],
    factors: _OwnTables = None,
) -> None:
    """Check a policy: what is wrong with line, key and hint, else what each rule does and which of them wait."""
    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.policy_text import policy_text  # noqa: PLC0415

    lay_over(context, factors)
    typer.echo(policy_text(load_policy(file), file=str(file)))


def what_if_policy(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The policy as it is (TOML).")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The policy as it might be (TOML).")],
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="What score wrote.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write, .csv or .parquet: everybody who moves.")
    ] = None,
    factors: _OwnTables = None,
) -> None:
    """Decide a scored batch again under two policies and tell who moves: grade, class, review, labels, price."""
    from scoring.outputs import write_parquet  # noqa: PLC0415
    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.results import read_results  # noqa: PLC0415
    from scoring.what_if import what_if  # noqa: PLC0415
    from scoring.what_if_text import movers_table, what_if_text  # noqa: PLC0415

    if out is not None and out.suffix.lower() not in {".csv", ".parquet"}:
        raise typer.BadParameter("the file must end in .csv or .parquet", param_hint="--out")
    lay_over(context, factors)
    before, after = load_policy(old), load_policy(new)
    results = read_results(scores)
    found = what_if(results, old=before, new=after)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == ".csv":
            movers_table(found).write_csv(out)
        else:
            write_parquet(found.movers, out)
    typer.echo(what_if_text(found, demonstration=results.demonstration, out=str(out or "")))
