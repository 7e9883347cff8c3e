"""The edges of the command line: errors as one message, progress on the error stream, warnings kept away."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typer.core import TyperGroup

from features.errors import GreenCreditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Commands", "progress_bar", "quiet_libraries", "step", "tracking_store"]

_INTERRUPTED = 130


def _console() -> Console:
    """Return the console of the error stream; made anew, so that a redirected stream is seen."""
    return Console(stderr=True, highlight=False)


class Commands(TyperGroup):
    """A group of commands in which every known error ends in one message and status 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (typer's own context)
        """Run a command; say what is wrong where it cannot be done."""
        try:
            return super().invoke(ctx)
        except GreenCreditError as error:
            self._say(str(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            self._say("Stopped. No half result was left.")
            raise typer.Exit(_INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of the output has gone; click ends quietly.
            raise
        except OSError as error:
            self._say(f"A file cannot be used: {error}. To mend it: check that it exists and may be used.")
            raise typer.Exit(1) from None

    @staticmethod
    def _say(message: str) -> None:
        _console().print(f"[bold red]Error:[/] {_plain(message)}", soft_wrap=True)


def _plain(message: str) -> str:
    # Square brackets in a message are text, not markup.
    return message.replace("[", r"\[")


def quiet_libraries() -> None:
    """Keep the warnings and the log lines of libraries off the user's screen, unless asked for with -W."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in ("mlflow", "alembic", "matplotlib", "sqlalchemy", "shap"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function (phase, done, total) that draws a bar per phase on the error stream of a terminal."""
    console = _console()
    with Progress(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        tasks: dict[str, Any] = {}

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=max(total, 1))
            # A phase with nothing to do is done.
            bars.update(tasks[phase], completed=done if total else 1, total=max(total, 1))

        yield tell


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show what is being done while the block runs, on a terminal."""
    console = _console()
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


@contextmanager
def tracking_store() -> Iterator[None]:
    """Turn an MLflow store that cannot be reached into one message."""
    from models.tracking import import_mlflow  # noqa: PLC0415  (takes seconds)

    mlflow = import_mlflow()
    try:
        yield
    except mlflow.exceptions.MlflowException as error:
        raise GreenCreditError(
            f"The MLflow store cannot be used: {str(error).splitlines()[0]}",
            where=mlflow.get_tracking_uri(),
            mend="Check MLFLOW_TRACKING_URI, and that the server or file it names can be reached.",
        ) from error
