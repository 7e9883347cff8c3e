"""The workbench on the command line: take batches in and serve the pages."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli_audit import DEFAULT_STORE, StoreUrl
from scoring.cli_edges import progress_bar, step, tracking_store

if TYPE_CHECKING:
    from scoring.policy import Policy
    from scoring.workbench.audit import AuditKey
    from scoring.workbench.scorer import Scorer
    from scoring.workbench.store import Store

__all__ = ["register"]

_LOOPBACK = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    scores: Annotated[
        list[Path] | None,
        typer.Option(help="A result folder to take in; may be given more than once."),
    ] = None,
    store: StoreUrl = DEFAULT_STORE,
    policy: Annotated[
        Path | None, typer.Option(help="Policy with the limits of people; the shipped example by default.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="URI of the model that scores what is handed in, such as models:/green-credit@champion. Without one nothing is scored here."
        ),
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(
            help="With --model: folder of the bank's own reference tables, laid over the shipped ones."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8080,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name under which browsers reach the server by HTTPS, through a proxy on this machine."
        ),
    ] = None,
) -> None:
    """Serve the review workbench on this machine only; a proxy with HTTPS carries it further."""
    import uvicorn  # noqa: PLC0415

    from scoring.policy import load_policy  # noqa: PLC0415
    from scoring.workbench.audit import AuditKey  # noqa: PLC0415
    from scoring.workbench.store import open_store  # noqa: PLC0415
    from scoring.workbench.web import Workbench, create_app  # noqa: PLC0415

    key = AuditKey.from_environment()
    rules = load_policy(policy)
    opened = open_store(store)
    _first_administrator(opened, key)
    _take_in(opened, scores or [], key)
    scorer = _scorer(model, factors, rules)
    workbench = Workbench(store=opened, key=key, policy=rules, secure=bool(host), scorer=scorer)
    names = [*(host or []), _LOOPBACK, "localhost", "[::1]"]
    typer.echo(f"The workbench: http://{_LOOPBACK}:{port}/  (Ctrl-C ends it)")
    uvicorn.run(
        create_app(workbench, hosts=names),
        host=_LOOPBACK,
        port=port,
        log_level="warning",
        proxy_headers=bool(host),
        forwarded_allow_ips=_LOOPBACK,
        server_header=False,
    )


def _scorer(uri: str | None, factors: Path | None, policy: Policy) -> Scorer | None:
    """Load what scores, where the server is to score."""
    from datetime import datetime  # noqa: PLC0415

    from features.errors import GreenCreditError  # noqa: PLC0415

    if uri is None:
        if factors is not None:
            raise GreenCreditError(
                "Reference tables are for scoring, and no model is named.",
                where="--factors",
                mend="Name a model with --model, or leave --factors out.",
            )
        return None
    with step("Loading the model"):
        from features.reference import read_overlay  # noqa: PLC0415
        from models.registry import load  # noqa: PLC0415
        from scoring.workbench.scorer import Scorer  # noqa: PLC0415

        own = None if factors is None else read_overlay(factors)
        with tracking_store():
            today = datetime.now().astimezone().date()
            return Scorer(model=load(uri, on=today), policy=policy, factors=own)


def _first_administrator(store: Store, key: AuditKey) -> None:
    """Make the first person, who makes the others: from the environment, or asked for on a terminal."""
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from features.errors import StoreError  # noqa: PLC0415
    from scoring.workbench.people import add_person  # noqa: PLC0415
    from scoring.workbench.people.accounts import everybody  # noqa: PLC0415

    with store.read() as connection:
        if everybody(connection):
            return
    login = os.environ.get("GREENCREDIT_ADMINISTRATOR", "")
    password = os.environ.get("GREENCREDIT_ADMINISTRATOR_PASSWORD", "")
    if not (login and password):
        if not sys.stdin.isatty():
            raise StoreError(
                "The store has nobody who may sign in.",
                where="environment variables GREENCREDIT_ADMINISTRATOR and GREENCREDIT_ADMINISTRATOR_PASSWORD",
                mend="Set both for the first start, or start on a terminal, where they are asked for.",
            )
        typer.echo("Nobody may sign in yet. The first person is an administrator, who adds the others.")
        login = typer.prompt("Login")
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with store.write() as connection:
        add_person(
            connection,
            login=login,
            name=login,
            role="administrator",
            password=password,
            key=key,
            actor="first start",
            at=datetime.now(UTC),
        )


def _take_in(store: Store, folders: list[Path], key: AuditKey) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from scoring.workbench.batches import take_in  # noqa: PLC0415

    for folder in folders:
        with progress_bar() as tell:
            batch_id = take_in(
                store,
                folder,
                key=key,
                actor="command line",
                at=datetime.now(UTC),
                progress=lambda done, total: tell("taking in", done, total),
            )
        typer.echo(f"Batch {batch_id}: {folder}")
