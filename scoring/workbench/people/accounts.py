"""People: added and changed by an administrator, each change in the audit; signed in by password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.errors import StoreError
from scoring.spelling import did_you_mean
from scoring.workbench.audit import append
from scoring.workbench.people.lockout import clear_failures, is_locked, record_failure
from scoring.workbench.people.passwords import check_password, hash_password, matches, needs_new_hash
from scoring.workbench.people.permissions import ROLES, Permission, Role
from scoring.workbench.store.schema import people, sessions
from scoring.workbench.store.times import utc_text

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from scoring.workbench.audit import AuditKey
    from scoring.workbench.store import Store

__all__ = ["Person", "add_person", "change_person", "everybody", "person_of", "sign_in"]

_LOGIN = re.compile(r"(?!tokens$)[a-z0-9][a-z0-9._@-]{1,119}")
"""A person's address is /people/LOGIN, and that of the tokens is taken."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who may sign in."""

    login: str
    name: str
    role: Role
    active: bool

    def may(self, permission: Permission) -> bool:
        """Whether the person's role has a permission."""
        return self.active and permission in ROLES[self.role]


def add_person(
    connection: Connection,
    *,
    login: str,
    name: str,
    role: str,
    password: str | None,
    key: AuditKey,
    actor: str,
    at: dt.datetime,
) -> Person:
    """Add a person; the audit says who added whom, and never the password.

    Raises
    ------
    StoreError
        If the login, the role or the password is not taken, or the login exists.
    """
    if not _LOGIN.fullmatch(login):
        raise StoreError(
            "A login has 2 to 120 small letters, digits, dots, hyphens, underscores or @, and begins with a letter or digit.",
            where="login",
            mend="Choose another one.",
        )
    if not name.strip() or len(name) > 200:
        raise StoreError("A person needs a name of at most 200 characters.", where="name", mend="Write it.")
    chosen = _role(role)
    if password is not None:
        check_password(password, login=login)
    if person_of(connection, login) is not None:
        raise StoreError(f"The login {login} exists.", where="login", mend="Choose another one.")
    connection.execute(
        people.insert().values(
            login=login,
            name=name.strip(),
            role=chosen.value,
            password_hash=None if password is None else hash_password(password),
            active=True,
            created_at=utc_text(at),
        )
    )
    content = {"actor": actor, "login": login, "role": chosen.value, "change": "added"}
    append(connection, key=key, kind="person", content=content, at=at)
    return Person(login=login, name=name.strip(), role=chosen, active=True)


def change_person(
    connection: Connection,
    login: str,
    *,
    key: AuditKey,
    actor: str,
    at: dt.datetime,
    role: str | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> Person:
    """Change a person's role, password, or whether the person may sign in; open sessions of the person end.

    Raises
    ------
    StoreError
        If there is no such person, or it would leave nobody to administrate.
    """
    person = person_of(connection, login)
    if person is None:
        raise StoreError(f"There is no person {login}.", where="login", mend="Choose one from the list.")
    values: dict[str, Any] = {}
    if role is not None:
        values["role"] = _role(role).value
    if active is not None:
        values["active"] = active
    if password is not None:
        check_password(password, login=login)
        values["password_hash"] = hash_password(password)
    after = Person(
        login=login,
        name=person.name,
        role=Role(values.get("role", person.role)),
        active=values.get("active", person.active),
    )
    others = [p for p in everybody(connection) if p.login != login and p.may(Permission.manage_people)]
    if not others and not after.may(Permission.manage_people):
        raise StoreError(
            "Nobody would be left who may manage people.",
            where=login,
            mend="Make somebody else an administrator first.",
        )
    if values:
        connection.execute(people.update().where(people.c.login == login).values(**values))
        connection.execute(sessions.delete().where(sessions.c.login == login))
        told = {name: value for name, value in values.items() if name != "password_hash"}
        changed = told | ({"password": "changed"} if password is not None else {})
        content = {"actor": actor, "login": login, "change": changed}
        append(connection, key=key, kind="person", content=content, at=at)
    return after


def person_of(connection: Connection, login: str) -> Person | None:
    """Return a person, ``None`` where there is none of that login."""
    row = connection.execute(people.select().where(people.c.login == login)).one_or_none()
    return None if row is None else _person(row)


def everybody(connection: Connection) -> list[Person]:
    """Return all people, by login."""
    return [_person(row) for row in connection.execute(people.select().order_by(people.c.login))]


def sign_in(store: Store, *, login: str, password: str, address: str, now: dt.datetime) -> Person | None:
    """Return the person whose password it is; ``None`` for every other case, which are not told apart.

    Parameters
    ----------
    store
        Failures are remembered in it.
    login, password
        As typed.
    address
        Of the browser: too many failures from one address lock it, whatever login is tried.
    now
        With its time zone.
    """
    typed = login.strip().lower()[:120]
    with store.read() as connection:
        row = connection.execute(people.select().where(people.c.login == typed)).one_or_none()
        locked = is_locked(connection, login=typed, address=address, now=now)
    # Computed in every case, so that the time taken tells nothing.
    right = matches(row.password_hash if row is not None else None, password)
    if locked or row is None or not right or not row.active:
        with store.write() as connection:
            record_failure(connection, login=typed, address=address, now=now)
        return None
    with store.write() as connection:
        clear_failures(connection, login=typed)
        if needs_new_hash(row.password_hash):
            connection.execute(
                people.update().where(people.c.login == typed).values(password_hash=hash_password(password))
            )
    return _person(row)


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise StoreError(
            f"Unknown role {role!r}.", where="role", mend=did_you_mean(role, list(Role))
        ) from None


def _person(row: Row[Any]) -> Person:
    return Person(login=row.login, name=row.name, role=Role(row.role), active=row.active)
