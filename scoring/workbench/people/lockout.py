"""The lock-out: after too many failed sign-ins of a login, or from an address, none is tried for a while."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.workbench.store.schema import attempts
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LOGIN_FAILURES", "WINDOW", "clear_failures", "is_locked", "record_failure"]

LOGIN_FAILURES, _ADDRESS_FAILURES = 5, 50
"""Failures within the window that lock a login, and an address from which many logins are tried."""

WINDOW = dt.timedelta(minutes=15)


def is_locked(connection: Connection, *, login: str, address: str, now: dt.datetime) -> bool:
    """Whether sign-ins of a login, or from an address, are not tried now."""
    since = utc_text(now - WINDOW)
    rows = connection.execute(
        sa.select(attempts.c.what, sa.func.count().label("failures"))
        .where(attempts.c.what.in_([_login(login), _address(address)]), attempts.c.at > since)
        .group_by(attempts.c.what)
    )
    counts: dict[str, int] = {row.what: row.failures for row in rows}
    return (
        counts.get(_login(login), 0) >= LOGIN_FAILURES
        or counts.get(_address(address), 0) >= _ADDRESS_FAILURES
    )


def record_failure(connection: Connection, *, login: str, address: str, now: dt.datetime) -> None:
    """Remember a failed sign-in, and forget those that no longer count."""
    connection.execute(attempts.delete().where(attempts.c.at <= utc_text(now - WINDOW)))
    connection.execute(
        attempts.insert(),
        [
            {"what": _login(login), "at": utc_text(now)},
            {"what": _address(address), "at": utc_text(now)},
        ],
    )


def clear_failures(connection: Connection, *, login: str) -> None:
    """Forget the failures of a login that signed in."""
    connection.execute(attempts.delete().where(attempts.c.what == _login(login)))


def _login(login: str) -> str:
    return f"login:{login[:120]}"


def _address(address: str) -> str:
    return f"address:{address[:120]}"
