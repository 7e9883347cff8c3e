"""What people do about themselves: another password, and ending their own sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.errors import StoreError
from scoring.workbench.people.accounts import Person, change_person, sign_in
from scoring.workbench.people.sessions import IDLE, hash_of
from scoring.workbench.store.schema import people, sessions
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from scoring.workbench.audit import AuditKey
    from scoring.workbench.store import Store

__all__ = ["OwnSession", "change_own_password", "end_own_session", "has_password", "own_sessions"]

_SHOWN = 12
"""Characters of a token's hash by which a form names a session; they give nothing away."""


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """A session as its owner sees it: ``id`` names it in a form, ``this`` is the one that asks."""

    id: str
    created_at: str
    used_at: str
    this: bool


def own_sessions(connection: Connection, login: str, *, token: str, now: dt.datetime) -> Sequence[OwnSession]:
    """Return the sessions of a person that are not over, the latest used first.

    Parameters
    ----------
    token
        Of the session that asks.
    """
    rows = connection.execute(
        sessions.select()
        .where(
            sessions.c.login == login,
            sessions.c.expires_at > utc_text(now),
            sessions.c.used_at > utc_text(now - IDLE),
        )
        .order_by(sessions.c.used_at.desc(), sessions.c.token_hash)
    )
    this = hash_of(token)
    return [
        OwnSession(
            id=row.token_hash[:_SHOWN],
            created_at=row.created_at,
            used_at=row.used_at,
            this=row.token_hash == this,
        )
        for row in rows
    ]


def end_own_session(connection: Connection, login: str, session_id: str, *, token: str) -> None:
    """End a session of a person; of an empty id, every one but that which asks.

    Raises
    ------
    StoreError
        If the person has no session of that id.
    """
    own = sessions.c.login == login
    if not session_id:
        connection.execute(sessions.delete().where(own, sessions.c.token_hash != hash_of(token)))
        return
    found = None
    if len(session_id) == _SHOWN:
        found = connection.execute(
            sessions.delete().where(own, sessions.c.token_hash.startswith(session_id, autoescape=True))
        ).rowcount
    if not found:
        raise StoreError(
            "There is no session of that id; it may be over.",
            where="session",
            mend="Choose one from the list.",
        )


def has_password(connection: Connection, login: str) -> bool:
    """Whether a person signs in by password; others come from an outside provider or by a link."""
    row = connection.execute(
        people.select().with_only_columns(people.c.password_hash).where(people.c.login == login)
    ).one_or_none()
    return row is not None and row.password_hash is not None


def change_own_password(
    store: Store,
    login: str,
    *,
    current: str,
    new: str,
    repeated: str,
    address: str,
    key: AuditKey,
    now: dt.datetime,
) -> Person:
    """Give a person the password that they chose; every session of theirs ends.

    Parameters
    ----------
    store
        People, the lock-out and the audit.
    login
        Whose.
    current
        The password so far: an open browser alone does not take an account over (ASVS 5, 6.2.3).
    new, repeated
        The one from now on, typed twice.
    address
        Of the browser, for the lock-out.
    key, now
        Of the record in the audit.

    Raises
    ------
    StoreError
        If the current password is wrong or locked, the two differ, or the new one is not taken.
    """
    if new != repeated:
        raise StoreError("The two new passwords differ.", where="repeated", mend="Type the same one twice.")
    if new == current:
        raise StoreError("The new password is the one so far.", where="password", mend="Choose another one.")
    if sign_in(store, login=login, password=current, address=address, now=now) is None:
        raise StoreError(
            "The current password is not right, or signing in is locked for a while after too many attempts.",
            where="current",
            mend="Type it again; after too many attempts, wait.",
        )
    with store.write() as connection:
        return change_person(connection, login, key=key, actor=login, at=now, password=new)
