"""Servers as a bank starts them, killed and started again; and clerks who keep deciding meanwhile."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from scoring.workbench.people import add_person
from scoring.workbench.store.schema import batches, reviews, scored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scoring.workbench.audit import AuditKey
    from scoring.workbench.store import Store

BATCH = "b1"
PASSWORD = "nine grey geese flew over"  # noqa: S105  (of nobody)
CLERKS = {"officer": "officer", "reviewer": "reviewer"}
_PATIENCE_SECONDS = 60


@dataclass
class Server:
    """`greencredit serve` in a process of its own."""

    url: str
    key: AuditKey
    log: Path
    port: int = 0
    kills: int = 0
    process: subprocess.Popen | None = None

    def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        command = [sys.executable, "-c", "from scoring.cli import main; main()", "serve"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--store", self.url, "--port", str(self.port)],
                env={**os.environ, "GREENCREDIT_AUDIT_KEY": self.key.secret.hex()},
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        pytest.fail(f"The server does not answer: {self.log.read_text(errors='replace')}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass
class Clerk:
    """Somebody at a browser: signs in once, and the session outlives the server."""

    server: Server
    login: str
    cookie: str = ""
    csrf: str = ""

    def sign_in(self) -> None:
        status, headers, _ = self.ask(
            "POST", "/sign-in", urlencode({"login": self.login, "password": PASSWORD})
        )
        assert status == 303, status
        self.cookie = headers["set-cookie"].split(";")[0]
        self.csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', self.ask("GET", "/me")[2])[1]

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=_PATIENCE_SECONDS)
        try:
            headers = {"content-type": "application/x-www-form-urlencoded", "cookie": self.cookie}
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()


@dataclass
class Office:
    """Clerks working through applications while servers come and go.

    An answer that does not come is no answer: the clerk sends the form again with what they had seen, as a person would,
    and either it is recorded now or the server says that somebody acted since.
    """

    recorded: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    """Number of the record that was acknowledged -> application, kind, login."""
    unanswered: int = 0
    found_recorded: set[tuple[str, str]] = field(default_factory=set)
    """Moves whose first answer never came, and that were recorded all the same."""
    wrong: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, clerk: Clerk, moves: queue.SimpleQueue) -> None:
        try:
            while True:
                self.move(clerk, *moves.get_nowait())
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001  (a thread's error would pass unseen)
            self.wrong.append(f"{clerk.login}: {error!r}")

    def move(self, clerk: Clerk, application: str, says: dict[str, str]) -> None:
        kind = says["kind"]
        path = f"/applications/{BATCH}/{application}/decide"
        body = urlencode({"csrf": clerk.csrf, "seen": "0", **says})
        again = False
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                status, headers, text = clerk.ask("POST", path, body)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.unanswered += not again
                again = True
                time.sleep(0.05)
                continue
            with self._lock:
                if status == 303:
                    number = int(headers["location"].partition("recorded=")[2])
                    self.recorded[number] = (application, kind, clerk.login)
                elif again and "since the page was loaded" in text:
                    self.found_recorded.add((application, kind))
                else:
                    self.wrong.append(f"{application} {kind}: {status} {text[-600:]}")
            return
        self.wrong.append(f"{application} {kind}: no answer in {_PATIENCE_SECONDS} s")


@pytest.fixture
def office_of(key: AuditKey, tmp_path: Path) -> Iterator[Callable[..., list[Server]]]:
    """Fill a store and give servers on it, started."""
    started: list[Server] = []

    def fill(store: Store, *, writes: int, servers: int = 1) -> list[Server]:
        _fill(store, key, writes)
        url = (
            store.engine.url.render_as_string(hide_password=False)
            .replace("+psycopg", "")
            .replace("+pysqlite", "")
        )
        for number in range(servers):
            started.append(Server(url=url, key=key, log=tmp_path / f"server{number}.log"))
            started[-1].start()
        for server in started:
            server.wait()
        return started

    yield fill
    for server in started:
        server.end()


def _fill(store: Store, key: AuditKey, writes: int) -> None:
    now = dt.datetime.now(dt.UTC)
    with store.write() as connection:
        for login, role in CLERKS.items():
            add_person(
                connection,
                login=login,
                name=login,
                role=role,
                password=PASSWORD,
                key=key,
                actor="test",
                at=now,
            )
        connection.execute(
            batches.insert().values(
                batch_id=BATCH,
                folder="nowhere",
                state="done",
                done=writes,
                total=writes,
                started_at=now.isoformat(),
                rows_in=writes,
                scored=writes,
                quarantined=0,
                model_version="1",
                policy_version="p",
                label_origin="simulated",
                demonstration=True,
                manifest="{}",
            )
        )
        rows = [
            {
                "batch_id": BATCH,
                "application_id": f"A{number:04}",
                "firm_id": f"F{number}",
                "as_of": "2026-03-01",
                "points_shown": 600,
                "grade": "BB",
                "risk_class": "B",
                "review": True,
                "review_reasons": "",
                "amount": 10.0,
                "record_hash": "0" * 64,
            }
            for number in range(writes)
        ]
        connection.execute(scored.insert(), rows)
        connection.execute(
            reviews.insert(),
            [
                {
                    "batch_id": BATCH,
                    "application_id": row["application_id"],
                    "state": "open",
                    "origin": "policy",
                    "points_shown": 600,
                    "policy_grade": "BB",
                    "grade": "BB",
                    "signers": "[]",
                    "signatures_needed": 1,
                    "sequence": 0,
                }
                for row in rows
            ],
        )


@pytest.fixture
def moves() -> Callable[[int], queue.SimpleQueue]:
    """Moves of different kinds, one for each application."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    kinds = deque(
        [
            {"kind": "agree", "text": "同意"},
            {
                "kind": "override",
                "text": "A guarantee was signed",
                "grade": "A",
                "reason": "collateral_or_guarantee",
                "expires_on": today,
            },
            {"kind": "send_back", "text": "The meter readings are missing"},
        ]
    )

    def make(writes: int) -> queue.SimpleQueue:
        made: queue.SimpleQueue = queue.SimpleQueue()
        for number in range(writes):
            made.put((f"A{number:04}", kinds[0]))
            kinds.rotate()
        return made

    return make


@pytest.fixture
def clerk() -> type[Clerk]:
    return Clerk


@pytest.fixture
def office() -> Office:
    return Office()
