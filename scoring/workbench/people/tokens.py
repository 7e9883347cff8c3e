"""Tokens of the API: a random secret shown once, of which the store keeps a hash; with scopes, an owner and an end.

A token may do what is among its scopes *and* what its owner's role allows at the time of use: somebody who is locked out
or given a smaller role takes every token along.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from features.errors import StoreError
from scoring.spelling import did_you_mean
from scoring.workbench.audit import append
from scoring.workbench.people.accounts import Person, person_of
from scoring.workbench.people.permissions import PERMISSIONS, ROLES, Permission, Role
from scoring.workbench.store.schema import people, tokens
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from scoring.workbench.audit import AuditKey

__all__ = [
    "LONGEST_DAYS",
    "SCOPES",
    "IssuedToken",
    "Token",
    "all_tokens",
    "issue_token",
    "read_token",
    "revoke_token",
]

SCOPES = (Permission.read_scores, Permission.score)
"""Permissions that a route of the API asks for; a test holds the two together. People decide; programs do not."""

LONGEST_DAYS = 366
"""A token ends after a year at the latest; ASVS 5, 9.2: tokens have a span of validity."""

_PREFIX = "gcr_"
"""Before every secret, so that scanners of source code know one that was left lying about."""

_SECRET_BYTES = 32
_MOST_NAME = 200
_SHOWN = 12
"""Characters of the hash by which pages and the audit name a token; they give nothing away."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token in use.

    Parameters
    ----------
    id
        First characters of its hash.
    name
        What it is for.
    owner
        Whose rights bound it.
    scopes
        What it was issued for.
    """

    id: str
    name: str
    owner: Person
    scopes: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether the token may do something now."""
        return permission in self.scopes and self.owner.may(permission)


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A token as a list shows it: ``state`` is in_force, expired or revoked."""

    id: str
    name: str
    login: str
    scopes: tuple[Permission, ...]
    created_at: str
    expires_at: str
    state: str


def issue_token(
    connection: Connection,
    *,
    name: str,
    login: str,
    scopes: Sequence[str],
    days: int,
    key: AuditKey,
    actor: str,
    at: dt.datetime,
) -> str:
    """Issue a token and return its secret, which nobody can read again.

    Parameters
    ----------
    connection
        From :meth:`scoring.workbench.store.Store.write`.
    name
        What it is for, such as the system that will use it.
    login
        Its owner.
    scopes
        Some of :data:`SCOPES`, none that the owner's role lacks.
    days
        Until it ends, from 1 to :data:`LONGEST_DAYS`.
    key, actor, at
        Of the record in the audit.

    Raises
    ------
    StoreError
        If the owner may not sign in, or the name, the scopes or the days are not taken.
    """
    if not name.strip() or len(name) > _MOST_NAME:
        raise StoreError(
            f"A token needs a name of at most {_MOST_NAME} characters.",
            where="name",
            mend="Write what will use it.",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise StoreError(
            f"A token is issued for 1 to {LONGEST_DAYS} days. Got {days} instead.",
            where="days",
            mend="Choose a number of days; issue another one before it ends.",
        )
    owner = person_of(connection, login)
    if owner is None or not owner.active:
        raise StoreError(
            f"There is nobody {login} who may sign in.", where="login", mend="Choose somebody from the list."
        )
    wanted = _scopes(scopes, owner)
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    expires = at + dt.timedelta(days=days)
    connection.execute(
        tokens.insert().values(
            token_hash=_hash(secret),
            name=name.strip(),
            login=login,
            scopes=json.dumps(wanted),
            created_at=utc_text(at),
            expires_at=utc_text(expires),
            revoked=False,
        )
    )
    content = {
        "actor": actor,
        "change": "issued",
        "token": _hash(secret)[:_SHOWN],
        "name": name.strip(),
        "login": login,
        "scopes": wanted,
        "expires_at": utc_text(expires),
    }
    append(connection, key=key, kind="token", content=content, at=at)
    return secret


def revoke_token(
    connection: Connection, token_id: str, *, key: AuditKey, actor: str, at: dt.datetime
) -> None:
    """Revoke a token; requests that come after it are refused.

    Raises
    ------
    StoreError
        If there is none of that id that is not revoked yet.
    """
    found = connection.execute(
        sa.select(tokens.c.token_hash, tokens.c.login).where(
            tokens.c.token_hash.startswith(token_id, autoescape=True), tokens.c.revoked.is_(other=False)
        )
    ).all()
    if len(token_id) != _SHOWN or len(found) != 1:
        raise StoreError(
            "There is no token of that id in force.", where="tokens", mend="Choose one from the list."
        )
    connection.execute(tokens.update().where(tokens.c.token_hash == found[0].token_hash).values(revoked=True))
    content = {"actor": actor, "change": "revoked", "token": token_id, "login": found[0].login}
    append(connection, key=key, kind="token", content=content, at=at)


def read_token(connection: Connection, secret: str, *, now: dt.datetime) -> Token | None:
    """Return the token of a secret; ``None`` where it is unknown, over, revoked, or its owner may not sign in."""
    row = connection.execute(_IN_USE, {"hash": _hash(secret), "now": utc_text(now)}).one_or_none()
    if row is None:
        return None
    return Token(
        id=row.token_hash[:_SHOWN],
        name=row.name,
        owner=Person(login=row.login, name=row.person, role=Role(row.role), active=True),
        scopes=frozenset(Permission(scope) for scope in json.loads(row.scopes) if scope in SCOPES),
    )


def all_tokens(connection: Connection, *, now: dt.datetime) -> list[IssuedToken]:
    """Return every token that was issued, the latest first."""
    query = tokens.select().order_by(tokens.c.created_at.desc(), tokens.c.token_hash)
    return [
        IssuedToken(
            id=row.token_hash[:_SHOWN],
            name=row.name,
            login=row.login,
            scopes=tuple(Permission(scope) for scope in json.loads(row.scopes) if scope in SCOPES),
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=_state(row, now),
        )
        for row in connection.execute(query)
    ]


_IN_USE = (
    sa.select(
        tokens.c.token_hash,
        tokens.c.name,
        tokens.c.login,
        tokens.c.scopes,
        people.c.name.label("person"),
        people.c.role,
    )
    .join(people, people.c.login == tokens.c.login)
    .where(
        tokens.c.token_hash == sa.bindparam("hash"),
        tokens.c.expires_at > sa.bindparam("now"),
        tokens.c.revoked.is_(other=False),
        people.c.active.is_(other=True),
    )
)


def _state(row: Any, now: dt.datetime) -> str:  # noqa: ANN401  (a row of the database)
    if row.revoked:
        return "revoked"
    return "in_force" if row.expires_at > utc_text(now) else "expired"


def _scopes(scopes: Sequence[str], owner: Person) -> list[str]:
    unknown = next((scope for scope in scopes if scope not in SCOPES), None)
    if unknown is not None or not scopes:
        raise StoreError(
            "A token needs at least one scope." if unknown is None else f"Unknown scope {unknown!r}.",
            where="scopes",
            mend=did_you_mean(unknown or "", [scope.value for scope in SCOPES]),
        )
    wanted = sorted({Permission(scope) for scope in scopes})
    lacking = [scope for scope in wanted if scope not in ROLES[owner.role]]
    if lacking:
        raise StoreError(
            f"The role of {owner.login} may not: {', '.join(PERMISSIONS[scope][0] for scope in lacking)}.",
            where="scopes",
            mend="Leave the scope out, or choose an owner whose role may.",
        )
    return [scope.value for scope in wanted]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
