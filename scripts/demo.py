"""The main job on a simulated portfolio: simulate, train, score new applicants, explain one.

Every step is a command of the product, printed before it runs; nothing here knows more than a bank would.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import polars as pl


def run(*arguments: str, folder: Path) -> None:
    """Run one greencredit command in ``folder`` and stop where it fails."""
    print(f"\n$ greencredit {' '.join(arguments)}", flush=True)
    command = [str(Path(sys.executable).with_name("greencredit")), *arguments]
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Run the walk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"))
    parser.add_argument("--firms", type=int, default=20_000)
    parser.add_argument("--applicants", type=int, default=5_000)
    options = parser.parse_args()
    folder = options.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # The tracking store lies beside the demo's files unless the user has a server of their own.
    os.environ.setdefault("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    started = time.monotonic()

    print("DEMONSTRATION: every firm and every loan outcome below is simulated; none is a real borrower.")
    run(
        "simulate",
        "--firms",
        str(options.firms),
        "--seed",
        "1",
        "--out",
        "portfolio",
        "--messy",
        folder=folder,
    )
    run("train", "portfolio/dataset", "--demonstration", folder=folder)
    run(
        *("simulate", "--firms", str(options.applicants), "--seed", "2", "--out", "applicants"),
        *("--messy", "--new-applicants"),
        folder=folder,
    )
    run("check", "applicants/dataset", folder=folder)
    run("score", "applicants/dataset", "--out", "scores", folder=folder)
    decisions = pl.read_parquet(folder / "scores" / "decisions.parquet").sort("points", "application_id")
    # The applicant in the middle of the batch: neither a showpiece nor a wreck.
    applicant = decisions["application_id"][decisions.height // 2]
    run("explain", "scores", applicant, folder=folder)
    run("memo", "scores", applicant, "--lang", "both", "--out", "memo.html", folder=folder)
    run("improve", "applicants/dataset", applicant, folder=folder)

    print(f"\nDone in {time.monotonic() - started:.0f} s. The files:")
    for name, what in (
        ("portfolio/dataset", "the simulated portfolio with which the model was trained (truth beside it)"),
        ("applicants/dataset", "the simulated applicants"),
        (
            "mlflow.db",
            "the MLflow store: open it with `.venv/bin/mlflow ui --backend-store-uri sqlite:///demo/mlflow.db`",
        ),
        ("scores/report.html", "the page to read first"),
        ("memo.html", "the memo of one applicant, in English and Chinese"),
        ("scores/decisions.parquet", "one row per scored application"),
        ("scores/quarantine.parquet", "what was not used, and why"),
        ("scores/manifest.json", "hashes, versions, exactness and counts"),
    ):
        print(f"  {options.out / name}  {what}")


if __name__ == "__main__":
    main()
