"""Servers killed at random moments while people decide: nothing acknowledged is lost, nothing is half there.

SIGKILL ends a process wherever it stands; a loss of power is not tried here (SQLite is told to wait for the disk).
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from scoring.workbench.audit import verify
from scoring.workbench.review import standing_of
from scoring.workbench.review.standing import Standing, replayed
from scoring.workbench.store.schema import records, reviews

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.workbench.audit import AuditKey
    from scoring.workbench.store import Store

LONG = bool(os.environ.get("GREENCREDIT_LONG"))
WRITES = 200 if LONG else 48
KILLS = 25 if LONG else 2
CLERKS = 4
SEED = int(os.environ.get("GREENCREDIT_SEED", "7"))


def decide_while_servers_die(office, clerks, servers, moves, *, kills: int, writes: int) -> None:
    """Let clerks decide; kill a server after some answers and a moment, start it again, until all is decided."""
    draw = random.Random(SEED)  # noqa: S311  (to tell a run again, not to hide one)
    for clerk in clerks:
        clerk.sign_in()
    threads = [threading.Thread(target=office.work, args=(clerk, moves)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for number in range(1, kills + 1):
        # Somewhere in this kill's share of the answers, and then not on the beat of one.
        after = draw.uniform(number - 1, number) * writes / (kills + 1)
        while len(office.recorded) + len(office.found_recorded) < after and not office.wrong:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.03))
        server = draw.choice(servers)
        server.kill()
        server.start()
        server.wait()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()


def check_store(store: Store, key: AuditKey, office, *, writes: int) -> None:
    """Compare the store with what was acknowledged, by a reading of its own."""
    assert office.wrong == []
    with store.read() as connection:
        found = verify(connection, key=key)
        assert found.whole, found.findings
        rows = connection.execute(records.select().where(records.c.application_id.is_not(None))).all()
        by_sequence = {row.sequence: row for row in rows}
        # Acknowledged: there, as it was sent, under the number that was told.
        for number, (application, kind, login) in office.recorded.items():
            row = by_sequence[number]
            assert (row.application_id, row.kind, row.actor) == (application, kind, login)
        # Every application was decided once, whether the answer came or not, and never twice.
        answered = [application for application, _, _ in office.recorded.values()]
        answered += [application for application, _ in office.found_recorded]
        assert sorted(answered) == sorted(row.application_id for row in rows)
        assert len(rows) == writes
        # Record and standing: both or neither, and the one adds up to the other.
        standings = connection.execute(sa.select(reviews.c.application_id, reviews.c.sequence)).all()
        kept = {row.application_id: row.sequence for row in standings}
        assert {application: row for application, row in kept.items() if row} == {
            row.application_id: row.sequence for row in rows
        }
        start = Standing(state="open", origin="policy", policy_grade="BB", points_shown=600)
        for row in rows:
            content = json.loads(row.content)
            told = replayed(start, [(row.sequence, row.kind, content)])
            assert standing_of(connection, "b1", row.application_id) == told


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    tmp_path, key: AuditKey, office_of: Callable, office, moves: Callable, clerk, tell: Callable
) -> None:
    from scoring.workbench.store import open_store  # noqa: PLC0415

    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    servers = office_of(store, writes=WRITES)
    clerks = [clerk(servers[0], ("officer", "reviewer")[number % 2]) for number in range(CLERKS)]
    decide_while_servers_die(office, clerks, servers, moves(WRITES), kills=KILLS, writes=WRITES)
    assert servers[0].kills == KILLS
    check_store(store, key, office, writes=WRITES)
    store.close()
    _told(tell, "SQLite", office)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_two_servers_write_one_chain_while_one_after_the_other_is_killed(
    store: Store, key: AuditKey, office_of: Callable, office, moves: Callable, clerk, tell: Callable
) -> None:
    kills = KILLS if LONG else 1
    servers = office_of(store, writes=WRITES, servers=2)
    clerks = [clerk(servers[number % 2], ("officer", "reviewer")[number // 2]) for number in range(CLERKS)]
    decide_while_servers_die(office, clerks, servers, moves(WRITES), kills=kills, writes=WRITES)
    assert sum(server.kills for server in servers) == kills
    check_store(store, key, office, writes=WRITES)
    _told(tell, "two servers on PostgreSQL", office)


def _told(tell: Callable, where: str, office) -> None:
    tell(
        f"{where}: {WRITES} decisions, {office.unanswered} unanswered when a server was killed, "
        f"of these {len(office.found_recorded)} recorded all the same"
    )
