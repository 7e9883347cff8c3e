"""Sessions: a random token in a cookie, of which the store keeps a hash; they end by time, and when they are not used."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.workbench.people.accounts import Person, person_of
from scoring.workbench.store.schema import sessions
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "IDLE",
    "LIFE",
    "Session",
    "csrf_of",
    "end_session",
    "hash_of",
    "read_session",
    "start_session",
    "use_session",
]

LIFE = dt.timedelta(hours=10)
"""A working day; ASVS 5, 7.3: sessions end after an absolute time."""

IDLE = dt.timedelta(hours=1)
"""A session that nobody used for so long is over; ASVS 5, 7.3.1."""

_NOTED = dt.timedelta(minutes=1)
"""A use is written down at most so often."""

_TOKEN_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody who is signed in.

    Parameters
    ----------
    person
        Who.
    csrf
        What every form of this session must carry: made from the cookie's token, which no other site can read.
    stale
        Whether its last use should be written down with :func:`use_session`.
    """

    person: Person
    csrf: str
    stale: bool


def start_session(connection: Connection, person: Person, *, now: dt.datetime) -> str:
    """Start a session and return the token for the cookie; sessions that are over are forgotten."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(sessions.delete().where(sessions.c.expires_at <= utc_text(now)))
    connection.execute(
        sessions.insert().values(
            token_hash=hash_of(token),
            login=person.login,
            created_at=utc_text(now),
            used_at=utc_text(now),
            expires_at=utc_text(now + LIFE),
        )
    )
    return token


def read_session(connection: Connection, token: str, *, now: dt.datetime) -> Session | None:
    """Return the session of a cookie's token; ``None`` where it is over, unknown, or the person may not sign in."""
    row = connection.execute(
        sa.select(sessions.c.login, sessions.c.used_at).where(
            sessions.c.token_hash == hash_of(token),
            sessions.c.expires_at > utc_text(now),
            sessions.c.used_at > utc_text(now - IDLE),
        )
    ).one_or_none()
    person = None if row is None else person_of(connection, row.login)
    if row is None or person is None or not person.active:
        return None
    return Session(person=person, csrf=csrf_of(token), stale=row.used_at <= utc_text(now - _NOTED))


def use_session(connection: Connection, token: str, *, now: dt.datetime) -> None:
    """Write down that a session is in use."""
    connection.execute(
        sessions.update().where(sessions.c.token_hash == hash_of(token)).values(used_at=utc_text(now))
    )


def end_session(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(sessions.delete().where(sessions.c.token_hash == hash_of(token)))


def csrf_of(token: str) -> str:
    """Return what the forms of a session carry."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def hash_of(token: str) -> str:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
