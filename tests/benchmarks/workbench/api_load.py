"""Load the API with single applications, as many at a time as connections, and say how many a second it scores.

    python tests/benchmarks/workbench/api_load.py --dataset FOLDER [--model URI] [--seconds 30] [--connections 1 16 64 256]

Needs wrk (https://github.com/wg/wrk). A server is started as a bank would, with `greencredit serve --model`, on a new
store; every request is one application with all the facts of its firm, and no two in flight name the same firm. wrk runs
on the same machine, so its own work is in the figures; CPU seconds are those of the server alone. Asked for: 200 a second
on two cores.

Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import polars as pl

from features.intake import read_dataset
from scoring.workbench.audit import AuditKey
from scoring.workbench.people import add_person
from scoring.workbench.people.tokens import issue_token
from scoring.workbench.store import open_store

ASKED = 200
SCRIPT = Path(__file__).with_suffix(".lua")


def bodies(dataset: Path, most: int) -> list[str]:
    """Return a body for each of some applications, no two of one firm: what intake took, as records."""
    tables = {name: table for name, table in read_dataset(dataset).tables.items() if name != "outcomes"}
    chosen = tables["applications"].unique("firm_id", keep="first", maintain_order=True).head(most)
    firms = set(chosen["firm_id"])
    made = {firm: {} for firm in firms}
    for name, table in tables.items():
        rows = chosen if name == "applications" else table.filter(pl.col("firm_id").is_in(list(firms)))
        for (firm,), part in rows.partition_by("firm_id", as_dict=True).items():
            made[firm][name] = [
                {
                    column: _cell(value)
                    for column, value in row.items()
                    if value is not None and column in _handed_in(name)
                }
                for row in part.to_dicts()
            ]
    return [json.dumps({"tables": content}, ensure_ascii=False) for content in made.values()]


def _handed_in(table: str) -> set[str]:
    from features.contract import CONTRACT  # noqa: PLC0415

    return {column.name for column in CONTRACT[table].columns}


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--model", default="models:/green-credit@champion")
    parser.add_argument("--applications", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64, 256])
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (apt install wrk).")
    with tempfile.TemporaryDirectory() as scratch:
        _measure(options, Path(scratch))


def _measure(options: argparse.Namespace, scratch: Path) -> None:
    requests = scratch / "bodies.jsonl"
    made = bodies(options.dataset, options.applications)
    requests.write_text("\n".join(made) + "\n", encoding="utf-8")
    key = secrets.token_hex(32)
    url = f"sqlite:///{scratch / 'store.db'}"
    token = _token(url, AuditKey.parse(key))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["greencredit", "serve", "--store", url, "--model", options.model, "--port", str(port)]
    environment = {**os.environ, "GREENCREDIT_AUDIT_KEY": key}
    with subprocess.Popen(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]], env=environment
    ) as server:
        try:
            _wait(port)
            size = sum(map(len, made)) / len(made)
            print(
                f"{len(made):,} bodies of one application each, {size / 1024:.1f} KB on average; "
                f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before, Python {platform.python_version()}, "
                f"polars {pl.__version__}. Asked for: {ASKED} a second.\n"
            )
            print(
                "| connections | requests a second | p50 ms | p90 ms | p99 ms | most ms | not 200 | server CPU ms a request | load |"
            )
            print("| ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |")
            for connections in options.connections:
                _run(options, requests, token, port=port, connections=connections, server=server.pid)
        finally:
            server.send_signal(signal.SIGINT)


def _run(
    options: argparse.Namespace, requests: Path, token: str, *, port: int, connections: int, server: int
) -> None:
    before = _cpu(server)
    answer = subprocess.run(
        [
            "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{options.seconds}s",
            "--timeout", "60s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}", "--", str(requests), token,
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    cpu = (_cpu(server) - before) / max(found["requests"], 1) * 1000
    others = found["not_200"].strip() or "none"
    if found["sockets"]:
        others += f", {found['sockets']} socket errors"
    print(
        f"| {connections} | {found['requests'] / found['seconds']:.0f} | {found['p50']:.0f} | {found['p90']:.0f} "
        f"| {found['p99']:.0f} | {found['most']:.0f} | {others} | {cpu:.1f} | {os.getloadavg()[0]:.1f} |",
        flush=True,
    )


def _token(url: str, key: AuditKey) -> str:
    now = dt.datetime.now(dt.UTC)
    store = open_store(url)
    with store.write() as connection:
        add_person(
            connection,
            login="core",
            name="Core",
            role="officer",
            password=None,
            key=key,
            actor="load",
            at=now,
        )
        token = issue_token(
            connection, name="load", login="core", scopes=["score"], days=1, key=key, actor="load", at=now
        )
    store.close()
    return token


def _wait(port: int) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    sys.exit("The server does not answer.")


def _cpu(process: int) -> float:
    """Return the CPU seconds of a process, of all its threads (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
