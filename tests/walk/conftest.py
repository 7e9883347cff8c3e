"""One small walk through the whole house, made once for the tests of this folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scoring.cli import app


@dataclass(frozen=True)
class Walk:
    """Folders of one walk: a training portfolio, a batch of applicants, the scores of that batch."""

    folder: Path

    @property
    def portfolio(self) -> Path:
        return self.folder / "portfolio"

    @property
    def applicants(self) -> Path:
        return self.folder / "applicants"

    @property
    def scores(self) -> Path:
        return self.folder / "scores"

    def run(self, *arguments: str | Path) -> Result:
        """Run a greencredit command in the walk's folder; whatever it raises but an exit is a defect."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        finally:
            os.chdir(before)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def succeed(self, *arguments: str | Path) -> str:
        """Run a command that has to succeed and return what it printed."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'mlflow.db'}"
    made = Walk(folder)
    made.succeed("simulate", "--firms", "5000", "--seed", "11", "--out", "portfolio", "--messy")
    made.succeed("train", "portfolio/dataset", "--demonstration")
    made.succeed(
        "simulate", "--firms", "800", "--seed", "12", "--out", "applicants", "--messy", "--new-applicants"
    )
    made.succeed("score", "applicants/dataset", "--out", "scores")
    return made
